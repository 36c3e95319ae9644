"""Validation of a run: PSNR, SSIM and a picture of unseen objects, and how well its feature explains the teacher."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from eval.descriptors.field_renderer import FieldRenderer
from eval.distillation.cell_sums import sums_by_view
from eval.distillation.distillation_summary import Kind
from eval.distillation_probe import DistillationProbe
from eval.pictures.canvas import png_bytes
from eval.synthesis.image_metrics import ImageMetrics, image_metrics
from eval.validation.validation_picture import ValidationRow, ValidationView, taught_colours, validation_picture
from eval.views import PosedImage
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.settings import Camera, Train
from pipeline.datasets.records import ObjectKey
from pipeline.seeds import generator_of
from pipeline.stores.atomic_files import write_bytes
from render.over_black import over_black
from train.network.model import FeatureField
from train.trained_field import TrainedField

PICTURES = Path("pictures")  # in the folder of a run
CURVE_NAMES: Mapping[Kind, str] = {"unseen-objects": "validation_feature", "held-out-views": "heldout_feature"}


@dataclass(frozen=True)
class FieldValidation:
    """Called with a step and a model, renders the same views every time; they stay in memory.

    `probe` are the cells that the distilled feature is measured on, None for a field without feature loss.
    """

    train: Train
    camera: Camera
    rays_per_batch: int
    views: tuple[ValidationView, ...]
    run_folder: Path
    probe: DistillationProbe | None = None

    def __call__(self, step: int, model: FeatureField) -> dict[str, float]:
        """Return what was measured, by the names of its curves; write the step's picture.

        These are the means over the views of `validation_psnr` (dB) and `validation_ssim`; and R^2 and mean cosine of
        the distilled feature, `validation_feature_...` on unseen objects and `heldout_feature_...` on held-out views.
        What there are no views for is left out. The model, whose weights must be finite, is left as it was, and so are
        torch's generators.
        """
        renderer = FieldRenderer(TrainedField(model, self.train, self.camera), self.rays_per_batch)
        with evaluation_mode(model):
            rows = [_rendered(renderer, view) for view in self.views]
            values = {} if self.probe is None else distillation_values(self.probe, renderer)
        return values | (self._images(step, rows) if rows else {})

    def _images(self, step: int, rows: Sequence[ValidationRow]) -> dict[str, float]:
        """Write the picture, and return the means over its rows, at least one."""
        mean = ImageMetrics(
            float(np.mean([row.metrics.psnr for row in rows])), float(np.mean([row.metrics.ssim for row in rows]))
        )
        picture = validation_picture(step, mean, rows, self.camera)
        # The training waits for the file.
        write_bytes(self.picture_path(step), png_bytes(picture, smallest=False))
        return {"validation_psnr": mean.psnr, "validation_ssim": mean.ssim}

    def picture_path(self, step: int) -> Path:
        """Return the path of a step's picture."""
        return self.run_folder / PICTURES / f"step-{step:08d}.png"


def validation_views(settings: Train, stored: StoredViews, keys: Sequence[ObjectKey]) -> tuple[ValidationView, ...]:
    """Read `validation_views` views of the objects `keys`, at least one of them, in turn."""
    count = settings.validation_views
    views = []
    for index, key in enumerate(keys[:count]):
        turns = len(range(index, count, len(keys)))
        views += _views_of(settings, stored, key, turns)
    return tuple(views)


def distillation_values(probe: DistillationProbe, renderer: FieldRenderer) -> dict[str, float]:
    """Measure R^2 and mean cosine of each kind of views, by the names of their curves."""
    values: dict[str, float] = {}
    for kind, views in probe.measure(renderer).items():
        sums = sums_by_view([view.field for view in views])
        if sums is not None:
            values |= {f"{CURVE_NAMES[kind]}_r2": sums.r2, f"{CURVE_NAMES[kind]}_cosine": sums.cosine}
    return values


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; then each module is in its own mode again, which need not be its parent's."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def view_pairs(seed: int, key: ObjectKey, views: int, count: int) -> list[tuple[int, int]]:
    """`count` pairs of a source and a target view of an object; the seed and the object's name decide.

    Pairs are distinct while there are enough, and so are their two views unless the object has a single one.
    """
    others = max(1, views - 1)
    order = generator_of("train", seed, "validation", str(key)).permutation(views * others)
    drawn = [int(order[turn % len(order)]) for turn in range(count)]
    return [(pair // others, (pair // others + 1 + pair % others) % views) for pair in drawn]


def _views_of(settings: Train, stored: StoredViews, key: ObjectKey, count: int) -> list[ValidationView]:
    """Copies, because a view of an array would keep all of the object in memory."""
    rgba, pose, intrinsics = stored.rgba(key), stored.pose(key), stored.intrinsics(key)
    maps = stored.feature(key) if settings.feature_weight > 0 else None
    return [
        ValidationView(
            key=key,
            source_view=source,
            target_view=target,
            source=rgba[source].copy(),
            target=rgba[target].copy(),
            source_pose=pose[source].copy(),
            source_intrinsics=intrinsics[source].copy(),
            target_pose=pose[target].copy(),
            target_intrinsics=intrinsics[target].copy(),
            taught=None if maps is None else taught_colours(maps[target], rgba[target]),
        )
        for source, target in view_pairs(settings.seed, key, len(rgba), count)
    ]


def _rendered(renderer: FieldRenderer, view: ValidationView) -> ValidationRow:
    """Render the target view from the source view alone, whatever the number of source views in training."""
    height, width, _ = view.target.shape
    encoded = renderer.encode(PosedImage(over_black(view.source), view.source_pose, view.source_intrinsics))
    render = renderer.render_image(encoded, view.target_pose, view.target_intrinsics, height, width)
    rgb = render.rgb.clamp(0, 1).numpy()
    return ValidationRow(view, render, image_metrics(rgb, over_black(view.target)))
