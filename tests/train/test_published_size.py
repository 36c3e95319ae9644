import numpy as np
import torch

from pipeline.settings import Camera, Train
from render.cameras import hemisphere_poses
from train.batches import draw_batch
from train.model import new_model
from train.objects import TrainingObjects
from train.trainer import training_step


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
    objects = TrainingObjects.of(rgba, poses, rng.standard_normal((2, 2, 32, 32, 384)).astype(np.float16))
    model = new_model(settings, objects.teacher_channels)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    batch = draw_batch(objects, settings, 0)
    terms = training_step(model, optimizer, batch=batch, settings=settings, camera=camera, step=0)
    assert all(np.isfinite(list(terms.values())))
    assert sum(p.numel() for p in model.parameters()) == 8_170_304 + 3_637_127
    # Every weight learns at once, but the first layer of a block, behind a second one that starts at zero.
    for name, tensor in model.state_dict().items():
        behind_zero = name.startswith("network.blocks.") and ".first." in name
        assert torch.equal(tensor, before[name]) is behind_zero, name
