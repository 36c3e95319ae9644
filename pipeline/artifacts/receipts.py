"""Receipts: a stage's out in DVC. A small file, written last, that says which store holds what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.config.field_name import FieldName
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of, write_json
from pipeline.stores.store import Done, Store

RECEIPTS = Path("receipts")
STAGES_OF_A_TEACHER = ("fit-projection", "cache-teachers", "train", "evaluate")


@dataclass(frozen=True)
class StoredObject:
    """An object in a store: its row, and a digest of what stands there."""

    key: ObjectKey
    row: int
    content: str


@dataclass(frozen=True)
class Receipt:
    """What a stage made. `failed` names the objects of the manifest that are not there, with the reason."""

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
    """Where the receipt of `stage@instance` lies, as dvc.yaml has it; instance is `plane` or `plane-dino`."""
    return RECEIPTS / stage / f"{instance}.json"


def write_receipt(receipt: Receipt) -> Path:
    """Write a receipt; the same store gives the same bytes."""
    path = receipt_path(receipt.stage, receipt.instance)
    objects = [
        {"synset": o.key.synset, "id": o.key.id, "row": o.row, "content": o.content}
        for o in sorted(receipt.objects, key=lambda o: o.key)
    ]
    write_json(
        path,
        {
            "stage": receipt.stage,
            "instance": receipt.instance,
            "store": receipt.store,
            "fingerprint": receipt.fingerprint,
            "content": digest_of(objects),
            "objects": objects,
            "failed": receipt.failed,
        },
    )
    return path


def read_made(path: Path, stage: str, instance: str) -> dict[str, Any]:
    """A JSON object that `stage@instance` wrote. Raises UserError that says which command makes it."""
    command = command_of(stage, instance)
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `{command}` first.") from None
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise damaged(path, stage, instance)
    return held


def damaged(path: Path, stage: str, instance: str) -> UserError:
    """What to say of a file that `stage@instance` wrote and that does not hold what it should."""
    return UserError(f"{path} is damaged: run `{command_of(stage, instance)}` again, or `dvc repro --force`.")


def read_receipt(stage: str, instance: str) -> Receipt:
    """The receipt of a stage that must have run. Raises UserError that says which command makes it."""
    path = receipt_path(stage, instance)
    held = read_made(path, stage, instance)
    try:
        objects = [StoredObject(ObjectKey(o["synset"], o["id"]), o["row"], o["content"]) for o in held["objects"]]
        return Receipt(
            stage=held["stage"],
            instance=held["instance"],
            store=held["store"],
            fingerprint=held["fingerprint"],
            objects=tuple(objects),
            failed=held["failed"],
        )
    except (KeyError, TypeError):
        raise damaged(path, stage, instance) from None


def open_received(receipt: Receipt, store: Store) -> Store:
    """`store` if it is the one that the receipt speaks of and still holds the objects. Raises UserError."""
    if store.fingerprint != receipt.fingerprint:
        raise UserError(
            f"{receipt_path(receipt.stage, receipt.instance)} points to a store of other settings "
            f"({receipt.fingerprint}, params.yaml asks for {store.fingerprint}): run `{_command(receipt)}` first."
        )
    for stored in receipt.objects:
        if marker_of(receipt, store, stored).content != stored.content:
            raise _not_held(receipt, store, stored)
    return store


def marker_of(receipt: Receipt, store: Store, stored: StoredObject) -> Done:
    """The done-marker of an object of a receipt. Raises UserError if the store has lost it."""
    marker = store.done(stored.row)
    if marker is None:
        raise _not_held(receipt, store, stored)
    return marker


def _not_held(receipt: Receipt, store: Store, stored: StoredObject) -> UserError:
    return UserError(
        f"{store.path} does not hold {stored.key} as its receipt says: run `{_command(receipt)}` "
        "again, or `dvc repro --force`."
    )


def _command(receipt: Receipt) -> str:
    return command_of(receipt.stage, receipt.instance)


def command_of(stage: str, instance: str) -> str:
    """The command that makes `stage@instance`; instance is `plane`, `plane-dino`, `plane-dino-pixelnerf`."""
    field = FieldName.of(instance) if stage in STAGES_OF_A_TEACHER else None
    return f"pipeline {stage} --category {instance}" if field is None else f"pipeline {stage} {field.options}"
