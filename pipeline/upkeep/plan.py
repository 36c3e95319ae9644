"""`pipeline plan`: estimate what each stage needs, and whether this machine has it."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from pipeline.artifacts.layouts import labels_layout, maps_layout, views_layout
from pipeline.artifacts.project import Project
from pipeline.config.sections.teachers import Daisy, LatentDiffusion, Network, StoredMaps, TimmCnn, TimmVit
from pipeline.config.settings import CacheTeachers, Camera, Evaluate, Render, Train
from pipeline.datasets.records import Split
from pipeline.errors import UserError
from pipeline.manifests.manifest import manifest_path
from pipeline.manifests.sources import mesh_collection
from pipeline.manifests.splits import SEEDED, read_given_splits, seeded_splits
from pipeline.manifests.view_collection import open_view_collection
from pipeline.stores.array_spec import ArraySpec
from pipeline.teachers.registry import raw_channels
from pipeline.upkeep.amounts import duration_of, size_of
from pipeline.upkeep.host import Host, this_machine

# Bytes of memory of each process of a stage: of objects, of a teacher, of a field.
OBJECT_STAGE, TEACHER_STAGE, FIELD_STAGE = 160e6, 800e6, 1e9
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
# Objects of the released splits, ShapeNetCore v1.
PUBLISHED = {"plane": 4045, "bottle": 498, "car": 7496, "chair": 6778, "motorcycle": 337, "table": 8509}
# Share of foreground pixels: means of 24 made-up objects. Real samples agree within a third, but bottles have 0.058.
FOREGROUND = {"plane": 0.055, "bottle": 0.102, "car": 0.113, "chair": 0.124, "motorcycle": 0.085, "table": 0.164}
ROW = "{:<14}  {:>7}  {:>10}  {:>7}  {:>7}  {:>14}"


@dataclass(frozen=True)
class Load:
    """Objects of a category in all, to train on and to test on, and the share of foreground pixels."""

    objects: int
    train: int
    test: int
    foreground: float


@dataclass(frozen=True)
class Need:
    """Objects and views of a stage; its bytes of disk, most bytes of memory at a time, and seconds."""

    stage: str
    objects: int
    views: int
    disk: float
    memory: float
    seconds: float


def plan_text(project: Project, gpu: str | None = None) -> str:
    """Plan a run from its start on this machine, or as if it had that GPU; write nothing. Raises as `category_load`."""
    host = this_machine(project.settings.machine, project.root, gpu)
    loads, words = zip(*(category_load(project, name) for name in project.settings.categories), strict=True)
    stages = plan_stages(project, loads, host)
    lines = [*words, "", ROW.format("stage", "objects", "views", "disk", "memory", "time")]
    for need in stages:
        cells = f"{need.objects:,}", f"{need.views:,}", size_of(need.disk), size_of(need.memory)
        lines.append(ROW.format(need.stage, *cells, f"about {duration_of(need.seconds)}"))
    known = "Disk is right within about a third, time within a factor of three. Existing files are not subtracted."
    has = f"{size_of(host.memory)} of memory and {size_of(host.free)} of free disk"
    lines += ["", known, f"Planned for {host.workers} workers, networks on {host.networks}, {has}."]
    if gpu is not None:
        lines.append(f"The GPU's times are scaled: they are those of an H100, at {GPUS[gpu]:g} times its speed.")
    return "\n".join([*lines, *(f"Warning: {what}: {remedy}." for _, what, remedy in shortages(stages, host))])


def plan_stages(project: Project, loads: Sequence[Load], host: Host, most_channels: bool = False) -> list[Need]:
    """Plan each stage, and last their total, in which an object and a view count once.

    With `most_channels`, maps are taken to have fit-projection.channels without a look at the teacher's network, which
    takes seconds: a network with fewer channels needs less.
    """
    settings, needs = project.settings, dict[str, list[Need]]()
    camera, cache, kept = settings.camera, settings.cache_teachers, settings.fit_projection.channels
    for load in loads:
        made = [*object_needs(camera, settings.render, settings.source.kind, load, host)]
        for name in settings.teachers:
            teacher = settings.network(name)
            channels = kept if kept and most_channels else raw_channels(name, teacher)
            channels = min(channels, kept or channels)
            made += map_needs(camera, cache, settings.fit_projection.views, load, host, teacher, channels)
            fields = field_needs(camera, cache, settings.train, settings.evaluate, load, host, channels)
            made += [*fields] * len(settings.fields)
        for need in made:
            needs.setdefault(need.stage, []).append(need)
    stages = [_together(name, of_stage, of_stage) for name, of_stage in needs.items()]
    return [*stages, _together("total", stages, needs["render"])]


def _together(stage: str, needs: Sequence[Need], counted: Sequence[Need]) -> Need:
    """Add up needs that follow one another; the largest memory counts."""
    objects, views = sum(need.objects for need in counted), sum(need.views for need in counted)
    disk, seconds = sum(need.disk for need in needs), sum(need.seconds for need in needs)
    return Need(stage, objects, views, disk, max(need.memory for need in needs), seconds)


def shortages(stages: Sequence[Need], host: Host) -> Iterator[tuple[str, str, str]]:
    """Yield `disk` or `memory` where there is too little, what lacks, and the remedy. The last need is the total."""
    if (disk := stages[-1].disk) > host.free:
        settings = "cache-teachers.dtype=int8, manifest.objects=N or one teacher at a time (--teacher)"
        yield "disk", f"{size_of(disk)} do not fit the disk", f"put storage.root on a larger one, or set {settings}"
    for need in stages[:-1]:
        if need.memory > host.memory:
            remedy = "it streams its objects, which is slower" if need.stage == "train" else "set machine.workers lower"
            yield "memory", f"{need.stage} needs {size_of(need.memory)} of memory, more than there is", remedy


def category_load(project: Project, name: str) -> tuple[Load, str]:
    """Count objects in the manifest, the source or as published, and say so. Raises UserError if none of them tells."""
    try:
        splits, origin = [item.split for item in project.manifest(name).objects], str(manifest_path(name))
    except UserError:  # there is none yet, or one of other settings
        splits, origin = _count(project, name)
    views, count = project.views_store(name), Counter(splits)
    rows = sorted(int(marker.stem) for marker in (views.path / "done").glob("[0-9]*.json"))[:500]
    shares = [done.facts["foreground"] for row in rows if (done := views.done(row)) is not None]
    foreground = sum(shares) / len(shares) if shares else FOREGROUND.get(name, 0.11)
    share = f"{100 * foreground:.2g}% of pixels foreground"
    share += f" (measured on {len(shares)} stored objects)" if shares else " (assumed)"
    parts = f"{count['train']:,} train, {count['test']:,} test; counted in {origin}"
    load = Load(count.total(), count["train"], count["test"], foreground)
    return load, f"{name}: {load.objects:,} objects ({parts}), {share}"


def _count(project: Project, name: str) -> tuple[list[Split], str]:
    """Give each object its split, and say where they were counted. Raises UserError if nothing tells."""
    settings, source, own = project.settings, project.settings.source, None
    chosen, synset = settings.manifest, settings.category(name).synset
    try:
        if source.kind == "made-up":
            ids, origin = [*map(str, range(settings.synthesize.objects))], "synthesize.objects"
        elif source.kind == "renders":
            views = open_view_collection(source, settings.camera)
            ids, own, origin = views.listing(synset).ids, views.splits(synset), str(source.views_root)
        else:
            ids, origin = mesh_collection(source).listing(synset).ids, str(source.mesh_root)
        if chosen.splits != SEEDED:
            own = read_given_splits(chosen.splits, synset).split
    except UserError:  # there is no raw data yet
        if name not in PUBLISHED:
            raise
        ids, own, origin = [*map(str, range(PUBLISHED[name]))], None, "the published data"
    if own is None:
        return [*seeded_splits(ids[: chosen.objects], chosen.fractions, chosen.seed, synset).values()], origin
    return [own[i] for i in ids if i in own][: chosen.objects], origin


def object_needs(camera: Camera, render: Render, kind: str, load: Load, host: Host) -> Iterator[Need]:
    """Estimate the stages until objects of this kind of source are labelled."""
    count, views, workers = load.objects, load.objects * camera.views, host.workers
    work, memory = views * (camera.size / 128) ** 2 / workers, OBJECT_STAGE * (1 + workers)
    if kind == "made-up":  # in one process
        yield Need("synthesize", count, 0, count * MADE_UP_OBJECT, OBJECT_STAGE, 2 + count / SYNTHESIZE)
    yield Need("manifest", count, 0, count * MANIFEST_LINE, memory, 2 + count / MANIFEST / workers)
    drawn = kind != "renders"
    blender = drawn and render.backend == "blender"
    tool = "copy" if not drawn else render.blender.engine if blender else render.backend
    seconds = work / RENDER[tool] * (render.blender.samples / 16 if blender else 1)
    disk = stored_bytes(views_layout(camera, has_depth=drawn), load.foreground) + drawn * PREPARED_MESH
    yield Need("render", count, views, count * disk, memory + blender * BLENDER * (1 + workers), 3 + seconds)
    disk = stored_bytes(labels_layout(camera, KEYPOINTS, PART_POINTS, CANDIDATES), load.foreground)
    yield Need("label", count, views, count * disk, memory, 2 + work / LABEL)


def map_needs(
    camera: Camera, cache: CacheTeachers, fitted: int, load: Load, host: Host, teacher: Network, channels: int
) -> Iterator[Need]:
    """Estimate the stages until a teacher's maps of so many channels are cached. `fitted` views give the projection."""
    model, cost = 0.0, (camera.size / 128) ** 2
    if isinstance(teacher, LatentDiffusion):  # a draw costs as much as encoding the image
        model, cost = DIFFUSION_MODEL, cost * (1 + teacher.noises) / 2
    if isinstance(teacher, TimmCnn):
        cost = (teacher.input_size / LITE0_SIZE) ** 2
    core, gpu = TEACHERS[type(teacher)][cache.precision]
    rate = (gpu * GPUS[host.gpu] * host.gpus or core * host.workers) / cost
    fitted, views = min(fitted, load.train * camera.views), load.objects * camera.views
    yield Need("fit-projection", min(fitted, load.train), fitted, 0, TEACHER_STAGE + model, 4 + fitted / rate)
    disk = load.objects * map_bytes(load, channels, camera, cache) / (2 if cache.dtype == "int8" else 1)
    memory = TEACHER_STAGE * (1 + host.workers) + model * (1 if host.gpus else host.workers)
    yield Need("cache-teachers", load.objects, views, disk, memory, 5 + views / rate)


def field_needs(
    camera: Camera, cache: CacheTeachers, train: Train, evaluate: Evaluate, load: Load, host: Host, channels: int
) -> Iterator[Need]:
    """Estimate the stages of one field. Training keeps images and maps in memory."""
    core, gpu = FIELD[train.precision]
    speed = gpu * GPUS[host.gpu] if host.gpus else core * host.cores
    ray, (_, model, image) = ray_multiply_adds(train), ENCODERS[train.encoder]
    image *= (camera.size / 128) ** 2 * mean(train.source_view_counts)
    batch = train.objects_per_step * (train.rays_per_object * ray + image)
    objects, views = min(load.train, train.training_objects or load.train), load.test * camera.views
    kept = objects * (stored_bytes(views_layout(camera)[:1]) + map_bytes(load, channels, camera, cache))
    seconds = 11 + train.resolved(objects).steps * max(3 * batch / speed, LEAST_STEP)  # forward and backward
    yield Need("train", objects, objects * camera.views, model, FIELD_STAGE + kept, seconds)
    pixels = camera.size**2 * (2 * evaluate.pairs * load.foreground + load.test * evaluate.synthesis_views)
    maps = min(EVALUATED_OBJECTS, load.test) * stored_bytes(maps_layout(camera, channels, "float16"))
    yield Need("evaluate", load.test, views, 0, FIELD_STAGE + maps, 18 + (pixels * ray + evaluate.pairs * PAIR) / speed)
    yield Need("report", load.test, views, 0, FIELD_STAGE, 6)


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
