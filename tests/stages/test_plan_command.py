"""`pipeline plan` in a folder: where it counts objects, what it writes, and how near it comes to real stores."""

from pathlib import Path

import pytest

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.upkeep.plan import category_load, map_bytes
from tests.stages.conftest import done, refused, with_settings
from tests.stages.tree import contents


def first_line(*settings: str) -> str:
    return done("plan", *with_settings(*settings)).splitlines()[0]


def test_without_data_a_plan_counts_what_the_settings_name_and_writes_nothing(empty: Path) -> None:
    before = contents(empty)
    published = "plane: 4,045 objects (2,023 train, 2,022 test; counted in the published data), "
    assert first_line() == (
        "plane: 4 objects (2 train, 2 test; counted in synthesize.objects), 5.5% of pixels foreground (assumed)"
    )
    away = "source.kind=shapenet-v1", "source.mesh_root=away"
    assert first_line(*away).startswith(published)
    assert first_line(*away, "manifest.objects=100").startswith("plane: 100 objects (50 train, 50 test; ")
    said = refused("plan", *with_settings("source.kind=folder", "source.mesh_root=away", "categories=[mug]"))
    assert "source.mesh_root is away, which is no folder" in said
    assert contents(empty) == before


def test_a_collections_own_splits_are_counted(empty: Path) -> None:
    for split, count in (("train", 5), ("val", 1), ("test", 2)):
        for number in range(count):
            view = empty / "srn" / f"mugs_{split}" / f"{split}{number}"
            view.mkdir(parents=True)
            (view / "intrinsics.txt").touch()
    line = first_line("source.kind=renders", "source.layout=srn", "source.views_root=srn", "categories=[mugs]")
    assert line.startswith("mugs: 8 objects (5 train, 2 test; counted in srn)")


def test_after_a_run_the_data_are_counted_and_maps_are_met_within_a_third(project: Path) -> None:
    line = first_line()
    assert line.startswith("plane: 4 objects (2 train, 2 test; counted in data_manifests/plane.json)")
    assert line.endswith("(measured on 4 stored objects)")
    settings = load_settings()
    load, _ = category_load(Project(settings), "plane")
    made = sum(path.stat().st_size for path in Path("stores/maps").rglob("c/**/*") if path.is_file())
    assert 4 * map_bytes(load, 384, settings.camera, settings.cache_teachers) == pytest.approx(made, rel=0.33)

    (root,) = Path("stores/made-up").iterdir()
    there = "source.kind=shapenet-v2", f"source.mesh_root={root}/ShapeNetCore.v2"
    counted = f"counted in {root}/ShapeNetCore.v2)"
    assert first_line(*there, "source.keypointnet_root=not/there").startswith(
        f"plane: 4 objects (2 train, 2 test; {counted}"
    )
    ids = sorted(path.name for path in (root / "ShapeNetCore.v2" / "02691156").iterdir())
    rows = [f"02691156,{i},{split}" for i, split in zip(ids, ("train", "train", "train", "test"), strict=True)]
    Path("splits.csv").write_text("\n".join(["synsetId,modelId,split", *rows]))
    assert first_line(*there, "manifest.splits=splits.csv").startswith(f"plane: 4 objects (3 train, 1 test; {counted}")
