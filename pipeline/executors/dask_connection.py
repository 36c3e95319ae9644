"""The way to a dask scheduler, with a sentence for everything that a user may meet on it."""

# mypy: allow-untyped-calls
# (of distributed, which types its classes but not all of their methods)

import asyncio
import fcntl
import logging
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from distributed import Client

from pipeline.errors import UserError
from pipeline.executors.dask_loop import event_loop
from pipeline.executors.dask_site import code_digest

_ADDRESS = re.compile(r"(?:([a-z]+)://)?((?:\[[0-9a-fA-F:.]+\]|[\w.-]+):\d+)")
_CONNECT_SECONDS = 10.0
_GREET_SECONDS = 10.0  # for the words of dask's that follow the connection; dask itself would wait for ever
_REPLY_SECONDS = 30.0
_CLOSE_SECONDS = 2.0
_NOTE = ".dask-run-"
_ABANDONED_SECONDS = 60.0


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A client of the scheduler at `address`. Raises UserError if there is none or if it cannot be worked with."""
    place = _place(address)
    with _quiet(), event_loop() as loop:
        client = asyncio.run_coroutine_threadsafe(_half_made(place), loop).result()
        try:
            asyncio.run_coroutine_threadsafe(_greet(client, address), loop).result()
            yield client
        finally:
            with suppress(Exception):  # a scheduler that is gone has nothing to be told
                client.close(timeout=_CLOSE_SECONDS)
            client.status = "closed"  # or it would try once more, and complain, when Python ends


def _place(address: str) -> str:
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise UserError(f"machine.scheduler {address}: write it as tcp://HOST:PORT, as `dask scheduler` prints it.")
    scheme, place = match.groups()
    if scheme not in (None, "tcp"):
        raise UserError(
            f"machine.scheduler {address}: {scheme}:// is not possible, only tcp:// is: write it as tcp://HOST:PORT or "
            "HOST:PORT."
        )
    return f"tcp://{place}"


async def _half_made(place: str) -> Client:
    """A client that begins to connect. It is there at once, so it can be closed however that ends."""
    return Client(place, asynchronous=True, timeout=_CONNECT_SECONDS, set_as_default=False)


async def _greet(client: Client, address: str) -> None:
    seconds = _CONNECT_SECONDS + _GREET_SECONDS
    alone = "set machine.scheduler to null to work on this machine alone"
    try:
        await asyncio.wait_for(client, seconds)
    except Exception as error:
        # dask says OSError itself, or what is set in its configuration, if no connection came about
        if type(error) in (OSError, RuntimeError, ImportError):
            raise UserError(
                f"machine.scheduler {address}: no dask scheduler answers there ({_first_line(error)}); start one with "
                f"`dask scheduler`, or {alone}."
            ) from None
        raise UserError(
            f"machine.scheduler {address}: something answers there, but not as a dask scheduler within "
            f"{seconds:g} s: write the address that `dask scheduler` prints, or {alone}."
        ) from None
    await _check_scheduler(client, address)


async def _check_scheduler(client: Client, address: str) -> None:
    """It unpacks the names of our functions, so it has to know them."""
    try:
        await asyncio.wait_for(client.run_on_scheduler(code_digest), _REPLY_SECONDS)
    except TimeoutError:
        raise UserError(
            f"the dask scheduler {address} does not reply within {_REPLY_SECONDS:g} s: restart it."
        ) from None
    except Exception as error:
        raise UserError(
            f"the dask scheduler {address} does not know this project ({_first_line(error)}): start it in the "
            "environment of this command."
        ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own lines are not for the person who watches; what matters to them is said by us."""
    loggers = [logging.getLogger(name) for name in ("distributed", *logging.root.manager.loggerDict)]
    levels = {log: log.level for log in loggers if log.name.partition(".")[0] in ("distributed", "tornado")}
    for log in levels:
        log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            warnings.filterwarnings("ignore", message=".*Mismatched versions found", category=Warning)
            yield
    finally:
        for log, level in levels.items():
            log.setLevel(level)


@contextmanager
def folder_note() -> Iterator[str]:
    """The name of a file that is in the current folder meanwhile: a worker that sees it works in the same folder."""
    for left in Path().glob(f"{_NOTE}*"):
        _remove_abandoned(left)
    note = Path(f"{_NOTE}{uuid4().hex}")
    with note.open("x") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield note.name
        finally:
            note.unlink(missing_ok=True)


def _remove_abandoned(note: Path) -> None:
    """A note that nobody holds is of a run that was killed."""
    with suppress(OSError), note.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if time.time() - note.stat().st_mtime > _ABANDONED_SECONDS:
            note.unlink()


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
