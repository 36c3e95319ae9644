"""Locks that a living, a killed and another process left below .dvc/tmp."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.upkeep.doctor.repository import lock_findings

HERE = os.uname().nodename


@pytest.fixture(scope="module")
def numbers() -> dict[str, int]:
    """The numbers of this process and of one that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return {"alive": os.getpid(), "ended": process.pid}


def rwlock(number: int) -> str:
    info = {"pid": number, "cmd": "dvc repro"}
    return json.dumps({"write": {"/a": info}, "read": {"/b": [info]}})


@pytest.mark.parametrize(
    ("file", "text", "state", "saw"),
    [
        ("lock", " {ended}\n", None, ""),  # the file stays, the lock does not
        ("rwlock", '{"read": {}, "write": {}}', None, ""),
        ("lock", f"/x/.dvc/tmp/lock|{HERE}|{{alive}}|123456", "warning", "another DVC is at work (process {alive})"),
        (
            "lock",
            f"/x/.dvc/tmp/lock|{HERE}|{{ended}}|123456",
            "problem",
            "is the lock of process {ended}, which has en",
        ),
        ("lock", "/x/.dvc/tmp/lock|elsewhere|1|123456", "warning", "is the lock of a DVC on elsewhere"),
        ("rwlock", "ended", "warning", "names process {ended} (dvc repro), which was killed"),
        *(("rwlock", text, "problem", "is damaged") for text in ("", '{"read": {}', "[]", '{"write": {"/a": 3}}')),
    ],
)
def test_what_a_dvc_left(
    tmp_path: Path, numbers: dict[str, int], file: str, text: str, state: str | None, saw: str
) -> None:
    assert list(lock_findings(tmp_path)) == []
    for name, number in numbers.items():
        text, saw = text.replace(f"{{{name}}}", str(number)), saw.replace(f"{{{name}}}", str(number))
    (tmp_path / file).write_text(rwlock(numbers["ended"]) if text == "ended" else text)
    seen = list(lock_findings(tmp_path))
    assert [finding.state for finding in seen] == ([] if state is None else [state])
    for finding in seen:
        assert saw in finding.saw
        assert (f"rm {tmp_path / file}" in finding.remedy) == ("at work" not in finding.saw)


def test_a_lock_that_a_living_process_has(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as file:
        file.write(f" {os.getpid()}\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        (finding,) = lock_findings(tmp_path)
    assert (finding.state, finding.saw) == ("warning", f"another DVC is at work (process {os.getpid()})")
    assert finding.remedy == "wait until it has ended"


@pytest.mark.parametrize(("name", "state"), [("dvc", "warning"), ("sleeps", "problem")])
def test_paths_whose_process_number_a_dvc_or_another_program_has(tmp_path: Path, name: str, state: str) -> None:
    program = "import sys; print('ready', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", program, name]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        (tmp_path / "rwlock").write_text(rwlock(process.pid))
        (finding,) = lock_findings(tmp_path)
    assert finding.state == state
    assert finding.remedy == ("wait until it has ended" if state == "warning" else f"`rm {tmp_path / 'rwlock'}`")
