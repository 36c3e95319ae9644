"""Compare receipts with the stores and projections that they name."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.artifacts.projections import RECORD
from pipeline.artifacts.receipts import read_json_object
from pipeline.artifacts.references import Reference
from pipeline.stores.checked_json import DamagedJsonError, read_checked
from pipeline.stores.store import RowKey
from pipeline.upkeep.verify import Checked, Damage


def check_store_receipt(reference: Reference, rows: Sequence[RowKey], seen: Mapping[int, Checked]) -> list[Damage]:
    """Report the objects of a receipt that its store lacks.

    `seen` has the result of checking each row. Damaged rows are reported elsewhere.
    """
    lost = [
        stored
        for stored in reference.objects
        if stored.row not in seen
        or rows[stored.row].key != stored.key
        or (not seen[stored.row].damage and not seen[stored.row].busy and seen[stored.row].content != stored.content)
    ]
    if not lost:
        return []
    return [
        _mismatch(reference, f"{len(lost)} objects that {reference.place} does not contain, the first {lost[0].key}")
    ]


def check_projection_receipt(root: Path, reference: Reference) -> list[Damage]:
    """Report a receipt that does not repeat the projection's own record."""
    try:
        record = read_checked(reference.place.below(root) / RECORD)
    except (FileNotFoundError, DamagedJsonError):
        return [_mismatch(reference, f"a projection that {reference.place} does not contain")]
    if record.items() <= read_json_object(reference.path, reference.place.stage, reference.place.instance).items():
        return []
    return [_mismatch(reference, f"another projection than the one in {reference.place}")]


def check_presence(root: Path, reference: Reference) -> list[Damage]:
    """Report a receipt whose store or projection has no folder."""
    return (
        [] if reference.place.below(root).is_dir() else [_mismatch(reference, f"{reference.place}, which is missing")]
    )


def _mismatch(reference: Reference, what: str) -> Damage:
    remedy = f"run `{reference.place.command}`, or copy it here with `pipeline store copy`"
    return Damage(reference.path, f"names {what}", remedy)
