"""Time training steps on random data.

`python -m benchmarks.train_step [--params PROFILE] [--objects O] [--rays R] [--levers] [--cameras] [--run]`

Prints steps and rays a second, the share of the floor, and the peak memory of the device. With `--levers` it also times
the step with each lever off, with `--cameras` the step on views that have a camera of their own each. A step is
everything that a run does: draws, gathering, losses, gradients, Adam; without logs, checkpoints and validation. With
`--run` the loop of `pipeline train` is timed too: it reads every step's losses and writes curves. The
data is random because speed does not depend on it, and so are the encoder's weights.

The floor is the time of the field's products alone, 96 samples a ray forward and backward (three times the products
forward), at the rate of a large product in the same precision, measured in the same run.
"""

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import numpy as np
import torch
import yaml

from pipeline.config.profiles import profile_text
from pipeline.config.settings import Camera, Settings, Train, parse_settings
from render.cameras import centred_intrinsics
from train.network.model import new_model
from train.objects.device_objects import DeviceObjects
from train.objects.host_objects import HostObjects
from train.objects.packed_object import PackedObject, pack_object
from train.objects.prefetch import steps_ahead
from train.objects.training_objects import TrainingObjects
from train.run.curves import CurveWriter
from train.run.trainer import Run, Watchers, train
from train.step.processes import Processes, joined
from train.step.training_step import Acceleration, TrainingStep

WARM_UP = 10
CHANNELS = 384
FOREGROUND = 0.25  # share of the cells: a disc


@dataclass(frozen=True)
class Case:
    """A case to time. `resident`: the objects lie on the device. `own_cameras`: each view has a camera of its own.

    `loop`: the steps are taken by `train.run.trainer`, not by the benchmark.
    """

    name: str
    precision: str
    compiled: bool
    recorded: bool
    resident: bool
    own_cameras: bool = False
    loop: bool = False


def main() -> None:
    """Time the profile's step, then with each lever off."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", default="demo", help="demo, paper or smoke")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--objects", type=int, help="a step")
    parser.add_argument("--rays", type=int, help="an object")
    parser.add_argument("--source-views", type=int, nargs="+", help="one number, or those that a step draws from")
    parser.add_argument("--cameras", action="store_true", help="also with another camera for each view")
    parser.add_argument("--no-compile", action="store_true", help="without torch.compile, which takes a minute")
    parser.add_argument("--run", action="store_true", help="also the loop of a run, with its curves")
    parser.add_argument("--levers", action="store_true", help="also with each lever off (CUDA)")
    arguments = parser.parse_args()
    settings = parse_settings(yaml.safe_load(profile_text(arguments.params)), arguments.params)
    settings = with_sizes(settings, arguments.objects, arguments.rays, arguments.source_views)
    processes = joined(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    gpu = processes.device.type == "cuda"
    hardware = torch.cuda.get_device_name() if gpu else f"{torch.get_num_threads()} CPU threads"
    sizes = f"{settings.train.objects_per_step} objects x {settings.train.rays_per_object} rays"
    if processes.is_first:
        print(f"{arguments.params} on {processes.count} x {hardware}, torch {torch.__version__}: {sizes} a step")
    packed = random_objects(settings)
    compiled = settings.machine.compile and not arguments.no_compile
    best = Case("the profile's step", settings.train.precision, compiled, settings.machine.cuda_graph, gpu)
    cases = [best]
    if arguments.run:
        cases.append(replace(best, name="the loop of a run", loop=True))
    if arguments.cameras:
        cases.append(replace(best, name="a camera for each view", own_cameras=True))
    if arguments.levers and gpu:
        cases += [
            replace(best, name="objects in host memory", resident=False),
            replace(best, name="no CUDA graph", recorded=False),
            replace(best, name="no torch.compile", compiled=False),
            replace(best, name="fp32", precision="fp32"),
            Case("none of these", "fp32", compiled=False, recorded=False, resident=False),
        ]
    floors: dict[str, float] = {}
    for case in cases:
        seconds, memory = timed(case, settings, packed, arguments.steps)
        if not processes.is_first:
            continue
        if case.precision not in floors:
            floors[case.precision] = field_flops(settings.train) / products_rate(case.precision, processes.device)
        floor = floors[case.precision] / processes.count
        rays = settings.train.objects_per_step * settings.train.rays_per_object
        print(
            f"{case.name:24} {case.precision} {1000 * seconds:8.2f} ms  {1 / seconds:7.1f} steps/s"
            f" {rays / seconds:9,.0f} rays/s  {floor / seconds:4.0%} of the floor"
            f"  peak {memory / 2**30:.2f} GiB",
            flush=True,
        )


def with_sizes(settings: Settings, objects: int | None, rays: int | None, source_views: list[int] | None) -> Settings:
    """Return the settings with other sizes of a step, and random weights."""
    update = {
        "objects_per_step": objects or settings.train.objects_per_step,
        "rays_per_object": rays or settings.train.rays_per_object,
        "source_views": tuple(source_views) if source_views else settings.train.source_views,
        "encoder_weights": None,
    }
    return settings.model_copy(update={"train": settings.train.model_copy(update=update)})


def timed(case: Case, settings: Settings, packed: list[PackedObject], steps: int) -> tuple[float, int]:
    """Time a step in seconds, and measure the peak bytes of the device's memory, or of the process's on a CPU."""
    torch._dynamo.reset()
    processes = joined(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    device = processes.device
    of_case = settings.train.model_copy(update={"precision": case.precision})
    if case.own_cameras:
        packed = with_own_cameras(packed)
    objects: TrainingObjects
    if case.resident:
        objects = DeviceObjects.of(list(packed), device)
    else:
        objects = HostObjects(lambda index: packed[index], len(packed), None)
    acceleration = Acceleration(case.compiled, case.recorded)
    if case.loop:
        return timed_loop(objects, of_case, settings.camera, processes, acceleration, steps), _peak_bytes(device)
    model = new_model(of_case, CHANNELS).to(device)
    step = TrainingStep(model, of_case, settings.camera, processes, acceleration)
    part = (processes.index, processes.count)
    ahead = steps_ahead(objects, of_case, settings.camera, range(WARM_UP + steps), device, part=part)
    started = 0.0
    for item in ahead:
        if item.step == WARM_UP:
            _wait(device)
            started = time.perf_counter()
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
        step.take(item)
    _wait(device)
    return (time.perf_counter() - started) / steps, _peak_bytes(device)


def timed_loop(
    objects: TrainingObjects,
    settings: Train,
    camera: Camera,
    processes: Processes,
    acceleration: Acceleration,
    steps: int,
) -> float:
    """Time a step of a run in seconds, between its first point of the curves after the warm-up and its last one."""
    first = -(-WARM_UP // settings.log_every) * settings.log_every
    never = dict.fromkeys(("steps", "checkpoint_every", "validate_every"), first + steps)
    known: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name, CurveWriter(Path(name) / "curves") as curves:

        def log(step: int, values: dict[str, float]) -> None:
            curves.write(step, values)
            known[step] = time.perf_counter()

        run = Run(settings.model_copy(update=never), camera, Path(name), "", [])
        train(objects, None, run, processes, acceleration, Watchers(log))
    return (known[first + steps] - known[first]) / steps


def _peak_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated()
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def field_flops(train: Train) -> float:
    """Count the field's floating-point operations in a step, without the heads: they come after compositing."""
    model = new_model(train, CHANNELS).network
    heads = sum(head.weight.numel() for head in (model.feature, model.coordinate))
    products = sum(p.numel() for p in model.parameters() if p.ndim == 2) - heads
    samples = train.coarse_samples + train.importance_samples + train.depth_samples
    forward = 2 * products * samples * train.objects_per_step * train.rays_per_object * mean(train.source_view_counts)
    return 3 * forward


def products_rate(precision: str, device: torch.device) -> float:
    """Measure the FLOP/s of a large product of square matrices."""
    size = 8192 if device.type == "cuda" else 2048
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    matrix = torch.randn(size, size, dtype=dtype, device=device)
    seconds = []
    for _ in range(8):
        _wait(device)
        started = time.perf_counter()
        matrix @ matrix
        _wait(device)
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)


def random_objects(settings: Settings) -> list[PackedObject]:
    """Make four times as many objects as a step draws, with a disc of noise in each view and noise on its cells."""
    camera, count = settings.camera, 4 * settings.train.objects_per_step
    rng = np.random.default_rng(0)
    row, column = np.indices((camera.size, camera.size)) - camera.size / 2
    disc = row**2 + column**2 < FOREGROUND / np.pi * camera.size**2
    pose = np.broadcast_to(np.eye(4, dtype=np.float32), (camera.views, 4, 4)).copy()
    pose[:, 2, 3] = camera.radius
    intrinsics = np.tile(centred_intrinsics(camera.size, camera.angle_x), (camera.views, 1)).astype(np.float32)
    cells = camera.size // 4
    noise = rng.normal(size=(camera.views, cells, cells, CHANNELS)).astype(np.float16)
    noise *= disc[2::4, 2::4, None]
    objects = []
    for _ in range(count):
        rgba = rng.integers(0, 256, (camera.views, camera.size, camera.size, 4), dtype=np.uint8)
        rgba[..., 3] = 255 * disc
        objects.append(pack_object(rgba, pose, intrinsics, noise))
    return objects


def with_own_cameras(packed: list[PackedObject]) -> list[PackedObject]:
    """Give each view other focal lengths and another principal point, by up to a tenth; all else is shared."""
    generator = torch.Generator().manual_seed(0)
    return [
        replace(one, intrinsics=one.intrinsics * (0.9 + 0.2 * torch.rand(one.intrinsics.shape, generator=generator)))
        for one in packed
    ]


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
