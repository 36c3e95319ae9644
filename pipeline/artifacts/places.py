"""The folders below storage.root that are named by a fingerprint, and the stages that fill them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from pipeline.artifacts.receipts import receipt_path, stage_command
from pipeline.errors import UserError
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS

StoreKind = Literal["views", "labels", "maps"]
PlaceKind = Literal["views", "labels", "maps", "projections"]
KeptKind = Literal["views", "labels", "maps", "projections", "meshes"]
STORE_KINDS: tuple[StoreKind, ...] = ("views", "labels", "maps")
PLACE_KINDS: tuple[PlaceKind, ...] = (*STORE_KINDS, "projections")
TEACHER_KINDS: tuple[PlaceKind, ...] = ("maps", "projections")  # have a folder for each teacher
STAGE_OF: dict[PlaceKind, str] = {
    "views": "render",
    "labels": "label",
    "maps": "cache-teachers",
    "projections": "fit-projection",
}
_FINGERPRINT = re.compile(f"[0-9a-f]{{{FINGERPRINT_CHARACTERS}}}")


@dataclass(frozen=True, order=True)
class Place:
    """A store or a projection below storage.root. Views and labels have no teacher."""

    kind: PlaceKind
    teacher: str | None
    category: str
    fingerprint: str

    @staticmethod
    def at(root: Path, folder: Path) -> "Place":
        """Name the place of a folder below storage.root."""
        kind, *teachers, category, fingerprint = folder.relative_to(root).parts
        return Place(cast("PlaceKind", kind), teachers[0] if teachers else None, category, fingerprint)

    def __str__(self) -> str:
        """Format as `views/plane/<fingerprint>` or `maps/dino/plane/<fingerprint>`, relative to storage.root."""
        return "/".join(part for part in (self.kind, self.teacher, self.category, self.fingerprint) if part is not None)

    def below(self, root: Path) -> Path:
        """Return the folder of this place below storage.root."""
        return root / str(self)

    @property
    def stage(self) -> str:
        """The stage that fills it."""
        return STAGE_OF[self.kind]

    @property
    def instance(self) -> str:
        """The stage's instance that fills it: `plane` or `plane-dino`."""
        return self.category if self.teacher is None else f"{self.category}-{self.teacher}"

    @property
    def receipt(self) -> Path:
        """The receipt of the stage that fills it. It may name another fingerprint."""
        return receipt_path(self.stage, self.instance)

    @property
    def command(self) -> str:
        """The command that fills it, with the settings that it stands for."""
        return stage_command(self.stage, self.instance)


def is_fingerprint(name: str) -> bool:
    """Return whether a folder of this name may be named by a fingerprint."""
    return _FINGERPRINT.fullmatch(name) is not None


def places_of(kind: KeptKind | None) -> tuple[PlaceKind, ...]:
    """Return the kinds of places to look at: this one, all if it is None, none for meshes."""
    return tuple(place_kind for place_kind in PLACE_KINDS if kind in (None, place_kind))


def existing_root(named: str) -> Path:
    """Return storage.root. Raises UserError if it is no folder."""
    root = Path(named)
    if not root.is_dir():
        raise UserError(f"storage.root is {named}, which is no folder: run `pipeline render` first, or correct it.")
    return root


def place_folders(root: Path, kind: PlaceKind) -> list[Path]:
    """List what lies where places of this kind lie below storage.root."""
    return sorted((root / kind).glob("*/*/*" if kind in TEACHER_KINDS else "*/*"))


def find_places(root: Path, kinds: Sequence[PlaceKind], category: str | None = None) -> list[Place]:
    """List the places of these kinds that have a folder, of one category or of all."""
    folders = [folder for kind in kinds for folder in place_folders(root, kind) if folder.is_dir()]
    places = [Place.at(root, folder) for folder in folders if is_fingerprint(folder.name)]
    return [place for place in places if category in (None, place.category)]
