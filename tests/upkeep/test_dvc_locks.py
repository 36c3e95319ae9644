"""Locks that a living, a killed and another process left below .dvc/tmp."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.upkeep.doctor.dvc_locks import lock_findings


def ended() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def rwlock(folder: Path, number: int) -> None:
    info = {"pid": number, "cmd": "dvc repro"}
    (folder / "rwlock").write_text(json.dumps({"write": {"/a": info}, "read": {"/b": [info]}}))


def test_what_dvc_leaves_behind_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(f" {ended()}\n")  # the file stays, the lock does not
    (tmp_path / "rwlock").write_text('{"read": {}, "write": {}}')
    assert list(lock_findings(tmp_path)) == []
    assert list(lock_findings(tmp_path / "not" / "there")) == []


def test_a_lock_that_a_living_process_has(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as file:
        file.write(f" {os.getpid()}\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        (finding,) = lock_findings(tmp_path)
    assert (finding.state, finding.saw) == ("warning", f"another DVC is at work (process {os.getpid()})")
    assert finding.remedy == "wait until it has ended"


@pytest.mark.parametrize(("alive", "state"), [(True, "warning"), (False, "problem")])
def test_a_lock_that_is_a_file_outlives_its_process(tmp_path: Path, alive: bool, state: str) -> None:
    number = os.getpid() if alive else ended()
    (tmp_path / "lock").write_text(f"/x/.dvc/tmp/lock|{os.uname().nodename}|{number}|123456")
    (finding,) = lock_findings(tmp_path)
    assert finding.state == state
    assert (f"rm {tmp_path / 'lock'}" in finding.remedy) == (not alive)


def test_a_lock_that_is_a_file_of_another_machine(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("/x/.dvc/tmp/lock|elsewhere|1|123456")
    (finding,) = lock_findings(tmp_path)
    assert finding.state == "warning" and "a DVC on elsewhere" in finding.saw


def test_paths_that_a_killed_process_locked(tmp_path: Path) -> None:
    number = ended()
    rwlock(tmp_path, number)
    (finding,) = lock_findings(tmp_path)
    assert finding.state == "warning"
    assert finding.saw == f"{tmp_path / 'rwlock'} names process {number} (dvc repro), which was killed"
    assert f"rm {tmp_path / 'rwlock'}" in finding.remedy


def test_paths_whose_process_number_another_program_has_today(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "60"])
    try:
        rwlock(tmp_path, process.pid)
        (finding,) = lock_findings(tmp_path)
    finally:
        process.kill()
        process.wait()
    assert finding.state == "problem"
    assert finding.remedy == f"`rm {tmp_path / 'rwlock'}`"


@pytest.mark.parametrize("text", ["", '{"read": {}', "[]", '{"write": {"/a": {}}}', '{"write": {"/a": 3}}'])
def test_a_damaged_list_of_locked_paths(tmp_path: Path, text: str) -> None:
    (tmp_path / "rwlock").write_text(text)
    (finding,) = lock_findings(tmp_path)
    assert finding.state == "problem" and "is damaged" in finding.saw
    assert finding.remedy == f"`rm {tmp_path / 'rwlock'}`"
