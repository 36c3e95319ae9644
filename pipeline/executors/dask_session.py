"""What runs inside a dask worker: a session holds what `make_worker` returned while one run lasts.

A session lives as long as its lease, the task that opened it: dask drops the lease when the run's client closes, dies,
or gives the worker up. Then the session is forgotten, and if it is in the midst of a task, the process ends, so that
nobody writes an object whose next try may have begun elsewhere; the nanny starts a new process.
"""

import os
import pickle
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from distributed import Worker, get_worker

from pipeline.errors import UserError
from pipeline.executors.answer import Answer, answer_of

_WATCH_SECONDS = 0.1
_ALIVE = ("running", "paused")


class Refusal(Enum):
    """Why a task was not even begun: its process is a new one, or has a session of another run."""

    REPLACED = "replaced"
    TAKEN = "taken"


@dataclass
class _Session:
    """`work` is None when it is over."""

    run: str
    lease: str
    work: Callable[[Any], Any] | None
    busy: bool = False


_sessions: dict[str, _Session] = {}  # at most one, by the id of this process's worker


def open_session(run: str, worker_id: str, make_worker: bytes) -> Answer | Refusal:
    """Make what the tasks of `run` need, in the thread that will do them. An error concerns the whole run."""
    worker = get_worker()
    if worker.id != worker_id:
        return Refusal.REPLACED
    before = _sessions.get(worker_id)
    if before is not None and before.run != run and before.lease in worker.data:
        return Refusal.TAKEN
    if before is not None:
        _forget(before)  # before the next is made: memory may not hold two
        del before
    try:
        work = pickle.loads(make_worker)()  # noqa: S301  # a cluster runs what its clients send
    except UserError as error:
        return Answer(error=error)
    except Exception as error:
        return Answer(error=UserError(f"{worker.address} could not start: {type(error).__name__}: {error}."))
    session = _sessions[worker_id] = _Session(run, str(worker.get_current_task()), work)
    threading.Thread(target=_watch, args=(worker, session), daemon=True).start()
    return Answer()


def perform(run: str, worker_id: str, task: bytes) -> Answer | Refusal:
    """The answer to one task of the session's run."""
    session = _sessions.get(worker_id)
    if session is None or session.run != run or session.work is None:
        return Refusal.REPLACED
    session.busy = True
    try:
        return answer_of(session.work, pickle.loads(task))  # noqa: S301
    finally:
        session.busy = False


def _watch(worker: Worker, session: _Session) -> None:
    """End the session with its lease, and the process with it if it has a task then, or if dask gives it up."""
    leased = ended = False  # a lease is there a moment after the session, and before the first task
    while session.work is not None:
        time.sleep(_WATCH_SECONDS)
        leased = leased or session.busy
        here = session.lease in worker.data
        leased = leased or here
        if leased and not here and not ended:
            ended = True
            worker.executors["default"].submit(_forget, session)  # a graphics context belongs to the thread of tasks
        if session.busy and (ended or worker.status.name not in _ALIVE):
            os._exit(1)


def _forget(session: _Session) -> None:
    session.work = None
    for worker_id, held in list(_sessions.items()):
        if held is session:
            del _sessions[worker_id]
