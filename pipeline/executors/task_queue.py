"""Tasks that are still to be handed out, and how often each was lost together with its worker."""

from collections import deque

from pipeline.executors.answer import Answer


class TaskQueue:
    """The numbers of the tasks that wait. A lost one waits again, `retries` times."""

    def __init__(self, count: int, retries: int) -> None:
        """All of `count` tasks wait."""
        self._waiting = deque(range(count))
        self._retries = retries
        self._lost: dict[int, int] = {}

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self) -> int:
        """The next one, which no longer waits."""
        return self._waiting.popleft()

    def lost(self, number: int, reason: str) -> Answer | None:
        """A task's worker is gone: it waits again, behind the others, or is given up, and this is its answer."""
        tries = self._lost[number] = self._lost.get(number, 0) + 1
        if tries <= self._retries:
            self._waiting.append(number)
            return None
        return Answer(failure=f"{reason}, {tries} times" if tries > 1 else reason)
