"""The stores and projections that the project's receipts name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.places import PLACE_KINDS, STAGE_OF, TEACHER_KINDS, Place, PlaceKind, is_fingerprint
from pipeline.artifacts.receipts import RECEIPTS, Receipt, StoredObject, damaged, read_receipt, read_record
from pipeline.errors import UserError


@dataclass(frozen=True)
class Reference:
    """A receipt: the place that it names, and the objects that should be there (none in a projection).

    The place follows from the fingerprint.
    """

    place: Place
    objects: tuple[StoredObject, ...] = ()

    def __str__(self) -> str:
        """Format as `cache-teachers plane-dino`."""
        return f"{self.place.stage} {self.place.instance}"

    @property
    def path(self) -> Path:
        """The receipt's own file."""
        return self.place.receipt


@dataclass(frozen=True)
class _Fitted:
    """The part of a receipt that names a projection."""

    fingerprint: str
    objects: tuple[StoredObject, ...] = ()


def read_references(
    kinds: Sequence[PlaceKind] = PLACE_KINDS, category: str | None = None
) -> Iterator[Reference | UserError]:
    """Read the receipts of this project that name such places. Yields an error for each damaged one."""
    for kind in kinds:
        for path in sorted((RECEIPTS / STAGE_OF[kind]).glob("*.json")):
            try:
                reference = _read_reference(kind, path)
            except UserError as error:
                yield error
                continue
            if category in (None, reference.place.category):
                yield reference


def references(kinds: Sequence[PlaceKind] = PLACE_KINDS, category: str | None = None) -> list[Reference]:
    """Read the receipts of this project that name such places. Raises UserError if one of them is damaged."""
    receipts = []
    for reference in read_references(kinds, category):
        if isinstance(reference, UserError):
            raise reference
        receipts.append(reference)
    return receipts


def _read_reference(kind: PlaceKind, path: Path) -> Reference:
    stage, instance = STAGE_OF[kind], path.stem
    category, dash, teacher = instance.rpartition("-") if kind in TEACHER_KINDS else (instance, "-", None)
    named: Receipt | _Fitted = (
        read_record(path, stage, instance, _Fitted) if kind == "projections" else read_receipt(stage, instance)
    )
    if not is_fingerprint(named.fingerprint) or not dash:
        raise damaged(path, stage, instance)
    return Reference(Place(kind, teacher, category, named.fingerprint), named.objects)
