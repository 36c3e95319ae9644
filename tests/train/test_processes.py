"""Two processes joined by gloo against one, and what they cannot do."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

from pipeline.config.settings import Camera, Train
from pipeline.errors import UserError
from tests.train.conftest import balls, few_steps, small_camera
from train.network.model import new_model
from train.run.trainer import Run, Watchers, train
from train.step.processes import Processes, alone, joined, with_common_statistics
from train.step.training_step import Acceleration

CPU = torch.device("cpu")
PLAIN = Acceleration(compiled=False, recorded=False)


def train_with(processes: Processes, settings: Train, camera: Camera, folder: Path) -> None:
    objects = balls(camera, [0.2, 0.3, 0.35])
    watchers = Watchers(log=lambda _step, _values: None)
    train(objects, objects, Run(settings, camera, folder, "f", ["a", "b", "c"]), processes, PLAIN, watchers)


FINE = {"objects_per_step": 4, "batch_statistics": "frozen"}
WILD = {**FINE, "learning_rate": 1e30, "checkpoint_every": 100}


@pytest.fixture(scope="module")
def of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which two processes, started as torchrun does, have trained first `fine` and then `wild`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("two")
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.train.test_processes", str(folder)],
            env=os.environ
            | {"WORLD_SIZE": "2", "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"}
            | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for process in started:
        _, said = process.communicate(timeout=240)  # minutes on a busy machine
        assert process.returncode == 0, said
    return folder


def test_two_processes_are_one_with_the_same_batch(
    settings: Train, camera: Camera, of_two: Path, tmp_path: Path
) -> None:
    train_with(alone(CPU), settings.model_copy(update=FINE), camera, tmp_path)
    folders = [folder / "step-00000012" for folder in (tmp_path, of_two / "fine")]
    one, two = (safetensors.torch.load_file(folder / "state.safetensors") for folder in folders)
    assert one.keys() == two.keys()
    for name, expected in one.items():
        # Adam's second moments are squares.
        norm = torch.linalg.vector_norm(expected.double())
        assert torch.linalg.vector_norm(two[name].double() - expected.double()) <= 1e-6 * norm.clamp_min(1), name
    losses = [json.loads((folder / "checkpoint.json").read_text())["losses"] for folder in folders]
    assert losses[1] == pytest.approx(losses[0], rel=1e-6)


def test_all_processes_end_at_the_step_that_is_not_finite_after_the_first_has_written_it(of_two: Path) -> None:
    ended = [(of_two / f"ended-{rank}").read_text() for rank in range(2)]
    assert ended[0] == ended[1]
    (broken,) = (of_two / "wild").glob("broken-step-*")
    assert f"{broken}, the last checkpoint is intact" in ended[0]
    assert not list((of_two / "wild").glob("step-*"))


def test_processes_on_cpus_need_frozen_statistics(settings: Train) -> None:
    with pytest.raises(UserError, match=r"set train\.batch_statistics to frozen"):
        with_common_statistics(new_model(settings, 6), Processes(0, 2, CPU))
    assert with_common_statistics(new_model(settings, 6), alone(CPU)) is not None


def test_objects_that_cannot_be_shared_evenly_are_refused(settings: Train, camera: Camera, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"objects_per_step": 3})
    with pytest.raises(UserError, match=r"objects_per_step is 3, which 2 processes cannot share"):
        train_with(Processes(0, 2, CPU), settings, camera, tmp_path)


if __name__ == "__main__":
    folder, processes = Path(sys.argv[1]), joined(CPU)
    train_with(processes, few_steps().model_copy(update=FINE), small_camera(), folder / "fine")
    try:
        train_with(processes, few_steps().model_copy(update=WILD), small_camera(), folder / "wild")
    except UserError as error:
        assert list((folder / "wild").glob("broken-step-*/batch.json"))
        (folder / f"ended-{processes.index}").write_text(str(error))
