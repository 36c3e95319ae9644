"""What the project's receipts point to: stores and projections below storage.root."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.places import PLACE_KINDS, STAGE_OF, Place, PlaceKind, has_teacher, is_fingerprint
from pipeline.artifacts.receipts import RECEIPTS, StoredObject, damaged, read_json_object, read_receipt, receipt_path
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of


@dataclass(frozen=True)
class Reference:
    """A receipt, the place that it speaks of, and the objects that should be there (none in a projection).

    The place follows from the fingerprint: the path in a receipt is that of the machine where it was written.
    """

    stage: str
    instance: str
    place: Place
    objects: tuple[StoredObject, ...]

    def __str__(self) -> str:
        """`cache-teachers plane-dino`."""
        return f"{self.stage} {self.instance}"

    @property
    def path(self) -> Path:
        """The receipt's own file."""
        return receipt_path(self.stage, self.instance)


def read_references(
    kinds: Sequence[PlaceKind] = PLACE_KINDS, category: str | None = None
) -> Iterator[Reference | UserError]:
    """The receipts of this project that speak of such places, or what is wrong with them."""
    for kind in kinds:
        for path in sorted((RECEIPTS / STAGE_OF[kind]).glob("*.json")):
            try:
                reference = _reference(kind, path.stem)
            except UserError as error:
                yield error
                continue
            if category in (None, reference.place.category):
                yield reference


def references(kinds: Sequence[PlaceKind] = PLACE_KINDS, category: str | None = None) -> list[Reference]:
    """The receipts of this project that speak of such places. Raises UserError if one of them is damaged."""
    found = []
    for reference in read_references(kinds, category):
        if isinstance(reference, UserError):
            raise reference
        found.append(reference)
    return found


def _reference(kind: PlaceKind, instance: str) -> Reference:
    stage = STAGE_OF[kind]
    category, dash, teacher = instance.rpartition("-") if has_teacher(kind) else (instance, "-", None)
    path = receipt_path(stage, instance)
    held = read_json_object(path, stage, instance)
    fingerprint = held.get("fingerprint")
    whole = kind == "projections" or digest_of(held.get("objects")) == held.get("content")
    if not whole or not isinstance(fingerprint, str) or not is_fingerprint(fingerprint) or not dash:
        raise damaged(path, stage, instance)
    objects = () if kind == "projections" else read_receipt(stage, instance).objects
    return Reference(stage, instance, Place(kind, teacher, category, fingerprint), objects)
