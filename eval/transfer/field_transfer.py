"""Transfer over the manifest's pairs: every descriptor at every task, each view read, encoded and rendered once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.evaluation_inputs import EvaluationInputs, PairOfTasks, ends_of
from eval.transfer.chance import Chance, chance_of
from eval.transfer.evaluate import Matches, matched_places, measure, seen_pixels, start_transfer
from eval.transfer.pairs import Pair
from eval.transfer.point_transfer import plan_points
from eval.transfer.transfer_plan import TransferPlan
from eval.transfer.transfer_result import TASKS, Task, TransferResult
from eval.transfer.view_transfer import plan_views
from eval.views import SeenPixels
from pipeline.config.settings import Evaluate
from pipeline.datasets.records import ObjectKey
from pipeline.executors.heap import trim_heap
from pipeline.progress import Progress, say

# Tasks over the same pairs share what is read and encoded for them.
TOGETHER: tuple[tuple[Task, ...], ...] = (
    ("2d-cross-instance", "2d-other-camera", "3d-cross-instance"),
    ("2d-novel-view",),
)
# Enough for views to fill the batches they share, few enough that progress is said every few seconds.
BATCHES_OF_TURN = 8


@dataclass(frozen=True)
class PlannedTransfer:
    """The plan of a pair at one task."""

    task: Task
    pair: Pair
    plan: TransferPlan


# One of the manifest's pairs at each task over it.
Planned: TypeAlias = Sequence[PlannedTransfer]
# The transfers of a turn's pairs, with the matches by each descriptor.
MatchedTurn: TypeAlias = Sequence[Sequence[tuple[PlannedTransfer, Sequence[Matches]]]]


@dataclass(frozen=True)
class Measured:
    """Transfers as measured, and the results of a random choice, for each pair."""

    results: tuple[TransferResult, ...]
    chances: Mapping[Task, Sequence[Chance]]


@dataclass(frozen=True)
class FieldTransfer:
    """One field's transfer between the objects of `inputs`; `longest_edge` in world units, `workers` read ahead."""

    settings: Evaluate
    longest_edge: float
    workers: int
    inputs: EvaluationInputs
    answers: FieldAnswers
    descriptors: Sequence[Descriptor]

    def measure(self, label: str) -> Measured:
        """Measure every task, pair and descriptor; `label` begins the lines of progress."""
        results: list[TransferResult] = []
        chances: dict[Task, list[Chance]] = {task: [] for task in TASKS}
        for tasks in TOGETHER:
            listed = sorted(self.inputs.pairs(tasks[0], self.settings.pairs), key=_by_view)
            pairs = [pair_of_tasks(tasks, pair, self.settings.other_camera, self.inputs.views) for pair in listed]
            said = f"{label}: {' and '.join(tasks)}"
            if not pairs:
                say(f"{said}: no pair of test objects, not measured")
                continue
            progress = Progress(said, len(pairs), "pairs")
            for turn in matched_turns(self._turns(pairs), self.answers, self.descriptors):
                for of_pair in turn:
                    for transfer, matches in of_pair:
                        results += self._results(transfer, matches)
                        chances[transfer.task].append(self._chance(transfer))
                    progress.step()
                trim_heap()  # the arrays of thousands of pairs would leave gaps
            progress.close()
        return Measured(tuple(results), chances)

    def _turns(self, pairs: Sequence[PairOfTasks]) -> Iterator[list[Planned]]:
        for group in self.inputs.ahead(pairs, self.workers):
            self.answers.encode(seen for of_tasks in group for seen in _images_seen(of_tasks))
            yield from turns([self._planned(of_tasks) for of_tasks in group], pixels_of_turn(self.answers))

    def _planned(self, of_tasks: PairOfTasks) -> Planned:
        plans = ((task, pair, plan_pair(self.settings, self.inputs, task, pair)) for task, pair in of_tasks.items())
        return [PlannedTransfer(*planned) for planned in plans]

    def _results(self, transfer: PlannedTransfer, matches: Sequence[Matches]) -> list[TransferResult]:
        task, pair, plan = transfer.task, transfer.pair, transfer.plan
        thresholds, unit = self._thresholds(task), unit_of(task, self.longest_edge)
        return [
            measure(task, descriptor.name, pair, plan, matched_places(plan, by_descriptor), thresholds, unit)
            for descriptor, by_descriptor in zip(self.descriptors, matches, strict=True)
        ]

    def _chance(self, transfer: PlannedTransfer) -> Chance:
        return chance_of(transfer.plan, self._thresholds(transfer.task), unit_of(transfer.task, self.longest_edge))

    def _thresholds(self, task: Task) -> tuple[float, ...]:
        return thresholds_by_task(self.settings, self.longest_edge)[task]


def plan_pair(settings: Evaluate, inputs: EvaluationInputs, task: Task, pair: Pair) -> TransferPlan:
    """Plan the transfer of a pair at one task: between labelled points in 3D, else between labelled pixels."""
    if task == "3d-cross-instance":
        ends = inputs.point_labels(pair.source), inputs.point_labels(pair.target)
        return plan_points(*ends, settings.unlabelled_points)
    source, target = (inputs.view_labels(*end) for end in ends_of(pair))
    return plan_views(source, target, settings.keypoint_pixels)


def unit_of(task: Task, longest_edge: float) -> float:
    """Return the length that a task's thresholds count: a pixel, in 3D the longest edge in world units."""
    return longest_edge if task == "3d-cross-instance" else 1.0


def pair_of_tasks(tasks: Sequence[Task], pair: Pair, views_on: int, views: int) -> PairOfTasks:
    """The pair as each task sees it: in `2d-other-camera` the target's view is `views_on` numbers further.

    Objects with a single view have no other camera, and no pair at that task.
    """
    other = pair.from_other_camera(views_on, views)
    seen = {task: other if task == "2d-other-camera" else pair for task in tasks}
    return {task: of_task for task, of_task in seen.items() if task != "2d-other-camera" or other != pair}


def turns(planned: Sequence[Planned], pixels: int) -> Iterator[list[Planned]]:
    """Group pairs in their order: a group ends with the pair that brings it to `pixels` pixels."""
    turn: list[Planned] = []
    asked = 0
    for of_pair in planned:
        turn.append(of_pair)
        asked += sum(len(seen.pixels) for seen in pixels_asked([of_pair]))
        if asked >= pixels:
            yield turn
            turn, asked = [], 0
    if turn:
        yield turn


def pixels_of_turn(answers: FieldAnswers) -> int:
    """Return the pixels that make a turn."""
    return BATCHES_OF_TURN * answers.renderer.rays_per_batch


def matched_turns(
    planned: Iterable[Sequence[Planned]], answers: FieldAnswers, descriptors: Sequence[Descriptor]
) -> Iterator[MatchedTurn]:
    """Render and match turn by turn. A GPU works on a turn while the caller measures the one before and plans the next.

    Each transfer comes with the matches by each descriptor.
    """
    before: MatchedTurn = []
    for turn in planned:
        answers.render(pixels_asked(turn))
        matched = [[(one, [_started(one, by) for by in descriptors]) for one in of_pair] for of_pair in turn]
        yield before
        before = matched
    yield before


def _started(transfer: PlannedTransfer, descriptor: Descriptor) -> Matches:
    return start_transfer(transfer.task, transfer.pair, transfer.plan, descriptor)


def pixels_asked(planned: Sequence[Planned]) -> Iterator[SeenPixels]:
    """List the pixels that the plans of the 2D tasks will ask for."""
    for of_pair in planned:
        for transfer in of_pair:
            if transfer.task != "3d-cross-instance" and not transfer.plan.is_empty:
                yield from seen_pixels(transfer.task, transfer.pair, transfer.plan)


def thresholds_by_task(settings: Evaluate, longest_edge: float) -> dict[Task, tuple[float, ...]]:
    """The thresholds of keypoint transfer in each task's unit: pixels, or longest edges in 3D.

    Those that are set in world units are converted by the `longest_edge` of an object in world units.
    """
    unit = 1 if settings.pck_unit == "longest-edge" else longest_edge
    edges = tuple(threshold / unit for threshold in settings.pck_edges)
    return {task: edges if task == "3d-cross-instance" else settings.pck_pixels for task in TASKS}


def _images_seen(of_tasks: PairOfTasks) -> Iterator[tuple[ObjectKey, int]]:
    """The images from which a pair's objects are encoded."""
    for task, pair in of_tasks.items():
        source, target = ends_of(pair)
        yield source
        if task != "2d-novel-view":
            yield target


def _by_view(pair: Pair) -> tuple[int, str, str]:
    """Pairs that share views come after one another, so that few renders are kept."""
    return pair.source_view, str(pair.source), str(pair.target)
