"""A category's annotations, whichever data sets they come from, and their maps into the world."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.categories import Category
from pipeline.datasets.alignment import (
    bounds_of,
    surface_bounds,
    world_from_keypointnet,
    world_from_partnet,
    world_from_shapenet_part,
)
from pipeline.datasets.keypointnet import read_keypoints, with_candidates
from pipeline.datasets.partnet import PartNet, open_partnet, read_bounds
from pipeline.datasets.partnet import read_parts as read_partnet_parts
from pipeline.datasets.records import Keypoints, Mesh, ObjectKey, PartPoints
from pipeline.datasets.shapenet import Version
from pipeline.datasets.shapenet_part import read_parts as read_shapenet_parts
from pipeline.sources import Roots


@dataclass(frozen=True)
class Annotations:
    """The opened data sets of a category. A data set without a root annotates nothing."""

    roots: Roots
    category: Category
    keypoints_of: Mapping[str, Keypoints]
    rejected_keypoints: Mapping[str, str]
    partnet: PartNet | None

    def keypoints(self, key: ObjectKey) -> Keypoints | None:
        """An object's keypoints with their candidates, in the data set's frame. Raises DatasetError."""
        found = self.keypoints_of.get(key.id)
        if found is None or self.roots.keypointnet is None:
            return None
        return with_candidates(self.roots.keypointnet, key, found)

    def parts(self, key: ObjectKey) -> PartPoints | None:
        """An object's annotated points, in the data set's frame. Raises DatasetError."""
        if self.partnet is not None:
            return read_partnet_parts(self.partnet, key.id)
        if self.category.parts_from == "shapenet-part" and self.roots.shapenet_part is not None:
            return read_shapenet_parts(self.roots.shapenet_part, key)
        return None

    def world_from_keypoints(
        self, version: Version, mesh: Mesh, world_from_mesh: Float64[np.ndarray, "4 4"]
    ) -> Float64[np.ndarray, "4 4"]:
        """The map of `keypoints` into the world."""
        return world_from_keypointnet(version, world_from_mesh, mesh.vertices)

    def world_from_parts(
        self, version: Version, key: ObjectKey, mesh: Mesh, world_from_mesh: Float64[np.ndarray, "4 4"]
    ) -> Float64[np.ndarray, "4 4"]:
        """The map of `parts` into the world. Raises DatasetError where the annotation's own geometry is unusable."""
        if self.partnet is None:
            return world_from_shapenet_part(version, world_from_mesh, bounds_of(mesh.vertices))
        objs = read_bounds(self.partnet, key.id)
        if objs is None:
            raise KeyError(f"{key} has no PartNet annotation")
        return world_from_partnet(version, world_from_mesh, surface_bounds(mesh), objs)


def open_annotations(roots: Roots, category: Category) -> Annotations:
    """Open what annotates a category below the roots. Raises UserError for a root without the data set's files."""
    keypoints_of: Mapping[str, Keypoints] = {}
    rejected: Mapping[str, str] = {}
    if roots.keypointnet is not None:
        held = read_keypoints(roots.keypointnet, category)
        keypoints_of, rejected = held.keypoints, held.rejected
    partnet = None
    if category.parts_from == "partnet" and roots.partnet is not None:
        partnet = open_partnet(roots.partnet, category)
    return Annotations(roots, category, keypoints_of, rejected, partnet)
