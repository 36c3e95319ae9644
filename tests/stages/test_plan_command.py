"""`pipeline plan` in a folder: where it counts objects, and how near it comes to what the stages then make."""

from pathlib import Path

import pytest

from pipeline.config.settings import load_settings
from pipeline.upkeep.plan.plan import loads_of
from pipeline.upkeep.plan.sizes import labels_bytes, maps_bytes, run_bytes, views_bytes
from tests.stages.conftest import run_command
from tests.stages.tree import contents


def bytes_in(folder: str) -> int:
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_a_plan_has_a_line_a_stage_and_writes_nothing(empty: Path) -> None:
    before = contents(empty)
    result = run_command("plan", "--category", "plane", "--teacher", "daisy")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert cells_of(lines[1])[:6] == ["plane", "4", "2", "0", "2", "synthesize.objects"]
    assert [cells_of(line)[0] for line in lines[4:14]] == [
        "synthesize", "manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report",
        "total",
    ]  # fmt: skip
    assert contents(empty) == before


def test_the_disk_is_within_a_third_of_what_the_stages_make(project: Path) -> None:
    settings = load_settings()
    (counted,) = loads_of(settings)
    assert counted.counted == "data_manifests/plane.json"
    assert counted.foreground_from == "16 rendered views"
    stores = {"views": views_bytes(settings, counted), "labels": labels_bytes(settings, counted)}
    stores |= {"maps": maps_bytes(settings, counted, "daisy")}
    for name, reckoned in stores.items():
        assert reckoned == pytest.approx(bytes_in(f"stores/{name}"), rel=0.3), name
    made = bytes_in("stores/runs") + bytes_in("models")
    assert run_bytes(settings, "daisy") == pytest.approx(made, rel=0.1)


def test_so_it_is_before_anything_is_there(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    views, labels = (bytes_in(f"stores/{name}") for name in ("views", "labels"))
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    settings = load_settings(project / "params.yaml")
    (load,) = loads_of(settings)
    assert load.foreground_from == "assumed"
    assert views_bytes(settings, load) == pytest.approx(views, rel=0.3)
    assert labels_bytes(settings, load) == pytest.approx(labels, rel=0.3)


def test_a_collection_is_counted_and_a_missing_one_taken_as_published(project: Path) -> None:
    (root,) = Path("stores/made-up").iterdir()
    words = ["--set", "source.kind=shapenet-v2", "--set", f"source.mesh_root={root}/ShapeNetCore.v2"]
    words += ["--set", "source.keypointnet_root=not/there"]
    line = cells_of(run_command("plan", *words).output.splitlines()[1])
    assert line[:2] == ["plane", "4"]
    assert line[5] == f"{root}/ShapeNetCore.v2"
    away = run_command("plan", "--set", "source.kind=shapenet-v1", "--set", "source.mesh_root=away")
    assert cells_of(away.output.splitlines()[1])[:6] == ["plane", "4,045", "2,023", "0", "2,022", "the published data"]


def test_an_own_category_that_nothing_counts_is_a_sentence(empty: Path) -> None:
    words = ["--set", "source.kind=folder", "--set", "source.mesh_root=away", "--set", "categories=[mug]"]
    result = run_command("plan", *words)
    assert result.exit_code == 2
    assert "nothing tells how many objects mug has: away holds none of it" in result.output
