"""`pipeline plan` in a folder: where it counts objects, what it writes, and how near it comes to real stores."""

from pathlib import Path

import pytest

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.upkeep.plan.load import category_load
from pipeline.upkeep.plan.needs import map_bytes
from tests.stages.conftest import run_command
from tests.stages.tree import contents


def first_line(*words: str) -> str:
    return run_command("plan", *words).output.splitlines()[0]


def test_a_plan_writes_nothing(empty: Path) -> None:
    before = contents(empty)
    assert first_line("--category", "plane", "--teacher", "daisy") == (
        "plane: 4 objects (2 train, 2 test; counted in synthesize.objects), 5.5% of pixels foreground (assumed)"
    )
    assert contents(empty) == before


def test_after_rendering_the_manifest_and_the_foreground_are_those_of_the_data(project: Path) -> None:
    line = first_line()
    assert line.startswith("plane: 4 objects (2 train, 2 test; counted in data_manifests/plane.json)")
    assert line.endswith("(measured on 4 stored objects)")


def test_maps_are_within_a_third_of_those_that_are_made(project: Path) -> None:
    settings = load_settings()
    load = category_load(Project(settings), "plane")
    maps = map_bytes(load, 384, settings.camera, settings.cache_teachers)
    made = sum(path.stat().st_size for path in Path("stores/maps").rglob("c/**/*") if path.is_file())
    assert load.objects * maps == pytest.approx(made, rel=0.33)


def test_a_collection_is_counted_and_a_missing_one_taken_as_published(project: Path) -> None:
    (root,) = Path("stores/made-up").iterdir()
    there = ["--set", "source.kind=shapenet-v2", "--set", f"source.mesh_root={root}/ShapeNetCore.v2"]
    there += ["--set", "source.keypointnet_root=not/there"]
    assert first_line(*there).startswith(f"plane: 4 objects (2 train, 2 test; counted in {root}/ShapeNetCore.v2)")
    away = ["--set", "source.kind=shapenet-v1", "--set", "source.mesh_root=away"]
    assert first_line(*away).startswith("plane: 4,045 objects (2,023 train, 2,022 test; counted in the published data)")


def test_an_own_category_that_nothing_counts_is_a_sentence(empty: Path) -> None:
    words = ["--set", "source.kind=folder", "--set", "source.mesh_root=away", "--set", "categories=[mug]"]
    result = run_command("plan", *words)
    assert result.exit_code == 2
    assert "source.mesh_root is away, which is no folder" in result.output


def test_a_collections_own_splits_are_counted(empty: Path) -> None:
    for split, count in (("train", 5), ("val", 1), ("test", 2)):
        for number in range(count):
            view = empty / "srn" / f"mugs_{split}" / f"{split}{number}"
            view.mkdir(parents=True)
            (view / "intrinsics.txt").touch()
    words = ["source.kind=renders", "source.layout=srn", "source.views_root=srn", "categories=[mugs]"]
    line = first_line(*(word for setting in words for word in ("--set", setting)))
    assert line.startswith("mugs: 8 objects (5 train, 2 test; counted in srn)")


def test_a_table_of_splits_is_counted(project: Path) -> None:
    (root,) = Path("stores/made-up").iterdir()
    ids = sorted(path.name for path in (root / "ShapeNetCore.v2" / "02691156").iterdir())
    rows = [f"02691156,{i},{split}" for i, split in zip(ids, ("train", "train", "train", "test"), strict=True)]
    Path("splits.csv").write_text("\n".join(["synsetId,modelId,split", *rows]))
    words = ["source.kind=shapenet-v2", f"source.mesh_root={root}/ShapeNetCore.v2", "manifest.splits=splits.csv"]
    line = first_line(*(word for setting in words for word in ("--set", setting)))
    assert line.startswith("plane: 4 objects (3 train, 1 test; counted in")
