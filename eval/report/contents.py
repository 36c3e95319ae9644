"""What a report holds. Numbers and pictures come from the stages; nothing is judged here."""

from dataclasses import dataclass

from eval.evaluate import TransferSummary
from eval.view_synthesis import SynthesisSummary


@dataclass(frozen=True)
class Counts:
    """How much the numbers rest on: objects of each split, views of each object, what was left out and why.

    `notes` are of objects that are used, but not with everything that was there: an annotation was refused, a file is
    missing.
    """

    objects: tuple[tuple[str, int], ...]
    views: int
    dropped: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...] = ()


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
class Picture:
    """A picture, what a reader sees in it, and what it shows for those who cannot see it."""

    caption: str
    alt: str
    png: bytes


@dataclass(frozen=True)
class StoreLine:
    """A store or a run that the section was made from."""

    name: str
    place: str
    fingerprint: str


@dataclass(frozen=True)
class Section:
    """One category and one teacher.

    `stand_in` says that the teacher is no learned network. `subject` and `baseline` name the two descriptors among
    `transfer` that the sentences compare: the field's own and the teacher's map. All of `transfer` is over the same
    pairs and thresholds.
    """

    category: str
    teacher: str
    stand_in: bool
    counts: Counts
    transfer: tuple[TransferSummary, ...]
    subject: str
    baseline: str
    synthesis: SynthesisSummary
    losses: tuple[LossTerm, ...]
    curves: tuple[Curve, ...]
    pictures: tuple[Picture, ...]
    stores: tuple[StoreLine, ...]

    def of(self, descriptor: str) -> TransferSummary:
        """The summary of a descriptor. Raises KeyError if it was not evaluated."""
        for summary in self.transfer:
            if summary.descriptor == descriptor:
                return summary
        raise KeyError(descriptor)


@dataclass(frozen=True)
class Report:
    """All sections, the settings as yaml, and remarks that hold for every section.

    `made_up` says that the objects come from the generator and from no data set.
    """

    title: str
    made_up: bool
    remarks: tuple[str, ...]
    sections: tuple[Section, ...]
    settings: str
