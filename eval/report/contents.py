"""The contents of a report. Numbers, pictures and words come from the stages; nothing is judged here.

None stands for what was not measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from eval.descriptors.position import POSITION
from eval.distillation.distillation_summary import Distillation
from eval.interactive.field_surface import SurfacePoints
from eval.interactive.match_cells import PairMatches
from eval.photos.photo_statistics import PhotoStatistics
from eval.statistics.summary import TransferDifference, TransferSummary
from eval.synthesis.synthesis_summary import SynthesisDifference, SynthesisSummary
from eval.transfer.chance import CHANCE
from eval.transfer.transfer_result import Task

# Rows that are no competitors: they say how far a match without any knowledge of the object gets.
CONTROLS = (POSITION, CHANCE)
# Lines of text such as ("pixels that are foreground", "21.3%").
Facts: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Curve:
    """A value over the training steps, or a descriptor's share of keypoints found closer than each threshold."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class TransferTask:
    """A task of a section: a row for each descriptor and each control, all over the same pairs and thresholds.

    The first of `differences` is what the section's verdict speaks of. `curves` are in pixels (2D) or longest edges.
    """

    name: Task
    rows: tuple[TransferSummary, ...] = ()
    differences: tuple[TransferDifference, ...] = ()
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True)
class LossTerm:
    """A term of the loss, unweighted, at the beginning and at the end of training, and its weight in the sum."""

    name: str
    weight: float
    first: float
    last: float


@dataclass(frozen=True)
class Training:
    """The training of a variant of the field; 0 steps means initial weights.

    In the first `in_box_steps` steps rays are drawn inside the object's box alone.
    """

    variant: str
    steps: int
    losses: tuple[LossTerm, ...] = ()
    curves: tuple[Curve, ...] = ()
    in_box_steps: int = 0


@dataclass(frozen=True)
class Picture:
    """A picture, what a reader sees in it, and what it shows for those who cannot see it.

    Neighbours of a group with the same `together` stand side by side under it: one pair, several descriptors.
    """

    caption: str
    alt: str
    png: bytes
    together: str = ""


@dataclass(frozen=True)
class PictureGroup:
    """Pictures under a name such as `data`, `features`, `best pairs`; `missing` says why there is none."""

    name: str
    pictures: tuple[Picture, ...]
    missing: str = ""


@dataclass(frozen=True)
class Section:
    """One category and one teacher. `stand_in` says that the teacher is no learned network.

    `objects` are counted by split, `views` are those of each. `dropped` objects, and used ones with `notes`, go by
    name. `distilled` is by the descriptor's name, the whole field first, if it was trained with the feature loss.
    `stores` are names, places and fingerprints. `photos` are results on photographs, by the field's title;
    `photo_gaps` says why others are not shown. `matches` and `surfaces` are what a reader can touch.
    """

    category: str
    teacher: str
    stand_in: bool
    objects: Mapping[str, int]
    views: int
    dropped: Facts = ()
    notes: Facts = ()
    tasks: tuple[TransferTask, ...] = ()
    synthesis: tuple[SynthesisSummary, ...] = ()
    synthesis_differences: tuple[SynthesisDifference, ...] = ()
    distilled: tuple[tuple[str, Distillation], ...] = ()
    training: tuple[Training, ...] = ()
    pictures: tuple[PictureGroup, ...] = ()
    data_facts: Facts = ()
    teacher_facts: Facts = ()
    stores: tuple[tuple[str, str, str], ...] = ()
    photos: tuple[tuple[str, PhotoStatistics], ...] = ()
    photo_gaps: tuple[str, ...] = ()
    matches: PairMatches | None = None
    surfaces: SurfacePoints | None = None

    @property
    def teacher_map(self) -> str:
        """The name of the teacher's own map as a descriptor."""
        return f"{self.teacher} map"

    def task(self, name: Task) -> TransferTask:
        """The task of that name, without rows if it was not evaluated."""
        return next((task for task in self.tasks if task.name == name), TransferTask(name))


@dataclass(frozen=True)
class Report:
    """All sections, the settings as yaml, remarks that hold for every section, versions and machine.

    `made_up` says that the objects come from the generator and from no data set.
    """

    title: str
    made_up: bool
    remarks: tuple[str, ...]
    sections: tuple[Section, ...]
    settings: str
    machine: Facts = ()
