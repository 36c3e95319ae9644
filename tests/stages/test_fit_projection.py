"""Fitting a projection: what is fitted, on what; kept, refused or made again."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.artifacts.project import Project
from pipeline.artifacts.projections import projection_sample
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.settings import load_settings
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.registry import make_teacher
from render.over_black import over_black
from tests.stages.conftest import run_command
from tests.stages.tree import contents

RECEIPT = Path("receipts/fit-projection/plane-daisy.json")
SIXTEEN = ("--set", "fit-projection.channels=16")


def raw_cells(overrides: tuple[str, ...] = ()) -> np.ndarray:
    """The teacher's features of all foreground cells of the sampled views, worked out plainly."""
    project = Project(load_settings(overrides=overrides))
    manifest, views = project.manifest("plane"), project.views("plane")
    network = make_teacher(project, "daisy", "plane").load(torch.device("cpu"))
    cells = []
    for stored, view in projection_sample(manifest, views, project.settings.fit_projection):
        image = over_black(views.read("rgba", stored.key)[view : view + 1])
        seen = foreground_cells(views.read("depth", stored.key)[view : view + 1] > 0, "any")
        cells.append(network(torch.from_numpy(image), ["x"]).numpy()[seen])
    return np.concatenate(cells).astype(np.float64)


def test_the_receipt_says_what_was_fitted(project: Path) -> None:
    held = json.loads(RECEIPT.read_text())
    cells = raw_cells()
    assert held["cells"] == len(cells) > 20
    assert held["rms"] == pytest.approx(np.sqrt((cells**2).mean()), rel=1e-6)
    assert held["divisor"] == held["rms"]
    assert (held["raw_channels"], held["channels"], held["explained_variance"]) == (384, 384, 1)
    assert contents("stores" / Path(held["store"]))["projection.safetensors"] == held["sha256"]


def test_the_sample_is_of_the_train_split_each_view_once(project: Path) -> None:
    project = Project(load_settings(overrides=("fit-projection.views=6",)))
    manifest, views, section = project.manifest("plane"), project.views("plane"), project.settings.fit_projection
    sample = projection_sample(manifest, views, section)
    assert len(set(sample)) == len(sample) == 6
    assert {stored.key for stored, _ in sample} <= {manifest.key(item.id) for item in manifest.of_split("train")}
    assert len(projection_sample(manifest, views, section.model_copy(update={"views": 999}))) == 2 * 4


def test_maps_are_cells_in_the_principal_basis_of_the_sample(project: Path) -> None:
    for stage in ("fit-projection", "cache-teachers"):
        assert run_command(stage, *SIXTEEN).exit_code == 0
    cells = raw_cells()
    centred = cells - cells.mean(0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    held = json.loads(RECEIPT.read_text())
    assert held["channels"] == 16
    assert held["explained_variance"] == pytest.approx((singular[:16] ** 2).sum() / (singular**2).sum(), rel=1e-6)
    assert held["rms"] == pytest.approx(np.sqrt((singular[:16] ** 2).mean() / len(cells)), rel=1e-5)

    stored = Project(load_settings(overrides=(SIXTEEN[1],))).stored_views("plane", "daisy")
    key = stored.keys("test")[0]
    feature = stored.feature(key)
    assert feature.shape == (4, 8, 8, 16)
    network = make_teacher(Project(load_settings()), "daisy", "plane").load(torch.device("cpu"))
    raw = network(torch.from_numpy(over_black(stored.rgba(key))), [""] * 4).numpy().astype(np.float64)
    seen = foreground_cells(stored.views.read("depth", key) > 0, "any")
    expected = (raw[seen] - cells.mean(0)) @ axes[:16].T / held["rms"]
    # an axis has no direction of its own
    signs = np.sign((expected * feature[seen]).sum(0))
    np.testing.assert_allclose(feature[seen], expected * signs, atol=4e-3)
    assert (feature[~seen] == 0).all()


def test_the_cells_of_a_view_are_capped(project: Path) -> None:
    assert run_command("fit-projection", "--set", "fit-projection.cells=12").exit_code == 0
    assert json.loads(RECEIPT.read_text())["cells"] == 12  # three of each of four views


def test_a_whole_one_is_kept_and_made_anew_the_same(project: Path) -> None:
    before, receipt = contents(Path("stores/projections")), RECEIPT.read_bytes()
    result = run_command("fit-projection")
    assert "is there and verified" in result.output
    assert run_command("fit-projection", "--overwrite").exit_code == 0
    assert contents(Path("stores/projections")) == before
    assert RECEIPT.read_bytes() == receipt


@pytest.mark.parametrize("file", ["projection.safetensors", "projection.json"])
def test_a_damaged_one_is_refused_and_made_again(project: Path, file: str) -> None:
    before = contents(Path("stores/projections"))
    (path,) = Path("stores/projections").rglob(file)
    data = path.read_bytes()
    path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    result = run_command("train")
    assert result.exit_code == 2
    assert "run `pipeline fit-projection --category plane --teacher daisy` again" in result.output
    assert run_command("fit-projection").exit_code == 0
    assert contents(Path("stores/projections")) == before
    assert run_command("train").exit_code == 0


@pytest.mark.parametrize("stage", ["cache-teachers", "train", "evaluate"])
@pytest.mark.parametrize("override", ["fit-projection.seed=5", "fit-projection.views=3", "networks.daisy.radius=12"])
def test_one_of_other_settings_is_refused(project: Path, stage: str, override: str) -> None:
    before = contents(project)
    result = run_command(stage, "--set", override)
    assert result.exit_code == 2
    assert "projection of other settings: run `pipeline fit-projection --category plane" in result.output
    assert contents(project) == before


def test_without_one_maps_are_not_cached(project: Path) -> None:
    RECEIPT.unlink()
    result = run_command("cache-teachers")
    assert result.exit_code == 2
    assert "run `pipeline fit-projection --category plane --teacher daisy` first" in result.output


def test_settings_of_other_teachers_change_nothing(project: Path) -> None:
    before = contents(project / "receipts")
    for stage in ("fit-projection", "cache-teachers"):
        assert run_command(stage, "--set", "networks.ldm.timestep=7", "--set", "networks.dino.block=3").exit_code == 0
    assert contents(project / "receipts") == before


def test_the_projection_decides_which_store_the_maps_are_in(project: Path) -> None:
    project = Project(load_settings())
    manifest, views = project.manifest("plane"), project.views("plane")
    first = project.projection(manifest, "daisy", views)
    store = Path(read_receipt("cache-teachers", "plane-daisy").store).name
    assert run_command("fit-projection", "--set", "fit-projection.views=3").exit_code == 0
    assert run_command("cache-teachers", "--set", "fit-projection.views=3").exit_code == 0
    assert Path(read_receipt("cache-teachers", "plane-daisy").store).name != store
    for stage in ("fit-projection", "cache-teachers"):
        assert run_command(stage).exit_code == 0
    assert project.projection(manifest, "daisy", views).content == first.content
    assert Path(read_receipt("cache-teachers", "plane-daisy").store).name == store
