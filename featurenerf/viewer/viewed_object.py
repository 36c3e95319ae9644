"""An object as the viewer knows it: image, cloud, labels, and the features of both, ready to be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8

from eval.descriptors.similarity import normalised
from eval.pictures.canvas import LEAST_OPACITY, over_checker
from eval.transfer.view_transfer import keypoint_pixels
from eval.views import candidate_pixels, pixels_containing
from featurenerf.answers import RenderedView
from featurenerf.field import Field
from featurenerf.matching import Feature
from featurenerf.seen_object import SeenObject
from featurenerf.surface import points_behind
from featurenerf.viewer.cloud import Cloud, cloud_of
from featurenerf.viewer.given_view import GivenView
from pipeline.datasets.alpha import HALF
from pipeline.errors import UserError


@dataclass(frozen=True)
class ObjectFeatures:
    """One kind of feature of an object.

    `image` are composited along the rays of all pixels, `searched` those of the searched pixels, `points` those at the
    points of the cloud. The `unit_` arrays are the same with length 1: a click costs one product of matrices.
    """

    image: Float32[np.ndarray, "h w c"]
    searched: Float32[np.ndarray, "n c"]
    points: Float32[np.ndarray, "m c"]
    unit_searched: Float32[np.ndarray, "n c"]
    unit_points: Float32[np.ndarray, "m c"]


Features: TypeAlias = Mapping[Feature, ObjectFeatures]


@dataclass(frozen=True)
class Keypoints:
    """The keypoints that an image shows: semantic ids, the pixels (row, column) that stand for them, and (u, v)."""

    ids: Int64[np.ndarray, " k"]
    pixels: Int64[np.ndarray, "k 2"]
    uv: Float32[np.ndarray, "k 2"]


@dataclass(frozen=True, eq=False)  # known by identity, so that what two objects share can be kept
class ViewedObject:
    """An object that the field knows from one image.

    `searched` are the pixels (row, column) among which a match is looked for, those of the evaluation. `surface` is the
    world point behind each pixel, NaN where the field renders nothing. `part` and `cloud_part` are part labels, 0
    where there is none.
    """

    given: GivenView
    view: RenderedView
    surface: Float32[np.ndarray, "h w 3"]
    searched: Int64[np.ndarray, "n 2"]
    keypoints: Keypoints
    part: UInt8[np.ndarray, "h w"]
    cloud: Cloud
    cloud_part: UInt8[np.ndarray, " m"]
    features: Features

    @cached_property
    def picture(self) -> UInt8[np.ndarray, "h w 3"]:
        """The image as it was given, over a pale checker. Copy it before you draw on it."""
        return over_checker(self.given.rgba)


def view_object(field: Field, given: GivenView) -> ViewedObject:
    """Let the field see an image, and compute everything that the viewer shows of it: seconds on a CPU.

    Raises UserError if the field predicts nothing solid for it.
    """
    seen = field.see(given.rgba, pose=given.pose, intrinsics=given.intrinsics)
    cloud = cloud_of(seen)
    searched = searched_pixels(given)
    if not len(cloud.points) or not len(searched):
        raise UserError(f"the field predicts nothing solid for {given.name}: is it of the category it was trained on?")
    keypoints = visible_keypoints(given)
    view = render_object(seen, given, searched, keypoints)
    return ViewedObject(
        given=given,
        view=view,
        surface=surface_of(seen, view),
        searched=searched,
        keypoints=keypoints,
        part=np.zeros(given.rgba.shape[:2], np.uint8) if given.labels is None else given.labels.part,
        cloud=cloud,
        cloud_part=point_parts(given, cloud.points),
        features=features_of(seen, view, searched, cloud),
    )


def searched_pixels(given: GivenView) -> Int64[np.ndarray, "n 2"]:
    """List the evaluation's candidate pixels; of an image without labels, those that are at least half opaque."""
    if given.labels is not None:
        return candidate_pixels(given.labels)
    return np.argwhere(given.rgba[..., 3] >= HALF).astype(np.int64)


def visible_keypoints(given: GivenView) -> Keypoints:
    """List the keypoints that an image shows, each with the pixel whose feature the evaluation takes for it."""
    labels = given.labels
    if labels is None:
        return Keypoints(np.zeros(0, np.int64), np.zeros((0, 2), np.int64), np.zeros((0, 2), np.float32))
    ids = np.flatnonzero(labels.keypoint_visible).astype(np.int64)
    uv = labels.keypoint_uv[ids]
    height, width = labels.part.shape
    by_index = given.keypoints_at == "index"
    pixels = pixels_containing(uv, height, width) if by_index else keypoint_pixels(labels, ids)
    return Keypoints(ids, pixels, uv)


def point_parts(given: GivenView, points: Float32[np.ndarray, "m 3"]) -> UInt8[np.ndarray, " m"]:
    """Give each point the part label of the nearest labelled point of the object; 0 without one."""
    from scipy.spatial import cKDTree

    labels = given.points
    if labels is None or not (known := labels.label > 0).any():
        return np.zeros(len(points), np.uint8)
    _, nearest = cKDTree(labels.points[known]).query(points)
    return np.asarray(labels.label[known][nearest])


def render_object(
    seen: SeenObject, given: GivenView, searched: Int64[np.ndarray, "n 2"], keypoints: Keypoints
) -> RenderedView:
    """Render the pixels of the own view that can be asked about or searched; all others stay clear."""
    asked = given.rgba[..., 3] > 0
    asked[tuple(searched.T)] = asked[tuple(keypoints.pixels.T)] = True
    return seen.view_of(np.argwhere(asked).astype(np.int64))


def surface_of(seen: SeenObject, view: RenderedView) -> Float32[np.ndarray, "h w 3"]:
    """Find the world point behind each pixel; NaN where nothing is rendered."""
    solid = np.argwhere(view.opacity > LEAST_OPACITY).astype(np.int64)
    surface = np.full((*view.opacity.shape, 3), np.nan, dtype=np.float32)
    surface[tuple(solid.T)] = points_behind(seen, view, solid)
    return surface


def features_of(seen: SeenObject, view: RenderedView, searched: Int64[np.ndarray, "n 2"], cloud: Cloud) -> Features:
    """Collect the internal features and, if the field was trained for them, the distilled ones."""
    at_points = seen.at(cloud.points)
    kinds: dict[Feature, ObjectFeatures] = {"internal": _features(view.internal, searched, at_points.internal)}
    if seen.renderer.field.settings.feature_weight > 0:
        kinds["distilled"] = _features(view.feature, searched, at_points.feature)
    return kinds


def _features(
    image: Float32[np.ndarray, "h w c"], searched: Int64[np.ndarray, "n 2"], points: Float32[np.ndarray, "m c"]
) -> ObjectFeatures:
    of_searched = image[tuple(searched.T)]
    return ObjectFeatures(image, of_searched, points, unit_rows(of_searched), unit_rows(points))


def unit_rows(features: Float32[np.ndarray, "n c"]) -> Float32[np.ndarray, "n c"]:
    """Scale features to length 1; a feature of length 0 stays 0."""
    return normalised(torch.from_numpy(np.ascontiguousarray(features))).float().numpy()
