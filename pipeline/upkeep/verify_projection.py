"""Compare a projection on the disk with its checksums."""

from pathlib import Path

from pipeline.artifacts.places import Place
from pipeline.artifacts.projections import ABOUT, RECORD, TENSORS
from pipeline.stores.atomic_files import digest_of, sha256_of
from pipeline.stores.checked_json import DamagedJsonError, read_checked, read_exact
from pipeline.stores.store import FINGERPRINT_CHARACTERS
from pipeline.upkeep.verify import Checked, Damage


def check_projection(root: Path, place: Place) -> Checked:
    """Check the three files of a projection; `content` is the sha256 of its tensors, from its record."""
    folder = place.below(root)
    remedy = f"run `{place.command} --overwrite`"
    if not (folder / RECORD).exists():
        return Checked(unfinished=True)
    damage = []
    read = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    try:
        if digest_of(read_exact(folder / ABOUT))[:FINGERPRINT_CHARACTERS] != place.fingerprint:
            damage.append(Damage(folder / ABOUT, "is damaged", remedy))
    except (FileNotFoundError, DamagedJsonError):
        damage.append(Damage(folder / ABOUT, "is damaged or missing", remedy))
    try:
        content = read_checked(folder / RECORD)["sha256"]
    except (DamagedJsonError, KeyError):
        return Checked(read, (*damage, Damage(folder / RECORD, "is damaged", remedy)))
    if not (folder / TENSORS).exists() or sha256_of(folder / TENSORS) != content:
        damage.append(Damage(folder / TENSORS, "is damaged or missing", remedy))
    return Checked(read, tuple(damage), None if damage else str(content))
