"""Steps in bf16 on a CPU: how far rounding takes them from fp32, and that a wrong gradient goes further."""

from itertools import count

import pytest
import torch

from pipeline.config.settings import Camera, Train
from tests.train.same_weights import Way, apart
from tests.train.test_cuda import PLAIN, STEPS, given
from train.network.model import new_model
from train.objects.training_objects import TrainingObjects
from train.step.processes import alone
from train.step.training_step import STEPS_BEFORE_RECORDING, TrainingStep

CPU = torch.device("cpu")


def ways(objects: TrainingObjects, settings: Train, camera: Camera) -> tuple[Way, Way]:
    chosen = [settings.model_copy(update={"precision": precision}) for precision in ("fp32", "bf16")]
    models = [new_model(one, objects.teacher_channels) for one in chosen]
    one, other = (
        (model, TrainingStep(model, setting, camera, alone(CPU), PLAIN))
        for model, setting in zip(models, chosen, strict=True)
    )
    return one, other


@pytest.mark.parametrize("seed", range(3))
def test_bf16_is_near_fp32_from_the_same_weights(
    objects: TrainingObjects, settings: Train, camera: Camera, seed: int
) -> None:
    settings = settings.model_copy(update={"seed": seed})
    items = [given(objects, settings, camera, step, CPU) for step in range(STEPS)]
    losses, gradients = apart(*ways(objects, settings, camera), items)
    assert 0 < losses < 0.02
    assert 0 < gradients < 0.1


@pytest.mark.parametrize("name", ["network.rgb.weight", "network.blocks.2.first.bias", "encoder.levels.1.0.weight"])
def test_a_gradient_that_is_wrong_from_the_recording_on_is_further_away(
    objects: TrainingObjects, settings: Train, camera: Camera, name: str
) -> None:
    plain, other = ways(objects, settings, camera)
    steps = count()
    other[0].get_parameter(name).register_hook(
        lambda gradient: 0.8 * gradient if next(steps) >= STEPS_BEFORE_RECORDING else gradient
    )
    items = [given(objects, settings, camera, step, CPU) for step in range(STEPS)]
    assert apart(plain, other, items)[1] > 0.15
