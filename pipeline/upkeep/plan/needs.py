"""Estimate the needs of each stage: disk from the stores' layouts, memory roughly, time from measured rates."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from pipeline.artifacts.layouts import labels_layout, maps_layout, views_layout
from pipeline.config.sections.teachers import (
    CacheTeachers,
    Daisy,
    FitProjection,
    LatentDiffusion,
    Network,
    StoredMaps,
    TimmCnn,
    TimmVit,
)
from pipeline.config.settings import Camera, Evaluate, Render, Train
from pipeline.stores.array_spec import ArraySpec
from pipeline.upkeep.plan.gpus import MEASURED, Gpu
from pipeline.upkeep.plan.load import Load

# Work a second of one core, or of one core and one H100 (0: it stands idle), from docs/performance.md; SYNTHESIZE and
# LABEL are the demo's. Images have 128 x 128 pixels, Blender's 16 samples a pixel. Latent diffusion in fp32 is not
# measured on an H100: its rate is as far below that of bf16 as a ViT's.
SYNTHESIZE, MANIFEST, LABEL = 15, 80, 60  # objects, objects, views
COPY = 300  # views made elsewhere
RENDER = {"raycast": 60, "pyrender": 105, "cycles": 7.5, "workbench": 6.5, "eevee": 0.6}  # views
TEACHERS: dict[type, dict[str, tuple[float, float]]] = {  # views
    Daisy: {"fp32": (10, 0), "bf16": (10, 0)},
    TimmCnn: {"fp32": (12, 550), "bf16": (12, 550)},  # lite0 at 512 pixels; the GPU waited for 16 workers, fp32
    TimmVit: {"fp32": (1.5, 427), "bf16": (2.3, 5000)},
    LatentDiffusion: {"fp32": (0.018, 15), "bf16": (0.077, 170)},
    StoredMaps: {"fp32": (60, 0), "bf16": (60, 0)},  # 50 compressed maps of 384 x 32 x 32
}
FIELD = {"fp32": (15e9, 18e12), "bf16": (15e9, 78e12)}  # multiply-adds
MOST_STEPS, START_SECONDS = 200, 5.0  # training steps a second, however small they are; of a command

# Bytes of memory of a process, measured on the demo: without torch, with Blender, with a teacher, with a field.
PROCESS, BLENDER_PROCESS, TEACHER_PROCESS, FIELD_PROCESS = 160e6, 600e6, 800e6, 1e9
LITE0_SIZE = 512  # pixels a side: what TEACHERS has the rate of
DIFFUSION_MODEL, EVALUATED_OBJECTS = 5e9, 64  # bytes; objects whose maps an evaluation keeps
MADE_UP_OBJECT, MANIFEST_LINE, PREPARED_MESH = 1.3e6, 2.4e3, 5e5  # bytes of disk: means
FOREGROUND_ONLY = ("rgba", "depth", "part", "feature")  # arrays whose background is zero: it compresses to nothing
OUTLINE_PIXELS = 12.0  # width of the strip of cells that an outline crosses; measured: 8 to 16
KEYPOINTS, PART_POINTS, CANDIDATES = 24, 6_800, 2048  # of an object: at most, a mean, as published
ENCODERS = {"small": (64, 7e6), "resnet34": (512, 332e6)}  # channels; bytes of a run's checkpoints and model


@dataclass(frozen=True)
class Host:
    """Resources of a run: cores, worker processes, GPUs and which; bytes of memory and of free disk."""

    cores: int
    workers: int
    gpus: int
    memory: int
    free: int
    gpu: Gpu = MEASURED


@dataclass(frozen=True)
class Need:
    """Objects and views of a stage; its bytes of disk, most bytes of memory at a time, seconds; its rate in words."""

    stage: str
    objects: int
    views: int
    disk: float
    memory: float
    seconds: float
    rate: str


def object_needs(load: Load, kind: str, camera: Camera, render: Render, workers: int) -> Iterator[Need]:
    """Estimate what a category needs until its objects are labelled; `kind` is source.kind."""
    count, views, area = load.objects, load.objects * camera.views, (camera.size / 128) ** 2
    rate, process = RENDER[render.blender.engine if render.backend == "blender" else render.backend] / area, PROCESS
    if render.backend == "blender":
        rate, process = rate * 16 / render.blender.samples, BLENDER_PROCESS
    if kind == "renders":
        rate, process = COPY / area, PROCESS
    memory = PROCESS * (1 + workers)
    if kind == "made-up":  # in one process
        yield _need("synthesize", count, 0, count * MADE_UP_OBJECT, PROCESS, (SYNTHESIZE, 1, "core"))
    yield _need("manifest", count, 0, count * MANIFEST_LINE, memory, (MANIFEST, workers, "core"))
    layout = views_layout(camera, has_depth=kind != "renders")
    disk = count * (stored_bytes(layout, load.foreground) + (0 if kind == "renders" else PREPARED_MESH))
    yield _need("render", count, views, disk, process * (1 + workers), (rate, workers, "core"))
    disk = count * stored_bytes(labels_layout(camera, KEYPOINTS, PART_POINTS, CANDIDATES), load.foreground)
    yield _need("label", count, views, disk, memory, (LABEL / area, workers, "core"))


def teacher_needs(
    load: Load, teacher: Network, maps: float, camera: Camera, fit: FitProjection, cache: CacheTeachers, host: Host
) -> Iterator[Need]:
    """Estimate what a category needs until a teacher's maps, of that many bytes an object in float16, are cached."""
    model, cost = 0.0, (camera.size / 128) ** 2
    if isinstance(teacher, LatentDiffusion):  # a draw costs as much as encoding the image
        model, cost = DIFFUSION_MODEL, cost * (1 + teacher.noises) / 2
    if isinstance(teacher, TimmCnn):
        cost = (teacher.input_size / LITE0_SIZE) ** 2
    core, gpu = TEACHERS[type(teacher)][cache.precision]
    on_gpu = (gpu * host.gpu.speed / cost, host.gpus, "GPU")
    speed = on_gpu if host.gpus and gpu else (core / cost, host.workers, "core")
    fitted, views = min(fit.views, load.train * camera.views), load.objects * camera.views
    yield _need("fit-projection", min(fitted, load.train), fitted, 0, TEACHER_PROCESS + model, speed)
    disk = load.objects * maps / (2 if cache.dtype == "int8" else 1)
    memory = TEACHER_PROCESS * (1 + host.workers) + model * (1 if host.gpus else host.workers)
    yield _need("cache-teachers", load.objects, views, disk, memory, speed)


def run_needs(
    load: Load, maps: float, channels: int, camera: Camera, train: Train, evaluate: Evaluate, host: Host
) -> Iterator[Need]:
    """Estimate what one field of a category needs. Training keeps images and maps in memory."""
    rays = rays_per_second(train, host)
    steps = min(MOST_STEPS, rays / (3 * train.objects_per_step * train.rays_per_object))  # forward and backward
    memory = FIELD_PROCESS + load.train * (stored_bytes(views_layout(camera)[:1]) + maps)
    time = START_SECONDS + train.resolved(load.train).steps / steps, f"{steps:.3g} steps/s"
    yield Need("train", load.train, load.train * camera.views, ENCODERS[train.encoder][1], memory, *time)
    pixels = camera.size**2 * (2 * evaluate.pairs * load.foreground + load.test * evaluate.synthesis_views)
    memory = FIELD_PROCESS + min(EVALUATED_OBJECTS, load.test) * stored_bytes(maps_layout(camera, channels, "float16"))
    time = START_SECONDS + pixels / rays, f"{rays:,.0f} rays/s"
    yield Need("evaluate", load.test, load.test * camera.views, 0, memory, *time)
    yield Need("report", load.test, load.test * camera.views, 0, FIELD_PROCESS, 2.0, "2 s a field")


def rays_per_second(train: Train, host: Host) -> float:
    """Estimate how many rays one GPU or all cores render, by the multiply-adds of the hidden layers."""
    inputs = 6 * train.frequencies + 6 + 3 * ENCODERS[train.encoder][0]  # the pixel feature enters three times
    samples = (train.coarse_samples + train.importance_samples + train.depth_samples) * mean(train.source_view_counts)
    core, gpu = FIELD[train.precision]
    speed = gpu * host.gpu.speed if host.gpus else core * host.cores
    return speed / (samples * train.width * (inputs + 2 * train.blocks * train.width))


def map_bytes(load: Load, channels: int, camera: Camera, cache: CacheTeachers) -> float:
    """Estimate the bytes of an object's maps in float16; of their cells only the foreground counts."""
    outline = OUTLINE_PIXELS * math.sqrt(load.foreground) / camera.size if cache.foreground == "any" else 0
    return stored_bytes(maps_layout(camera, channels, "float16"), min(1, load.foreground + outline))


def stored_bytes(layout: Sequence[ArraySpec], foreground: float = 1.0) -> float:
    """Estimate an object's bytes in a store, if that share of its pixels or cells is foreground."""
    shares = [foreground if spec.name in FOREGROUND_ONLY else 1 for spec in layout]
    return sum(math.prod(s.shape) * np.dtype(s.dtype).itemsize * share for s, share in zip(layout, shares, strict=True))


def together(stage: str, needs: Sequence[Need]) -> Need:
    """Add up needs that follow one another; the largest memory counts."""
    objects, views = sum(need.objects for need in needs), sum(need.views for need in needs)
    disk, seconds = sum(need.disk for need in needs), sum(need.seconds for need in needs)
    rates = "; ".join(dict.fromkeys(need.rate for need in needs))
    return Need(stage, objects, views, disk, max(need.memory for need in needs), seconds, rates)


def _need(stage: str, objects: int, views: int, disk: float, memory: float, speed: tuple[float, int, str]) -> Need:
    """Time a stage by its views, or objects if it sees no views: so many a second on each of so many units."""
    rate, count, unit = speed
    seconds = START_SECONDS + (views or objects) / (rate * count)
    noun = "views" if views else "objects"
    return Need(stage, objects, views, disk, memory, seconds, f"{rate:,.4g} {noun}/s a {unit}")
