"""Matches between two objects: places of one, and the places of the other whose features are most similar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from numpy.typing import ArrayLike
from PIL import Image
from torch import Tensor

from eval.descriptors.similarity import most_similar, normalised
from eval.pictures.canvas import as_bytes
from eval.pictures.keypoints import matches_picture
from featurenerf.arrays import image_pixels, world_points
from featurenerf.seen_object import SeenObject, require_one_field
from featurenerf.surface import foreground_pixels, surface_points
from pipeline.errors import UserError
from render.cameras import project
from train.trained_field import TrainedField

# Small fields render unseen objects faintly. On six test objects of the demo (daisy), IoU with the true foreground was
# 0.62 to 0.81 at 0.2 and 0.00 to 0.59 at 0.5.
LEAST_OPACITY = 0.2
Feature: TypeAlias = Literal["internal", "distilled"]
# Pixels (row, column), or world points.
Places: TypeAlias = Int64[np.ndarray, "_ 2"] | Float32[np.ndarray, "_ 3"]


@dataclass(frozen=True)
class Matches:
    """The matches of places in `a` with places in `b`. Pixels are (row, column), points are in the world frame.

    `places[i]` is the candidate most similar to `queries[i]`, `similarities[i]` the cosine of their features, -1 to 1.
    `heat` holds the cosine of each query with every candidate; without `heat=True` it has no column.
    """

    a: SeenObject
    b: SeenObject
    queries: Places
    places: Places
    similarities: Float32[np.ndarray, " n"]
    candidates: Places
    heat: Float32[np.ndarray, "n m"]

    def heat_images(self) -> Float32[np.ndarray, "n size size"]:
        """Return the heat as images of b's own view, NaN where there is no candidate. Raises UserError.

        It needs pixels and `heat=True`.
        """
        if self.candidates.shape[1] != 2 or not self.heat.size:
            raise UserError("there is no heat image: call match with pixels and heat=True.")
        size = len(self.b.image)
        images = np.full((len(self.queries), size, size), np.nan, dtype=np.float32)
        images[:, self.candidates[:, 0], self.candidates[:, 1]] = self.heat
        return images

    def picture(self, size: int = 384) -> Image.Image:
        """Draw a's image beside b's, each at most `size` pixels wide, with a line from each query to its place."""
        ends = (_in_image(self.a, self.queries), _in_image(self.b, self.places))
        return matches_picture(as_bytes(self.a.image), as_bytes(self.b.image), *ends, size)


def match(
    a: SeenObject,
    b: SeenObject,
    *,
    pixels: ArrayLike | None = None,
    points: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
    feature: Feature = "internal",
    opacity: float = LEAST_OPACITY,
    heat: bool = False,
) -> Matches:
    """Find the places in `b` whose features are most similar, by cosine, to those of places in `a`.

    Args:
        a: the object that the queries lie in.
        b: the object that is searched; seen by the same field as `a`.
        pixels: queries as pixels (row, column) of a's own image, (n, 2). Features are composited along their rays.
        points: instead of pixels, queries as world points of `a`, (n, 3).
        candidates: where in `b` is searched: pixels of b's own image, or world points, as the queries are. The default
            is b's foreground: its pixels, or the points of its surface behind them.
        feature: `internal`, the descriptor that matches best, or `distilled`, the answer of the feature head.
        opacity: a pixel is foreground if its rendered opacity is above this.
        heat: whether to return the similarity of each query with each candidate too.

    Raises UserError if the queries are not such places, if nothing in `b` is foreground, or if the objects were seen by
    two fields. Among equal candidates the first one wins.
    """
    require_one_field(a, b)
    check_feature(a.renderer.field, feature)
    if (pixels is None) == (points is None):
        raise UserError("give the queries either as pixels=(n, 2) or as points=(n, 3).")
    queries, searched = _places(a, b, pixels, points, candidates, opacity)
    here = _described(a, queries, feature)
    # The foreground is known from b's own view, which is rendered once: another match in the same object is fast.
    in_view = candidates is None and pixels is not None
    there = _shown(b, searched, feature).to(here.device) if in_view else _described(b, searched, feature)
    index = most_similar(here, there)
    units = normalised(here), normalised(there)
    similarities = (units[0] * units[1][index]).sum(dim=1)
    similarity_to_all = units[0] @ units[1].T if heat else units[0].new_empty((len(queries), 0))
    return Matches(
        a=a,
        b=b,
        queries=queries,
        places=searched[index.cpu().numpy()],
        similarities=similarities.float().cpu().numpy(),
        candidates=searched,
        heat=similarity_to_all.float().cpu().numpy(),
    )


def check_feature(field: TrainedField, feature: str) -> None:
    """Raise UserError if the field has no such feature."""
    if feature not in get_args(Feature):
        raise UserError(f"feature must be one of {', '.join(get_args(Feature))}, not '{feature}'.")
    if feature == "distilled" and field.settings.feature_weight == 0:
        raise UserError("this field was trained without the feature loss: it has no distilled feature; use 'internal'.")


def _places(
    a: SeenObject,
    b: SeenObject,
    pixels: ArrayLike | None,
    points: ArrayLike | None,
    candidates: ArrayLike | None,
    opacity: float,
) -> tuple[Places, Places]:
    """Return the queries and the candidates, checked."""
    if pixels is not None:
        size = len(a.image)
        searched = foreground_pixels(b, opacity) if candidates is None else image_pixels(candidates, size, "candidates")
        return image_pixels(pixels, size), searched
    around = surface_points(b, opacity) if candidates is None else world_points(candidates, "candidates")
    return world_points(points if points is not None else ()), around


def _described(seen: SeenObject, places: Places, feature: Feature) -> Float[Tensor, "n c"]:
    """Return the features of pixels, composited along their rays, or those at points; on the field's device."""
    answers = seen.render_pixels(places) if places.shape[1] == 2 else seen.query(places)
    return answers.internal if feature == "internal" else answers.feature


def _shown(seen: SeenObject, pixels: Places, feature: Feature) -> Float[Tensor, "n c"]:
    """Return the features of pixels of the own view; in this machine's memory."""
    view = seen.own_view
    return torch.from_numpy((view.internal if feature == "internal" else view.feature)[tuple(pixels.T)])


def _in_image(seen: SeenObject, places: Places) -> Float32[np.ndarray, "n 2"]:
    """Return where places lie in the own image, as (u, v) in pixels: a pixel's centre, or a point's projection."""
    if places.shape[1] == 2:
        return places[:, ::-1].astype(np.float32) + np.float32(0.5)
    return project(places.astype(np.float64), seen.pose, seen.intrinsics)[0].astype(np.float32)
