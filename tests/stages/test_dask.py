"""Stages on a dask cluster: the bytes of a run on this machine, whatever dies meanwhile."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dask_processes import DaskProcesses, dask_processes, is_alive, wait_for, worker_of
from tests.stages.conftest import run_command
from tests.stages.test_kills import MADE, NOT_CONTENT
from tests.stages.tree import contents

STAGES = ("render", "label", "cache-teachers")


@pytest.fixture
def cluster(project: Path) -> Iterator[DaskProcesses]:
    """Two workers in the project's folder."""
    with dask_processes(project, workers=2) as processes:
        yield processes


def command(stage: str, cluster: DaskProcesses) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", stage, "--scheduler", cluster.address]


def made_by(stage: str, project: Path) -> dict[str, dict[str, str]]:
    return {folder: contents(project / folder, *NOT_CONTENT) for folder in [*MADE[stage], "receipts"]}


@pytest.mark.slow
def test_stages_on_a_cluster_make_the_same_bytes(project: Path, cluster: DaskProcesses) -> None:
    before = {stage: made_by(stage, project) for stage in STAGES}
    for stage in STAGES:
        for folder in MADE[stage]:
            shutil.rmtree(project / folder)
    for stage in STAGES:
        done = subprocess.run(command(stage, cluster), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "distributed" not in done.stderr
    assert {stage: made_by(stage, project) for stage in STAGES} == before


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["worker", "nanny"])
def test_a_stage_outlives_its_workers(project: Path, cluster: DaskProcesses, victim: str) -> None:
    before = made_by("render", project)
    for folder in MADE["render"]:
        shutil.rmtree(project / folder)
    with subprocess.Popen(command("render", cluster), stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: list((project / "stores" / "views").glob("*/*/done/*.json")))
        assert process.poll() is None  # in the midst of it
        pid = worker_of(cluster.nannies[0])
        assert pid is not None
        os.kill(pid if victim == "worker" else cluster.nannies[0].pid, signal.SIGKILL)
        said = process.communicate()[1]
    assert process.returncode == 0, said
    assert not is_alive(pid)
    assert made_by("render", project) == before


@pytest.mark.slow
def test_an_interrupt_leaves_the_cluster_usable(project: Path, cluster: DaskProcesses) -> None:
    before = made_by("render", project)
    for folder in MADE["render"]:
        shutil.rmtree(project / folder)
    # Whoever runs the tests in the background lets them ignore interrupts, and what they start inherits that.
    heeding = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from pipeline.cli import main; main()"
    )
    words = [sys.executable, "-c", heeding, *command("render", cluster)[3:]]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: list((project / "stores" / "views").glob("*/*/done/*.json")))
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    assert process.returncode == 1
    assert "Traceback" not in said and "distributed" not in said
    assert said.rstrip().endswith("Aborted!")
    assert not list(project.glob(".dask-run-*"))
    subprocess.run(command("render", cluster), check=True, capture_output=True)
    assert made_by("render", project) == before


def test_an_address_that_is_none_is_one_sentence(project: Path) -> None:
    said = run_command("render", "--overwrite", "--scheduler", "10.0.0.1")
    assert said.exit_code == 2
    assert said.output.splitlines()[-1] == (
        "error: machine.scheduler 10.0.0.1: write it as tcp://HOST:PORT, as `dask scheduler` prints it."
    )
