"""`python -m benchmarks.train_step [PROFILE] [STEPS]`: the plain trainer on random data, at a profile's sizes.

Prints steps and rays a second, without the first steps, and the peak memory of the device. The data is random because
speed does not depend on it; the encoder starts from random weights.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import yaml

from pipeline.profiles import profile_text
from pipeline.settings import Settings, parse_settings
from train.objects import TrainingObjects
from train.trainer import train

WARM_UP = 10
CHANNELS = 384


def main() -> None:
    """Train for a while and time it."""
    name = sys.argv[1] if len(sys.argv) > 1 else "demo"
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    settings = parse_settings(yaml.safe_load(profile_text(name)), name)
    settings = settings.model_copy(
        update={
            "train": settings.train.model_copy(
                update={"steps": steps, "log_every": 1, "checkpoint_every": steps, "encoder_weights": None}
            )
        }
    )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    moments: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        result = train(
            random_objects(settings),
            None,
            settings=settings.train,
            camera=settings.camera,
            run_folder=Path(folder),
            fingerprint="benchmark",
            device=device,
            log=lambda _step, _values: moments.append(time.monotonic()),  # reading a loss waits for the device
        )
    rate = (len(moments) - 1 - WARM_UP) / (moments[-1] - moments[WARM_UP])
    rays = settings.train.objects_per_step * settings.train.rays_per_object
    hardware = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(f"{name} on {hardware}, torch {torch.__version__}: {rate:.2f} steps/s, {rate * rays:.0f} rays/s")
    print(f"loss {result.losses['total']:.4f} after {steps} steps")
    if device.type == "cuda":
        print(f"peak device memory: {torch.cuda.max_memory_allocated() / 2**30:.2f} GiB")


def random_objects(settings: Settings) -> TrainingObjects:
    """As many objects as a step draws, a disc of noise in each view."""
    camera, count = settings.camera, settings.train.objects_per_step
    rng = np.random.default_rng(0)
    row, column = np.indices((camera.size, camera.size)) - camera.size / 2
    disc = row**2 + column**2 < (camera.size / 4) ** 2
    rgba = rng.integers(0, 256, (count, camera.views, camera.size, camera.size, 4), dtype=np.uint8)
    rgba[..., 3] = 255 * disc
    pose = np.broadcast_to(np.eye(4, dtype=np.float32), (count, camera.views, 4, 4)).copy()
    pose[..., 2, 3] = camera.radius
    cells = camera.size // 4
    feature = rng.normal(size=(count, camera.views, cells, cells, CHANNELS)).astype(np.float16)
    return TrainingObjects.of(rgba, pose, feature)


if __name__ == "__main__":
    main()
