"""A user's mistakes: one sentence, exit code 2, nothing written."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stages.conftest import run_command


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


RENDERS = ("--set", "source.kind=renders", "--set", "source.layout=srn")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["render", "--category", "boat"], "category 'boat' is unknown; the categories are plane, chair"),
        (
            ["cache-teachers", "--teacher", "clip"],
            "teacher 'clip' is unknown; the teachers are lite0, dino, dinov2, dinov3, ldm, daisy; `networks` in",
        ),
        (["train", "--teacher", "clip"], "teacher 'clip' is unknown"),
        (["evaluate", "--teacher", "clip"], "teacher 'clip' is unknown"),
        (["manifest", "--set", "manifest.splits=all.csv"], "run `pipeline synthesize --category plane` first"),
        (["audit", "--category", "boat"], "category 'boat' is unknown"),
        (["show", "views"], "run `pipeline manifest --category plane` first"),
        (["manifest", "--set", "source.up=-z"], "up -z and front -z lie on one axis"),
        (["manifest", "--set", "source.kind=folder"], "mesh_root is missing"),
        (["manifest"], "run `pipeline synthesize --category plane` first"),
        (["render"], "data_manifests/plane.json is missing: run `pipeline manifest --category plane` first"),
        (["label"], "run `pipeline manifest --category plane` first"),
        (["fit-projection"], "run `pipeline manifest --category plane` first"),
        (["cache-teachers"], "run `pipeline manifest --category plane` first"),
        (["train"], "run `pipeline manifest --category plane` first"),
        (["evaluate"], "run `pipeline manifest --category plane` first"),
        (["report"], "run `pipeline manifest --category plane` first"),
        (["manifest", "--set", "source.kind=shapenet-v2"], "source: mesh_root is missing"),
        (
            ["manifest", "--set", "source.kind=shapenet-v2", "--set", "source.mesh_root=nowhere"],
            "source.mesh_root is nowhere, which is no folder",
        ),
        (
            ["manifest", *RENDERS, "--set", "source.views_root=nowhere"],
            "source.views_root is nowhere, which is no folder",
        ),
        (
            ["manifest", *RENDERS, "--set", "source.views_root=."],
            ". has no folder plane_train or airplanes_train",
        ),
        (["audit", *RENDERS, "--set", "source.views_root=."], "source.kind is renders: these are views without meshes"),
        (["train", "--set", "train.widht=3"], "unknown key 'train.widht'; did you mean 'train.width'?"),
        (["render", "--params", "other.yaml"], "other.yaml is missing"),
    ],
)
def test_one_sentence_and_nothing_written(empty: Path, words: list[str], message: str) -> None:
    before = files(empty)
    result = run_command(*words)
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.startswith("error: ")
    assert result.output.count("\n") == 1
    assert files(empty) == before


def test_without_egl_pyrender_says_what_to_install(project: Path) -> None:
    # A vendor file that names no library is what a machine without a driver looks like to libEGL.
    vendor = project / "none.json"
    vendor.write_text('{"file_format_version": "1.0.0", "ICD": {"library_path": "libEGL_absent.so.0"}}')
    before = files(project)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "render", "--set", "render.backend=pyrender"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": str(vendor)},
    )
    assert done.returncode == 2
    assert "finds no working EGL" in done.stderr
    assert "apt-get install libegl1 libgl1-mesa-dri" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(project) == before


def test_a_place_that_cannot_be_written_is_said(project: Path) -> None:
    before = files(project)
    result = run_command("render", "--set", "storage.root=/proc/nowhere")
    assert result.exit_code == 2
    assert "error: /proc/nowhere cannot be written (/proc: No such file or directory)" in result.output
    assert files(project) == before


def test_a_full_disk_is_said_and_what_is_done_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "stores/x")

    monkeypatch.setattr("pipeline.stages.fill.write_receipt", full)
    result = run_command("render")
    assert result.exit_code == 2
    assert result.output.endswith("error: No space left on device: stores/x.\n")
    monkeypatch.undo()
    monkeypatch.chdir(project)
    assert "4 of 4 objects are there and verified" in run_command("render").output


def test_help_is_quick_and_names_every_stage() -> None:
    command = [sys.executable, "-m", "pipeline.cli", "--help"]
    subprocess.run(command, capture_output=True, check=True)  # bytecode is written once
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert time.monotonic() - start < 1.0  # 0.1 s on a quiet machine; the bar of 0.3 s is in benchmarks/
    stages = [
        "synthesize",
        "manifest",
        "render",
        "label",
        "fit-projection",
        "cache-teachers",
        "train",
        "evaluate",
        "report",
    ]
    places = [done.stdout.index(f"\n  {stage} ") for stage in stages]
    assert places == sorted(places)


def test_the_command_line_imports_nothing_heavy() -> None:
    heavy = "import sys, pipeline.cli; print([m for m in ('torch', 'numpy', 'zarr', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
