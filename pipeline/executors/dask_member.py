"""One dask worker from the client's side: what it is at, until when it may, and what was asked of it."""

# mypy: allow-untyped-calls
# (of distributed, which types its classes but not all of their methods)

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

from distributed import Client, Future

Inbox = SimpleQueue[tuple["Member", int, Any]]


class Doing(Enum):
    """What a worker is at."""

    SURVEY = "survey"
    OPENING = "opening"
    IDLE = "idle"
    TASK = "task"
    RESTART = "restart"
    TAKEN = "taken"


class Member:
    """A worker; `task` is the number of the one that it has, `id` is the process's, `left` tasks until its restart."""

    def __init__(self, client: Client, inbox: Inbox, address: str, left: int) -> None:
        """Nothing is asked yet. What it replies comes to the inbox with the number of the call."""
        self._client, self._inbox = client, inbox
        self.address, self.left, self.id = address, left, ""
        self.task: int | None = None
        self.reason = "the dask worker died"  # what is said if the task is lost
        self._futures: list[Future[Any]] = []  # the session's lease, then the task
        self._calls = 0
        self.wait(Doing.IDLE)

    def wait(self, doing: Doing, seconds: float = float("inf")) -> None:
        """It is at something for so long."""
        self.doing, self.deadline = doing, time.monotonic() + seconds

    def is_latest(self, call: int) -> bool:
        """What is heard of earlier calls is of no interest any more."""
        return call == self._calls

    def ask(self, doing: Doing, seconds: float, reply: Callable[[], Awaitable[Any]]) -> None:
        """Begin something in the client's event loop; what comes of it, or an error, is put into the inbox."""
        self._calls += 1
        call = self._calls
        self.wait(doing, seconds)

        async def listen() -> None:
            try:
                heard = await reply()
            except (Exception, asyncio.CancelledError) as error:
                heard = error
            self._inbox.put((self, call, heard))

        self._client.loop.add_callback(listen)  # type: ignore[union-attr]  # a connected client has one

    def submit(self, doing: Doing, seconds: float, function: Callable[..., Any], *arguments: object) -> None:
        """Let it run a function: here and nowhere else."""
        future = self._client.submit(
            function,
            *arguments,
            key=f"{doing.value}-{uuid4().hex}",
            workers=[self.address],
            allow_other_workers=False,
            pure=False,
        )
        self._futures.append(future)

        async def result() -> Any:
            return await future

        self.ask(doing, seconds, result)

    def done(self) -> None:
        """Its task has been answered."""
        self.task = None
        self.left -= 1
        self._futures.pop().release()

    def end_session(self) -> None:
        """Without its lease it stops at once: a task that is not over ends with the process."""
        if self._futures:
            self._futures.pop(0).release()

    def release(self) -> None:
        """Whatever it holds of ours is of no use any more: its task, its session, its replies."""
        self.task = None
        self._calls += 1
        while self._futures:
            self._futures.pop().release()
