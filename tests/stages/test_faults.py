"""The render stage under faults: what can be made is the same bytes, the rest is on record, the next run completes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.artifacts.receipts import read_receipt
from pipeline.stores.atomic_files import sha256_of
from tests.stages.conftest import run_command
from tests.stages.undisturbed import OBJECTS, Undisturbed, error_of, made, name_of, of_row, receipt, taken_away

HURT = 1  # the object that something happens to, and its row

# Python imports a module of this name in every process that finds it. In worker processes it puts a mishap between the
# first and the second array of one object.
SITECUSTOMIZE = """
import ctypes
import os
from multiprocessing.process import BaseProcess
from pathlib import Path

mishaps = {
    "hang": lambda: ctypes.PyDLL(None).sleep(600),  # deaf to everything, as a library that keeps Python's lock
    "segfault": lambda: ctypes.string_at(0),
}

class Breaking(dict):
    def items(self):
        first, *others = super().items()
        yield first
        mark = Path(os.environ["FAULT_MARK"])
        if os.environ["FAULT_EVERY_TIME"] == "yes" or not mark.exists():
            mark.touch()
            mishaps[os.environ["FAULT"]]()
        yield from others

def run(self, whole=BaseProcess.run):
    from pipeline.stores.store import Store

    def write(self, entry, row, arrays, facts, whole=Store.write):
        hurt = entry.key.id == os.environ["FAULT_OBJECT"]
        return whole(self, entry, row, Breaking(arrays) if hurt else arrays, facts)

    Store.write = write
    whole(self)

BaseProcess.run = run
"""


@pytest.fixture
def undisturbed(project: Path) -> Undisturbed:
    return taken_away()


def of_others(files: dict[str, str]) -> dict[str, str]:
    """What belongs to the other objects. The table and the arrays of facts name the hurt object, too."""
    shared = ("/table.json", "/split/c/0", "/licence/c/0")
    return {file: sha for file, sha in files.items() if not of_row(file, HURT) and not file.endswith(shared)}


def render(*overrides: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Render in a process of its own, as faults of workers need it."""
    words = [word for override in overrides for word in ("--set", override)]
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "render", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def recorded() -> list[dict[str, str]]:
    (file,) = Path("stores/views").rglob("failures.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def check_hurt_is_on_record(undisturbed: Undisturbed, reason: str) -> None:
    """One object is missing and named with its reason; the others are there to the byte."""
    assert recorded() == [{"object": f"02691156/{name_of(HURT)}", "reason": reason}]
    held = read_receipt("render", "plane")
    assert held.failed == {f"02691156/{name_of(HURT)}": reason}
    assert [stored.row for stored in held.objects] == [row for row in range(OBJECTS) if row != HURT]
    assert not any(path.name == f"{HURT}.json" for path in Path("stores/views").rglob("done/*"))
    assert of_others(made()) == of_others(undisturbed.files)


def check_next_run_completes(undisturbed: Undisturbed) -> None:
    again = run_command("render")
    assert again.exit_code == 0, again.output
    assert made() == undisturbed.files
    assert receipt() == undisturbed.receipt
    assert not list(Path("stores/views").rglob("failures.jsonl"))


# --- workers


@pytest.fixture
def fault(tmp_path: Path) -> dict[str, str]:
    """Environment variables that lead to the mishap; `FAULT` says to which."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE)
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    mark = str(tmp_path / "happened")
    return {"PYTHONPATH": path, "FAULT_OBJECT": name_of(HURT), "FAULT_MARK": mark, "FAULT_EVERY_TIME": "yes"}


@pytest.mark.long
def test_a_worker_that_hangs_is_ended_and_costs_its_object(undisturbed: Undisturbed, fault: dict[str, str]) -> None:
    limits = ("machine.workers=2", "machine.seconds_per_object=3", "machine.retries=0")
    done = render(*limits, FAULT="hang", **fault)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "  1 objects failed, reasons in " in done.stderr
    check_hurt_is_on_record(undisturbed, "took longer than 3 s")
    check_next_run_completes(undisturbed)


def test_a_worker_that_segfaults_is_replaced_and_costs_its_object(
    undisturbed: Undisturbed, fault: dict[str, str]
) -> None:
    done = render("machine.workers=2", "machine.tolerated_failures=0", FAULT="segfault", **fault)
    assert done.returncode == 2
    assert "1 of 4 objects failed, more than machine.tolerated_failures (0) allows" in error_of(done.stderr)
    check_hurt_is_on_record(undisturbed, "the worker process died (signal 11), 2 times")
    check_next_run_completes(undisturbed)


@pytest.mark.long
def test_a_worker_that_segfaults_once_costs_nothing(undisturbed: Undisturbed, fault: dict[str, str]) -> None:
    done = render("machine.workers=2", FAULT="segfault", **{**fault, "FAULT_EVERY_TIME": "no"})
    assert done.returncode == 0
    assert Path(fault["FAULT_MARK"]).exists()
    assert made() == undisturbed.files
    assert receipt() == undisturbed.receipt


# --- files of an object


def listed(suffix: str) -> Path:
    """The hurt object's file that ends so."""
    manifest = json.loads(Path("data_manifests/plane.json").read_text())
    (item,) = [item for item in manifest["objects"] if item["id"] == name_of(HURT)]
    (root,) = Path("stores/made-up").iterdir()
    return next(root / "ShapeNetCore.v2" / file for file in item["files"] if file.endswith(suffix))


@pytest.mark.parametrize("suffix", [".obj", ".mtl", ".jpg"])
def test_a_file_that_changed_since_the_manifest_costs_its_object(undisturbed: Undisturbed, suffix: str) -> None:
    file = listed(suffix)
    held = file.read_bytes()
    file.write_bytes(held + b"\n")
    assert run_command("render").exit_code == 0
    obj = f"02691156/{name_of(HURT)}/models/model_normalized.obj"
    name = file.as_posix().partition("ShapeNetCore.v2/")[2]
    reason = f"{obj}: sha256: {name} is not what the manifest lists; run `pipeline manifest` again"
    check_hurt_is_on_record(undisturbed, reason)
    file.write_bytes(held)
    check_next_run_completes(undisturbed)


def damage(suffix: str, content: bytes) -> None:
    """Damage a file of the hurt object, in a manifest that knows it only like that."""
    file = listed(suffix)
    before = sha256_of(file)
    file.write_bytes(content)
    manifest = Path("data_manifests/plane.json")
    manifest.write_text(manifest.read_text().replace(before, sha256_of(file)))


def test_a_mesh_that_cannot_be_read_costs_its_object(undisturbed: Undisturbed) -> None:
    held = {path: path.read_bytes() for path in (listed(".obj"), Path("data_manifests/plane.json"))}
    text = listed(".obj").read_bytes()
    damage(".obj", text[: text.index(b"\nf ") + 4])  # ends in the first face
    result = run_command("render")
    assert result.exit_code == 0
    assert "Traceback" not in result.output
    obj = f"02691156/{name_of(HURT)}/models/model_normalized.obj"
    check_hurt_is_on_record(undisturbed, f"{obj}: f 1: a face has fewer than three corners")
    for path, content in held.items():
        path.write_bytes(content)
    shutil.rmtree("stores/views")  # its row belongs to the damaged file
    check_next_run_completes(undisturbed)


def test_a_texture_that_cannot_be_read_is_grey_and_on_record(undisturbed: Undisturbed) -> None:
    picture = listed(".jpg")
    damage(".jpg", picture.read_bytes()[:60])
    result = run_command("render")
    assert result.exit_code == 0, result.output
    assert read_receipt("render", "plane").failed == {}
    (marker,) = Path("stores/views").rglob(f"done/{HURT}.json")
    (note,) = json.loads(marker.read_text())["facts"]["look_notes"]
    assert note["detail"].startswith(f"../images/{picture.name}: ")
    assert list(read_receipt("render", "plane").grey_faces.values()) == [note["grey_faces"]]
    assert f"  {note['reason']}: 1 object, {note['grey_faces']} grey faces, such as madeup-plane-" in result.output
    assert of_others(made()) == of_others(undisturbed.files)
