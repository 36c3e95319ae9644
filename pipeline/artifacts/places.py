"""The folders below storage.root that are named by a fingerprint, and the commands that fill them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import UserError
from pipeline.stores.store import FINGERPRINT_CHARACTERS

StoreKind = Literal["views", "labels", "maps"]
PlaceKind = Literal["views", "labels", "maps", "projections"]
KeptKind = Literal["views", "labels", "maps", "projections", "meshes"]
STORE_KINDS: tuple[StoreKind, ...] = ("views", "labels", "maps")
PLACE_KINDS: tuple[PlaceKind, ...] = (*STORE_KINDS, "projections")
KEPT_KINDS: tuple[KeptKind, ...] = (*PLACE_KINDS, "meshes")
STAGE_OF: dict[PlaceKind, str] = {
    "views": "render",
    "labels": "label",
    "maps": "cache-teachers",
    "projections": "fit-projection",
}
_FINGERPRINT = re.compile(f"[0-9a-f]{{{FINGERPRINT_CHARACTERS}}}")


@dataclass(frozen=True, order=True)
class Place:
    """A store, or a projection, below storage.root. Views and labels have no teacher."""

    kind: PlaceKind
    teacher: str | None
    category: str
    fingerprint: str

    def __str__(self) -> str:
        """`views/plane/<fingerprint>` or `maps/dino/plane/<fingerprint>`, relative to storage.root."""
        return "/".join(part for part in (self.kind, self.teacher, self.category, self.fingerprint) if part is not None)

    def below(self, root: Path) -> Path:
        """Its folder."""
        return root / str(self)

    @property
    def stage(self) -> str:
        """The stage that fills it."""
        return STAGE_OF[self.kind]

    @property
    def command(self) -> str:
        """The command that fills it, with the settings that it stands for."""
        teacher = "" if self.teacher is None else f" --teacher {self.teacher}"
        return f"pipeline {self.stage} --category {self.category}{teacher}"


def is_fingerprint(name: str) -> bool:
    """Is it the name of a folder that a fingerprint has named?"""
    return _FINGERPRINT.fullmatch(name) is not None


def has_teacher(kind: PlaceKind) -> bool:
    """Is there a folder for each teacher?"""
    return kind in ("maps", "projections")


def places_of(kind: KeptKind | None) -> tuple[PlaceKind, ...]:
    """The kinds of places among what is kept: this one, all of them without one, none for meshes."""
    return tuple(one for one in PLACE_KINDS if kind in (None, one))


def existing_root(named: str) -> Path:
    """storage.root. Raises UserError if it is no folder."""
    root = Path(named)
    if not root.is_dir():
        raise UserError(f"storage.root is {named}, which is no folder: run `pipeline render` first, or correct it.")
    return root


def find_places(root: Path, kinds: Sequence[PlaceKind], category: str | None = None) -> list[Place]:
    """All places of these kinds that have a folder, of one category or of all."""
    found = []
    for kind in kinds:
        for folder in sorted((root / kind).glob("*/*/*" if has_teacher(kind) else "*/*")):
            *teachers, held_category, name = folder.relative_to(root / kind).parts
            if is_fingerprint(name) and folder.is_dir() and category in (None, held_category):
                found.append(Place(kind, teachers[0] if teachers else None, held_category, name))
    return found
