"""What each stage leaves on the disk, in bytes."""

import math

import numpy as np

from pipeline.artifacts.layouts import labels_layout, maps_layout, views_layout
from pipeline.config.settings import Settings
from pipeline.errors import UserError
from pipeline.stores.store import ArraySpec
from pipeline.upkeep.plan.load import CategoryLoad
from pipeline.upkeep.plan.network import STATE, parameters

# Least squares over the views of the made-up objects of all six categories at 32 to 256 pixels, of the demo, and of six
# real objects; the worst is off by a third. lz4 leaves of a view so many bytes for each foreground pixel, and so many
# for each pixel of the root of their number, which an outline's length grows with. First colour with depth, then parts.
VIEW_BYTES = (6.4, 115.0)
PART_BYTES = (0.15, 11.7)
POINT_BYTES = 0.88  # of dense: coordinates hardly compress; measured: 0.87 to 1.0 and 0.82 of pixels
KEYPOINT_IDS = 24  # of a category, at most
# Teacher maps over dense ones times the share of foreground cells. Features of networks: measured on ViT tokens with
# lz4 and bitshuffle; DAISY's: on the demo and smoke profiles.
MAP_FACTOR, DAISY_FACTOR = 1.2, 0.95
# Markers and the table's line of an object, and a store's own files; of the demo and smoke profiles.
VIEWS_KEPT, LABELS_KEPT, MAPS_KEPT = (830, 3_800), (1_430, 10_200), (500, 3_300)
MANIFEST_BYTES = 2_400  # an object
# A prepared mesh with its textures: 90 bytes a face. Means of the demo's 24 and of six real objects.
PREPARED_BYTES = {"made-up": 320_000, "else": 680_000}
MADE_UP_BYTES = 1_300_000  # a made-up object with its annotations
BLOCK = 4096  # of a file system: a folder takes one, a file half of one more than it holds, on average
CHECKPOINTS = 2  # that a run keeps
FLOAT = 4  # bytes
RAW_CHANNELS = 384  # of all teachers but ldm
UP_BLOCK_CHANNELS = (1280, 1280, 640, 320)  # of Stable Diffusion 1's U-Net


def dense_bytes(specs: list[ArraySpec]) -> int:
    """Of one object, as it lies in memory."""
    return sum(math.prod(spec.shape) * np.dtype(spec.dtype).itemsize for spec in specs)


def raw_channels(settings: Settings, teacher: str) -> int:
    """What the teacher answers with. Raises UserError for up blocks that no model of the class has."""
    if teacher != "ldm":
        return RAW_CHANNELS
    beyond = [block for block in settings.ldm.up_blocks if block >= len(UP_BLOCK_CHANNELS)]
    if beyond:
        raise UserError(f"ldm.up_blocks names block {beyond[0]}, but the U-Net has blocks 0 to 3: correct it.")
    return sum(UP_BLOCK_CHANNELS[block] for block in settings.ldm.up_blocks)


def map_channels(settings: Settings, teacher: str) -> int:
    """What is kept of it."""
    raw, wanted = raw_channels(settings, teacher), settings.fit_projection.channels
    return raw if wanted is None else min(raw, wanted)


def dense_maps(settings: Settings, teacher: str, dtype: str) -> int:
    """Bytes of one object's maps before compression."""
    return dense_bytes(maps_layout(settings.camera, map_channels(settings, teacher), dtype))


def folder_bytes(specs: list[ArraySpec], objects: int) -> float:
    """What the file system adds to objects: a file for each array and a marker, a folder for each axis of an array."""
    return objects * (BLOCK * sum(len(spec.shape) for spec in specs) + BLOCK / 2 * (len(specs) + 1))


def views_bytes(settings: Settings, load: CategoryLoad) -> float:
    """The contents of the view store."""
    camera = settings.camera
    _, _, pose = views_layout(camera)
    view = _of_outline(VIEW_BYTES, load, settings) * camera.views
    return load.objects * (view + dense_bytes([pose]) + VIEWS_KEPT[0]) + VIEWS_KEPT[1]


def meshes_bytes(settings: Settings, load: CategoryLoad) -> float:
    """Of the prepared meshes, if they are kept."""
    kind = settings.source.kind if settings.source.kind in PREPARED_BYTES else "else"
    return load.objects * PREPARED_BYTES[kind] if settings.storage.prepared_meshes else 0


def labels_bytes(settings: Settings, load: CategoryLoad) -> float:
    """The contents of the label store."""
    layout = {s.name: s for s in labels_layout(settings.camera, KEYPOINT_IDS, load.part_points, load.candidates)}
    points = {
        kind: POINT_BYTES * dense_bytes([spec for name, spec in layout.items() if name.startswith(starts)])
        for kind, starts in (("keypoint", ("keypoint_", "candidate_")), ("part", "part_"))
    }
    part_map = _of_outline(PART_BYTES, load, settings) * settings.camera.views
    return (
        load.keypoint_objects * points["keypoint"]
        + load.part_objects * (points["part"] + part_map)
        + load.objects * LABELS_KEPT[0]
        + LABELS_KEPT[1]
    )


def projection_bytes(settings: Settings, teacher: str) -> float:
    """Of a fitted projection: its basis where there is one, mean and variances."""
    raw, kept = raw_channels(settings, teacher), map_channels(settings, teacher)
    return FLOAT * (raw * kept if kept < raw else 0) + 2 * FLOAT * raw


def maps_bytes(settings: Settings, load: CategoryLoad, teacher: str) -> float:
    """The contents of a teacher's map store."""
    rule, dtype = settings.cache_teachers.foreground, settings.cache_teachers.dtype
    factor = DAISY_FACTOR if teacher == "daisy" else MAP_FACTOR
    share = min(1.0, factor * load.cells(settings.camera, rule))
    return load.objects * (dense_maps(settings, teacher, dtype) * share + MAPS_KEPT[0]) + MAPS_KEPT[1]


def run_bytes(settings: Settings, teacher: str) -> float:
    """Of a training run's checkpoints, and of the model that comes of it."""
    model = FLOAT * parameters(settings.train, map_channels(settings, teacher))
    return model * (CHECKPOINTS * STATE + 1)


def _of_outline(coefficients: tuple[float, float], load: CategoryLoad, settings: Settings) -> float:
    """Bytes of a view."""
    area, outline = coefficients
    return area * load.foreground_pixels(settings.camera) + outline * load.outline(settings.camera)
