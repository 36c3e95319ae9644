"""Receipts: a stage's out in DVC. A small file, written last, that says which store holds what."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pipeline.config.field_name import FieldName
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of, has_sha256, sha256_of, sole_lock
from pipeline.stores.checked_json import read_checked_as, write_checked
from pipeline.stores.typed_json import plain_json

RECEIPTS = Path("receipts")
STAGES_OF_A_TEACHER = ("fit-projection", "cache-teachers")
STAGES_OF_A_FIELD = ("train", "evaluate")
Record = TypeVar("Record")


@dataclass(frozen=True)
class StoredObject:
    """An object in a store: its row, and a digest of what stands there."""

    key: ObjectKey
    row: int
    content: str


@dataclass(frozen=True)
class Receipt:
    """A record of what a stage made. `failed` names the objects of the manifest that are not there, with the reason.

    `store` is relative to storage.root: on another machine, or after a move, the receipt is the same. `grey_faces`
    counts, for the objects that have any, the faces that are grey though their file asks for a look.
    """

    stage: str
    instance: str
    store: str
    fingerprint: str
    objects: tuple[StoredObject, ...]
    failed: dict[str, str]
    grey_faces: dict[str, int] = field(default_factory=dict)

    @cached_property
    def rows(self) -> Mapping[ObjectKey, StoredObject]:
        """The stored objects by key."""
        return {stored.key: stored for stored in self.objects}


def receipt_path(stage: str, instance: str) -> Path:
    """Return where the receipt of `stage@instance` lies, as dvc.yaml has it; instance is `plane` or `plane-dino`."""
    return RECEIPTS / stage / f"{instance}.json"


def write_receipt(receipt: Receipt) -> Path:
    """Write a receipt; the same store gives the same bytes."""
    path = receipt_path(receipt.stage, receipt.instance)
    record = plain_json(receipt)
    record["objects"].sort(key=lambda stored: (stored["key"]["synset"], stored["key"]["id"]))
    write_checked(path, {**record, "content": digest_of(record["objects"])})
    return path


def read_record(path: Path, stage: str, instance: str, kind: type[Record], strict: bool = True) -> Record:
    """Read a checked JSON file that `stage@instance` wrote. Raises UserError that says which command makes it."""
    try:
        return read_checked_as(path, kind, strict)
    except FileNotFoundError:
        raise missing(path, stage, instance) from None
    except ValueError:
        raise damaged(path, stage, instance) from None


def read_receipt(stage: str, instance: str) -> Receipt:
    """Read the receipt of a stage that must have run. Raises UserError that says which command makes it."""
    return read_record(receipt_path(stage, instance), stage, instance, Receipt)


def missing(path: Path, stage: str, instance: str) -> UserError:
    """Return the error for a file that `stage@instance` writes and that is not there."""
    return UserError(f"{path} is missing: run `{stage_command(stage, instance)}` first.")


def damaged(path: Path, stage: str, instance: str) -> UserError:
    """Return the error for a file that `stage@instance` wrote and that does not hold what it should."""
    return UserError(f"{path} is damaged: run `{stage_command(stage, instance)}` again, or `dvc repro --force`.")


@contextmanager
def one_at_a_time(stage: str, instance: str) -> Iterator[None]:
    """Keep other processes from running `stage@instance` in this project, with whatever settings.

    Raises UserError if one does: what the two leave would be mixed.
    """
    path = RECEIPTS / "locks" / f"{stage}-{instance}.lock"
    with sole_lock(path, f"another `{stage_command(stage, instance)}` is at work in this folder"):
        yield


def require_unchanged(folder: Path, files: Mapping[str, str], stage: str, instance: str) -> None:
    """Raise UserError unless each of these files is below the folder and has its sha256. `stage@instance` wrote them.

    A name that leads out of the folder is damage.
    """
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    for name, sha256 in files.items():
        if name not in there or not has_sha256(folder / name, sha256):
            raise damaged(folder / name, stage, instance)


def checksums(folder: Path, pattern: str) -> dict[str, str]:
    """Return the sha256 of the files below a folder by their path in it."""
    paths = sorted(path for path in folder.glob(pattern) if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in paths}


def stage_command(stage: str, instance: str) -> str:
    """Return the command that makes `stage@instance`: `plane`, `plane-dino`, or a field such as `plane-dino-whole`."""
    if stage in STAGES_OF_A_FIELD and (field := FieldName.parse(instance)) is not None:
        return f"pipeline {stage} {field.options}"
    category, _, teacher = instance.rpartition("-")
    if stage in STAGES_OF_A_TEACHER and category:
        return f"pipeline {stage} --category {category} --teacher {teacher}"
    return f"pipeline {stage} --category {instance}"
