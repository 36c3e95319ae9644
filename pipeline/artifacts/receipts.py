"""Receipts: a stage's out in DVC. A small file, written last, that says which store holds what."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pipeline.config.field_name import FieldName
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of, write_json
from pipeline.stores.typed_json import parse_json, plain_json

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
    """What a stage made. `failed` names the objects of the manifest that are not there, with the reason.

    `store` is relative to storage.root: on another machine, or after a move, the receipt is the same.
    """

    stage: str
    instance: str
    store: str
    fingerprint: str
    objects: tuple[StoredObject, ...]
    failed: dict[str, str]

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
    write_json(path, {**record, "content": digest_of(record["objects"])})
    return path


def read_record(path: Path, stage: str, instance: str, kind: type[Record], strict: bool = True) -> Record:
    """Read a JSON file that `stage@instance` wrote. Raises UserError that says which command makes it."""
    try:
        return parse_json(path.read_bytes(), kind, strict)
    except FileNotFoundError:
        raise missing(path, stage, instance) from None
    except ValueError:
        raise damaged(path, stage, instance) from None


def read_json_object(path: Path, stage: str, instance: str) -> dict[str, Any]:
    """Read any JSON object that `stage@instance` wrote. Raises UserError as `read_record` does."""
    return read_record(path, stage, instance, dict)


def read_receipt(stage: str, instance: str) -> Receipt:
    """Read the receipt of a stage that must have run. Raises UserError that says which command makes it."""
    return read_record(receipt_path(stage, instance), stage, instance, Receipt)


def missing(path: Path, stage: str, instance: str) -> UserError:
    """Return the error for a file that `stage@instance` writes and that is not there."""
    return UserError(f"{path} is missing: run `{stage_command(stage, instance)}` first.")


def damaged(path: Path, stage: str, instance: str) -> UserError:
    """Return the error for a file that `stage@instance` wrote and that does not hold what it should."""
    return UserError(f"{path} is damaged: run `{stage_command(stage, instance)}` again, or `dvc repro --force`.")


def stage_command(stage: str, instance: str) -> str:
    """Return the command that makes `stage@instance`: `plane`, `plane-dino`, or a field such as `plane-dino-whole`."""
    if stage in STAGES_OF_A_FIELD and (field := FieldName.parse(instance)) is not None:
        return f"pipeline {stage} {field.options}"
    category, _, teacher = instance.rpartition("-")
    if stage in STAGES_OF_A_TEACHER and category:
        return f"pipeline {stage} --category {category} --teacher {teacher}"
    return f"pipeline {stage} --category {instance}"
