"""How much a run has to do for a category: objects of each split, annotations, how much of an image they fill."""

import math
from collections import Counter
from dataclasses import dataclass, replace

from pipeline.config.settings import Camera, Settings
from pipeline.datasets.categories import Category
from pipeline.manifests.splits import SEEDED, SPLITS, seeded_splits

# Objects of the published data, ShapeNetCore v1: the released splits' train, val and test.
PUBLISHED: dict[str, tuple[int, int, int]] = {
    "plane": (2831, 404, 810),
    "bottle": (348, 49, 101),
    "car": (5246, 749, 1501),
    "chair": (4744, 677, 1357),
    "motorcycle": (235, 33, 69),
    "table": (5956, 850, 1703),
}
# The share of pixels that show the object: means of 24 made-up objects, 12 views each, at edge 0.7, radius 1.3, 0.8576.
# The real ones at hand agree: plane 0.070, chair 0.085, car 0.128, motorcycle 0.087, bottle 0.058.
FOREGROUND = {"plane": 0.055, "chair": 0.124, "car": 0.113, "table": 0.164, "bottle": 0.102, "motorcycle": 0.085}
UNKNOWN_FOREGROUND = 0.11  # the mean of these
_MEASURED_AT = (0.7, 1.3, 0.8576)  # longest edge, radius, angle
# A cell that the outline crosses is foreground, so cells exceed pixels by a strip along it. In pixels; found: 8 to 16.
OUTLINE_CELLS = 12.0
CANDIDATES = 2048  # points of KeypointNet
PART_POINTS = {"partnet": 10_000, "shapenet-part": 2_500}


@dataclass(frozen=True)
class CategoryLoad:
    """A category's objects by split, how many of them are annotated and with how many points each, and the mean share
    of foreground pixels in a view. `counted` and `foreground_from` say in words where the figures come from.
    """

    category: str
    train: int
    val: int
    test: int
    keypoint_objects: int
    candidates: int
    part_objects: int
    part_points: int
    foreground: float
    counted: str
    foreground_from: str

    @property
    def objects(self) -> int:
        """Of all splits."""
        return self.train + self.val + self.test

    def outline(self, camera: Camera) -> float:
        """The root of a view's foreground pixels: what an outline's length grows with, in pixels."""
        return camera.size * math.sqrt(self.foreground)

    def foreground_pixels(self, camera: Camera) -> float:
        """Of a view."""
        return camera.size**2 * self.foreground

    def cells(self, camera: Camera, rule: str) -> float:
        """The share of a map's cells that are foreground by `rule`, a value of cache-teachers.foreground."""
        if rule == "nearest":
            return self.foreground
        return min(1.0, self.foreground + OUTLINE_CELLS * math.sqrt(self.foreground) / camera.size)


def assumed_foreground(category: str, longest_edge: float, camera: Camera) -> float:
    """The share to reckon with before anything is rendered: what was measured, at this size in the image."""
    edge, radius, angle = _MEASURED_AT
    linear = (longest_edge / edge) * (radius / camera.radius) * math.tan(angle / 2) / math.tan(camera.angle_x / 2)
    return min(1.0, FOREGROUND.get(category, UNKNOWN_FOREGROUND) * linear**2)


def expected_load(settings: Settings, category: Category, found: int | None, counted: str) -> CategoryLoad:
    """The load without a manifest: of `found` objects, or of the published ones where that is None.

    Every object counts as annotated where there is a source of annotations: more of them cannot be.
    """
    if found is None:
        splits = PUBLISHED[category.name]
        shares = (splits[0] / sum(splits), splits[1] / sum(splits), splits[2] / sum(splits))
        if settings.manifest.splits == SEEDED:
            shares = settings.manifest.fractions
    else:
        splits, shares = (found, 0, 0), settings.manifest.fractions
    limit = settings.manifest.objects
    count = sum(splits) if limit is None else min(sum(splits), limit)
    if count < sum(splits) or shares == settings.manifest.fractions:
        splits = _split(count, shares, settings.manifest.seed, category.synset)
    source = settings.source
    roots = {"partnet": source.partnet_root, "shapenet-part": source.shapenet_part_root}
    made_up = source.kind == "made-up"
    parts = made_up or roots[category.parts_from] is not None
    keypoints = made_up or source.keypointnet_root is not None
    return CategoryLoad(
        category=category.name,
        train=splits[0],
        val=splits[1],
        test=splits[2],
        keypoint_objects=count if keypoints else 0,
        candidates=CANDIDATES if keypoints else 1,
        part_objects=count if parts else 0,
        part_points=PART_POINTS[category.parts_from] if parts else 1,
        foreground=assumed_foreground(category.name, settings.manifest.longest_edge, settings.camera),
        counted=counted,
        foreground_from="assumed",
    )


def with_measured_foreground(load: CategoryLoad, share: float, views: int) -> CategoryLoad:
    """The same with the foreground that so many rendered views have."""
    return replace(load, foreground=share, foreground_from=f"{views:,} rendered views")


def _split(count: int, shares: tuple[float, float, float], seed: int, synset: str) -> tuple[int, int, int]:
    of = Counter(seeded_splits([str(number) for number in range(count)], shares, seed, synset).values())
    train, val, test = (of[name] for name in SPLITS)
    return train, val, test
