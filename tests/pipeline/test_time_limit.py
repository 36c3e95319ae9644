"""Few tasks are done in the command's own process, and have a limit of time there too."""

import threading
import time
from collections.abc import Callable

from pipeline.executors.executor import run
from pipeline.executors.time_limit import time_limit
from tests.pipeline.executor_work import machine


def make_loop() -> Callable[[int], int]:
    def work(task: int) -> int:
        try:
            while task == 2:
                time.sleep(0.01)
        except Exception:  # as readers of broken files do
            return -1
        return task

    return work


def test_a_task_that_hangs_costs_itself_alone():
    start = time.perf_counter()
    outcomes = {o.task: (o.result, o.failure) for o in run(make_loop, [1, 2, 3], machine(seconds=0.3), 10)}
    assert outcomes == {1: (1, None), 2: (None, "took longer than 0.3 s"), 3: (3, None)}
    assert time.perf_counter() - start < 5


def test_threads_have_no_alarm_and_no_limit():
    waited = []

    def wait() -> None:
        with time_limit(0.01):
            time.sleep(0.05)
        waited.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join()
    assert waited == [True]
