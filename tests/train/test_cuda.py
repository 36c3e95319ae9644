"""The same step on a CUDA device. What it guards on a CPU: test_fast_path.py, test_trainer.py and test_objects.py."""

from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest
import torch

from pipeline.config.names import CHANGES, VARIANTS, Variant
from pipeline.config.settings import Camera, Train
from tests.train.same_weights import apart
from train.map_tensors import map_tensors
from train.network.model import FeatureField, new_model
from train.objects.batches import StepInput, draw_step
from train.objects.training_objects import TrainingObjects
from train.run.trainer import Run, Watchers, train
from train.step.batch_losses import batch_losses
from train.step.processes import alone
from train.step.training_step import Acceleration, TrainingStep

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
    # torch.compile imports what it deprecates itself.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
CUDA = torch.device("cuda")
PLAIN = Acceleration(compiled=False, recorded=False)
# Some before the recording and some after it; in many more the rounding of the first ones grows into other weights.
STEPS = 6


def given(objects: TrainingObjects, settings: Train, camera: Camera, step: int, device: torch.device) -> StepInput:
    draws = draw_step(objects.count, objects.views, settings, camera, step)
    return StepInput(step, objects.batch(draws).to(device), draws.samples.to(device))


def in_fp64(item: StepInput) -> StepInput:
    return map_tensors(item, lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)


def gradients(model: FeatureField, item: StepInput, settings: Train, camera: Camera) -> dict[str, torch.Tensor]:
    terms = batch_losses(model, item.batch, settings, camera, item.samples)
    terms["total"].backward()
    return {name: p.grad.cpu() for name, p in model.named_parameters() if p.grad is not None}


def test_gradients_on_cuda_are_those_of_the_cpu_in_fp64(
    objects: TrainingObjects, settings: Train, camera: Camera
) -> None:
    found = {}
    for device in (torch.device("cpu"), CUDA):
        model = new_model(settings, objects.teacher_channels).double().to(device)
        found[device.type] = gradients(model, in_fp64(given(objects, settings, camera, 0, device)), settings, camera)
    assert found["cpu"].keys() == found["cuda"].keys()
    for name, expected in found["cpu"].items():
        assert torch.linalg.vector_norm(found["cuda"][name] - expected) <= 1e-9 * torch.linalg.vector_norm(expected)


def test_gradients_in_bf16_point_where_those_of_fp32_do(
    objects: TrainingObjects, settings: Train, camera: Camera
) -> None:
    item = given(objects, settings, camera, 0, CUDA)
    found = {}
    for precision in ("fp32", "bf16"):
        chosen = settings.model_copy(update={"precision": precision})
        found[precision] = gradients(new_model(chosen, objects.teacher_channels).to(CUDA), item, chosen, camera)
    for name, expected in found["fp32"].items():
        if torch.linalg.vector_norm(expected) > 0:
            cosine = torch.cosine_similarity(found["bf16"][name].flatten(), expected.flatten(), dim=0)
            assert cosine > 0.95, (name, cosine)


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Without the shape checks of the other tests: torch.compile would trace them too, and cannot."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("compiled", [False, True])
def test_recorded_and_compiled_steps_are_the_plain_ones(
    objects: TrainingObjects, settings: Train, camera: Camera, precision: str, compiled: bool
) -> None:
    settings = settings.model_copy(update={"precision": precision})
    losses = {}
    for name, acceleration in (("plain", PLAIN), ("fast", Acceleration(compiled, recorded=True))):
        model = new_model(settings, objects.teacher_channels).to(CUDA)
        step = TrainingStep(model, settings, camera, alone(CUDA), acceleration)
        taken = [step.take(given(objects, settings, camera, number, CUDA)) for number in range(STEPS)]
        losses[name] = torch.stack(taken).cpu()
    torch.testing.assert_close(losses["fast"], losses["plain"], rtol=2e-3 if precision == "fp32" else 5e-2, atol=1e-4)


@pytest.mark.usefixtures("unchecked")
def test_compiled_steps_in_bf16_are_the_plain_ones_from_the_same_weights(
    objects: TrainingObjects, settings: Train, camera: Camera
) -> None:
    settings = settings.model_copy(update={"precision": "bf16"})
    models = [new_model(settings, objects.teacher_channels).to(CUDA) for _ in range(2)]
    accelerations = (PLAIN, Acceleration(compiled=True, recorded=True))
    plain, fast = (
        (model, TrainingStep(model, settings, camera, alone(CUDA), acceleration))
        for model, acceleration in zip(models, accelerations, strict=True)
    )
    losses, gradients = apart(plain, fast, [given(objects, settings, camera, step, CUDA) for step in range(STEPS)])
    assert losses < 0.02
    assert gradients < 0.1


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_compiles_with_the_published_samples(
    objects: TrainingObjects, settings: Train, camera: Camera, variant: Variant
) -> None:
    """The compiler chooses other kernels for other sample counts: an option of it has failed for two variants alone."""
    samples = {"coarse_samples": 64, "importance_samples": 16, "depth_samples": 16, "rays_per_object": 128}
    settings = settings.model_copy(update={**samples, **CHANGES[variant], "precision": "bf16"})
    item = given(objects, settings, camera, 0, CUDA)
    losses = []
    for acceleration in (PLAIN, Acceleration(compiled=True, recorded=False)):
        model = new_model(settings, objects.teacher_channels).to(CUDA)
        losses.append(TrainingStep(model, settings, camera, alone(CUDA), acceleration).take(item).cpu())
    torch.testing.assert_close(losses[1], losses[0], rtol=5e-2, atol=1e-4)


def test_steps_of_each_number_of_source_views_are_recorded(
    objects: TrainingObjects, settings: Train, camera: Camera
) -> None:
    """In fp64, in which thirty steps do not drift apart; both recordings are made by then, and used in turn."""
    settings = settings.model_copy(update={"source_views": (1, 3), "steps": 30})
    losses, counts = {}, set()
    for name, acceleration in (("plain", PLAIN), ("recorded", Acceleration(compiled=False, recorded=True))):
        model = new_model(settings, objects.teacher_channels).double().to(CUDA)
        step = TrainingStep(model, settings, camera, alone(CUDA), acceleration)
        items = [in_fp64(given(objects, settings, camera, number, CUDA)) for number in range(30)]
        counts |= {item.batch.source_poses.shape[1] for item in items[10:]}
        losses[name] = torch.stack([step.take(item) for item in items]).cpu()
    assert counts == {1, 3}
    torch.testing.assert_close(losses["recorded"], losses["plain"], rtol=1e-6, atol=1e-9)


def test_a_recorded_step_that_is_not_finite_changes_no_weights(
    objects: TrainingObjects, settings: Train, camera: Camera
) -> None:
    model = new_model(settings, objects.teacher_channels).to(CUDA)
    step = TrainingStep(model, settings, camera, alone(CUDA), Acceleration(compiled=False, recorded=True))
    items = [given(objects, settings, camera, number, CUDA) for number in range(8)]
    for item in items[:6]:
        step.take(item)
    before = {name: tensor.clone() for name, tensor in model.named_parameters()}
    items[6].batch.feature.fill_(torch.nan)
    assert step.take(items[6])[-1].isnan()
    step.take(items[7])
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.named_parameters())


@pytest.mark.parametrize("recorded", [False, True])
def test_a_run_on_cuda_lowers_the_loss_and_continues(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path, recorded: bool
) -> None:
    seen: dict[int, float] = {}

    def run(steps: int) -> None:
        train(
            objects,
            None,
            Run(
                settings.model_copy(update={"steps": steps, "log_every": 1, "checkpoint_every": 20}),
                camera,
                tmp_path,
                "cuda",
                [str(index) for index in range(objects.count)],
            ),
            alone(CUDA),
            Acceleration(compiled=False, recorded=recorded),
            Watchers(log=lambda step, values: seen.update({step: values["total"]})),
        )

    run(20)
    run(60)
    assert sorted(seen) == list(range(1, 61))
    first, last = (sum(seen[i] for i in steps) for steps in (range(1, 11), range(51, 61)))
    assert last < first
