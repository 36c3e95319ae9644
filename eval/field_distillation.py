"""Measure how well a trained field's distilled feature explains the teacher, for the evaluate stage."""

from __future__ import annotations

from collections.abc import Sequence

from eval.descriptors.field_renderer import FieldRenderer
from eval.distillation.distillation_summary import Distillation, Kind, summarise_distillation
from eval.distillation.measured_views import MeasuredView, measure_views
from eval.distillation.seen_objects import held_out_tasks, mean_training_feature, read_seen_objects
from eval.synthesis.view_synthesis import SynthesisTask
from pipeline.artifacts.stored_views import StoredViews
from pipeline.progress import Progress
from train.objects.held_out_views import split_views


def measure_distillation(
    label: str, stored: StoredViews, test_tasks: Sequence[SynthesisTask], renderer: FieldRenderer, held_out_views: int
) -> Distillation:
    """Measure the field on the test objects' views, and on all held-out views of the training objects.

    Each object is seen from one view. A kind of views without a cell that shows an object is left out. `label` begins
    the lines of progress.
    """
    keys = stored.keys("train")
    split = split_views(stored.views.store.specs["rgba"].shape[0], held_out_views)
    tasks: dict[Kind, Sequence[SynthesisTask]] = {
        "unseen-objects": test_tasks,
        "held-out-views": held_out_tasks(keys, split, held_out_views),
    }
    constant = mean_training_feature(stored, keys, split)
    progress = Progress(label, sum(map(len, tasks.values())), "objects")
    measured: dict[Kind, list[MeasuredView]] = {kind: [] for kind in tasks}
    for kind, of_kind in tasks.items():
        for seen in read_seen_objects(stored, of_kind):
            measured[kind] += measure_views(renderer, [seen], constant)
            progress.step()
    progress.close()
    summaries = {kind: summarise_distillation(views) for kind, views in measured.items()}
    return {kind: summary for kind, summary in summaries.items() if summary is not None}
