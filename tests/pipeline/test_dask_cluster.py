"""What only a cluster can do to a run: workers that come, go or do not fit, and a scheduler that is not there."""

import gc
import os
import pickle
import re
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import ClassVar

import dask
import pytest
import yaml
from distributed import Client

from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors import dask_cluster
from pipeline.executors.answer import MakeWorker
from pipeline.executors.executor import run
from tests.dask_processes import DaskProcesses, dask_processes, is_alive, wait_for
from tests.pipeline.executor_work import (
    Blind,
    Journal,
    NeedsFolder,
    machine,
    make_dasks_end,
    make_process_id,
    make_square,
)


@pytest.fixture(autouse=True)
def in_the_folder(cluster: DaskProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(cluster.folder)


@pytest.mark.parametrize("address", ["cluster", "tcp://localhost", "http//localhost:80", "", "udp://127.0.0.1:8786"])
def test_an_address_that_is_none_is_said(address: str) -> None:
    with pytest.raises(UserError, match="write it as tcp://HOST:PORT"):
        list(run(make_square, [1], machine(address)))


@contextmanager
def nobody() -> Iterator[int]:
    """A port where no process listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextmanager
def stranger(words: bytes | None) -> Iterator[int]:
    """Says its words to the first who comes, and hangs up; None: it accepts, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def greet() -> None:
            with listener.accept()[0] as guest:
                guest.sendall(words or b"")
                guest.recv(1)

        thread = Thread(target=greet if words is not None else gc.collect)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    "listener",
    [nobody, *(partial(stranger, words) for words in (None, b"", b"220 mail.example ESMTP\r\n"))],
    ids=["nobody", "silent", "hangs up", "mail"],
)
def test_an_address_without_a_scheduler_is_said(
    listener: Callable[[], AbstractContextManager[int]],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(dask_cluster, "_CONNECT_SECONDS", 0.3)
    start = time.monotonic()
    expected = r"no dask scheduler answers there \(.+\); start one with `dask scheduler`, or set machine.scheduler to"
    with listener() as port, pytest.raises(UserError, match=expected):
        list(run(make_square, [1], machine(f"tcp://127.0.0.1:{port}")))
    assert time.monotonic() - start < 8
    gc.collect()  # what is not closed would complain now
    assert capfd.readouterr().err == ""


UNSEEN = Path(f"/proc/self/task/{os.getpid()}")  # a folder of this process alone


@pytest.mark.parametrize(
    ("make_worker", "folder", "version", "reason"),
    [
        (make_square, "elsewhere", None, r"it works in /.* on .* cannot read \.dask-run-"),
        (NeedsFolder(UNSEEN), ".", None, rf"it works in /.* on .* cannot read {UNSEEN} of this command; give it"),
        (make_square, ".", "another", "it runs another version of this project or of Python; update"),
    ],
    ids=["folder", "path", "code"],
)
def test_workers_that_differ_are_refused(
    make_worker: MakeWorker,
    folder: str,
    version: str | None,
    reason: str,
    cluster: DaskProcesses,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(folder).mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(dask_cluster, "_VERSION", version or dask_cluster._VERSION)
    with pytest.raises(UserError, match=rf"the dask worker tcp://\S+ cannot be used: {reason}"):
        list(run(make_worker, [1], machine(cluster.address)))
    assert not list(Path.cwd().glob(".dask-run-*"))


def test_a_worker_with_a_nanny_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with dask_processes(tmp_path) as processes:
        processes.add_worker(options=())
        with pytest.raises(UserError, match=r"cannot be used: .* start it with --no-nanny\.$"):
            list(run(make_square, [1], machine(processes.address)))


def test_a_worker_that_comes_and_does_not_fit_is_left_out(
    cluster: DaskProcesses, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    outcomes = run(make_process_id, range(10_000), machine(cluster.address))
    assert next(outcomes)[1].failure is None
    unfit, said = cluster.add_worker(folder=tmp_path), ""
    while "left out" not in said:
        assert next(outcomes)[1].failure is None
        said += capfd.readouterr().err
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator
    unfit.kill()
    unfit.wait()
    assert re.search(rf"left out: the dask worker tcp://\S+ cannot be used: it works in {tmp_path} on ", said)


def test_workers_come_and_go_and_the_scheduler_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dask_cluster, "_CONNECT_SECONDS", 2.0)
    with dask_processes(tmp_path) as processes:
        outcomes = run(Journal(tmp_path, 0.1), range(10_000), machine(processes.address))
        with ThreadPoolExecutor(1) as thread:
            first = thread.submit(next, outcomes)
            while "has no workers: waiting; start one with `dask worker tcp://" not in capfd.readouterr().err:
                time.sleep(0.05)
            processes.add_worker()
            done = [first.result(200)]
        (one,) = ids_in(tmp_path / "journal")
        processes.add_worker()
        while len(ids_in(tmp_path / "journal")) < 2 or not is_at_work(one, tmp_path / "journal"):
            done.append(next(outcomes))
        processes.workers[0].kill()
        wait_for(lambda: not is_alive(one))
        events = [line.split() for line in (tmp_path / "journal").read_text().splitlines()]
        had = {int(task) for what, task, process in events if what == "begins" and int(process) == one}
        lost = had - {int(task) for what, task, _ in events if what == "ends"}
        while had - {answer.result for _, answer in done}:  # another does what it had
            done.append(next(outcomes))
        processes.scheduler.kill()
        with pytest.raises(UserError, match="is gone: start it and its workers again, and repeat the command"):
            done += outcomes
        assert {answer.failure for _, answer in done} == {None}
        begun = Counter(line.split()[1] for line in (tmp_path / "journal").read_text().splitlines() if "begins" in line)
        again = {int(task) for task, times in begun.items() if times > 1}
        assert lost <= again <= had  # and nothing else
        assert max(begun.values()) <= 2
        assert max(Counter(task for task, _ in done).values()) == 1


def test_a_task_whose_workers_die_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1")
    with dask_processes(tmp_path, workers=3) as processes:
        outcomes = list(run(make_dasks_end, ["end", "a", "b"], machine(processes.address)))
        assert sorted(process.poll() is None for process in processes.workers) == [False, False, True]
    failures = {task: answer.failure for task, answer in outcomes}
    assert failures == {"end": "the dask workers that had it died", "a": None, "b": None}


def ids_in(journal: Path) -> set[int]:
    """The processes that have begun a task."""
    return {int(line.split()[2]) for line in journal.read_text().splitlines() if line.startswith("begins")}


def is_at_work(process: int, journal: Path) -> bool:
    """Whether a task that the process has begun has not ended."""
    own = [line.split()[0] for line in journal.read_text().splitlines() if line.endswith(f" {process}")]
    return own[-1] == "begins"


class Counted(list[int]):
    """Tasks that know which of them were asked for."""

    asked: ClassVar[set[int]] = set()

    def __getitem__(self, number):  # type: ignore[no-untyped-def]
        self.asked.add(number)
        return number


def test_only_what_is_being_done_is_sent(cluster: DaskProcesses) -> None:
    tasks = Counted(range(24))
    for count, _ in enumerate(run(make_process_id, tasks, machine(cluster.address))):
        assert len(tasks.asked) <= count + 3
    assert len(tasks.asked) == len(tasks)


def test_two_commands_share_the_workers(cluster: DaskProcesses, tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(2) as threads:
        both = threads.map(lambda folder: list(run(Journal(folder, 0.05), range(6), machine(cluster.address))), folders)
        for outcomes in both:
            assert sorted(answer.result or 0 for _, answer in outcomes) == list(range(6))


def test_workers_that_fail_where_others_do_not_are_left_out_by_name(
    cluster: DaskProcesses, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "_job", as_if_all_saw_the_folder)
    blind = [cluster.add_worker(folder=tmp_path) for _ in range(2)]
    wait_for(lambda: count_workers(cluster) == 4)
    outcomes = run(Blind(tmp_path), range(10_000), machine(cluster.address))
    sentence = r"left out: the dask worker tcp://(\S+) cannot be used: it failed where tcp://\S+ did not: \d+.obj: "
    named, failures = set[str](), set[str | None]()
    while len(named) < 2:
        failures.add(next(outcomes)[1].failure)
        named |= set(re.findall(sentence, capfd.readouterr().err))
    failures |= {answer.failure for _, answer in islice(outcomes, 20)}
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator
    for worker in blind:
        worker.kill()
        worker.wait()
    wait_for(lambda: count_workers(cluster) == 2)
    assert failures == {None, "7.obj: file: is missing"}


def test_objects_that_all_workers_fail_at_cost_themselves(cluster: DaskProcesses, tmp_path: Path) -> None:
    outcomes = list(run(Blind(cluster.folder), range(5), machine(cluster.address)))
    assert sorted(str(answer.failure) for _, answer in outcomes) == [f"{i}.obj: file: is missing" for i in range(5)]


@contextmanager
def as_if_all_saw_the_folder(make_worker: MakeWorker, machine: Machine) -> Iterator[dask_cluster._Job]:
    yield dask_cluster._Job("blind", pickle.dumps(make_worker), machine, [], dask_cluster._VERSION)


def count_workers(cluster: DaskProcesses) -> int:
    with Client(cluster.address, set_as_default=False) as client:
        return len(client.nthreads())


def test_encrypted_connections_take_certificates_from_dasks_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and is not here")
    monkeypatch.chdir(tmp_path)
    options = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command, *options], check=True, capture_output=True)
    own = {"key": str(tmp_path / "key.pem"), "cert": str(tmp_path / "cert.pem")}
    tls = {"ca-file": own["cert"], **dict.fromkeys(("scheduler", "worker", "client"), own)}
    (tmp_path / "dask.yaml").write_text(yaml.safe_dump({"distributed": {"comm": {"tls": tls}}}))
    monkeypatch.setenv("DASK_CONFIG", str(tmp_path / "dask.yaml"))
    configured = dask.config.set({f"distributed.comm.tls.{name}": value for name, value in tls.items()})
    with configured, dask_processes(tmp_path, workers=1, options=("--protocol", "tls")) as processes:
        assert processes.address.startswith("tls://127.0.0.1:")
        assert [answer.result for _, answer in run(make_square, [4], machine(processes.address))] == [16]
        with pytest.raises(UserError, match="no dask scheduler answers there"):
            list(run(make_square, [4], machine(processes.address.replace("tls", "tcp"))))
