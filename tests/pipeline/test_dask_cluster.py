"""What only a cluster can do to a run: workers that come, go or do not fit, and a scheduler that is not there."""

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pipeline.config.profiles import profile_text
from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.dask_site import LOADED_CODE, Site, tools
from pipeline.executors.executor import Outcome, run
from tests.dask_processes import ROOT, DaskProcesses, dask_processes, wait_for
from tests.pipeline.executor_work import Journal, make_mishap, make_process_id, make_square


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    with dask_processes(tmp_path_factory.mktemp("cluster"), workers=2) as processes:
        yield processes


@pytest.fixture(autouse=True)
def in_the_folder(cluster: DaskProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(cluster.folder)


def machine(address: str, seconds: float = 60, retries: int = 1) -> Machine:
    return Machine(
        workers=1,
        scheduler=address,
        device="cpu",
        seconds_per_object=seconds,
        retries=retries,
        objects_per_process=500,
        tolerated_failures=0,
        views_per_batch=10,
        compile=False,
        cuda_graph=True,
        residency="auto",
        residency_gib=None,
    )


def journal_of(folder: Path) -> list[tuple[str, int, int, float]]:
    """What happened, which task, in which process, when."""
    lines = [line.split() for line in (folder / "journal").read_text().splitlines()]
    return [(what, int(task), int(process), float(moment)) for what, task, process, moment in lines]


class Counted(Sequence[int]):
    """Tasks that know how many of them were asked for."""

    def __init__(self) -> None:
        self.asked: set[int] = set()

    def __len__(self) -> int:
        return 27_663

    def __getitem__(self, number):  # type: ignore[no-untyped-def]
        self.asked.add(number)
        return number


@pytest.mark.parametrize("address", ["cluster", "tcp://localhost", "http//localhost:80", ""])
def test_an_address_that_is_none_is_said(address: str) -> None:
    with pytest.raises(UserError, match="write it as tcp://HOST:PORT"):
        list(run(make_square, [1], machine(address)))


def test_an_address_where_nobody_listens_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.executors.dask_connection._CONNECT_SECONDS", 1.0)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        start = time.monotonic()
        with pytest.raises(UserError, match=r"no dask scheduler answers there .*; start one with `dask scheduler`"):
            list(run(make_square, [1], machine(f"tcp://127.0.0.1:{held.getsockname()[1]}")))
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("scheme", ["tls", "http", "ws", "inproc"])
def test_a_scheme_other_than_tcp_is_said(scheme: str) -> None:
    with pytest.raises(UserError, match=rf"{scheme}:// is not possible, only tcp:// is: write it as tcp://HOST:PORT"):
        list(run(make_square, [1], machine(f"{scheme}://127.0.0.1:8786")))


def test_an_address_needs_no_scheme(cluster: DaskProcesses) -> None:
    outcomes = run(make_square, [4], machine(cluster.address.removeprefix("tcp://")))
    assert [outcome.result for outcome in outcomes] == [16]


@contextmanager
def silent_listener() -> Iterator[int]:
    """Accepts, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def http_server() -> Iterator[int]:
    """Hears dask's greeting, and answers in its own way."""
    with HTTPServer(("127.0.0.1", 0), QuietHandler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class QuietHandler(BaseHTTPRequestHandler):
    """One that gives up a request that is none, and keeps no log."""

    timeout = 0.5

    def log_message(self, *_: object) -> None:
        """Tests have no use for it."""


@contextmanager
def greeter(words: bytes) -> Iterator[int]:
    """Says its words to the first who comes, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def greet() -> None:
            with listener.accept()[0] as guest:
                guest.sendall(words)
                guest.recv(1)

        thread = Thread(target=greet)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    "stranger",
    [silent_listener, http_server, partial(greeter, b"220 mail.example ESMTP\r\n"), partial(greeter, b"")],
    ids=["silent", "http", "mail", "hangs up"],
)
def test_an_address_where_something_else_answers_is_said(
    stranger: Callable[[], AbstractContextManager[int]],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("pipeline.executors.dask_connection._CONNECT_SECONDS", 1.0)
    monkeypatch.setattr("pipeline.executors.dask_connection._GREET_SECONDS", 0.5)
    start = time.monotonic()
    with stranger() as port:
        expected = "something answers there, but not as a dask scheduler within 1.5 s: write the address that"
        with pytest.raises(UserError, match=expected):
            list(run(make_square, [1], machine(f"tcp://127.0.0.1:{port}")))
    assert time.monotonic() - start < 8
    gc.collect()  # a client that is not closed would complain now
    assert capfd.readouterr().err == ""


def test_a_scheduler_that_does_not_reply_is_said(cluster: DaskProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.executors.dask_connection._REPLY_SECONDS", 0.2)
    monkeypatch.setattr("pipeline.executors.dask_connection.code_digest", lambda: time.sleep(1))
    with pytest.raises(UserError, match=r"the dask scheduler tcp://.* does not reply within 0\.2 s: restart it"):
        list(run(make_square, [1], machine(cluster.address)))


def test_a_command_says_one_sentence_about_what_is_no_scheduler(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(profile_text("smoke"))

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        hasty = (
            "import pipeline.executors.dask_connection as connection; connection._CONNECT_SECONDS = 1.0;"
            "connection._GREET_SECONDS = 0.5; from pipeline.cli import main; main()"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        program = [sys.executable, "-c", hasty, *words]
        return subprocess.run(
            program, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True, timeout=60
        )

    for stage in ("synthesize", "manifest"):
        assert command(stage).returncode == 0
    with silent_listener() as port:
        address = f"tcp://127.0.0.1:{port}"
        done = command("render", "--scheduler", address)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        f"error: machine.scheduler {address}: something answers there, but not as a dask scheduler within 1.5 s: write "
        "the address that `dask scheduler` prints, or set machine.scheduler to null to work on this machine alone."
    )


def test_a_worker_must_fit() -> None:
    fit = Site("a", 1, True, "/p on m", True, tools(), LOADED_CODE, LOADED_CODE)
    assert fit.objections("note") == []
    assert not fit.is_outdated()
    misfits = {
        "threads": (fit.__class__(**{**vars(fit), "threads": 2}), "has 2 threads: start it with --nthreads 1"),
        "nanny": (fit.__class__(**{**vars(fit), "nanny": False}), "start it without --no-nanny"),
        "tools": (fit.__class__(**{**vars(fit), "tools": "Python 2.7"}), "has Python 2.7, this command Python 3"),
        "code": (fit.__class__(**{**vars(fit), "loaded_code": "b", "code": "b"}), "another version of this project"),
        "sees": (fit.__class__(**{**vars(fit), "sees": False}), "works in /p on m and does not see note of /"),
    }
    for name, (site, words) in misfits.items():
        assert len(site.objections("note")) == 1, name
        assert words in site.objections("note")[0]
    assert Site(**{**vars(fit), "loaded_code": "before"}).is_outdated()  # its files are ours, it began before


def test_a_worker_in_another_folder_is_refused_and_one_that_comes_late_left_out(
    cluster: DaskProcesses, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(here)
    with dask_processes(here) as processes:
        processes.add_worker(folder=elsewhere)
        with pytest.raises(UserError, match=rf"works in {elsewhere} on .* does not see .* of {here}: start it in"):
            list(run(make_square, [1], machine(processes.address)))
        processes.add_worker()
        processes.nannies[0].kill()
        outcomes = run(Journal(here, 0.1), list(range(10_000)), machine(processes.address))
        assert next(outcomes).failure is None
        processes.add_worker(folder=elsewhere)
        said = ""
        while "left out" not in said:
            assert next(outcomes).failure is None
            said += capfd.readouterr().err
        outcomes.close()  # type: ignore[attr-defined]  # it is a generator
        last = said.splitlines()[-1]
        assert last.startswith("left out: the dask worker tcp://127.0.0.1:")
        assert last.endswith("start it in the project's folder, on a disk that all machines share.")
    assert not list(here.glob(".dask-run-*"))


def test_workers_may_come_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with dask_processes(tmp_path) as processes:
        said = ""

        def waits() -> bool:
            nonlocal said
            said += capfd.readouterr().err
            return "has no workers: waiting; start one with `dask worker tcp://127.0.0.1:" in said

        def add() -> None:
            wait_for(waits)
            for _ in range(2):
                processes.add_worker()

        later = Thread(target=add)
        later.start()
        outcomes = run(make_process_id, list(range(10_000)), machine(processes.address))
        seen: set[int | None] = set()
        while len(seen) < 2:
            seen.add(next(outcomes).result)
        outcomes.close()  # type: ignore[attr-defined]  # it is a generator
        later.join()
    assert "has no workers: waiting" in said
    assert len(seen) == 2


@pytest.mark.parametrize("killed", [os.getpid, os.getppid], ids=["worker", "nanny"])
def test_what_a_killed_worker_had_is_done_elsewhere_and_never_twice_at_once(
    cluster: DaskProcesses, tmp_path: Path, killed: object
) -> None:
    journal = Journal(tmp_path, 0.1, fatal=5, killed=killed)  # type: ignore[arg-type]
    outcomes = list(run(journal, list(range(20)), machine(cluster.address)))
    assert sorted(o.task for o in outcomes) == list(range(20))
    assert not [o.failure for o in outcomes if o.failure is not None]
    events = journal_of(tmp_path)
    begun = [task for what, task, _, _ in events if what == "begins"]
    assert sorted(begun) == sorted([*range(20), 5])
    assert [what for what, task, _, _ in events if task == 5 and what != "made"] == ["begins", "begins", "ends"]
    if killed is os.getppid:
        cluster.add_worker()  # for those that follow


def test_only_what_is_being_done_is_sent(cluster: DaskProcesses) -> None:
    tasks = Counted()
    outcomes = run(make_process_id, tasks, machine(cluster.address))
    for count in range(1, 20):
        next(outcomes)
        assert len(tasks.asked) <= count + 2
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator


def test_a_task_ends_with_its_killed_client(cluster: DaskProcesses, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from tests.pipeline.test_dask_cluster import *;"
        f"list(run(Journal(Path({str(tmp_path)!r}), 60), [1, 2], machine({cluster.address!r})))"
    )
    client = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)})
    wait_for((tmp_path / "journal").exists)
    wait_for(lambda: "begins" in (tmp_path / "journal").read_text())
    client.send_signal(signal.SIGKILL)
    client.wait()
    processes = [process for what, _, process, _ in journal_of(tmp_path) if what == "begins"]
    wait_for(lambda: not [process for process in processes if Path(f"/proc/{process}").exists()], seconds=10)
    assert {o.result for o in run(make_square, [4, 5], machine(cluster.address))} == {16, 25}


def test_two_runs_take_turns_at_a_worker(cluster: DaskProcesses, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    other: list[Outcome[int, int]] = []
    first = run(Journal(tmp_path / "a", 0.1), list(range(20)), machine(cluster.address, seconds=1))
    outcomes = [next(first)]
    second = Thread(
        target=lambda: other.extend(
            run(Journal(tmp_path / "b", 0.1), list(range(20)), machine(cluster.address, seconds=1))
        )
    )
    second.start()
    outcomes += first
    second.join()
    assert [o.failure for o in outcomes + other] == [None] * 40
    for process in {process for _, _, process, _ in journal_of(tmp_path / "b")}:
        moments = [moment for what, _, at, moment in journal_of(tmp_path / "a") if at == process]
        begun = min(moment for _, _, at, moment in journal_of(tmp_path / "b") if at == process)
        assert not moments or max(moments) <= begun


def test_a_scheduler_that_goes_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.executors.dask_connection._CONNECT_SECONDS", 2.0)
    with dask_processes(tmp_path, workers=1) as processes:
        outcomes = run(make_process_id, list(range(1000)), machine(processes.address))
        next(outcomes)
        processes.scheduler.kill()
        processes.scheduler.wait()
        with pytest.raises(UserError, match="is gone: start it and its workers again, and repeat the command"):
            assert [o.failure for o in outcomes if o.failure is not None] == []


def test_a_hanging_task_does_not_hold_up_the_others(cluster: DaskProcesses) -> None:
    start = time.monotonic()
    outcomes = run(make_mishap, ["hang", *"abcdefgh"], machine(cluster.address, seconds=3, retries=0))
    assert [next(outcomes).failure for _ in range(8)] == [None] * 8
    assert time.monotonic() - start < 3
    assert [o.failure for o in outcomes] == ["took longer than 3 s"]
