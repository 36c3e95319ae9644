"""An event loop in a thread of its own, for a dask client."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

_END_SECONDS = 2.0


@contextmanager
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """It runs meanwhile; whatever is left in it is cancelled at the end.

    A client's own loop goes on if the client could not be closed in order, and is still there when Python ends.
    """
    begun: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = SimpleQueue()

    async def live() -> None:
        over = asyncio.Event()
        begun.put((asyncio.get_running_loop(), over))
        await over.wait()

    thread = Thread(target=lambda: asyncio.run(live()), name="dask client", daemon=True)
    thread.start()
    loop, over = begun.get()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(_END_SECONDS)
