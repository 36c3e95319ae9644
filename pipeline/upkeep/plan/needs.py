"""Estimate what the stages need: disk from the stores' layouts, memory and time from a small table of rates."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from pipeline.artifacts.layouts import labels_layout, maps_layout, views_layout
from pipeline.config.sections.teachers import Daisy, LatentDiffusion, Network, StoredMaps, TimmCnn, TimmVit
from pipeline.config.settings import CacheTeachers, Camera, Settings, Train
from pipeline.stores.array_spec import ArraySpec
from pipeline.upkeep.host import Host
from pipeline.upkeep.plan.load import Load

# Seconds of a command on a handful of tiny objects, and bytes of memory of each of its processes: profile smoke.
STAGES = {
    "synthesize": (2, 160e6),
    "manifest": (2, 160e6),
    "render": (3, 160e6),
    "label": (2, 160e6),
    "fit-projection": (4, 800e6),
    "cache-teachers": (5, 800e6),
    "train": (11, 1e9),
    "evaluate": (18, 1e9),
    "report": (6, 1e9),
}
# Work a second of one core, or of one core and one H100 (0: it stands idle): docs/performance.md. Images have 128 x 128
# pixels, Blender's 16 samples a pixel. Latent diffusion in fp32 on an H100 is scaled as a ViT.
SYNTHESIZE, MANIFEST, LABEL = 15, 80, 60  # objects, objects, views
RENDER = {"raycast": 60, "pyrender": 105, "cycles": 7.5, "workbench": 6.5, "eevee": 0.6, "copy": 300}  # views
TEACHERS: dict[type, dict[str, tuple[float, float]]] = {  # views
    Daisy: {"fp32": (10, 0), "bf16": (10, 0)},
    TimmCnn: {"fp32": (12, 550), "bf16": (12, 550)},  # lite0 at 512 pixels; the GPU waited for 16 workers, fp32
    TimmVit: {"fp32": (1.5, 427), "bf16": (2.3, 5000)},
    LatentDiffusion: {"fp32": (0.018, 15), "bf16": (0.077, 170)},
    StoredMaps: {"fp32": (60, 0), "bf16": (60, 0)},  # 50 compressed maps of 384 x 32 x 32
}
FIELD = {"fp32": (15e9, 18e12), "bf16": (15e9, 78e12)}  # multiply-adds
LEAST_STEP, PAIR = 0.005, 6e10  # seconds of a training step, however small; multiply-adds of matching a pair in 3D
# GPUs by work a second beside an H100's. H100 and H200 are measured. Half of the others' time is scaled by the dense
# bf16 peak and half by the memory's bandwidth, as a training step divides: NVIDIA's figures of A100 80GB SXM and Ada.
GPUS = {"a100": 0.42, "4090": 0.21, "h100": 1.0, "h200": 1.1}

LITE0_SIZE = 512  # pixels a side: what TEACHERS has the rate of
BLENDER, DIFFUSION_MODEL, EVALUATED_OBJECTS = 440e6, 5e9, 64  # bytes; objects whose maps an evaluation keeps
MADE_UP_OBJECT, MANIFEST_LINE, PREPARED_MESH = 1.3e6, 2.4e3, 5e5  # bytes of disk: means
FOREGROUND_ONLY = ("rgba", "depth", "part", "feature")  # arrays whose background is zero: it compresses to nothing
OUTLINE_PIXELS = 12.0  # width of the strip of cells that an outline crosses; measured: 8 to 16
KEYPOINTS, PART_POINTS, CANDIDATES = 24, 6_800, 2048  # of an object: at most, a mean, as published
# Channels; bytes of a run's checkpoints and model; multiply-adds of an image of 128 x 128 pixels.
ENCODERS = {"small": (64, 7e6, 6e7), "resnet34": (512, 332e6, 1.2e9)}


@dataclass(frozen=True)
class Need:
    """Objects and views of a stage; its bytes of disk, most bytes of memory at a time, and seconds."""

    stage: str
    objects: int
    views: int
    disk: float
    memory: float
    seconds: float


@dataclass(frozen=True)
class Estimate:
    """Estimates what one category needs on a host."""

    settings: Settings
    load: Load
    host: Host

    def objects(self) -> Iterator[Need]:
        """Estimate the stages until objects are labelled."""
        camera, render, kind = self.settings.camera, self.settings.render, self.settings.source.kind
        count, views, workers = self.load.objects, self.load.objects * camera.views, self.host.workers
        work = views * (camera.size / 128) ** 2 / workers
        if kind == "made-up":  # in one process
            yield _need("synthesize", count, 0, count * MADE_UP_OBJECT, count / SYNTHESIZE)
        yield _need("manifest", count, 0, count * MANIFEST_LINE, count / MANIFEST / workers, workers)
        drawn = kind != "renders"
        blender = drawn and render.backend == "blender"
        tool = "copy" if not drawn else render.blender.engine if blender else render.backend
        seconds = work / RENDER[tool] * (render.blender.samples / 16 if blender else 1)
        disk = stored_bytes(views_layout(camera, has_depth=drawn), self.load.foreground) + drawn * PREPARED_MESH
        yield _need("render", count, views, count * disk, seconds, workers, BLENDER * (1 + workers) if blender else 0)
        disk = stored_bytes(labels_layout(camera, KEYPOINTS, PART_POINTS, CANDIDATES), self.load.foreground)
        yield _need("label", count, views, count * disk, work / LABEL, workers)

    def maps(self, teacher: Network, channels: int) -> Iterator[Need]:
        """Estimate the stages until a teacher's maps of so many channels are cached."""
        camera, cache, load, host = self.settings.camera, self.settings.cache_teachers, self.load, self.host
        model, cost = 0.0, (camera.size / 128) ** 2
        if isinstance(teacher, LatentDiffusion):  # a draw costs as much as encoding the image
            model, cost = DIFFUSION_MODEL, cost * (1 + teacher.noises) / 2
        if isinstance(teacher, TimmCnn):
            cost = (teacher.input_size / LITE0_SIZE) ** 2
        core, gpu = TEACHERS[type(teacher)][cache.precision]
        rate = (gpu * GPUS[host.gpu] * host.gpus or core * host.workers) / cost
        fitted, views = min(self.settings.fit_projection.views, load.train * camera.views), load.objects * camera.views
        yield _need("fit-projection", min(fitted, load.train), fitted, 0, fitted / rate, data=model)
        disk = load.objects * map_bytes(load, channels, camera, cache) / (2 if cache.dtype == "int8" else 1)
        models = model * (1 if host.gpus else host.workers)
        yield _need("cache-teachers", load.objects, views, disk, views / rate, host.workers, models)

    def field(self, channels: int) -> Iterator[Need]:
        """Estimate the stages of one field. Training keeps images and maps in memory."""
        camera, train, evaluate, load = self.settings.camera, self.settings.train, self.settings.evaluate, self.load
        core, gpu = FIELD[train.precision]
        speed = gpu * GPUS[self.host.gpu] if self.host.gpus else core * self.host.cores
        ray, (_, model, image) = ray_multiply_adds(train), ENCODERS[train.encoder]
        image *= (camera.size / 128) ** 2 * mean(train.source_view_counts)
        step = 3 * train.objects_per_step * (train.rays_per_object * ray + image)  # forward and backward
        kept = stored_bytes(views_layout(camera)[:1]) + map_bytes(load, channels, camera, self.settings.cache_teachers)
        seconds = train.resolved(load.train).steps * max(step / speed, LEAST_STEP)
        yield _need("train", load.train, load.train * camera.views, model, seconds, data=load.train * kept)
        pixels = camera.size**2 * (2 * evaluate.pairs * load.foreground + load.test * evaluate.synthesis_views)
        maps = min(EVALUATED_OBJECTS, load.test) * stored_bytes(maps_layout(camera, channels, "float16"))
        views, seconds = load.test * camera.views, (pixels * ray + evaluate.pairs * PAIR) / speed
        yield _need("evaluate", load.test, views, 0, seconds, data=maps)
        yield _need("report", load.test, views, 0, 0)


def ray_multiply_adds(train: Train) -> float:
    """Count the multiply-adds of the hidden layers for a ray."""
    inputs = 6 * train.frequencies + 6 + 3 * ENCODERS[train.encoder][0]  # the pixel feature enters three times
    samples = (train.coarse_samples + train.importance_samples + train.depth_samples) * mean(train.source_view_counts)
    return samples * train.width * (inputs + 2 * train.blocks * train.width)


def map_bytes(load: Load, channels: int, camera: Camera, cache: CacheTeachers) -> float:
    """Estimate the bytes of an object's maps in float16; of their cells only the foreground counts."""
    outline = OUTLINE_PIXELS * math.sqrt(load.foreground) / camera.size if cache.foreground == "any" else 0
    return stored_bytes(maps_layout(camera, channels, "float16"), min(1, load.foreground + outline))


def stored_bytes(layout: Sequence[ArraySpec], foreground: float = 1.0) -> float:
    """Estimate an object's bytes in a store, if that share of its pixels or cells is foreground."""
    shares = [foreground if spec.name in FOREGROUND_ONLY else 1 for spec in layout]
    return sum(math.prod(s.shape) * np.dtype(s.dtype).itemsize * share for s, share in zip(layout, shares, strict=True))


def _need(stage: str, objects: int, views: int, disk: float, seconds: float, workers: int = 0, data: float = 0) -> Need:
    start, process = STAGES[stage]
    return Need(stage, objects, views, disk, process * (1 + workers) + data, start + seconds)
