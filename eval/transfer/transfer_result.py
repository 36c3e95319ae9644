"""The result of one descriptor on one pair at one task."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from eval.transfer.pairs import Pair

Task: TypeAlias = Literal["2d-cross-instance", "2d-other-camera", "2d-novel-view", "3d-cross-instance"]
TASKS: tuple[Task, ...] = get_args(Task)


@dataclass(frozen=True)
class TransferResult:
    """Keypoint transfer and part co-segmentation of one pair (paper, section Evaluation).

    `distances` has one for each of `keypoint_ids` (common to both, ascending): pixels in 2D, longest edges in 3D. `pck`
    has one share for each threshold, None without a distance. `part_iou` is (label, IoU) for each common part, labels
    ascending; `iou` is their mean, None without one.
    """

    task: Task
    descriptor: str
    pair: Pair
    distances: tuple[float, ...]
    keypoint_ids: tuple[int, ...]
    pck: tuple[float, ...] | None
    part_iou: tuple[tuple[int, float], ...]
    iou: float | None


def threshold_name(task: Task, value: float) -> str:
    """Name a threshold with its unit: `10 px` in the 2D tasks, `0.1 edge` (longest edges) in the 3D task."""
    return f"{value:g} {'edge' if task.startswith('3d') else 'px'}"
