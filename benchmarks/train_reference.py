"""`python -m benchmarks.train_reference`: a training step against the same step as published, on a CPU.

A step is forward, backward and Adam, on random images and rays, which are as slow as real ones. The steps of all ways
alternate in one process; a ratio is the median over rounds, because other work may share the cores. The reference is
the oracle of the tests, in fp32, but that the library interpolates for it, as in the released code. Peak memory is of
fresh processes that take a few steps and nothing else.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import yaml
from torch import Tensor
from torch.nn import functional as F

from benchmarks.peak_memory import PeakMemory
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Camera, Train, parse_settings
from render.cameras import centred_intrinsics, hemisphere_poses
from tests.train.reference_field import reference_losses
from train.network.model import new_model
from train.objects.batches import RayBatch
from train.rendering.volume import Sampling, random_draws
from train.step.batch_losses import batch_losses

WAYS = ("reference", "fast", "fast in bf16")
NOTHING = "no step"
WARM_UP = 2
MEMORY_STEPS = 3
CHANNELS = 384
BAR = 1.5

Step = Callable[[], float]


def main() -> None:
    """Print times, ratios and peaks of memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--objects", type=int, default=4)
    parser.add_argument("--rays", type=int, default=64, help="of each object")
    parser.add_argument("--samples", type=int, default=32, help="coarse ones of a ray; half as many are added")
    parser.add_argument("--encoder", choices=("small", "resnet34"), default="small")
    parser.add_argument("--steps", type=int, default=15, help="of each way, after the warm-up")
    parser.add_argument("--only", choices=(*WAYS, NOTHING), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        take_steps(arguments)
        return
    rounds = alternating({way: training_step(arguments, way) for way in WAYS}, arguments.steps)
    print(
        f"width {arguments.width}, {arguments.objects} x {arguments.rays} rays, {arguments.samples} + "
        f"{arguments.samples // 2} samples, {arguments.encoder} encoder; {torch.get_num_threads()} threads, torch "
        f"{torch.__version__}; medians of {arguments.steps} rounds"
    )
    idle = peak_bytes(NOTHING)
    for way in WAYS:
        ratios = [reference / own for reference, own in zip(rounds["reference"], rounds[way], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"  {way:13} {1000 * statistics.median(rounds[way]):6.0f} ms a step; {middle:.2f} times the reference's "
            f"speed (quartiles {low:.2f} to {high:.2f}; the bar is {BAR}); peak memory "
            f"{peak_bytes(way) / 2**20:.0f} MiB, {idle / 2**20:.0f} before the first step",
            flush=True,
        )


def alternating(steps: dict[str, Step], count: int) -> dict[str, list[float]]:
    """Time the steps of each way in seconds, one of each in a round. The first losses must agree."""
    first = {way: step() for way, step in steps.items()}
    np.testing.assert_allclose(first["fast"], first["reference"], rtol=1e-4)
    np.testing.assert_allclose(first["fast in bf16"], first["reference"], rtol=1e-2)
    for _ in range(WARM_UP - 1):
        for step in steps.values():
            step()
    seconds: dict[str, list[float]] = {way: [] for way in steps}
    for _ in range(count):
        for way, step in steps.items():
            start = time.perf_counter()
            step()
            seconds[way].append(time.perf_counter() - start)
    return seconds


# --- one step


def training_step(arguments: argparse.Namespace, way: str) -> Step:
    """Make a function that takes one step on a fixed batch, and returns its loss."""
    settings, camera = chosen(arguments)
    settings = settings.model_copy(update={"precision": "bf16" if way == "fast in bf16" else "fp32"})
    model = new_model(settings, CHANNELS)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    losses = partial(reference_losses, interpolate=by_the_library) if way == "reference" else batch_losses
    rays = (settings.objects_per_step, settings.rays_per_object)
    draws = random_draws(Sampling.of(settings, camera), rays, torch.Generator().manual_seed(0))
    batch = random_batch(settings, camera)

    def step() -> float:
        optimizer.zero_grad()
        total = losses(model, batch, settings, camera, draws)["total"]
        total.backward()
        optimizer.step()
        return total.item()

    return step


def chosen(arguments: argparse.Namespace) -> tuple[Train, Camera]:
    """Return the demo's settings with the sizes of the command line."""
    settings = parse_settings(yaml.safe_load(profile_text("defaults")), "defaults")
    sizes = {
        "width": arguments.width,
        "objects_per_step": arguments.objects,
        "rays_per_object": arguments.rays,
        "coarse_samples": arguments.samples,
        "importance_samples": arguments.samples // 4,
        "depth_samples": arguments.samples // 4,
        "encoder": arguments.encoder,
    }
    return settings.train.model_copy(update=sizes), settings.camera


def random_batch(settings: Train, camera: Camera) -> RayBatch:
    """Make a batch of noise, seen by cameras that look at the origin."""
    torch.manual_seed(0)
    objects, views, rays = settings.objects_per_step, settings.source_view_counts[0], settings.rays_per_object
    poses = torch.from_numpy(
        hemisphere_poses(np.random.default_rng(0), objects * (views + rays), camera.radius)
    ).float()
    intrinsics = torch.from_numpy(centred_intrinsics(camera.size, camera.angle_x)).float()
    return RayBatch(
        source_images=2 * torch.rand(objects, views, 3, camera.size, camera.size) - 1,
        source_poses=poses[: objects * views].reshape(objects, views, 4, 4),
        source_intrinsics=intrinsics.expand(objects, views, 4),
        pixels=torch.randint(camera.size, (objects, rays, 2)),
        poses=poses[objects * views :].reshape(objects, rays, 4, 4),
        intrinsics=intrinsics.expand(objects, rays, 4),
        rgb=torch.rand(objects, rays, 3),
        feature=torch.randn(objects, rays, CHANNELS),
    )


def by_the_library(maps: Tensor, uv: Tensor) -> Tensor:
    """Interpolate the feature maps where points project to, by torch's own function."""
    taken = F.grid_sample(maps, 2 * uv[:, :, None] - 1, padding_mode="border", align_corners=False)
    return taken[..., 0].mT


# --- memory


def peak_bytes(way: str) -> int:
    """Measure the peak memory of a process that takes a few steps one way."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.train_reference", *sys.argv[1:], "--only", way])
    watch = PeakMemory(process.pid, every=0.02)
    code = process.wait()
    watch.stop()
    if code:
        sys.exit(code)
    return watch.bytes


def take_steps(arguments: argparse.Namespace) -> None:
    """Take a few steps, in the watched process."""
    step = training_step(arguments, "fast" if arguments.only == NOTHING else arguments.only)
    for _ in range(0 if arguments.only == NOTHING else MEMORY_STEPS):
        step()


if __name__ == "__main__":
    main()
