"""Reading ahead: threads prepare what comes next while the caller works."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")


def read_ahead(read: Callable[[Item], Read], items: Iterable[Item], threads: int, ahead: int) -> Generator[Read]:
    """Yield read(item) for each item, in their order; at most `ahead` of them are in preparation or wait.

    An error of a thread is raised when its item is due. Closing the generator ends the threads.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="read-ahead")
    try:
        waiting: deque[Future[Read]] = deque()
        for item in items:
            waiting.append(pool.submit(read, item))
            if len(waiting) == ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
