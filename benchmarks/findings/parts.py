"""The benchmark's parts, and how several processes share them."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from benchmarks.findings.configuration import Configuration, SeededField
from benchmarks.findings.measure import fill_stores, measure_field, measure_maps
from benchmarks.findings.records import is_measured, maps_name
from pipeline.errors import StoppedError, UserError
from pipeline.stores.atomic_files import sole_lock

Kind = Literal["stores", "maps", "fields"]
FILLED, LOCKS = Path("filled"), Path("locks")
SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class Part:
    """A piece of work. It runs once `needs` is done; parts of the same `lock` do not run at the same time."""

    name: str
    kind: Kind
    category: str
    lock: str
    is_done: Callable[[], bool]
    run: Callable[[], None]
    needs: Part | None = None


def parts_of(configuration: Configuration) -> list[Part]:
    """List all parts in the order in which they are wanted."""
    stores = {studied: _stores(configuration, *studied) for studied in configuration.studied}
    maps = [_maps(configuration, *studied, stores[studied]) for studied in configuration.studied]
    fields = [
        _field(configuration, seeded, stores[seeded.field.category, seeded.field.teacher])
        for seeded in configuration.fields
    ]
    return [*stores.values(), *maps, *fields]


def _stores(configuration: Configuration, category: str, teacher: str) -> Part:
    name = f"{category}-{teacher}-stores"
    filled = FILLED / f"{name}-{configuration.digest}"  # not in `pairs`, which travels without the stores

    def run() -> None:
        fill_stores(configuration, category, teacher)
        FILLED.mkdir(exist_ok=True)
        filled.touch()

    # The teachers of a category share its views.
    return Part(name, "stores", category, f"{category}-stores", filled.exists, run)


def _maps(configuration: Configuration, category: str, teacher: str, stores: Part) -> Part:
    name = maps_name(category, teacher)
    run = partial(measure_maps, configuration, category, teacher)
    return Part(name, "maps", category, name, partial(is_measured, name, configuration.digest), run, stores)


def _field(configuration: Configuration, seeded: SeededField, stores: Part) -> Part:
    name = seeded.name

    def done() -> bool:
        return all(is_measured(name, configuration.digest) for name in seeded.names)

    return Part(
        name, "fields", seeded.field.category, name, done, partial(measure_field, configuration, seeded), stores
    )


def work(parts: Sequence[Part]) -> list[str]:
    """Do all parts that no other process does, and wait for those. Return the names of those that failed here."""
    failed: dict[str, None] = {}
    while open_parts := [part for part in parts if part.name not in failed and not part.is_done()]:
        if not any(_attempt(part, failed) for part in open_parts):
            time.sleep(SECONDS_BETWEEN_LOOKS)
    return list(failed)


def _attempt(part: Part, failed: dict[str, None]) -> bool:
    """Do a part, or first what it needs. Return False if another process is at it."""
    if part.needs is not None and not part.needs.is_done():
        tried = _attempt(part.needs, failed)
        if part.needs.name in failed:
            failed[part.name] = None
        return tried
    with ExitStack() as claimed:
        try:
            claimed.enter_context(sole_lock(LOCKS / f"{part.lock}.lock", part.name))
        except UserError:
            return False
        if part.is_done() or part.name in failed:
            return True
        start = time.monotonic()
        try:
            part.run()
        except StoppedError:
            raise
        except Exception:  # the other parts are worth having
            traceback.print_exc()
            failed[part.name] = None
        print(
            f"{part.name}: {'failed' if part.name in failed else 'done'}, {time.monotonic() - start:.0f} s", flush=True
        )
    return True
