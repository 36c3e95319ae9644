"""View synthesis: an object seen once, rendered from other cameras."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.descriptors.field_renderer import FieldRenderer
from eval.synthesis.image_metrics import ImageMetrics, image_metrics
from eval.synthesis.perceptual_distance import PerceptualDistance
from eval.transfer.pairs import Pair
from eval.views import ImageOf
from pipeline.datasets.records import ObjectKey
from pipeline.progress import counted


@dataclass(frozen=True)
class SynthesisTask:
    """One object, the view that the field sees, and the views that it has to render."""

    key: ObjectKey
    source_view: int
    target_views: tuple[int, ...]


WAYS = ("rendered", "source_image")


@dataclass(frozen=True)
class SynthesisResult:
    """One rendered view against the true one, and the baseline: the source image put in its place."""

    key: ObjectKey
    source_view: int
    target_view: int
    rendered: ImageMetrics
    source_image: ImageMetrics

    @property
    def pair(self) -> Pair:
        """Its two views, as those of a transfer."""
        return Pair(self.key, self.source_view, self.key, self.target_view)


def synthesis_tasks(keys: Sequence[ObjectKey], views: int, target_views: int) -> tuple[SynthesisTask, ...]:
    """For each object a source view and `target_views` others spread evenly over the view numbers, without a draw.

    Object i is seen from view i (modulo `views`), so that no single camera decides. At most `views` - 1 targets.
    """
    count = min(target_views, views - 1)
    steps = [1 + target * (views - 1) // count for target in range(count)]
    return tuple(
        SynthesisTask(key, index % views, tuple((index + step) % views for step in steps))
        for index, key in enumerate(keys)
    )


def evaluate_synthesis(
    label: str,
    tasks: Sequence[SynthesisTask],
    image_of: ImageOf,
    renderer: FieldRenderer,
    lpips: PerceptualDistance | None = None,
) -> tuple[SynthesisResult, ...]:
    """Encode each task's object from its source view alone and render it from its target cameras.

    `label` begins the lines of progress. LPIPS is measured where there is a network for it.
    """
    results = []
    for task in counted(tasks, label, "objects", total=True):
        source = image_of(task.key, task.source_view)
        encoded = renderer.encode(source)
        for view in task.target_views:
            target = image_of(task.key, view)
            height, width, _ = target.rgb.shape
            render = renderer.render_image(encoded, target.pose, target.intrinsics, height, width)
            rgb = render.rgb.clamp(0, 1).numpy()
            rendered = image_metrics(rgb, target.rgb, lpips)
            copied = image_metrics(source.rgb, target.rgb, lpips)
            results.append(SynthesisResult(task.key, task.source_view, view, rendered, copied))
    return tuple(results)
