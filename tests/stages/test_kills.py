"""kill -9 at any moment, and the command again: the same bytes as without the kill."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.stores.atomic_files import sha256_of
from tests.stages.tree import contents

# What a stage makes, and so what is removed before it is run and killed.
MADE = {
    "synthesize": ["stores/made-up"],
    "render": ["stores/views", "stores/meshes", "receipts/render"],
    "label": ["stores/labels", "receipts/label"],
    "fit-projection": ["stores/projections"],
    "cache-teachers": ["stores/maps", "receipts/cache-teachers"],
    "train": ["stores/runs", "models", "curves"],
    "evaluate": ["results"],
}
NOT_CONTENT = ("lock", "checkpoint.json", "curves/", "about.json")
LONG = pytest.mark.long
CASES = [("render", 1), *(pytest.param(stage, 1, marks=LONG) for stage in MADE if stage != "render")]
# Whoever runs the tests in the background lets them ignore interrupts, and what they start inherits that.
HEEDING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from pipeline.cli import main; main()"
)
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}


def command(stage: str, workers: int) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", stage, "--set", f"machine.workers={workers}"]


def again(stage: str, workers: int) -> float:
    """Run the command to its end; return how long it took (s)."""
    start = time.monotonic()
    ended = subprocess.run(command(stage, workers), check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return time.monotonic() - start


def living(group: int) -> list[int]:
    """The processes of a process group, without those that only wait to be buried."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):  # it ended meanwhile
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found


def wait_until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


@pytest.mark.parametrize(("stage", "workers"), [*CASES, pytest.param("render", 2, marks=LONG)])
def test_a_killed_stage_continues_to_the_same_bytes(project: Path, stage: str, workers: int) -> None:
    def made() -> dict[str, str]:
        files = {folder: contents(Path(folder), *NOT_CONTENT) for folder in MADE[stage]}
        return {f"{folder}/{name}": sha for folder, inside in files.items() for name, sha in inside.items()}

    def take_away() -> None:
        for folder in MADE[stage]:
            shutil.rmtree(folder)

    def markers() -> dict[Path, int]:
        return {file: file.stat().st_mtime_ns for folder in MADE[stage] for file in Path(folder).rglob("done/*.json")}

    before, has_markers = made(), bool(markers())
    take_away()
    whole = again(stage, workers)
    take_away()
    rng = random.Random(f"{stage}{workers}")  # noqa: S311  # moments, not secrets
    for everyone in (False, True):
        process = subprocess.Popen(command(stage, workers), **QUIET)
        if everyone or not has_markers:
            time.sleep(rng.uniform(0.3, 0.95) * whole)
        else:  # between two objects, however busy the machine is
            wait_until(lambda: bool(markers()))
        # Of the process alone its workers have to notice.
        (os.killpg if everyone else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
        assert wait_until(lambda: not living(process.pid)), "a worker outlives its killed parent"  # noqa: B023
    finished = markers()
    assert bool(finished) == has_markers
    for marker in finished:
        for file, sha in json.loads(marker.read_text())["files"].items():
            assert sha256_of(marker.parents[1] / "arrays.zarr" / file) == sha, f"{marker} counts a half chunk"
    again(stage, workers)
    assert made() == before
    assert finished.items() <= markers().items(), "what was done was done again"


@LONG
def test_an_interrupt_is_one_word_and_keeps_what_is_done(project: Path) -> None:
    before = contents(project / "stores" / "views", *NOT_CONTENT)
    shutil.rmtree(project / "stores" / "views")
    words = [sys.executable, "-c", HEEDING, *command("render", 2)[3:]]
    process = subprocess.Popen(words, **{**QUIET, "stderr": subprocess.PIPE}, text=True)
    wait_until(lambda: len(living(process.pid)) == 4)  # two workers, and their resource tracker
    time.sleep(0.1)  # they have just begun to import what they need
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    said = process.communicate()[1]
    assert process.returncode == 1
    assert "Traceback" not in said
    assert said.rstrip().endswith("Aborted!")
    again("render", 2)
    assert contents(project / "stores" / "views", *NOT_CONTENT) == before
