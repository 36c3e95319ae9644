"""The answer to a click: the most similar place of the target, and the similarity of everything to what was clicked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64

from eval.descriptors.similarity import most_similar
from featurenerf.matching import Feature
from featurenerf.viewer.place import KeypointPlace, PixelPlace, Place, PointPlace
from featurenerf.viewer.viewed_object import ObjectFeatures, ViewedObject, unit_rows
from pipeline.errors import UserError
from render.cameras import project


@dataclass(frozen=True)
class Spot:
    """One place of an object: (u, v) in pixels of its image, and a world point, NaN where the field renders nothing."""

    uv: Float32[np.ndarray, "2"]
    point: Float32[np.ndarray, "3"]


@dataclass(frozen=True)
class Heat:
    """Cosine similarities, -1 to 1, of an object's searched pixels and of its cloud's points with what was asked."""

    pixels: Float32[np.ndarray, " n"]
    points: Float32[np.ndarray, " m"]


@dataclass(frozen=True)
class Answer:
    """The place that was asked in the source, its match in the target, and both objects' similarity to it.

    `true` is where the target's own keypoint lies (u, v), None unless a keypoint was asked that the target shows.
    """

    asked: Spot
    match: Spot
    similarity: float
    source: Heat
    target: Heat
    true: Float32[np.ndarray, "2"] | None

    @property
    def error(self) -> float | None:
        """The distance of the match from the true keypoint in pixels."""
        return None if self.true is None else float(np.linalg.norm(self.match.uv - self.true))


def answer_place(
    source: ViewedObject, target: ViewedObject, kind: Feature, place: Place, threshold: float = 0.0
) -> Answer:
    """Find a place of the source in the target.

    A pixel or keypoint is compared with the searched pixels of the target's image, a point with the points of its
    cloud that are at least as dense as `threshold`. Among equal candidates the first one wins, as in the evaluation.
    Raises UserError if the source has no such place, or if the target shows no point.
    """
    if isinstance(place, PointPlace):
        return _answer_point(source, target, kind, place.index, threshold)
    pixel = _keypoint_pixel(source, place) if isinstance(place, KeypointPlace) else _checked_pixel(source, place)
    query = source.features[kind].image[tuple(pixel)]
    heats = heat_of(query, source.features[kind]), heat_of(query, target.features[kind])
    row = best_row(query, target.features[kind].searched, heats[1].pixels)
    spots = _pixel_spot(source, pixel), _pixel_spot(target, target.searched[row])
    return Answer(*spots, float(heats[1].pixels[row]), *heats, _true_uv(target, place))


def best_row(
    query: Float32[np.ndarray, " c"],
    candidates: Float32[np.ndarray, "n c"],
    similarity: Float32[np.ndarray, " n"],
) -> int:
    """Return the row of the candidate most similar to a feature, as the evaluation finds it.

    `similarity` is the cosine of each candidate in float32. It leaves out who cannot be the best, by the margin of
    `most_similar`; the others are compared in float64, in their order.
    """
    margin = 4 * (len(query) + 2) * 2.0**-24
    left = np.flatnonzero(similarity >= similarity.max() - margin)
    return int(left[int(most_similar(torch.from_numpy(query[None]), torch.from_numpy(candidates[left]))[0])])


def heat_of(query: Float32[np.ndarray, " c"], features: ObjectFeatures) -> Heat:
    """Compute the similarity of an object's pixels and points to a feature."""
    unit = unit_rows(query[None])[0]
    return Heat(features.unit_searched @ unit, features.unit_points @ unit)


def _answer_point(source: ViewedObject, target: ViewedObject, kind: Feature, index: int, threshold: float) -> Answer:
    if not 0 <= index < len(source.cloud.points):
        raise UserError(f"{source.given.name} has no point {index}: its cloud has {len(source.cloud.points)} points.")
    shown = target.cloud.above(threshold)
    if not shown:
        raise UserError(f"no point of {target.given.name} is as dense as {threshold:g}: lower the density threshold.")
    query = source.features[kind].points[index]
    heats = heat_of(query, source.features[kind]), heat_of(query, target.features[kind])
    row = best_row(query, target.features[kind].points[:shown], heats[1].points[:shown])
    spots = _point_spot(source, source.cloud.points[index]), _point_spot(target, target.cloud.points[row])
    return Answer(*spots, float(heats[1].points[row]), *heats, None)


def _true_uv(target: ViewedObject, place: Place) -> Float32[np.ndarray, "2"] | None:
    """Return where the target shows the keypoint that was asked for."""
    if not isinstance(place, KeypointPlace):
        return None
    shown = target.keypoints.uv[target.keypoints.ids == place.number]
    return shown[0] if len(shown) else None


def _keypoint_pixel(source: ViewedObject, place: KeypointPlace) -> Int64[np.ndarray, "2"]:
    shown = source.keypoints.pixels[source.keypoints.ids == place.number]
    if not len(shown):
        raise UserError(f"the image of {source.given.name} shows no keypoint {place.number}.")
    return np.asarray(shown[0])


def _checked_pixel(source: ViewedObject, place: PixelPlace) -> Int64[np.ndarray, "2"]:
    height, width = source.view.opacity.shape
    if not (place.row < height and place.column < width):
        raise UserError(f"the pixel {place.row},{place.column} lies outside the image of {height} x {width} pixels.")
    if not source.given.rgba[place.row, place.column, 3]:
        raise UserError(f"the pixel {place.row},{place.column} shows background: click the object.")
    return np.array([place.row, place.column], dtype=np.int64)


def _pixel_spot(viewed: ViewedObject, pixel: Int64[np.ndarray, "2"]) -> Spot:
    row, column = pixel
    return Spot(np.array([column + 0.5, row + 0.5], dtype=np.float32), viewed.surface[row, column])


def _point_spot(viewed: ViewedObject, point: Float32[np.ndarray, "3"]) -> Spot:
    uv, _ = project(point[None].astype(np.float64), viewed.view.pose, viewed.view.intrinsics)
    return Spot(uv[0].astype(np.float32), point)
