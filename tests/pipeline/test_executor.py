"""The executor: every task has an outcome, whatever happens."""

import os
import time
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.executor import run
from pipeline.settings import Machine
from tests.pipeline.executor_work import (
    DiesOnce,
    make_mishap,
    make_no_worker,
    make_nothing,
    make_process_id,
    make_square,
)


def machine(workers: int, seconds: float = 60, retries: int = 1, objects: int = 500) -> Machine:
    return Machine(
        workers=workers,
        scheduler=None,
        device="cpu",
        seconds_per_object=seconds,
        retries=retries,
        objects_per_process=objects,
        tolerated_failures=0,
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_object_costs_itself_alone(workers: int) -> None:
    outcomes = {o.task: o for o in run(make_square, list(range(6)), machine(workers))}
    assert {task: o.result for task, o in outcomes.items() if task != 3} == {t: t * t for t in (0, 1, 2, 4, 5)}
    assert outcomes[3].result is None
    assert outcomes[3].failure == "three.obj: v: is three"


def test_two_workers_are_two_other_processes() -> None:
    ids = {o.result for o in run(make_process_id, list(range(16)), machine(2))}
    assert len(ids) == 2
    assert os.getpid() not in ids


def test_few_tasks_stay_in_this_process() -> None:
    assert {o.result for o in run(make_process_id, [1, 2, 3], machine(2), processes_from=4)} == {os.getpid()}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_concerns_all_tasks_is_raised(workers: int) -> None:
    with pytest.raises(UserError, match="there is no driver"):
        list(run(make_nothing, [1, 2, 3], machine(workers)))
    with pytest.raises(OSError, match="No space left on device"):
        list(run(make_mishap, ["a", "full disk", "b"], machine(workers)))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_that_nobody_thought_of_costs_one_object(workers: int) -> None:
    outcomes = {o.task: o.failure for o in run(make_mishap, ["a", "bug", "vanished", "b"], machine(workers))}
    assert outcomes["a"] is outcomes["b"] is None
    assert str(outcomes["bug"]).startswith("IndexError: list index out of range (executor_work.py:")
    assert "No such file or directory: 'a.obj'" in str(outcomes["vanished"])


@pytest.mark.parametrize(("mishap", "reason"), [("exit", "exit code 9"), ("segfault", "signal 11")])
def test_a_worker_that_dies_is_replaced(mishap: str, reason: str) -> None:
    outcomes = {o.task: o for o in run(make_mishap, ["a", mishap, "b", "c", "d"], machine(2))}
    assert {task for task, o in outcomes.items() if o.failure is None} == {"a", "b", "c", "d"}
    assert outcomes[mishap].failure == f"the worker process died ({reason}), 2 times"


def test_a_worker_that_hangs_is_ended() -> None:
    start = time.monotonic()
    outcomes = {o.task: o for o in run(make_mishap, ["a", "hang", "b", "c"], machine(2, seconds=0.5, retries=0))}
    assert time.monotonic() - start < 30
    assert {task for task, o in outcomes.items() if o.failure is None} == {"a", "b", "c"}
    assert outcomes["hang"].failure == "took longer than 0.5 s"


def test_a_second_try_may_succeed(tmp_path: Path) -> None:
    assert sorted(str(o.result) for o in run(DiesOnce(tmp_path), [1, 2, 3], machine(2))) == ["1", "2", "3"]


def test_processes_are_replaced_after_so_many_objects() -> None:
    ids = [o.result for o in run(make_process_id, list(range(8)), machine(2, objects=2))]
    assert len(ids) == 8
    assert max(ids.count(process) for process in ids) <= 2


def test_workers_that_cannot_start_are_said() -> None:
    with pytest.raises(UserError, match=r"could not start: the worker process died \(exit code 3\)"):
        list(run(make_no_worker, [1, 2, 3], machine(2)))


def test_nothing_is_left_when_the_caller_stops() -> None:
    outcomes = run(make_process_id, list(range(1000)), machine(2))
    worker = next(outcomes).result
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator
    assert not Path(f"/proc/{worker}").exists()


def test_no_task_starts_nothing() -> None:
    assert list(run(make_nothing, [], machine(2))) == []
