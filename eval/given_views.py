"""View synthesis on views that were made elsewhere, as pixel-nerf measures it on the renders of SRN.

Fixed source views of an object are encoded together, all its other views are rendered. The metrics of an object are
means over its rendered views, those of a method means over objects (sxyu/pixel-nerf, eval/eval.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from eval.descriptors.field_renderer import FieldRenderer
from eval.synthesis.image_metrics import ImageMetrics, image_metrics
from eval.synthesis.synthesis_summary import SynthesisSummary, summarise_synthesis
from eval.transfer.pairs import Pair
from eval.views import PosedImage
from pipeline.artifacts.results import RESULTS
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.frame import pose_in_world
from pipeline.datasets.views.view_source import ViewSource
from pipeline.progress import Progress
from render.given_views import cropped_view
from render.over_black import over_black
from train.rendering.rendered_rays import RenderedRays

GIVEN_VIEWS = RESULTS / "views"
Background: TypeAlias = Literal["white", "black"]


@dataclass(frozen=True)
class GivenViewTask:
    """Views to encode and to render: `sources` by number; all others, or `targets` of them at even distances."""

    sources: tuple[int, ...]
    targets: int | None = None
    background: Background = "white"

    def target_views(self, count: int) -> Int64[np.ndarray, " n"]:
        """Return the numbers of the views to render, of `count`. Raises ValueError if a source is not there."""
        if max(self.sources) >= count:
            raise ValueError(f"has {count} views, so none with the number {max(self.sources)}: choose other --sources")
        others = np.setdiff1d(np.arange(count), self.sources)
        if not len(others):
            raise ValueError("has no view beside the sources")
        limit = len(others) if self.targets is None else min(self.targets, len(others))
        return np.asarray(others[np.linspace(0, len(others) - 1, limit).astype(int)])


@dataclass(frozen=True)
class ObjectViews:
    """The means of an object over its rendered views."""

    key: ObjectKey
    views: int
    means: ImageMetrics


@dataclass(frozen=True)
class GivenViewResults:
    """The measured objects, and why others were not, by id."""

    objects: tuple[ObjectViews, ...]
    skipped: Mapping[str, str]


@dataclass(frozen=True)
class GivenViewStatistics:
    """PSNR and SSIM of a field. `summary` are means over objects of each object's mean over its rendered views.

    `model` is the digest of the model's files, `size` the side of the compared images in pixels. `skipped` says why
    objects were left out.
    """

    model: str
    layout: str
    category: str
    split: str
    size: int
    task: GivenViewTask
    summary: SynthesisSummary
    objects: tuple[ObjectViews, ...]
    skipped: Mapping[str, str]


def evaluate_given_views(
    label: str, source: ViewSource, keys: Sequence[ObjectKey], task: GivenViewTask, renderer: FieldRenderer
) -> GivenViewResults:
    """Encode each object from its source views, over black as in training, and compare its other views.

    Views are cropped and resized to the field's size, as the render stage does. Rendered and true views are compared
    over the task's background. Objects that raise DatasetError are skipped and named.
    """
    objects, skipped = [], dict[str, str]()
    progress = Progress(label, len(keys), "objects")
    for key in keys:
        try:
            metrics = list(_object_metrics(source, key, task, renderer, progress))
            means = ImageMetrics(*(float(np.mean([getattr(m, name) for m in metrics])) for name in ("psnr", "ssim")))
            objects.append(ObjectViews(key, len(metrics), means))
        except DatasetError as error:
            skipped[key.id] = str(error)
        progress.step()
    progress.close()
    return GivenViewResults(tuple(objects), skipped)


def over_background(rays: RenderedRays, background: Background) -> Float32[np.ndarray, "h w 3"]:
    """Put a rendered view over its background, clipped to 0..1: white adds 1 - opacity, as pixel-nerf's renderer."""
    rgb = rays.rgb if background == "black" else rays.rgb + (1 - rays.weight_sum[..., None])
    image: Float32[np.ndarray, "h w 3"] = rgb.clamp(0, 1).numpy()
    return image


def true_view(rgba: UInt8[np.ndarray, "h w 4"], background: Background) -> Float32[np.ndarray, "h w 3"]:
    """Put a given view over the background."""
    black = over_black(rgba)
    if background == "black":
        return black
    return np.asarray(black + (1 - rgba[..., 3:].astype(np.float32) / 255), dtype=np.float32)


def summarise_objects(results: GivenViewResults, task: GivenViewTask) -> SynthesisSummary:
    """Take means over objects with their intervals; every object counts once, whatever its number of views."""
    first = task.sources[0]
    scores = {Pair(each.key, first, each.key, first): each.means for each in results.objects}
    return summarise_synthesis(f"{len(task.sources)} source views", scores)


def _object_metrics(
    source: ViewSource, key: ObjectKey, task: GivenViewTask, renderer: FieldRenderer, progress: Progress
) -> Iterator[ImageMetrics]:
    """Metrics of each target view; views are read one at a time."""
    size, world = renderer.field.camera.size, source.world_from_source(key)
    try:
        targets = task.target_views(source.count(key))
    except ValueError as error:
        raise DatasetError(source.files(key)[0].parent, "views", str(error)) from None
    sources = [_posed(source, key, number, world, size)[0] for number in task.sources]
    encoded = renderer.encode_together(sources)
    for done, number in enumerate(targets, 1):
        seen, rgba = _posed(source, key, int(number), world, size)
        rays = renderer.render_image(encoded, seen.pose, seen.intrinsics, size, size)
        yield image_metrics(over_background(rays, task.background), true_view(rgba, task.background))
        progress.step(f"view {done} of {len(targets)} of this object", count=0)


def _posed(
    source: ViewSource, key: ObjectKey, number: int, world: Float64[np.ndarray, "4 4"], size: int
) -> tuple[PosedImage, UInt8[np.ndarray, "size size 4"]]:
    """Read a view, crop it to the field's square, and move its camera into the world; over black, and with alpha."""
    view = cropped_view(source, key, number, size)
    pose, intrinsics = pose_in_world(world, view.pose).astype(np.float32), view.intrinsics.array().astype(np.float32)
    return PosedImage(over_black(view.rgba), pose, intrinsics), view.rgba
