"""The same step on a CUDA device. What it guards on a CPU: test_loss_reference.py and test_trainer.py."""

from pathlib import Path

import pytest
import torch

from pipeline.settings import Camera, Train
from train.batches import draw_batch
from train.model import new_model
from train.objects import TrainingObjects
from train.trainer import batch_losses, train
from train.volume import Sampling, fixed_draws

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]


def test_losses_on_cuda_are_those_of_the_cpu(objects: TrainingObjects, settings: Train, camera: Camera) -> None:
    found = {}
    for name in ("cpu", "cuda"):
        device = torch.device(name)
        model = new_model(settings, objects.teacher_channels).to(device)
        batch = draw_batch(objects, settings, step=0).to(device)
        draws = fixed_draws(Sampling.of(settings, camera), tuple(batch.pixels.shape[:2]), device)
        terms = batch_losses(model, batch, settings, camera, draws)
        found[name] = {term: float(value.detach()) for term, value in terms.items()}
    for term, value in found["cpu"].items():
        assert found["cuda"][term] == pytest.approx(value, rel=1e-3)


def test_a_run_on_cuda_lowers_the_loss_and_continues(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    seen: dict[int, float] = {}

    def run(steps: int) -> None:
        train(
            objects,
            None,
            settings=settings.model_copy(update={"steps": steps, "log_every": 1, "checkpoint_every": 20}),
            camera=camera,
            run_folder=tmp_path,
            fingerprint="cuda",
            device=torch.device("cuda"),
            log=lambda step, values: seen.update({step: values["total"]}),
        )

    run(20)
    run(60)
    assert sorted(seen) == list(range(1, 61))
    first, last = (sum(seen[i] for i in steps) for steps in (range(1, 11), range(51, 61)))
    assert last < first
