"""Fill a store object by object: keep what is verified, make the rest, write the receipt."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pipeline.artifacts.receipts import (
    STAGES_OF_A_TEACHER,
    Receipt,
    StoredObject,
    receipt_path,
    stage_command,
    write_receipt,
)
from pipeline.artifacts.views import grey_faces
from pipeline.config.settings import Machine
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.executors.executor import run
from pipeline.executors.shard import WHOLE, Shard
from pipeline.progress import Progress, say
from pipeline.stores.atomic_files import write_bytes
from pipeline.stores.row_facts import NO_FACTS, RowFacts
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Done, Store

Work = TypeVar("Work")


@dataclass(frozen=True)
class StoreTask(Generic[Work]):
    """Make one object's row of a store out of `work`."""

    entry: RowKey
    row: int
    work: Work


def fill_store(
    stage: str,
    instance: str,
    store: Store,
    wanted: Sequence[tuple[RowKey, Work]],
    make_worker: Callable[[], Callable[[StoreTask[Work]], Done]],
    *,
    facts: Mapping[ObjectKey, RowFacts],
    upstream_failures: dict[str, str],
    views: int,
    machine: Machine,
    overwrite: bool,
    limit: int | None = None,
    shard: Shard = WHOLE,
    meanwhile: AbstractContextManager[None] | None = None,
) -> Receipt:
    """Bring the rows of `wanted` into the store and write the receipt of `stage@instance`.

    Rows whose checksums hold are kept unless `overwrite`. An object that fails is recorded in the store's
    failures.jsonl and in the receipt, and skipped. Only a run of the whole writes the receipt that later stages need:
    one with a `limit` or a `shard` does nothing about the other objects. `facts` are written into the store for the
    objects of the receipt. `meanwhile` is entered for as long as objects are made, if any are. Raises UserError if all
    objects fail, or with the receipt written if more fail than `machine.tolerated_failures` allows.
    """
    whole, wanted = limit is None and shard == WHOLE, wanted[:limit]
    with store.in_use():
        rows = store.allocate([entry for entry, _ in wanted])  # of all shards, so that a row has one number everywhere
        wanted = [item for number, item in enumerate(wanted) if shard.of(number)]
        rows = {entry: rows[entry] for entry, _ in wanted}
        label = f"{stage} {instance}"
        done = {} if overwrite else _verified(label, store, rows, machine)
        tasks = [StoreTask(entry, rows[entry], work) for entry, work in wanted if entry.key not in done]
        if done:
            say(f"{label}: {len(done)} of {len(wanted)} objects are there and verified")
        failures: dict[str, str] = {}
        if tasks:
            receipt_path(stage, instance).unlink(missing_ok=True)  # it must not outlive what it speaks of
            store.set_row_facts({task.row: NO_FACTS for task in tasks})
            with meanwhile or nullcontext():
                progress = Progress(label, len(tasks), "objects", views, "views")
                made, failures = _made(progress, store, tasks, make_worker, machine)
            done |= made
        reasons = store.path / f"failures{shard.suffix}.jsonl"
        _record(reasons, failures)
        if not done and (wanted or whole):
            raise UserError(
                f"{label}: every object failed, the first with: {next(iter(failures.values()), 'none wanted')}"
            )
        ordered = {entry.key: done[entry.key] for entry, _ in wanted if entry.key in done}  # as in the manifest
        receipt = Receipt(
            stage=stage,
            instance=instance,
            store="/".join(store.path.parts[-4 if stage in STAGES_OF_A_TEACHER else -3 :]),
            fingerprint=store.fingerprint,
            objects=tuple(StoredObject(key, row, marker.content) for key, (row, marker) in ordered.items()),
            failed=dict(sorted({**upstream_failures, **failures}.items())),
            grey_faces={str(key): number for key, (_, marker) in ordered.items() if (number := grey_faces(marker))},
        )
        # No row but the receipt's objects has facts; of a part, no row of it.
        named = {stored.row: facts[stored.key] for stored in receipt.objects}
        spoken_of = range(len(store.table())) if whole else rows.values()
        store.set_row_facts({row: named.get(row, NO_FACTS) for row in spoken_of})
        if whole:
            write_receipt(receipt)  # last: where it is, everything else is
        else:
            say(f"  a part of the objects: run `{stage_command(stage, instance)}` at the end, it writes the receipt")
    if len(failures) > machine.tolerated_failures * len(wanted):
        raise UserError(
            f"{label}: {len(failures)} of {len(wanted)} objects failed, more than machine.tolerated_failures "
            f"({machine.tolerated_failures:g}) allows; the others are there, the reasons in "
            f"{reasons}."
        )
    return receipt


def _made(
    progress: Progress,
    store: Store,
    tasks: Sequence[StoreTask[Work]],
    make_worker: Callable[[], Callable[[StoreTask[Work]], Done]],
    machine: Machine,
) -> tuple[dict[ObjectKey, tuple[int, Done]], dict[str, str]]:
    """Make objects. Return row and marker of each that succeeded, and the reason for each that failed."""
    done: dict[ObjectKey, tuple[int, Done]] = {}
    failures: dict[str, str] = {}
    for task, answer in run(make_worker, tasks, machine):
        if answer.result is None:
            failures[str(task.entry.key)] = str(answer.failure)
        else:
            done[task.entry.key] = task.row, answer.result
        progress.step(f"{len(failures)} failed" if failures else "")
    progress.close(f"{len(failures)} failed -> {store.path}" if failures else f"-> {store.path}")
    return done, failures


@dataclass(frozen=True)
class _Verifier:
    """Reads, in a worker, every byte of an object that a store lists."""

    store: Store

    def __call__(self) -> Callable[[tuple[RowKey, int]], Done | None]:
        return lambda task: self.store.verified(task[1], task[0])


def _verified(label: str, store: Store, rows: dict[RowKey, int], machine: Machine) -> dict[ObjectKey, tuple[int, Done]]:
    """Return row and marker of the objects that are present and intact."""
    marked = [(entry, row) for entry, row in rows.items() if store.done(row) is not None]
    progress = Progress(f"{label}: verifying", len(marked), "objects")
    done = {}
    # Starting processes takes seconds.
    for (entry, row), answer in run(_Verifier(store), marked, machine, processes_from=200):
        if answer.result is not None:
            done[entry.key] = row, answer.result
        progress.step()
    progress.clear()
    return done


def _record(path: Path, failures: dict[str, str]) -> None:
    lines = [
        json.dumps({"object": name, "reason": reason}, sort_keys=True) for name, reason in sorted(failures.items())
    ]
    if lines:
        write_bytes(path, ("\n".join(lines) + "\n").encode())
        say(f"  {len(lines)} objects failed, reasons in {path}; the first: {failures[min(failures)]}")
    else:
        path.unlink(missing_ok=True)
