"""Fitting a projection: what is fitted, on what; which maps follow it and which settings are refused."""

import json
from pathlib import Path
from typing import Any

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
from tests.stages.conftest import done, refused, with_settings
from tests.stages.tree import contents

RECEIPT = Path("receipts/fit-projection/plane-daisy.json")
SIXTEEN = ("--set", "fit-projection.channels=16")


def receipt() -> dict[str, Any]:
    held: dict[str, Any] = json.loads(RECEIPT.read_text())
    return held


def raw_cells() -> np.ndarray:
    """The teacher's features of all foreground cells of the sampled views, worked out plainly."""
    project = Project(load_settings())
    manifest, views = project.manifest("plane"), project.views("plane")
    network = make_teacher(project, "daisy", "plane").load(torch.device("cpu"))
    cells = []
    for stored, view in projection_sample(manifest, views, project.settings.fit_projection):
        image = over_black(views.read("rgba", stored.key)[view : view + 1])
        seen = foreground_cells(views.read("depth", stored.key)[view : view + 1] > 0, "any")
        cells.append(network(torch.from_numpy(image), ["x"]).numpy()[seen])
    return np.concatenate(cells).astype(np.float64)


def test_the_sample_is_of_the_train_split_each_view_once(seen: Path) -> None:
    project = Project(load_settings(overrides=("fit-projection.views=6",)))
    manifest, views, section = project.manifest("plane"), project.views("plane"), project.settings.fit_projection
    sample = projection_sample(manifest, views, section)
    assert len(set(sample)) == len(sample) == 6
    assert {stored.key for stored, _ in sample} <= {manifest.key(item.id) for item in manifest.of_split("train")}
    assert len(projection_sample(manifest, views, section.model_copy(update={"views": 999}))) == 2 * 4


def test_maps_are_cells_in_the_principal_basis_of_the_sample(project: Path) -> None:
    cells, held = raw_cells(), receipt()
    assert held["cells"] == len(cells) > 20
    assert held["rms"] == held["divisor"] == pytest.approx(np.sqrt((cells**2).mean()), rel=1e-6)
    assert (held["raw_channels"], held["channels"], held["explained_variance"]) == (384, 384, 1)
    assert contents("stores" / Path(held["store"]))["projection.safetensors"] == held["sha256"]

    for stage in ("fit-projection", "cache-teachers"):
        done(stage, *SIXTEEN)
    _, singular, axes = np.linalg.svd(cells - cells.mean(0), full_matrices=False)
    held = receipt()
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


def test_one_of_other_settings_is_refused_and_those_of_other_teachers_change_nothing(project: Path) -> None:
    before, receipts = contents(project), contents(project / "receipts")
    for override in ("fit-projection.seed=5", "fit-projection.views=3", "networks.daisy.radius=12"):
        for stage in ("cache-teachers", "train", "evaluate"):
            said = refused(stage, "--set", override)
            assert "projection of other settings: run `pipeline fit-projection --category plane" in said, override
    assert contents(project) == before
    for stage in ("fit-projection", "cache-teachers"):
        done(stage, *with_settings("networks.ldm.timestep=7", "networks.dino.block=3"))
    assert contents(project / "receipts") == receipts
    RECEIPT.unlink()
    assert "run `pipeline fit-projection --category plane --teacher daisy` first" in refused("cache-teachers")


def test_the_projection_decides_which_store_the_maps_are_in(project: Path) -> None:
    def store(*settings: str) -> str:
        for stage in ("fit-projection", "cache-teachers"):
            done(stage, *with_settings(*settings))
        return Path(read_receipt("cache-teachers", "plane-daisy").store).name

    first = store()
    assert store("fit-projection.views=3") != first
    assert store() == first
    done("fit-projection", "--set", "fit-projection.cells=12")
    assert receipt()["cells"] == 12  # three of each of four views
