"""Threads of torch's operators that wait for each other: how long they keep their cores."""

import os

# libgomp turns 300,000 times, which are milliseconds, and 100 where its threads outnumber the cores. It cannot know of
# other programs' threads.
TURNS = "1000"


def let_waiting_threads_sleep() -> None:
    """Let a waiting thread sleep soon, unless the user has chosen. Call this before torch is imported.

    Beside other work one thread of an operator often waits for another that has no core. Awake, it keeps the core that
    the other one needs.
    """
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys():
        os.environ["GOMP_SPINCOUNT"] = TURNS
