"""A training that is stopped, killed, streamed, or shown something broken."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stages.conftest import done, refused, with_settings

HALF, ALL = 20, 60  # steps: of the first checkpoint, of the run; what lies between is time to act in
LONGER = with_settings(f"train.steps={ALL}", f"train.checkpoint_every={HALF}", f"train.validate_every={HALF}")
STREAMED = with_settings("machine.residency=stream", "machine.residency_gib=0.000001")


@pytest.fixture(scope="module")
def uninterrupted(walked: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The weights of a training that nothing happens to."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "project"
    shutil.copytree(walked, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert "in this machine's memory" in done("train", *LONGER)
        return weights()


@pytest.fixture
def untrained(project: Path) -> Path:
    """The walked project without its training runs."""
    shutil.rmtree("stores/runs")
    return project


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


@pytest.mark.parametrize("place", [[], pytest.param(STREAMED, marks=pytest.mark.long)], ids=["in memory", "streamed"])
def test_a_killed_training_goes_on_to_the_same_weights(untrained: Path, uninterrupted: bytes, place: list[str]) -> None:
    process = start(*place)
    folder = wait_for_step(HALF, process)
    process.send_signal(signal.SIGSTOP)  # alive, and at work in its run
    assert f"{folder}: another training is at work in it" in refused("train", *LONGER, *place)
    process.kill()
    process.communicate()
    assert not (folder / f"step-{ALL:08d}").exists()
    assert ("streamed from their stores" in done("train", *LONGER, *place)) is bool(place)
    assert weights() == uninterrupted


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGINT", marks=pytest.mark.long)])
def test_a_signal_saves_and_ends_with_75(untrained: Path, uninterrupted: bytes, name: str) -> None:
    process = start()
    folder = wait_for_step(HALF, process)
    process.send_signal(signal.Signals[name])
    _, said = process.communicate(timeout=60)
    assert process.returncode == 75, said
    assert f"by {name}; its checkpoint is written" in said
    assert "Traceback" not in said
    reached = max(int(path.name.removeprefix("step-")) for path in folder.glob("step-*"))
    assert HALF < reached < ALL
    done("train", *LONGER, "--resume")
    assert weights() == uninterrupted


def test_one_object_can_be_overfitted_and_is_not_published_and_resume_wants_a_run(project: Path) -> None:
    said = refused("train", "--set", "train.seed=77", "--resume")
    assert "holds no checkpoint: these settings and stores have no run to go on with" in said
    before = weights()
    done("train", "--overfit-one", "--profile")
    (folder,) = Path("stores/runs/plane-daisy-whole-overfit-one").iterdir()
    assert json.loads((folder / "profile.json").read_text())["traceEvents"]
    assert [path.name for path in (folder / "pictures").iterdir()]
    assert weights() == before
    assert not Path("models/plane-daisy-whole-overfit-one").exists()


def test_overwriting_a_run_removes_a_link_and_not_what_it_leads_to(project: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").touch()
    (folder,) = (path.parent for path in Path("stores/runs/plane-daisy-whole").glob("*/curves"))
    (folder / "link").symlink_to(tmp_path / "kept")
    (folder / "dangling").symlink_to("nowhere")
    locks = {path: path.stat().st_ino for path in folder.glob("*.lock")}
    done("train", "--overwrite")
    assert locks and {path: path.stat().st_ino for path in locks} == locks  # who waits for one waits for this file
    assert not {"link", "dangling"} & {path.name for path in folder.iterdir()}
    assert (tmp_path / "kept" / "a").is_file()
