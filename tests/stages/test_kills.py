"""kill -9 at any moment, and the command again: the same bytes as without the kill."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stages.many_kills import random_kills, render_undisturbed
from tests.stages.tree import contents

# What a stage makes, and so what is removed before it is run and killed.
MADE = {
    "synthesize": ["stores/made-up"],
    "render": ["stores/views", "stores/meshes"],
    "label": ["stores/labels"],
    "fit-projection": ["stores/projections"],
    "cache-teachers": ["stores/maps"],
    "train": ["stores/runs", "models", "curves"],
    "evaluate": ["results"],
}
NOT_CONTENT = ("lock", "checkpoint.json", "curves/", "about.json")


def command(stage: str, workers: int) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", stage, "--set", f"machine.workers={workers}"]


@pytest.mark.parametrize(
    ("stage", "workers"),
    [
        pytest.param(stage, workers, marks=[pytest.mark.long] if (stage, workers) != ("render", 1) else [])
        for stage, workers in [*((stage, 1) for stage in MADE), ("render", 2)]
    ],
)
def test_a_killed_stage_continues_to_the_same_bytes(project: Path, stage: str, workers: int) -> None:
    before = {folder: contents(project / folder, *NOT_CONTENT) for folder in MADE[stage]}
    curves = contents(project / "curves")
    for folder in MADE[stage]:
        shutil.rmtree(project / folder)
    start = time.monotonic()
    subprocess.run(command(stage, workers), check=True, capture_output=True)
    whole = time.monotonic() - start
    for folder in MADE[stage]:
        shutil.rmtree(project / folder)

    rng = random.Random(f"{stage}{workers}")  # noqa: S311  # moments, not secrets
    for _ in range(2):
        process = subprocess.Popen(
            command(stage, workers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(rng.uniform(0.3, 0.95) * whole)
        os.kill(process.pid, signal.SIGKILL)  # the process alone: its workers have to notice
        process.wait()
    time.sleep(0.5)
    subprocess.run(command(stage, workers), check=True, capture_output=True)
    assert {folder: contents(project / folder, *NOT_CONTENT) for folder in MADE[stage]} == before
    assert contents(project / "curves") == curves


@pytest.mark.long
def test_a_render_killed_at_random_moments_is_completed_object_by_object(tmp_path: Path) -> None:
    """Two kills, of all its processes and of the parent alone; `python -m tests.stages.many_kills` does twenty."""
    undisturbed = render_undisturbed(tmp_path)
    assert [kill.all_processes for kill in random_kills(undisturbed, tmp_path, 2, seed=0)] == [True, False]


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """The ids of two workers and of multiprocessing's resource tracker, as soon as they are there."""
    deadline = time.monotonic() + 60
    children: list[int] = []
    while len(children) < 3 and time.monotonic() < deadline:
        children = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        time.sleep(0.02)
    assert len(children) == 3
    return children


@pytest.mark.long
def test_workers_end_with_their_killed_parent(project: Path) -> None:
    shutil.rmtree(project / "stores" / "views")
    process = subprocess.Popen(command("render", 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    children = children_of(process)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


@pytest.mark.long
def test_an_interrupt_is_one_word_and_keeps_what_is_done(project: Path) -> None:
    before = contents(project / "stores" / "views", *NOT_CONTENT)
    shutil.rmtree(project / "stores" / "views")
    # Whoever runs the tests in the background lets them ignore interrupts, and what they start inherits that.
    heeding = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from pipeline.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", heeding, *command("render", 2)[3:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    children_of(process)  # they have just begun to import what they need
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    said = process.communicate()[1]
    assert process.returncode == 1
    assert "Traceback" not in said
    assert said.rstrip().endswith("Aborted!")
    subprocess.run(command("render", 2), check=True, capture_output=True)
    assert contents(project / "stores" / "views", *NOT_CONTENT) == before
