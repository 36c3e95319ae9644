"""The most memory that each stage holds at a time, in bytes of this machine, all its processes together."""

from pipeline.artifacts.layouts import views_layout
from pipeline.config.settings import Settings
from pipeline.upkeep.plan.load import CategoryLoad
from pipeline.upkeep.plan.network import STATE, parameters, samples_of_ray
from pipeline.upkeep.plan.seconds import Power
from pipeline.upkeep.plan.sizes import FLOAT, dense_bytes, dense_maps, map_channels

MB = 1_000_000
# docs/performance.md, and watched again on the demo: a command without torch, with the records of a manifest, and each
# of its workers; Blender's child beside a worker.
COMMAND, RECORD, WORKER = 125 * MB, 10_240, 140 * MB
BLENDER = {"cycles": 320 * MB, "workbench": 450 * MB, "eevee": 450 * MB}
RAYS_OF_PIXEL = 384  # bytes that the raycast backend keeps
WITH_TORCH = 470 * MB  # a process, before it has anything in hand
MAPS_AT_HAND = 8  # times a cache-teachers worker holds an object's dense maps in float16: fp32, fp16, on their way out
# A process that trains or evaluates, beside its data: the smoke profile's, with the libraries that it shares with none.
TRAINING = 1_000 * MB
WEIGHTS = {"daisy": 0, "dino": 22_000_000, "dinov2": 22_000_000, "dinov3": 22_000_000, "ldm": 1_070_000_000}
ARRAYS_KEPT, VIEWS_KEPT = 64, 64  # that evaluation keeps: arrays of whole objects, rendered views
ACTIVATIONS = 3  # copies of a batch's hidden layer at a time


def object_work_bytes(settings: Settings, load: CategoryLoad, power: Power, stage: str) -> float:
    """Of synthesize, manifest, render and label, whose workers hold one object each. A single one is the command."""
    at_hand = 2 * dense_bytes(views_layout(settings.camera)) if stage in ("render", "label") else 0
    if stage == "render" and settings.render.backend == "blender":
        at_hand += BLENDER[settings.render.blender.engine]
    if stage == "render" and settings.render.backend == "raycast":
        at_hand += RAYS_OF_PIXEL * settings.camera.size**2
    workers = 1 if stage == "synthesize" else power.workers
    own = WORKER * workers if workers > 1 else 0
    return COMMAND + RECORD * load.objects + own + workers * at_hand


def teacher_bytes(settings: Settings, teacher: str, power: Power, workers: int) -> float:
    """Of fit-projection (no worker) and cache-teachers; on a GPU the network lies there, in a process for each."""
    weights = WEIGHTS[teacher] * (2 if settings.cache_teachers.precision == "bf16" else FLOAT)
    at_hand = MAPS_AT_HAND * dense_maps(settings, teacher, "float16")
    if power.gpus and teacher != "daisy":
        return WITH_TORCH * (1 + power.gpus) + weights + workers * (WITH_TORCH + at_hand)
    own = WITH_TORCH * workers if workers > 1 else 0
    return WITH_TORCH + own + max(1, workers) * (weights + at_hand)


def train_bytes(settings: Settings, load: CategoryLoad, teacher: str) -> float:
    """Of one field: images and foreground cells of the train split's maps, in float16 whatever the store has.

    On a GPU they lie there while it trains, and here while it is filled. What does not fit is streamed.
    """
    rgba, _, pose = views_layout(settings.camera)
    shown = load.cells(settings.camera, settings.cache_teachers.foreground)
    held = dense_bytes([rgba, pose]) + shown * dense_maps(settings, teacher, "float16")
    model = STATE * FLOAT * parameters(settings.train, map_channels(settings, teacher))
    return TRAINING + load.train * held + model


def evaluate_bytes(settings: Settings, load: CategoryLoad, teacher: str) -> float:
    """Of one field: what was read and rendered last is kept."""
    train, camera = settings.train, settings.camera
    kept = min(ARRAYS_KEPT, load.test) * dense_maps(settings, teacher, "float16")
    pixel = FLOAT * (train.width + map_channels(settings, teacher) + 5)
    renders = min(VIEWS_KEPT, 2 * settings.evaluate.pairs) * load.foreground_pixels(camera) * pixel
    batch = settings.evaluate.rays_per_batch * samples_of_ray(train) * train.width * FLOAT * ACTIVATIONS
    return TRAINING + kept + renders + batch
