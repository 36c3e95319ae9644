"""`python -m benchmarks.teachers --teacher dino`: `pipeline cache-teachers` against its network alone, at the published
sizes and with random weights, which are as fast as learned ones.

A few made-up objects are rendered and their views stored many times over, so that the stage has work for a while. The
stage's rate is taken between the first and the last objects, from the times of its markers, and over the whole command
with its start. The network alone sees images that are on its device already, in the batches that the stage uses.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import timm
import torch
import yaml

from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import Receipt, StoredObject, read_receipt, write_receipt
from pipeline.config.networks import BUILT_IN
from pipeline.config.profiles import profile_text
from pipeline.config.sections.teachers import LatentDiffusion, TimmCnn, TimmVit
from pipeline.config.settings import Settings, load_settings
from pipeline.executors.executor import run
from pipeline.manifests.manifest import manifest_path, write_manifest
from pipeline.manifests.pairs import Pairs
from pipeline.stages.manifest import make_manifest
from pipeline.stages.render import render_category, views_row
from pipeline.stages.synthesize import synthesize_category
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Store
from pipeline.teachers.registry import make_teacher

RENDERED = 8  # objects that are really drawn
UNCOUNTED = 2  # objects of each worker at the start and at the end


def main() -> None:
    """Print what the stage and the network do in a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", choices=list(BUILT_IN), default="dino")
    parser.add_argument("--category", default="chair", help="of the made-up objects: it decides the foreground share")
    parser.add_argument("--objects", type=int, default=8)
    parser.add_argument("--views", type=int, default=50)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="bf16")
    parser.add_argument("--dtype", choices=("float16", "int8"), default="float16")
    parser.add_argument("--batch", type=int, default=50, help="views that the network sees at once")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder without")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name, contextlib.chdir(name):
        settings = made_settings(arguments)
        prepare(settings, arguments.category, arguments.objects)
        print(machine(arguments), flush=True)
        alone = network_alone(settings, arguments)
        print(f"  the network alone: {alone:.1f} images/s", flush=True)
        started = time.time()
        command("fit-projection")
        print(f"  fit-projection: {time.time() - started:.1f} s", flush=True)
        started = time.time()
        command("cache-teachers")
        whole = time.time() - started
        instance = f"{arguments.category}-{arguments.teacher}"
        store = settings.storage.root / Path(read_receipt("cache-teachers", instance).store)
        moments = sorted(path.stat().st_mtime for path in (store / "done").glob("*.json"))
        assert len(moments) == arguments.objects
        counted = moments[UNCOUNTED * arguments.workers - 1 : len(moments) - UNCOUNTED * arguments.workers]
        steady = (len(counted) - 1) * arguments.views / (counted[-1] - counted[0])
        print(
            f"  the stage: {steady:.1f} images/s, {alone / steady:.2f} times the network's own time; with its start "
            f"{arguments.objects * arguments.views / whole:.1f} images/s ({whole:.1f} s, the first object after "
            f"{moments[0] - started:.1f} s)"
        )
        print(f"  {size_line(store)}")


def machine(arguments: argparse.Namespace) -> str:
    """Describe the teacher and the hardware."""
    where = torch.cuda.get_device_name() if arguments.device == "cuda" else f"{arguments.workers} processes"
    return (
        f"{arguments.teacher} {arguments.precision} on {where}, {len(os.sched_getaffinity(0))} cores, torch "
        f"{torch.__version__}, {arguments.workers} workers, batches of {arguments.batch}"
        f"{', compiled' if arguments.compile else ''}; {arguments.objects} objects of {arguments.views} views"
    )


def made_settings(arguments: argparse.Namespace) -> Settings:
    """Write params.yaml in this folder, and load it."""
    tree: dict[str, Any] = yaml.safe_load(profile_text("defaults"))
    tree["categories"], tree["teachers"] = [arguments.category], [arguments.teacher]
    tree["synthesize"]["objects"] = RENDERED
    tree["camera"]["views"] = arguments.views
    tree["cache-teachers"] |= {"precision": arguments.precision, "dtype": arguments.dtype}
    tree["fit-projection"]["views"] = 2 * arguments.batch
    tree["machine"] |= {
        "workers": arguments.workers,
        "device": arguments.device,
        "views_per_batch": arguments.batch,
        "compile": arguments.compile,
        "tolerated_failures": 0,
    }
    match BUILT_IN[arguments.teacher]:
        case LatentDiffusion():
            from benchmarks.made_up_weights import write_sd_sized

            write_sd_sized(Path("weights"))
            tree["networks"][arguments.teacher]["weights"] = "weights"
        case TimmVit() | TimmCnn() as network:
            write_random(network.model, Path("weights.safetensors"))
            tree["networks"][arguments.teacher] |= {"weights": "weights.safetensors", "sha256": None}
    Path("params.yaml").write_text(yaml.safe_dump(tree))
    return load_settings()


def write_random(model: str, file: Path) -> None:
    """Write random weights of a network of timm, as timm draws them."""
    torch.manual_seed(0)
    safetensors.torch.save_file(timm.create_model(model).state_dict(), file)


# --- many objects


def prepare(settings: Settings, category: str, count: int) -> None:
    """Render a few objects, and store their views under `count` names."""
    synthesize_category(settings, category)
    make_manifest(settings, category)
    rendered = render_category(settings, category)
    manifest = Project(settings).manifest(category)
    items = [
        replace(manifest.objects[number % RENDERED], id=f"copy{number:06d}", split="train") for number in range(count)
    ]
    write_manifest(replace(manifest, objects=tuple(items), pairs=Pairs((), (), {})), manifest_path(category))
    store = Project(settings).views_store(category)
    entries = [views_row(manifest, item) for item in items]
    rows = store.allocate(entries)
    tasks = [(entry, rows[entry], rendered.objects[number % RENDERED].row) for number, entry in enumerate(entries)]
    stored = []
    for (entry, row, _), answer in run(_Copier(store), tasks, settings.machine, processes_from=50):
        assert answer.result is not None, answer.failure
        stored.append(StoredObject(entry.key, row, answer.result))
    write_receipt(Receipt("render", category, store.path.as_posix(), store.fingerprint, tuple(stored), failed={}))


@dataclass(frozen=True)
class _Copier:
    """A worker that copies an object's views to another row."""

    store: Store

    def __call__(self) -> Callable[[tuple[RowKey, int, int]], str]:
        return self._copy

    def _copy(self, task: tuple[RowKey, int, int]) -> str:
        entry, row, source = task
        arrays = {name: self.store.read(name, source) for name in self.store.specs}
        return self.store.write(entry, row, arrays, {}).content


# --- rates


def command(stage: str) -> None:
    """Run a stage as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", stage],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parents[1]), *sys.path[1:]])},
    )
    if done.returncode:
        sys.exit(done.returncode)


def network_alone(settings: Settings, arguments: argparse.Namespace) -> float:
    """Measure images a second: one network on a GPU; on a CPU as many side by side as the stage has workers."""
    if arguments.device == "cuda":
        return _alone(settings, arguments, seconds=4.0)
    context = get_context("spawn")
    answers = context.SimpleQueue()
    barrier = context.Barrier(arguments.workers)
    processes = [
        context.Process(target=_alone_in_process, args=(settings, arguments, barrier, answers))
        for _ in range(arguments.workers)
    ]
    for process in processes:
        process.start()
    rates = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return float(sum(rates))


def _alone_in_process(settings: Settings, arguments: argparse.Namespace, barrier: Any, answers: Any) -> None:
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // arguments.workers))
    answers.put(_alone(settings, arguments, seconds=40.0, barrier=barrier))


def _alone(settings: Settings, arguments: argparse.Namespace, seconds: float, barrier: Any = None) -> float:
    device = torch.device(arguments.device)
    network = make_teacher(Project(settings), arguments.teacher, arguments.category).load(device, arguments.compile)
    views = Project(settings).views_store(arguments.category).read("rgba", 0)[: arguments.batch, ..., :3]
    images = torch.from_numpy(views).to(device).float() / 255
    names = [f"{arguments.category}/x/{view}" for view in range(len(images))]
    with torch.inference_mode():
        for _ in range(1 if arguments.device == "cpu" else 5):
            network(images, names)
        if barrier is not None:
            barrier.wait()
        _wait(device)
        start = time.perf_counter()
        count = 0
        while time.perf_counter() - start < seconds:
            network(images, names)
            count += len(images)
            if count % (10 * len(images)) == 0:
                _wait(device)
        _wait(device)
        return count / (time.perf_counter() - start)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def size_line(store: Path) -> str:
    """Compare the store's bytes with dense float16 times the foreground share."""
    markers = [json.loads(path.read_text()) for path in (store / "done").glob("*.json")]
    share = float(np.mean([marker["facts"]["foreground_cells"] for marker in markers]))
    layout = json.loads((store / "about.json").read_text())["layout"]["feature"]["shape"]
    dense = 2 * int(np.prod(layout)) * len(markers)
    size = sum(path.stat().st_size for path in (store / "arrays.zarr" / "feature" / "c").rglob("*") if path.is_file())
    return (
        f"foreground cells {share:.3f}, {size / dense / share:.3f} of foreground share x dense float16, "
        f"{size / len(markers) / layout[0] / 1024:.0f} KiB a view"
    )


if __name__ == "__main__":
    main()
