import numpy as np
import torch

from pipeline.config.settings import Camera, Train
from render.cameras import hemisphere_poses
from tests.train.conftest import one_camera
from train.network.model import new_model
from train.objects.batches import StepInput, draw_step
from train.objects.host_objects import HostObjects
from train.step.processes import alone
from train.step.training_step import Acceleration, TrainingStep


def test_one_step_at_the_published_sizes(settings: Train, camera: Camera) -> None:
    camera = camera.model_copy(update={"size": 128})
    published = {
        "coarse_samples": 64,
        "importance_samples": 16,
        "depth_samples": 16,
        "width": 512,
        "encoder": "resnet34",
        "learning_rate": 1e-4,
        "rays_per_object": 4,
    }
    settings = settings.model_copy(update=published)
    rng = np.random.default_rng(0)
    rgba = rng.integers(0, 256, (2, 2, 128, 128, 4), dtype=np.uint8)
    poses = np.stack([hemisphere_poses(rng, 2, camera.radius) for _ in range(2)]).astype(np.float32)
    objects = HostObjects.of_arrays(
        rgba, poses, one_camera(camera, 2, 2), rng.standard_normal((2, 2, 32, 32, 384)).astype(np.float16)
    )
    model = new_model(settings, objects.teacher_channels)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    plain = Acceleration(compiled=False, recorded=False)
    step = TrainingStep(model, settings, camera, alone(torch.device("cpu")), plain)
    draws = draw_step(objects.count, objects.views, settings, camera, 0)
    terms = step.take(StepInput(0, objects.batch(draws), draws.samples))
    assert terms.isfinite().all()
    assert sum(p.numel() for p in model.parameters()) == 8_170_304 + 3_637_127
    # Every weight learns at once, but the first layer of a block, behind a second one that starts at zero.
    for name, tensor in model.state_dict().items():
        behind_zero = name.startswith("network.blocks.") and ".first." in name
        assert torch.equal(tensor, before[name]) is behind_zero, name
