"""The workers of a dask cluster that one run uses: found, looked at, given a session, restarted, replaced.

A worker holds one task at most, pinned to its address and to the process that was there when its session was opened.
"""

# mypy: allow-untyped-calls
# (of distributed, which types its classes but not all of their methods)

import asyncio
import pickle
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from distributed import Client
from distributed.scheduler import KilledWorker

from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.answer import Answer
from pipeline.executors.dask_member import Doing, Inbox, Member
from pipeline.executors.dask_session import Refusal, open_session, perform
from pipeline.executors.dask_site import Site, survey
from pipeline.progress import say

_LOOK_SECONDS = 0.5
_REPLY_SECONDS = 30.0
_START_SECONDS = 600.0  # for imports and for what a worker makes once, on a slow disk
_START_TRIES = 3
_REST_SECONDS = 1.0
_SAY_SECONDS = 2.0
_END_SECONDS = 5.0

News = tuple[int, Answer | str]


class Crew:
    """At most as many workers as are needed, with sessions for `make_worker`. For one thread."""

    def __init__(self, client: Client, make_worker: Callable[[], Callable[[Any], Any]], note: str, machine: Machine):
        """`note` is a file that only workers in this folder see."""
        self._client, self._note, self._machine = client, note, machine
        self._make_worker = pickle.dumps(make_worker)
        self._run = uuid4().hex
        self._members: dict[str, Member] = {}
        self._left_out: set[str] = set()
        self._inbox: Inbox = SimpleQueue()
        self._failed_starts = 0
        self._answered = self._said_that_it_waits = False
        self._looked, self._useful_at = float("-inf"), time.monotonic()

    def idle(self) -> list[Member]:
        """Those that could do a task now."""
        return [member for member in self._members.values() if member.doing == Doing.IDLE]

    def busy(self) -> list[Member]:
        """Those that have a task, or had one that is not over until they are restarted."""
        return [member for member in self._members.values() if member.task is not None]

    def hand_out(self, member: Member, number: int, task: Any) -> None:
        """Let an idle member do a task."""
        member.task = number
        seconds = self._machine.seconds_per_object
        member.submit(Doing.TASK, seconds, perform, self._run, member.id, pickle.dumps(task))

    def news(self, needed: int) -> Iterator[News]:
        """Wait a moment, keep up to `needed` members going. A task's number, and its answer or how it was lost.

        Raises UserError if the scheduler is gone, or if a worker cannot be used and nothing was done yet.
        """
        for member, heard in self._heard(max(0.0, self._looked + _LOOK_SECONDS - time.monotonic())):
            if member.doing == Doing.SURVEY:
                self._surveyed(member, heard)
            elif member.doing == Doing.OPENING:
                self._opened(member, heard)
            elif member.doing == Doing.TASK:
                yield from self._told(member, heard)
            else:
                yield from self._lost(member)
        now = time.monotonic()
        for member in [member for member in self._members.values() if now >= member.deadline]:
            yield from self._late(member)
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            yield from self._look(needed)

    def disband(self) -> None:
        """End what still runs, and wait until it has ended."""
        busy = self.busy()
        for member in busy:
            member.end_session()
        deadline = time.monotonic() + _END_SECONDS
        with suppress(UserError):  # without a scheduler nothing can be done
            while busy and time.monotonic() < deadline:
                finished = {member.address for member, _ in self._heard(_LOOK_SECONDS / 5)}
                present = self._present() - finished
                busy = [member for member in busy if member.address in present]
            if busy:  # a library that does not let go of Python's lock
                late = [member.address for member in busy]
                self._client.restart_workers(late, timeout=_REPLY_SECONDS, raise_for_error=False)
        for member in self._members.values():
            member.release()

    # --- what is heard

    def _heard(self, patience: float) -> Iterator[tuple[Member, Any]]:
        while True:
            try:
                member, call, heard = self._inbox.get(timeout=patience)
            except Empty:
                return
            patience = 0.0
            if member.is_latest(call):
                yield member, heard

    def _surveyed(self, member: Member, site: Site | BaseException) -> None:
        if isinstance(site, OSError):  # it left; if it is still there, the next look finds it again
            self._dismiss(member)
        elif isinstance(site, BaseException):
            reason = f"does not know this project ({site}): start it in the environment of this command"
            self._leave_out(member, reason)
        elif site.is_outdated():
            self._restart(member)
        elif objections := site.objections(self._note):
            self._leave_out(member, objections[0])
        else:
            member.id = site.id
            member.submit(Doing.OPENING, _START_SECONDS, open_session, self._run, site.id, self._make_worker)

    def _opened(self, member: Member, heard: Answer | Refusal | BaseException) -> None:
        if heard is Refusal.TAKEN:
            member.release()
            member.wait(Doing.TAKEN, _REST_SECONDS)
        elif not isinstance(heard, Answer):
            self._failed_start(member, "its process died")
        elif heard.error is not None:
            raise heard.error
        else:
            self._failed_starts = 0
            member.wait(Doing.IDLE)

    def _told(self, member: Member, heard: Answer | Refusal | BaseException) -> Iterator[News]:
        number = member.task
        if number is None:
            return
        if not isinstance(heard, Answer):
            self._present()  # first of all: dask cancels everything when the scheduler is gone
            if not isinstance(heard, Refusal | KilledWorker | OSError | asyncio.CancelledError):
                member.reason = f"dask: {heard}"
            yield from self._lost(member)
            return
        self._answered = True
        member.done()
        if member.left > 0:
            member.wait(Doing.IDLE)
        else:
            self._restart(member)
        yield number, heard

    # --- what is not heard

    def _late(self, member: Member) -> Iterator[News]:
        if member.doing == Doing.TASK:
            number = member.task
            self._restart(member)
            member.task, member.reason = number, f"took longer than {self._machine.seconds_per_object:g} s"
        elif member.doing == Doing.OPENING:
            self._failed_start(member, f"it took longer than {_START_SECONDS:g} s")
        elif member.doing == Doing.SURVEY:
            self._leave_out(member, "does not answer: restart it")
        else:
            yield from self._lost(member)

    def _look(self, needed: int) -> Iterator[News]:
        """Who has left, and who has come?"""
        present = self._present()
        for member in [member for member in self._members.values() if member.address not in present]:
            if member.doing == Doing.OPENING:
                self._failed_start(member, "its process died")
            elif member.doing != Doing.RESTART:  # which tells when the process has really ended
                yield from self._lost(member)
        self._left_out &= present
        going = [member for member in self._members.values() if member.doing != Doing.RESTART]
        newcomers = sorted(present - self._left_out - self._members.keys())
        for address in newcomers[: max(0, needed - len(going))]:
            member = Member(self._client, self._inbox, address, self._machine.objects_per_process)
            self._members[address] = member
            member.ask(Doing.SURVEY, _REPLY_SECONDS, self._survey(address))
        self._say_why_nothing_happens(bool(present))

    def _say_why_nothing_happens(self, anybody: bool) -> None:
        states = {member.doing for member in self._members.values()}
        if states & {Doing.IDLE, Doing.TASK}:
            self._said_that_it_waits, self._useful_at = False, time.monotonic()
        if self._said_that_it_waits or time.monotonic() - self._useful_at < _SAY_SECONDS:
            return
        scheduler = self._machine.scheduler
        if not anybody and not states:
            say(f"{scheduler} has no workers: waiting; start one with `dask worker {scheduler} --nthreads 1`")
        elif states == {Doing.TAKEN}:
            say(f"the workers of {scheduler} are at another command's objects: waiting")
        elif not states:
            raise UserError(f"{scheduler} has no worker that can be used; the reasons stand above.")
        else:
            return
        self._said_that_it_waits = True

    def _present(self) -> set[str]:
        """The addresses of all workers."""
        try:
            return set(self._client.nthreads(callback_timeout=_REPLY_SECONDS))
        except (Exception, asyncio.CancelledError) as error:
            raise UserError(
                f"the dask scheduler {self._machine.scheduler} is gone: start it and its workers again, and repeat the "
                "command; what was made is kept."
            ) from error

    # --- what is done to a member

    def _survey(self, address: str) -> Callable[[], Awaitable[Site]]:
        async def ask() -> Site:
            found: dict[str, Site] = await self._client.run(survey, self._note, workers=[address])
            return found[address]

        return ask

    def _leave_out(self, member: Member, objection: str) -> None:
        sentence = f"the dask worker {member.address} {objection}."
        if not self._answered:
            raise UserError(sentence)
        say(f"left out: {sentence}")
        self._left_out.add(member.address)
        self._dismiss(member)

    def _failed_start(self, member: Member, reason: str) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _START_TRIES:
            last = f"the last one, {member.address}, because {reason}"
            raise UserError(f"{_START_TRIES} dask workers could not start, {last}; see what it printed.")
        self._restart(member)

    def _restart(self, member: Member) -> None:
        """A new process in the worker's place. It comes as a new member, mostly with another address."""
        member.release()
        restart, address = self._client.restart_workers, member.address
        member.ask(
            Doing.RESTART,
            3 * _REPLY_SECONDS,
            lambda: restart([address], timeout=_REPLY_SECONDS, raise_for_error=False),
        )

    def _lost(self, member: Member) -> Iterator[News]:
        number, reason = member.task, member.reason
        self._dismiss(member)
        if number is not None:
            yield number, reason

    def _dismiss(self, member: Member) -> None:
        member.release()
        self._members.pop(member.address, None)
