"""The stores and projections that the project's receipts name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.places import PLACE_KINDS, STAGE_OF, TEACHER_KINDS, Place, PlaceKind, is_fingerprint
from pipeline.artifacts.receipts import RECEIPTS, Receipt, StoredObject, damaged, read_record
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.typed_json import plain_json


@dataclass(frozen=True)
class Reference:
    """A receipt: the place that it names, and the objects that should be there (none in a projection).

    The place follows from the fingerprint: the path in a receipt is that of the machine where it was written.
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
class _StoreReceipt(Receipt):
    """A receipt with the digest of its objects."""

    content: str


@dataclass(frozen=True)
class _ProjectionReceipt:
    """The part of a projection's receipt that names the projection."""

    fingerprint: str


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
    receipt: _StoreReceipt | _ProjectionReceipt
    if kind == "projections":
        receipt = read_record(path, stage, instance, _ProjectionReceipt)
        objects, intact = (), True
    else:
        receipt = read_record(path, stage, instance, _StoreReceipt)
        objects, intact = receipt.objects, digest_of(plain_json(receipt)["objects"]) == receipt.content
    if not intact or not is_fingerprint(receipt.fingerprint) or not dash:
        raise damaged(path, stage, instance)
    return Reference(Place(kind, teacher, category, receipt.fingerprint), objects)
