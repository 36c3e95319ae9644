"""The contents of a report. Numbers, pictures and words come from the stages; nothing is judged here.

None stands for what was not measured. A number that is not finite is told as such; the report never fails on it.
"""

from dataclasses import dataclass

from eval.distillation.distillation_summary import Distillation
from eval.interactive.pair_matches import PairMatches
from eval.interactive.surface_points import SurfacePoints
from eval.photos.photo_statistics import PhotoStatistics
from eval.statistics.summary import TransferDifference, TransferSummary
from eval.synthesis.synthesis_summary import SynthesisDifference, SynthesisSummary
from eval.transfer.transfer_result import Task


@dataclass(frozen=True)
class PckCurve:
    """A descriptor's share of keypoints found closer than each threshold; thresholds ascend."""

    label: str
    thresholds: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class TransferTask:
    """A task of a section: a row for each descriptor, all over the same pairs and thresholds.

    Rows called `position` and `chance` are controls. The first of `differences` is what the section's verdict speaks
    of. `missing` says in a sentence why there are no rows, where the stage knows it.
    """

    name: Task
    rows: tuple[TransferSummary, ...] = ()
    differences: tuple[TransferDifference, ...] = ()
    curves: tuple[PckCurve, ...] = ()
    missing: str = ""

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The thresholds in pixels (2D) or longest edges (3D), ascending; none without rows."""
        return self.rows[0].thresholds if self.rows else ()


@dataclass(frozen=True)
class DistilledFeature:
    """The scores of the distilled feature of a variant of the field; `name` is the descriptor's."""

    name: str
    distillation: Distillation


@dataclass(frozen=True)
class LossTerm:
    """A term of the loss, unweighted, at the beginning and at the end of training, and its weight in the sum."""

    name: str
    weight: float
    first: float
    last: float


@dataclass(frozen=True)
class Curve:
    """A value over the training steps; steps ascend."""

    name: str
    points: tuple[tuple[int, float], ...]


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
class Fact:
    """A line of text such as ("pixels that are foreground", "21.3%")."""

    label: str
    value: str


@dataclass(frozen=True)
class Counts:
    """The data behind the numbers: objects of each split, views of each object, what was left out and why.

    `notes` are of objects that are used, but not with everything that was there: an annotation was refused, a file is
    missing.
    """

    objects: tuple[tuple[str, int], ...]
    views: int
    dropped: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class StoreLine:
    """A store or a run that the section was made from."""

    name: str
    place: str
    fingerprint: str


@dataclass(frozen=True)
class Section:
    """One category and one teacher. `stand_in` says that the teacher is no learned network.

    `distilled` has the whole field first, if it was trained with the feature loss. `photos` are results on photographs,
    by the field's title; `photo_gaps` says why others are not shown. `matches` and `surfaces` are what a reader can
    touch, of the pair that the section begins with.
    """

    category: str
    teacher: str
    stand_in: bool
    counts: Counts
    tasks: tuple[TransferTask, ...] = ()
    synthesis: tuple[SynthesisSummary, ...] = ()
    synthesis_differences: tuple[SynthesisDifference, ...] = ()
    distilled: tuple[DistilledFeature, ...] = ()
    training: tuple[Training, ...] = ()
    pictures: tuple[PictureGroup, ...] = ()
    data_facts: tuple[Fact, ...] = ()
    teacher_facts: tuple[Fact, ...] = ()
    stores: tuple[StoreLine, ...] = ()
    photos: tuple[tuple[str, PhotoStatistics], ...] = ()
    photo_gaps: tuple[str, ...] = ()
    matches: PairMatches | None = None
    surfaces: tuple[SurfacePoints, ...] = ()

    @property
    def test_objects(self) -> int:
        """The number of test objects."""
        return dict(self.counts.objects).get("test", 0)

    @property
    def teacher_map(self) -> str:
        """The name of the teacher's own map as a descriptor."""
        return f"{self.teacher} map"

    def task(self, name: Task) -> TransferTask | None:
        """The task of that name, None if it was not evaluated."""
        return next((task for task in self.tasks if task.name == name), None)


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
    machine: tuple[Fact, ...] = ()
