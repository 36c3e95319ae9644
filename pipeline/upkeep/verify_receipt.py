"""Does a place hold what a receipt says of it?"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.artifacts.projections import RECORD
from pipeline.artifacts.receipts import read_json_object
from pipeline.artifacts.references import Reference
from pipeline.stores.checked_json import DamagedJsonError, read_checked
from pipeline.stores.store import RowKey
from pipeline.upkeep.verify import Checked, Damage


def check_store_receipt(reference: Reference, rows: Sequence[RowKey], seen: Mapping[int, Checked]) -> list[Damage]:
    """`seen` is what has come of reading each row; of rows that are damaged enough is said."""
    lost = [
        stored
        for stored in reference.objects
        if stored.row not in seen
        or rows[stored.row].key != stored.key
        or (not seen[stored.row].damage and not seen[stored.row].busy and seen[stored.row].content != stored.content)
    ]
    if not lost:
        return []
    return [_not_held(reference, f"{len(lost)} objects that {reference.place} does not hold, the first {lost[0].key}")]


def check_projection_receipt(root: Path, reference: Reference) -> list[Damage]:
    """A receipt repeats all that the projection's own record says."""
    try:
        record = read_checked(reference.place.below(root) / RECORD)
    except (FileNotFoundError, DamagedJsonError):
        return [_not_held(reference, f"a projection that {reference.place} does not hold")]
    if record.items() <= read_json_object(reference.path, reference.stage, reference.instance).items():
        return []
    return [_not_held(reference, f"another projection than the one in {reference.place}")]


def check_presence(root: Path, reference: Reference) -> list[Damage]:
    """Is there a folder at all?"""
    return (
        [] if reference.place.below(root).is_dir() else [_not_held(reference, f"{reference.place}, which is missing")]
    )


def _not_held(reference: Reference, what: str) -> Damage:
    remedy = f"run `{reference.place.command}`, or copy it here with `pipeline store copy`"
    return Damage(reference.path, f"speaks of {what}", remedy)
