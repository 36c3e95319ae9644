"""The executor: every task has an outcome, whatever happens."""

import os

import pytest

from pipeline.errors import UserError
from pipeline.executor import run
from tests.pipeline.executor_work import make_crash, make_nothing, make_process_id, make_square


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_object_costs_itself_alone(workers: int) -> None:
    outcomes = {o.task: o for o in run(make_square, list(range(6)), workers)}
    assert {task: o.result for task, o in outcomes.items() if task != 3} == {t: t * t for t in (0, 1, 2, 4, 5)}
    assert outcomes[3].result is None
    assert outcomes[3].failure == "three.obj: v: is three"


def test_two_workers_are_two_other_processes() -> None:
    ids = {o.result for o in run(make_process_id, list(range(16)), 2)}
    assert len(ids) == 2
    assert os.getpid() not in ids


@pytest.mark.parametrize("workers", [1, 2])
def test_what_concerns_all_tasks_is_raised(workers: int) -> None:
    with pytest.raises(UserError, match="there is no driver"):
        list(run(make_nothing, [1, 2, 3], workers))


def test_a_worker_that_dies_is_said() -> None:
    with pytest.raises(UserError, match="a worker process died"):
        list(run(make_crash, [1, 2, 3], 2))


def test_no_task_starts_nothing() -> None:
    assert list(run(make_nothing, [], 2)) == []
