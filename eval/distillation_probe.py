"""The views that a distilled feature is measured on, by the evaluate stage and while a field trains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from eval.descriptors.field_renderer import FieldRenderer
from eval.distillation.distillation_summary import Distillation, Kind, summarise_distillation
from eval.distillation.seen_objects import (
    MeasuredView,
    SeenObject,
    held_out_tasks,
    mean_training_feature,
    measure_views,
    read_seen_objects,
    spread_keys,
)
from eval.synthesis.view_synthesis import SynthesisTask, synthesis_tasks
from pipeline.artifacts.stored_views import StoredViews
from pipeline.datasets.records import ObjectKey
from pipeline.progress import Progress
from train.objects.held_out_views import SplitViews, split_views

# Target views of each kind. A view's foreground has a few hundred cells, its image 16,384 pixels.
VALIDATED_VIEWS = 8  # in each validation
FINAL_OBJECTS, FINAL_VIEWS = 32, 4  # objects, and views of each, at the end of a run


@dataclass(frozen=True)
class DistillationProbe:
    """Objects of each kind to ask about, and the mean feature of the training cells."""

    constant: Float32[np.ndarray, " c"]
    objects: Mapping[Kind, Iterable[SeenObject]]

    def measure(self, renderer: FieldRenderer) -> dict[Kind, list[MeasuredView]]:
        """Render all cells. A view without foreground is left out."""
        return {kind: measure_views(renderer, seen, self.constant) for kind, seen in self.objects.items()}

    def summarise(self, renderer: FieldRenderer) -> Distillation:
        """Measure, and summarise each kind that has any cell."""
        summaries = {kind: summarise_distillation(views) for kind, views in self.measure(renderer).items()}
        return {kind: summary for kind, summary in summaries.items() if summary is not None}


@dataclass(frozen=True)
class ProbedObjects:
    """The training objects of a run, with the number of their views that are held out, and the objects unseen in it."""

    stored: StoredViews
    training: Sequence[ObjectKey]
    unseen: Sequence[ObjectKey]
    held_out_views: int

    def validation_probe(self) -> DistillationProbe:
        """Read about `VALIDATED_VIEWS` views of each kind into memory, of as many objects as there are."""
        unseen, training = (spread_keys(keys, VALIDATED_VIEWS) for keys in (self.unseen, self.training))
        return self._probe(unseen, VALIDATED_VIEWS // max(len(unseen), 1), training, VALIDATED_VIEWS // len(training))

    def final_probe(self) -> DistillationProbe:
        """Read `FINAL_VIEWS` views of each of `FINAL_OBJECTS` objects, or as many as there are."""
        unseen, training = (spread_keys(keys, FINAL_OBJECTS) for keys in (self.unseen, self.training))
        return self._probe(unseen, FINAL_VIEWS, training, FINAL_VIEWS)

    def _probe(
        self, unseen: Sequence[ObjectKey], unseen_views: int, training: Sequence[ObjectKey], training_views: int
    ) -> DistillationProbe:
        split = _split(self.stored, self.held_out_views)
        views = len(split.training) + len(split.held_out)
        tasks: dict[Kind, Sequence[SynthesisTask]] = {
            "unseen-objects": synthesis_tasks(unseen, views, unseen_views),
            "held-out-views": held_out_tasks(training, split, training_views),
        }
        objects = {kind: tuple(read_seen_objects(self.stored, of_kind)) for kind, of_kind in tasks.items()}
        return DistillationProbe(mean_training_feature(self.stored, self.training, split), objects)


def measure_distillation(
    label: str, stored: StoredViews, test_tasks: Sequence[SynthesisTask], renderer: FieldRenderer, held_out_views: int
) -> Distillation:
    """Measure the field on the test objects' views, and on all held-out views of the training objects.

    Each object is seen from one view, and read when it is due. A kind of views without a cell that shows an object is
    left out. `label` begins the lines of progress.
    """
    keys, split = stored.keys("train"), _split(stored, held_out_views)
    tasks: dict[Kind, Sequence[SynthesisTask]] = {
        "unseen-objects": test_tasks,
        "held-out-views": held_out_tasks(keys, split, held_out_views),
    }
    constant = mean_training_feature(stored, keys, split)
    progress = Progress(label, sum(map(len, tasks.values())), "objects")

    def counted(of_kind: Sequence[SynthesisTask]) -> Iterator[SeenObject]:
        for seen in read_seen_objects(stored, of_kind):
            yield seen
            progress.step()

    objects = {kind: counted(of_kind) for kind, of_kind in tasks.items()}
    summaries = DistillationProbe(constant, objects).summarise(renderer)
    progress.close()
    return summaries


def _split(stored: StoredViews, held_out_views: int) -> SplitViews:
    return split_views(stored.views.store.specs["rgba"].shape[0], held_out_views)
