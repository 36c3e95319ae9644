"""Notes on faces that look other than their file asks for: one record for all formats."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.datasets.printable import printable

# Reasons are the same words for every object and format, so that notes can be counted by them.
# Of a file that a mesh names; `texture` or `mtl file` stands before these.
MISSING = "is missing"
NO_FILE = "is no plain file"
UNREADABLE = "cannot be read"
OUTSIDE = "lies outside the object's folder"
UNSEARCHED = "is not where its name says, and its folder has too many files to look for it"
AMBIGUOUS = "may be one of several"
ELSEWHERE = "was found under another path"
TOO_LARGE = "not decoded: too large"
UNKNOWN_FORMAT = "not decoded: unknown format"
DAMAGED = "not decoded: damaged"
# Of faces.
NO_COORDINATES = "texture without texture coordinates"

_MOST_CHARACTERS = 300  # of a detail
_MOST_DETAILS = 20  # of a reason, in one object


@dataclass(frozen=True)
class LookNote:
    """One reason why faces look other than their file asks for.

    `detail` names the texture or material as the file does, with what is particular to it: `oak.png: 9000 x 8000
    pixels, limit 67108864`. `grey_faces` of the mesh are grey for this reason. With 0 they have a look, and the note
    says how it was chosen.
    """

    reason: str
    detail: str
    grey_faces: int = 0

    def __post_init__(self) -> None:
        """Escape what does not print: names come from files."""
        detail = printable(self.detail)
        object.__setattr__(
            self, "detail", detail if len(detail) <= _MOST_CHARACTERS else f"{detail[:_MOST_CHARACTERS]}..."
        )

    def __str__(self) -> str:
        """`reason: detail (12 grey faces)`."""
        return f"{self.reason}: {self.detail}" + (f" ({_faces(self.grey_faces)})" if self.grey_faces else "")


class LostLookError(Exception):
    """A file or picture that a look needs cannot be used. `reason` and `detail` are those of the note about it."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep both as the exception's arguments."""
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def note(self, grey_faces: int) -> LookNote:
        """The note for the faces that are grey because of it."""
        return LookNote(self.reason, self.detail, grey_faces)


def joined_notes(notes: Iterable[LookNote]) -> tuple[LookNote, ...]:
    """Join the notes of one object that differ in the number of faces alone, and those beyond 20 of one reason."""
    faces, details = Counter[tuple[str, str]](), Counter[str]()
    for note in notes:
        if (note.reason, note.detail) not in faces:
            details[note.reason] += 1
        known = (note.reason, note.detail) in faces or details[note.reason] <= _MOST_DETAILS
        faces[note.reason, note.detail if known else "others"] += note.grey_faces
    return tuple(LookNote(reason, detail, number) for (reason, detail), number in faces.items())


def grouped_notes(notes: Iterable[tuple[str, LookNote]]) -> list[str]:
    """Sum up the notes of many objects in one line a reason, most objects first: counts and an example.

    `notes` are pairs of an object's id and a note of it.
    """
    by_reason: dict[str, list[tuple[str, LookNote]]] = {}
    for object_id, note in notes:
        by_reason.setdefault(note.reason, []).append((object_id, note))
    lines = []
    for reason, group in sorted(by_reason.items(), key=lambda item: (-len({i for i, _ in item[1]}), item[0])):
        objects, grey = len({object_id for object_id, _ in group}), sum(note.grey_faces for _, note in group)
        counts = f"{objects} object{'s' * (objects > 1)}" + (f", {_faces(grey)}" if grey else "")
        example_id, example = group[0]
        lines.append(f"{reason}: {counts}, such as {example_id}: {example.detail}")
    return lines


def _faces(number: int) -> str:
    return f"{number} grey face{'s' * (number > 1)}"
