"""Sections `storage` and `machine`: where results are kept, and how this machine works."""

from typing import Literal

from pipeline.config.setting_types import Above0, NotNegative, Positive, Section, SettingPath, Share

Device = Literal["auto", "cpu", "cuda"]


class Storage(Section):
    """Folder of stores and training runs.

    Below `root` lie `meshes/`, `views/`, `labels/`, `projections/`, `maps/`, `runs/` and `made-up/`. Each of them holds
    folders named by fingerprint.

    A prepared mesh is a mesh as it is drawn: in the world frame, with normals and decoded textures. It takes about
    0.1 kB a face plus its textures. With it, another backend, image size or lighting needs no parsing.
    """

    root: SettingPath = "stores"
    """Folder of the stores and training runs."""
    prepared_meshes: bool = True
    """Keep prepared meshes in `meshes/`."""


class Machine(Section):
    """Processes and devices of this machine. These keys change speed, never a result, and are in no fingerprint.

    With one worker, `render`, `label` and `cache-teachers` have no worker process, so nothing can be ended after
    `seconds_per_object`. `manifest` and `audit`, which read the raw files first, always have one.

    When more than `tolerated_failures` of a category's objects fail, a stage finishes the others, records the reasons
    and then fails. The stage `manifest` never fails for this: it lists the objects under `dropped`.

    [training.md](training.md) explains `residency`, [machines.md](machines.md) the scheduler.
    """

    workers: Positive = 2
    """Worker processes of a stage."""
    scheduler: str | None = None
    """Address of a dask scheduler whose workers do the work, such as tcp://10.0.0.1:8786; also `--scheduler`."""
    device: Device = "auto"
    """`auto`, `cpu` or `cuda`: for teachers, training, evaluation and Blender's Cycles."""
    seconds_per_object: Above0 = 600
    """A worker process that takes longer for one object is ended and replaced."""
    retries: NotNegative = 1
    """Tries after the first, for an object whose worker died or was ended; then it is recorded as failed."""
    objects_per_process: Positive = 500
    """A worker process is replaced after this many objects, because renderers leak memory."""
    tolerated_failures: Share = 0.1
    """Share of a category's objects that may fail."""
    views_per_batch: Positive = 10
    """Views that a teacher's network sees at once; fewer need less memory."""
    compile: bool = False
    """Compile teachers' networks and the training step (GPU): a minute at the start, then faster."""
    cuda_graph: bool = True
    """Record a training step once and replay it (GPU)."""
    residency: Literal["auto", "device", "host", "stream"] = "auto"
    """Place of training objects: `device`, `host` (memory), `stream` (the stores); `auto`: the first that fits."""
    residency_gib: Above0 | None = None
    """GiB that training objects may take there; null: four fifths of what is free."""
