"""Stages on a dask cluster: the bytes of a run on this machine, whatever dies meanwhile."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dask_processes import DaskProcesses, dask_processes, wait_for
from tests.stages.conftest import refused
from tests.stages.test_kills import HEEDING, MADE, NOT_CONTENT
from tests.stages.tree import contents

STAGES = ("render", "label", "cache-teachers")


def start(stage: str, cluster: DaskProcesses) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", HEEDING, stage, "--scheduler", cluster.address]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True)


def wait_for_views(project: Path) -> None:
    wait_for(lambda: list((project / "stores" / "views").glob("*/*/done/*.json")), seconds=200)


def made_by(stage: str, project: Path) -> dict[str, dict[str, str]]:
    return {folder: contents(project / folder, *NOT_CONTENT) for folder in [*MADE[stage], "receipts"]}


@pytest.mark.long
def test_stages_on_a_cluster_make_the_same_bytes(project: Path) -> None:
    """Although the first command is interrupted, and the second loses a worker."""
    before = {stage: made_by(stage, project) for stage in STAGES}
    for stage in STAGES:
        for folder in MADE[stage]:
            shutil.rmtree(project / folder)
    with dask_processes(project, workers=2) as cluster:
        with start("render", cluster) as process:
            wait_for_views(project)
            process.send_signal(signal.SIGINT)
            said = process.communicate()[1]
        assert process.returncode == 1
        assert "Traceback" not in said and "distributed" not in said
        assert said.rstrip().endswith("Aborted!")
        assert not list(project.glob(".dask-run-*"))
        for folder in MADE["render"]:
            shutil.rmtree(project / folder, ignore_errors=True)  # there is no receipt
        with start("render", cluster) as process:
            wait_for_views(project)
            assert process.poll() is None  # in the midst of it
            cluster.workers[0].kill()
            said = process.communicate()[1]
        assert process.returncode == 0, said
        for stage in STAGES[1:]:
            with start(stage, cluster) as process:
                said = process.communicate()[1]
            assert process.returncode == 0, said
            assert "distributed" not in said
    assert {stage: made_by(stage, project) for stage in STAGES} == before


def test_an_address_that_is_none_is_one_sentence(project: Path) -> None:
    assert refused("render", "--overwrite", "--scheduler", "10.0.0.1") == (
        "error: machine.scheduler 10.0.0.1: write it as tcp://HOST:PORT, as `dask scheduler` prints it."
    )
