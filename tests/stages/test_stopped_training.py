"""A training that is stopped, killed, streamed, or shown something broken."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stages.conftest import run_command

LONGER = ["--set", "train.steps=200", "--set", "train.checkpoint_every=100", "--set", "train.validate_every=100"]
STREAMED = ["--set", "machine.residency=stream", "--set", "machine.residency_gib=0.000001"]


def start(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pipeline.cli", "train", *LONGER, *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for_step(step: int, process: subprocess.Popen[str]) -> Path:
    """The run's folder, as soon as its checkpoint of a step is there."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        found = list(Path("stores/runs/plane-daisy-whole").glob(f"*/step-{step:08d}"))
        if found:
            return found[0].parent
        time.sleep(0.01)
    pytest.fail(f"no checkpoint of step {step}")


def weights() -> bytes:
    return Path("models/plane-daisy-whole/model.safetensors").read_bytes()


@pytest.mark.slow
def test_100_steps_a_kill_and_100_are_200_also_when_streamed(project: Path) -> None:
    shutil.rmtree("stores/runs")
    whole = run_command("train", *LONGER)
    assert "in this machine's memory" in whole.output
    expected = weights()
    for place in ([], STREAMED):
        shutil.rmtree("stores/runs")
        process = start(*place)
        folder = wait_for_step(100, process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert not (folder / "step-00000200").exists()
        again = run_command("train", *LONGER, *place)
        assert again.exit_code == 0, again.output
        assert ("streamed from their stores" in again.output) is bool(place)
        assert weights() == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_saves_and_ends_with_75(project: Path, name: str) -> None:
    shutil.rmtree("stores/runs")
    run_command("train", *LONGER)
    expected = weights()
    shutil.rmtree("stores/runs")
    process = start()
    folder = wait_for_step(100, process)
    process.send_signal(signal.Signals[name])
    _, said = process.communicate(timeout=60)
    assert process.returncode == 75, said
    assert f"by {name}; its checkpoint is written" in said
    assert "Traceback" not in said
    reached = max(int(path.name.removeprefix("step-")) for path in folder.glob("step-*"))
    assert 100 < reached < 200
    assert run_command("train", *LONGER, "--resume").exit_code == 0
    assert weights() == expected


def test_resume_wants_a_run(project: Path) -> None:
    result = run_command("train", "--set", "train.seed=77", "--resume")
    assert result.exit_code == 2
    assert "holds no checkpoint: these settings and stores have no run to go on with" in result.output


def test_two_trainings_of_one_run_are_one_too_many(project: Path) -> None:
    shutil.rmtree("stores/runs")
    process = start()
    folder = wait_for_step(100, process)
    result = run_command("train", *LONGER)
    process.kill()
    process.communicate()
    assert result.exit_code == 2
    assert f"{folder}: another training is at work in it" in result.output


def test_one_object_can_be_overfitted_and_is_not_published(project: Path) -> None:
    before = weights()
    result = run_command("train", "--overfit-one", "--profile")
    assert result.exit_code == 0, result.output
    (folder,) = Path("stores/runs/plane-daisy-whole-overfit-one").iterdir()
    assert json.loads((folder / "profile.json").read_text())["traceEvents"]
    assert [path.name for path in (folder / "pictures").iterdir()]
    assert weights() == before
    assert not Path("models/plane-daisy-whole-overfit-one").exists()
