"""Every executor keeps one contract: each task has one outcome, whatever happens to the others."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.executor import run
from tests.dask_processes import DaskProcesses, dask_processes, is_alive, wait_for
from tests.pipeline.executor_work import (
    DiesOnce,
    Journal,
    Stubborn,
    make_mishap,
    make_no_worker,
    make_nothing,
    make_process_id,
    make_square,
)

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("here", "pool", "dask")
SURVIVING = ("pool", "dask")  # what happens in this process happens to it


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    with dask_processes(tmp_path_factory.mktemp("cluster"), workers=2) as processes:
        yield processes


@pytest.fixture
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where tasks run; for dask in the folder that the workers are in."""
    name = str(request.param)
    if name == "dask":
        processes = request.getfixturevalue("cluster")
        monkeypatch.chdir(processes.folder)
        return str(processes.address)
    return name


everywhere = pytest.mark.parametrize("kind", KINDS, indirect=True)
surviving = pytest.mark.parametrize("kind", SURVIVING, indirect=True)


def machine(kind: str, seconds: float = 60, retries: int = 1, objects: int = 500) -> Machine:
    return Machine(
        workers=1 if kind == "here" else 2,
        scheduler=kind if kind.startswith("tcp://") else None,
        device="cpu",
        seconds_per_object=seconds,
        retries=retries,
        objects_per_process=objects,
        tolerated_failures=0,
        views_per_batch=10,
        compile=False,
        cuda_graph=True,
        residency="auto",
        residency_gib=None,
    )


@everywhere
def test_a_bad_object_costs_itself_alone(kind: str) -> None:
    outcomes = list(run(make_square, list(range(6)), machine(kind)))
    assert sorted(o.task for o in outcomes) == [0, 1, 2, 3, 4, 5]
    assert {o.task: o.result for o in outcomes} == {0: 0, 1: 1, 2: 4, 3: None, 4: 16, 5: 25}
    assert {o.task: o.failure for o in outcomes if o.failure is not None} == {3: "three.obj: v: is three"}


@surviving
def test_two_workers_are_two_other_processes(kind: str) -> None:
    ids = {o.result for o in run(make_process_id, list(range(16)), machine(kind))}
    assert len(ids) == 2
    assert os.getpid() not in ids


@surviving
def test_few_tasks_stay_in_this_process(kind: str) -> None:
    assert {o.result for o in run(make_process_id, [1, 2, 3], machine(kind), processes_from=4)} == {os.getpid()}


@everywhere
def test_a_worker_is_made_once_in_each_process_of_a_run(kind: str, tmp_path: Path) -> None:
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        assert len(list(run(Journal(folder, 0.05), list(range(20)), machine(kind)))) == 20
        lines = [line.split() for line in (folder / "journal").read_text().splitlines()]
        made = [process for what, _, process, _ in lines if what == "made"]
        assert len(set(made)) == len(made)
        assert {process for what, _, process, _ in lines if what == "begins"} <= set(made)


@everywhere
def test_what_concerns_all_tasks_is_raised(kind: str) -> None:
    with pytest.raises(UserError, match=r"^there is no driver\.$"):
        list(run(make_nothing, [1, 2, 3], machine(kind)))
    with pytest.raises(OSError, match="No space left on device"):
        list(run(make_mishap, ["a", "full disk", "b"], machine(kind)))


@everywhere
def test_an_error_that_nobody_thought_of_costs_one_object(kind: str) -> None:
    outcomes = {o.task: o.failure for o in run(make_mishap, ["a", "bug", "vanished", "b"], machine(kind))}
    assert outcomes["a"] is outcomes["b"] is None
    assert str(outcomes["bug"]).startswith("IndexError: list index out of range (executor_work.py:")
    assert "No such file or directory: 'a.obj'" in str(outcomes["vanished"])


@surviving
@pytest.mark.parametrize(("mishap", "reason"), [("exit", "exit code 9"), ("segfault", "signal 11")])
def test_a_worker_that_dies_is_replaced(kind: str, mishap: str, reason: str) -> None:
    outcomes = list(run(make_mishap, ["a", mishap, "b", "c", "d"], machine(kind)))
    assert sorted(o.task for o in outcomes if o.failure is None) == ["a", "b", "c", "d"]
    how = f"the worker process died ({reason})" if kind == "pool" else "the dask worker died"
    assert [o.failure for o in outcomes if o.task == mishap] == [f"{how}, 2 times"]


@surviving
def test_a_worker_that_hangs_is_ended(kind: str) -> None:
    start = time.monotonic()
    outcomes = list(run(make_mishap, ["a", "hang", "b", "c"], machine(kind, seconds=0.5)))
    assert time.monotonic() - start < 30
    assert sorted(o.task for o in outcomes if o.failure is None) == ["a", "b", "c"]
    assert [o.failure for o in outcomes if o.task == "hang"] == ["took longer than 0.5 s, 2 times"]


@surviving
def test_a_task_that_cannot_be_interrupted_has_ended_before_it_is_tried_again(kind: str, tmp_path: Path) -> None:
    outcomes = list(run(Stubborn(tmp_path), [0, 1, 2, 3], machine(kind, seconds=1)))
    assert sorted(o.task for o in outcomes if o.failure is None) == [0, 1, 2, 3]
    assert (tmp_path / "second").read_text() == "False"


def test_a_worker_that_cannot_be_interrupted_ends_with_its_killed_parent(tmp_path: Path) -> None:
    """The kernel ends it: no thread of Python's runs in it any more."""
    script = (
        "from pathlib import Path; from pipeline.executors.executor import run; "
        "from tests.pipeline.executor_work import Stubborn; from tests.pipeline.test_executor import machine; "
        f"list(run(Stubborn(Path({str(tmp_path)!r})), [0, 1, 2], machine('pool')))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    first = tmp_path / "first"
    wait_for(lambda: first.exists() and first.read_text() != "")
    time.sleep(0.2)  # into the lock
    parent.kill()
    parent.wait()
    worker = int(first.read_text())
    wait_for(lambda: not is_alive(worker))
    assert not is_alive(worker)


@surviving
def test_a_second_try_may_succeed(kind: str, tmp_path: Path) -> None:
    assert sorted(str(o.result) for o in run(DiesOnce(tmp_path), [1, 2, 3], machine(kind))) == ["1", "2", "3"]


@surviving
def test_processes_are_replaced_after_so_many_objects(kind: str) -> None:
    ids = [o.result for o in run(make_process_id, list(range(8)), machine(kind, objects=2))]
    assert len(ids) == 8
    assert max(ids.count(process) for process in ids) <= 2


@surviving
def test_workers_that_cannot_start_are_said(kind: str) -> None:
    with pytest.raises(UserError, match=r"could not start.* died.*; see what it printed"):
        list(run(make_no_worker, [1, 2, 3], machine(kind)))


def unfinished_tasks(journal: Path) -> set[str]:
    """The processes of tasks that began and did not end."""
    lines = [line.split() for line in journal.read_text().splitlines()]
    ended = {task for what, task, *_ in lines if what == "ends"}
    return {process for what, task, process, _ in lines if what == "begins" and task not in ended}


@surviving
def test_nothing_is_left_when_the_caller_stops(kind: str, tmp_path: Path) -> None:
    outcomes = run(Journal(tmp_path, 0.5, slower=60), list(range(1000)), machine(kind, seconds=1e5))
    assert next(outcomes).task == 0
    for _ in range(600):  # on a busy machine no worker may have begun another task yet
        if unfinished_tasks(tmp_path / "journal"):
            break
        time.sleep(0.1)
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator
    unfinished = unfinished_tasks(tmp_path / "journal")
    assert len(unfinished) in (1, 2)
    assert not [process for process in unfinished if Path(f"/proc/{process}").exists()]
    assert len(list(run(make_square, [1, 2], machine(kind)))) == 2


@everywhere
def test_no_task_starts_nothing(kind: str) -> None:
    assert list(run(make_nothing, [], machine(kind))) == []
