"""What the stages share that fill a store object by object: keep what is verified, make the rest, write the receipt."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.atomic_files import write_bytes
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.executor import run
from pipeline.progress import Progress, say
from pipeline.receipts import Receipt, StoredObject, receipt_path, write_receipt
from pipeline.stores.store import Done, RowKey, Store

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
    upstream_failures: dict[str, str],
    views: int,
    workers: int,
    overwrite: bool,
) -> Receipt:
    """Bring the rows of `wanted` into the store and write the receipt of `stage@instance`.

    Rows whose checksums hold are kept unless `overwrite`. An object that fails is recorded in the store's
    failures.jsonl and in the receipt, and skipped. Raises UserError if all fail.
    """
    rows = store.allocate([entry for entry, _ in wanted])
    done: dict[ObjectKey, tuple[int, Done]] = {}
    tasks = []
    for entry, work in wanted:
        marker = None if overwrite else store.verified(rows[entry], entry)
        if marker is None:
            tasks.append(StoreTask(entry, rows[entry], work))
        else:
            done[entry.key] = rows[entry], marker
    label = f"{stage} {instance}"
    if done:
        say(f"{label}: {len(done)} of {len(wanted)} objects are there and verified")
    failures: dict[str, str] = {}
    if tasks:
        receipt_path(stage, instance).unlink(missing_ok=True)  # it must not outlive what it speaks of
        progress = Progress(label, len(tasks), "objects", each=views, rate_unit="views")
        for outcome in run(make_worker, tasks, workers):
            if outcome.result is None:
                failures[str(outcome.task.entry.key)] = str(outcome.failure)
            else:
                done[outcome.task.entry.key] = outcome.task.row, outcome.result
            progress.step(f"{len(failures)} failed" if failures else "")
        progress.close(f"{len(failures)} failed -> {store.path}" if failures else f"-> {store.path}")
    _record(store, failures)
    if not done:
        raise UserError(f"{label}: every object failed, the first with: {next(iter(failures.values()), 'none wanted')}")
    receipt = Receipt(
        stage=stage,
        instance=instance,
        store=store.path.as_posix(),
        fingerprint=store.fingerprint,
        objects=tuple(StoredObject(key, row, marker.content) for key, (row, marker) in done.items()),
        failed=dict(sorted({**upstream_failures, **failures}.items())),
    )
    write_receipt(receipt)
    return receipt


def _record(store: Store, failures: dict[str, str]) -> None:
    lines = [
        json.dumps({"object": name, "reason": reason}, sort_keys=True) for name, reason in sorted(failures.items())
    ]
    path = store.path / "failures.jsonl"
    if lines:
        write_bytes(path, ("\n".join(lines) + "\n").encode())
        say(f"  {len(lines)} objects failed, reasons in {path}; the first: {failures[min(failures)]}")
    else:
        path.unlink(missing_ok=True)
