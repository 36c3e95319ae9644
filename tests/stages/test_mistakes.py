"""A user's mistakes: one sentence, exit code 2, nothing written."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.stages.conftest import STAGES, error_of, refused, run_command, with_settings

RENDERS = ("source.kind=renders", "source.layout=srn")
FIRST = "run `pipeline manifest --category plane` first"
MISTAKES: list[tuple[str, tuple[str, ...], str]] = [
    ("render --category boat", (), "category 'boat' is unknown; the categories are plane, chair"),
    ("audit --category boat", (), "category 'boat' is unknown"),
    *((f"{stage} --teacher clip", (), "teacher 'clip' is unknown; the teachers are lite0, dino, dinov2, dinov3, ldm, ")
      for stage in ("cache-teachers", "train", "evaluate")),
    *((command, (), "run `pipeline synthesize --category plane` first") for command in ("manifest", "audit")),
    ("manifest", ("manifest.splits=all.csv",), "run `pipeline synthesize --category plane` first"),
    *((command, (), FIRST) for command in (*STAGES[2:], "show views")),
    ("render", (), "data_manifests/plane.json is missing: "),
    ("manifest", ("source.up=-z",), "up -z and front -z lie on one axis"),
    ("manifest", ("source.kind=folder",), "mesh_root is missing"),
    ("manifest", ("source.kind=shapenet-v2",), "source: mesh_root is missing"),
    ("manifest", ("source.kind=shapenet-v2", "source.mesh_root=nowhere"), "source.mesh_root is nowhere, which is no f"),
    ("manifest", (*RENDERS, "source.views_root=nowhere"), "source.views_root is nowhere, which is no folder"),
    ("manifest", (*RENDERS, "source.views_root=."), ". has no folder plane_train or airplanes_train"),
    ("audit", (*RENDERS, "source.views_root=."), "source.kind is renders: these are views without meshes"),
    ("train", ("train.widht=3",), "unknown key 'train.widht'; did you mean 'train.width'?"),
    ("render --params other.yaml", (), "other.yaml is missing"),
]  # fmt: skip


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_one_sentence_and_nothing_written(empty: Path) -> None:
    before = files(empty)
    for command, settings, message in MISTAKES:
        words = [*command.split(), *with_settings(*settings)]
        result = run_command(*words)
        assert result.exit_code == 2, words
        assert message in error_of(result.output) and result.output.count("\n") == 1, words
        assert files(empty) == before, words


def test_where_made_up_objects_are_gone_the_command_that_makes_them_is_named(project: Path) -> None:
    for folder in ("made-up", "meshes"):  # prepared meshes would do in their place
        shutil.rmtree(project / "stores" / folder)
    assert "run `pipeline synthesize --category plane` first" in refused("label", "--overwrite")
    assert "bring it back (made-up objects: run `pipeline synthesize`)" in refused("render", "--overwrite")


def test_without_egl_pyrender_says_what_to_install(project: Path) -> None:
    # A vendor file that names no library is what a machine without a driver looks like to libEGL.
    vendor = project / "none.json"
    vendor.write_text('{"file_format_version": "1.0.0", "ICD": {"library_path": "libEGL_absent.so.0"}}')
    before = files(project)
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "render", "--set", "render.backend=pyrender"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": str(vendor)},
    )  # fmt: skip
    assert ended.returncode == 2
    said = error_of(ended.stderr)
    assert "finds no working EGL" in said and "apt-get install libegl1 libgl1-mesa-dri" in said
    assert files(project) == before


def test_a_place_that_cannot_be_written_is_said(project: Path) -> None:
    before = files(project)
    said = refused("render", "--set", "storage.root=/proc/nowhere")
    assert "error: /proc/nowhere cannot be written (/proc: No such file or directory)" in said
    assert files(project) == before


def test_help_is_quick_and_names_every_stage_and_imports_nothing_heavy() -> None:
    command = [sys.executable, "-m", "pipeline.cli", "--help"]
    subprocess.run(command, capture_output=True, check=True)  # bytecode is written once
    start = time.monotonic()
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert time.monotonic() - start < 1.0  # 0.1 s on a quiet machine; the bar of 0.3 s is in benchmarks/
    places = [shown.index(f"\n  {stage} ") for stage in STAGES]
    assert places == sorted(places)
    heavy = "import sys, pipeline.cli; print([m for m in ('torch', 'numpy', 'zarr', 'yaml') if m in sys.modules])"
    imported = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert imported.stdout.strip() == "[]"
