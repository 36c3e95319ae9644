"""Every executor keeps one contract: each task has one outcome, whatever happens to the others."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.executor import run
from tests.dask_processes import is_alive, wait_for
from tests.pipeline.executor_work import (
    DiesOnce,
    Journal,
    Stubborn,
    machine,
    make_crash_at_exit,
    make_mishap,
    make_no_worker,
    make_nothing,
    make_process_id,
)

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("here", "pool", "dask")
SURVIVING = ("pool", "dask")  # what happens in this process happens to it


@pytest.fixture
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where tasks run; for dask in the folder that the workers are in."""
    name = str(request.param)
    if name == "dask":
        processes = request.getfixturevalue("cluster")
        monkeypatch.chdir(processes.folder)
        return str(processes.address).removeprefix("tcp://")  # an address needs no scheme
    return name


everywhere = pytest.mark.parametrize("kind", KINDS, indirect=True)
surviving = pytest.mark.parametrize("kind", SURVIVING, indirect=True)


def place(kind: str, seconds: float = 60, objects: int = 500) -> Machine:
    settings = machine(kind if ":" in kind else None, seconds, 1, objects)
    return settings.model_copy(update={"workers": 1}) if kind == "here" else settings


@everywhere
def test_a_failure_costs_one_object_and_says_why(kind: str) -> None:
    outcomes = list(run(make_mishap, ["a", "bad", "bug", "vanished", "b"], place(kind)))
    failures = {task: answer.failure for task, answer in outcomes}
    assert len(outcomes) == 5
    results = {task: answer.result for task, answer in outcomes}
    assert results == {"a": "a", "b": "b", "bad": None, "bug": None, "vanished": None}
    assert (failures["a"], failures["b"], failures["bad"]) == (None, None, "three.obj: v: is three")
    assert str(failures["bug"]).startswith("IndexError: list index out of range (executor_work.py:")
    assert "No such file or directory: 'a.obj'" in str(failures["vanished"])


@surviving
def test_few_tasks_stay_in_this_process(kind: str) -> None:
    assert {a.result for _, a in run(make_process_id, [1, 2, 3], place(kind), processes_from=4)} == {os.getpid()}


@everywhere
def test_a_worker_is_made_once_in_each_process_of_a_run(kind: str, tmp_path: Path) -> None:
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        assert len(list(run(Journal(folder, 0.02), list(range(10)), place(kind)))) == 10
        lines = [line.split() for line in (folder / "journal").read_text().splitlines()]
        made = [process for what, _, process in lines if what == "made"]
        assert len(set(made)) == len(made)
        assert {process for what, _, process in lines if what == "begins"} <= set(made)


@everywhere
def test_what_concerns_all_tasks_is_raised(kind: str) -> None:
    with pytest.raises(UserError, match=r"there is no driver\.$"):
        list(run(make_nothing, [1, 2, 3], place(kind)))
    with pytest.raises(OSError, match="No space left on device"):
        list(run(make_mishap, ["a", "full disk", "b"], place(kind)))


@surviving
def test_a_worker_that_dies_is_replaced(kind: str) -> None:
    failures = {t: a.failure for t, a in run(make_mishap, ["a", "exit", "b", "segfault", "c", "d"], place(kind))}
    died = {"exit": "the worker process died (exit code 9)", "segfault": "the worker process died (signal 11)"}
    assert failures == dict.fromkeys("abcd") | {task: f"{reason}, 2 times" for task, reason in died.items()}


@pytest.mark.parametrize(("workers", "raw_files"), [(2, False), (1, True)])
def test_a_single_task_that_dies_costs_itself(workers: int, raw_files: bool) -> None:
    settings = machine().model_copy(update={"workers": workers})
    ((_, answer),) = run(make_mishap, ["segfault"], settings, raw_files=raw_files)
    assert answer.failure == "the worker process died (signal 11), 2 times"


@surviving
def test_a_worker_that_hangs_is_ended_and_holds_up_no_other(kind: str) -> None:
    outcomes = list(run(make_mishap, ["a", "hang", "b", "c"], place(kind, seconds=0.5)))
    assert sorted(task for task, answer in outcomes[:3] if answer.failure is None) == ["a", "b", "c"]
    assert [(task, answer.failure) for task, answer in outcomes[3:]] == [("hang", "took longer than 0.5 s, 2 times")]


@surviving
def test_a_task_that_cannot_be_interrupted_has_ended_before_it_is_tried_again(kind: str, tmp_path: Path) -> None:
    outcomes = list(run(Stubborn(tmp_path), [0, 1, 2, 3], place(kind, seconds=1)))
    assert sorted(task for task, answer in outcomes if answer.failure is None) == [0, 1, 2, 3]
    assert (tmp_path / "second").read_text() == "False"


def test_a_worker_that_cannot_be_interrupted_ends_with_its_killed_parent(tmp_path: Path) -> None:
    """The kernel ends it: no thread of Python's runs in it any more."""
    script = (
        "from pathlib import Path; from pipeline.executors.executor import run; "
        "from tests.pipeline.executor_work import Stubborn; from tests.pipeline.test_executor import place; "
        f"list(run(Stubborn(Path({str(tmp_path)!r})), [0, 1, 2], place('pool')))"
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


def test_processes_that_end_while_they_start_print_nothing(tmp_path: Path) -> None:
    """Nor does multiprocessing warn of what they leave behind."""
    script = (
        "from pathlib import Path; from pipeline.executors.executor import run; "
        "from tests.pipeline.executor_work import SlowToLoad; from tests.pipeline.test_executor import place; "
        f"print(sorted(task for task, _ in run(SlowToLoad(Path({str(tmp_path)!r})), [0, 1, 2], place('pool'))))"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("[0, 1, 2]\n", "")


@surviving
def test_a_second_try_may_succeed(kind: str, tmp_path: Path) -> None:
    assert sorted(str(a.result) for _, a in run(DiesOnce(tmp_path), [1, 2, 3], place(kind))) == ["1", "2", "3"]


@surviving
def test_other_processes_work_and_are_replaced_after_so_many_objects(kind: str) -> None:
    ids = [answer.result for _, answer in run(make_process_id, list(range(8)), place(kind, objects=2))]
    assert len(ids) == 8
    assert max(ids.count(process) for process in ids) <= 2
    assert os.getpid() not in ids


def test_a_process_that_crashes_as_it_is_replaced_costs_nothing() -> None:
    one = machine(objects=1).model_copy(update={"workers": 1})
    assert [answer.result for _, answer in run(make_crash_at_exit, [1, 2, 3], one, raw_files=True)] == [1, 2, 3]


@surviving
def test_workers_that_cannot_start_are_said(kind: str) -> None:
    with pytest.raises(UserError, match=r"(could not start|cannot be used).* died.*; see what it printed"):
        list(run(make_no_worker, [1, 2, 3], place(kind)))


def process_of_task_1(journal: Path) -> int | None:
    """The one in which it has begun."""
    lines = [line.split() for line in journal.read_text().splitlines()]
    return next((int(process) for what, task, process in lines if (what, task) == ("begins", "1")), None)


@surviving
def test_nothing_is_left_when_the_caller_stops(kind: str, tmp_path: Path) -> None:
    for _ in (outcomes := run(Journal(tmp_path, 0.05, slow=1), range(10_000), place(kind))):
        process = process_of_task_1(tmp_path / "journal")
        if process is not None:
            break
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator
    assert process is not None
    wait_for(lambda: not is_alive(process), seconds=30)


@everywhere
def test_no_task_starts_nothing(kind: str) -> None:
    assert list(run(make_nothing, [], place(kind))) == []
