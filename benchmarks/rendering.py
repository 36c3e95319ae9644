"""How fast the render stage is, and how much of it is drawing: `python -m benchmarks.rendering --backends raycast`.

For each object and backend three numbers in one run, in images a second on the same number of processes:

  bare    `draw` and the depth casting of prepared meshes, nothing else; once before and once after the stage
  stage   `pipeline render` of a category that holds many copies of the object: read, check, prepare, draw, cast depth,
          compress, write
  whole   the same run from the command to its end: imports and start-up of the workers too

bare and stage are steady rates: of the objects in the order in which they are done, the first two of each process and
the last of each are left out. Their ratio is what the stage costs beside drawing; the bar is 1.3. In brackets the
processor's milliseconds for an image between the same moments: where others use the cores, their ratio is the better
one. The time until the first object is done stands beside it. `--blender` adds what each object costs in a Blender
process of its own.

`--samples FOLDER` (the folder of shapenet_v2's synsets) adds two real objects.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.processor_time import ProcessorTime
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, load_settings, parse_settings
from pipeline.datasets.categories import category_named
from pipeline.stages.manifest import make_manifest
from pipeline.synthetic.synthesize import synthesize_category
from render.backends.backend import make_backend
from render.cameras import object_poses
from render.prepared_mesh import PreparedMesh, prepare
from render.raycast import RayCaster, cast_depth

BAR = 1.3
SAMPLES = {"chair": "88382b877be91b2a572f8e1c1caad99e", "car": "24d7494c6b92c6e7c1bbb501b1d87871"}
MADE_UP = ("plane", "chair")
UNCOUNTED_FIRST, UNCOUNTED_LAST = 2, 1  # objects a process


@dataclass(frozen=True)
class Subject:
    """An object that fills a category, and its folder in ShapeNetCore v2's layout."""

    name: str
    category: str
    folder: Path


@dataclass(frozen=True)
class Rate:
    """Images a second, and processor seconds for an image."""

    images: float
    processor: float


@dataclass(frozen=True)
class StageRun:
    """A run of the stage: its steady rate, and the seconds from the command to the first and the last object."""

    rate: Rate
    first: float
    whole: float


def main() -> None:
    """Print the machine, then a line for each object and backend."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, help="the folder that holds shapenet_v2's synset folders")
    parser.add_argument("--backends", default="raycast,pyrender")
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument("--objects", type=int, default=24, help="copies of each object, for each worker")
    parser.add_argument("--views", type=int, default=50)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--kept-meshes", action="store_true", help="the stage once more, from the meshes that it kept")
    parser.add_argument("--blender", action="store_true", help="also one Blender process for each object")
    parser.add_argument("--engines", default="cycles,workbench", help="of --blender")
    parser.add_argument("--blender-samples", type=int, default=16, help="a pixel")
    parser.add_argument("--draw-one", nargs=2, metavar=("PARAMS", "CATEGORY"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.draw_one:
        params, category = arguments.draw_one
        draw_one(load_settings(Path(params)), category)
        return
    if arguments.objects <= UNCOUNTED_FIRST + UNCOUNTED_LAST:
        parser.error(f"--objects must be more than {UNCOUNTED_FIRST + UNCOUNTED_LAST}, which are not counted")
    os.environ.setdefault("LP_NUM_THREADS", "1")  # as in the stage's workers
    print(machine())
    for backend in arguments.backends.split(","):
        print(f"{backend}: {renderer(backend)}")
    print(f"{arguments.workers} processes, {arguments.objects} copies of an object for each; images/s")
    with tempfile.TemporaryDirectory() as name:
        for subject in subjects(Path(name), arguments.samples):
            compare(subject, Path(name), arguments)


def compare(subject: Subject, folder: Path, arguments: argparse.Namespace) -> None:
    """Measure one object, and print its lines."""
    project = folder / subject.name.replace(" ", "-")
    copies(subject, project / "meshes", arguments.objects * arguments.workers)
    rates = {}
    with contextlib.chdir(project):
        for backend in arguments.backends.split(","):
            settings = write_params(subject, backend, arguments)
            if not rates:
                make_manifest(settings, subject.category)
            before = bare_rate(settings, subject)
            run = run_stage(settings, subject.category)
            after = bare_rate(settings, subject)
            bare = Rate((before.images + after.images) / 2, (before.processor + after.processor) / 2)
            rates[backend] = run.rate.images
            line(f"{subject.name:13} {faces_text(settings, subject):24} {backend:8}", bare, run, arguments)
            if arguments.kept_meshes:
                shutil.rmtree(Project(settings).views_store(subject.category).path)
                again = run_stage(settings, subject.category)
                line(f"{subject.name:13} {'meshes kept':24} {backend:8}", bare, again, arguments)
            shutil.rmtree("stores")
        for engine in arguments.engines.split(",") if arguments.blender else ():
            settings = write_params(subject, "blender", arguments, engine)
            rate = arguments.views / seconds_of_own_process(subject)
            factors = ", ".join(f"{backend} {rates[backend] / rate:.1f} times" for backend in rates)
            print(f"  {subject.name:14} a Blender process for each object, {engine}: {rate:.2f}; the stage: {factors}")


def line(name: str, bare: Rate, run: StageRun, arguments: argparse.Namespace) -> None:
    """Print one comparison."""
    stage = run.rate
    whole = arguments.objects * arguments.workers * arguments.views / run.whole
    print(
        f"  {name} bare {bare.images:6.1f} ({1e3 * bare.processor:5.1f} ms)  stage {stage.images:6.1f} "
        f"({1e3 * stage.processor:5.1f} ms)  ratio {bare.images / stage.images:4.2f} "
        f"({stage.processor / bare.processor:4.2f}), the bar is {BAR}  whole {whole:6.1f}, first object after "
        f"{run.first:.1f} s",
        flush=True,
    )


# --- the machine


def usable_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0))


def machine() -> str:
    """Describe the machine: processor, cores, and how busy it is with other work."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = {text.partition(":")[2].strip() for text in info if text.startswith("model name")}
    return f"{', '.join(sorted(models))}; {usable_cores()} cores, load {os.getloadavg()[0]:.1f} at the start"


def renderer(backend: str) -> str:
    """Name what a backend draws with on this machine: a GPU, Mesa, a version of Blender."""
    settings = parse_settings(yaml.safe_load(profile_text("defaults")), "defaults")
    named = settings.render.model_copy(update={"backend": backend})
    opened = make_backend(settings.camera, named, settings.machine.device)
    name = opened.name
    opened.close()
    return name


# --- objects


def subjects(folder: Path, samples: Path | None) -> Iterator[Subject]:
    """Yield the real objects, if there are any, then the demo's first object of each made-up category."""
    if samples is not None:
        for category, object_id in SAMPLES.items():
            yield Subject(
                f"{category} {object_id[:6]}", category, samples / category_named(category).synset / object_id
            )
    for category in MADE_UP:
        root = folder / "made-up"
        synthesize_category(category, 1, 0, root, lambda _: None)
        (made,) = (root / "ShapeNetCore.v2" / category_named(category).synset).iterdir()
        yield Subject(f"made-up {category}", category, made)


def copies(subject: Subject, root: Path, count: int) -> None:
    """Make a collection that holds the object `count` times."""
    for number in range(count):
        to = root / category_named(subject.category).synset / f"{subject.folder.name[:24]}-{number:05d}"
        shutil.copytree(subject.folder, to, copy_function=shutil.copyfile)


def write_params(subject: Subject, backend: str, arguments: argparse.Namespace, engine: str = "cycles") -> Settings:
    """Write the demo's params.yaml for the copies into this folder."""
    tree: dict[str, Any] = yaml.safe_load(profile_text("defaults"))
    tree["categories"] = [subject.category]
    tree["source"] |= {"kind": "shapenet-v2", "mesh_root": "meshes"}
    tree["machine"] |= {"workers": arguments.workers, "tolerated_failures": 0}
    tree["camera"] |= {"views": arguments.views, "size": arguments.size}
    tree["render"] |= {"backend": backend, "blender": {"engine": engine, "samples": arguments.blender_samples}}
    Path("params.yaml").write_text(yaml.safe_dump(tree))
    return load_settings()


def faces_text(settings: Settings, subject: Subject) -> str:
    """Describe how many faces the file has, and how many are drawn: those without twins."""
    mesh, drawn = loaded(settings, subject.category)
    return f"{mesh} faces, {len(drawn.faces)} drawn"


def loaded(settings: Settings, category: str) -> tuple[int, PreparedMesh]:
    """Load the category's first object: the number of faces in its file, and its prepared mesh."""
    manifest = Project(settings).manifest(category)
    mesh = Project(settings).roots().meshes.read_mesh(manifest.key(manifest.objects[0].id))
    return len(mesh.faces), prepare(mesh, manifest.objects[0].matrix())


# --- rates


def steady_rate(done: Sequence[float], used: ProcessorTime, workers: int, views: int) -> Rate:
    """Return the rate between the first and the last objects of each process; `done` holds moments of `time.time`."""
    moments = sorted(done)[UNCOUNTED_FIRST * workers - 1 : len(done) - UNCOUNTED_LAST * workers]
    images = (len(moments) - 1) * views
    return Rate(images / (moments[-1] - moments[0]), used.between(moments[0], moments[-1]) / images)


def run_stage(settings: Settings, category: str) -> StageRun:
    """Run `pipeline render`; the done-markers tell when each object was done."""
    start = time.time()
    command = [sys.executable, "-m", "pipeline.cli", "render", "--category", category]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    used = ProcessorTime([process.pid])
    errors = process.communicate()[1]
    whole = time.time() - start
    if process.returncode:
        sys.exit(errors)
    markers = list((Project(settings).views_store(category).path / "done").iterdir())
    assert len(markers) == len(read_receipt("render", category).objects)
    done = [marker.stat().st_mtime for marker in markers]
    rate = steady_rate(done, used, settings.machine.workers, settings.camera.views)
    return StageRun(rate, min(done) - start, whole)


def bare_rate(settings: Settings, subject: Subject) -> Rate:
    """Return the rate of processes that only draw and cast depth, side by side."""
    context = get_context("spawn")
    workers = settings.machine.workers
    count = len(Project(settings).manifest(subject.category).objects) // workers
    barrier, moments = context.Barrier(workers), context.SimpleQueue()
    processes = [
        context.Process(target=draw_bare, args=(settings, subject.category, count, barrier, moments))
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    used = ProcessorTime([process.pid for process in processes if process.pid is not None])
    drawn: list[float] = []
    finished = 0
    while finished < workers:
        if moments.empty():
            dead = [process.exitcode for process in processes if process.exitcode]
            if dead:
                sys.exit(f"a process that only draws died: exit code {dead[0]}")
            time.sleep(0.1)
        else:
            drawn += moments.get()
            finished += 1
    for process in processes:
        process.join()
    return steady_rate(drawn, used, workers, settings.camera.views)


def draw_bare(
    settings: Settings, category: str, count: int, barrier: Barrier, moments: "SimpleQueue[list[float]]"
) -> None:
    """Run one process: prepare the mesh once, wait for the others, draw it `count` times from different poses."""
    _, mesh = loaded(settings, category)
    items = Project(settings).manifest(category)
    poses = [object_poses(settings.camera, items.key(item.id), item.split) for item in items.objects[:count]]
    backend = make_backend(settings.camera, settings.render, settings.machine.device)
    backend.draw(mesh, poses[0])
    done = []
    barrier.wait()
    for each in poses:
        draw(settings, backend, mesh, each)
        done.append(time.time())
    moments.put(done)
    backend.close()


def draw(settings: Settings, backend: Any, mesh: PreparedMesh, poses: np.ndarray) -> None:
    """Draw all views of an object: depth and colour."""
    caster = RayCaster(mesh)
    np.stack([cast_depth(caster, pose, settings.camera) for pose in poses])
    backend.draw(mesh, poses)


# --- one Blender process for each object


def seconds_of_own_process(subject: Subject) -> float:
    """Time a process that draws one object, from its command to its end, with nothing else running."""
    command = [sys.executable, "-m", "benchmarks.rendering", "--draw-one", "params.yaml", subject.category]
    place = os.pathsep.join([str(Path(__file__).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    start = time.monotonic()
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": place})
    if done.returncode:
        sys.exit(done.stderr)
    return time.monotonic() - start


def draw_one(settings: Settings, category: str) -> None:
    """Draw the category's first object and end."""
    _, mesh = loaded(settings, category)
    manifest = Project(settings).manifest(category)
    poses = object_poses(settings.camera, manifest.key(manifest.objects[0].id), manifest.objects[0].split)
    backend = make_backend(settings.camera, settings.render, settings.machine.device)
    draw(settings, backend, mesh, poses)
    backend.close()


if __name__ == "__main__":
    main()
