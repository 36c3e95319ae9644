import torch

from pipeline.config.settings import Camera, Train
from train.network.model import FeatureField, new_model
from train.objects.batches import draw_step
from train.objects.training_objects import TrainingObjects
from train.run.settled_statistics import settled
from train.step.processes import alone

ONE = alone(torch.device("cpu"))


def first_layers(model: FeatureField) -> tuple[torch.nn.Conv2d, torch.nn.BatchNorm2d]:
    convolution, statistics = [m for m in model.encoder.modules() if not list(m.children())][:2]
    assert isinstance(convolution, torch.nn.Conv2d)
    assert isinstance(statistics, torch.nn.BatchNorm2d)
    return convolution, statistics


def test_the_statistics_are_the_means_over_the_steps_images(
    objects: TrainingObjects, settings: Train, camera: Camera
) -> None:
    settings = settings.model_copy(update={"settling_steps": 5})
    model = new_model(settings, objects.teacher_channels)
    convolution, _ = first_layers(model)
    means, variances = [], []
    for step in range(5):
        draws = draw_step(objects.count, objects.views, settings, camera, step, "settling")
        seen = convolution(objects.batch(draws).source_images.flatten(0, 1)).movedim(1, 0).flatten(1)
        means.append(seen.mean(dim=1))
        variances.append(seen.var(dim=1))
    _, statistics = first_layers(settled(model, objects, settings, camera, ONE))
    assert statistics.running_mean is not None
    assert statistics.running_var is not None
    torch.testing.assert_close(statistics.running_mean, torch.stack(means).mean(dim=0))
    torch.testing.assert_close(statistics.running_var, torch.stack(variances).mean(dim=0))


def test_the_model_in_training_is_left_as_it_was(objects: TrainingObjects, settings: Train, camera: Camera) -> None:
    model = new_model(settings, objects.teacher_channels)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    copy = settled(model, objects, settings, camera, ONE)
    assert model.training
    assert not copy.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    moved = {name for name, tensor in copy.state_dict().items() if not torch.equal(before[name], tensor)}
    assert moved == {name for name in before if "running" in name or "num_batches" in name}
    assert all(layer.momentum == 0.1 for layer in copy.modules() if isinstance(layer, torch.nn.BatchNorm2d))


def test_frozen_statistics_and_zero_steps_keep_the_running_ones(
    objects: TrainingObjects, settings: Train, camera: Camera
) -> None:
    for update in ({"settling_steps": 0}, {"batch_statistics": "frozen"}):
        chosen = settings.model_copy(update=update)
        model = new_model(chosen, objects.teacher_channels)
        state = settled(model, objects, chosen, camera, ONE).state_dict()
        assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
