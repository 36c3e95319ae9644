"""A real ShapeNet chair with its KeypointNet keypoints, by the same commands. Its made-up twin: test_walk.py."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, load_settings
from render.cameras import unproject
from tests.stages.conftest import STAGES, done

CHAIR = "88382b877be91b2a572f8e1c1caad99e"
VIEWS = 12
pytestmark = pytest.mark.samples


@pytest.fixture(scope="module")
def chair(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder in which the chair is rendered, labelled and cached."""
    folder = tmp_path_factory.mktemp("chair")
    tree = yaml.safe_load(profile_text("defaults"))
    tree["categories"] = ["chair"]
    tree["camera"] |= {"views": VIEWS}
    tree["source"] |= {
        "kind": "shapenet-v2",
        "mesh_root": str(samples / "shapenet_v2"),
        "keypointnet_root": str(samples / "keypointnet"),
        "partnet_root": str(samples / "partnet"),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("params.yaml").write_text(yaml.safe_dump(tree))
        for stage in STAGES[:4]:
            done(stage)
    return folder


@pytest.fixture
def settings(chair: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(chair)
    return load_settings()


def test_it_has_its_wood_textures(settings: Settings) -> None:
    store = Project(settings).views_store("chair")
    (stored,) = read_receipt("render", "chair").objects
    assert stored.key.id == CHAIR
    done = store.done(stored.row)
    assert done is not None
    assert done.facts["look_notes"] == []
    rgba = store.read("rgba", stored.row)
    assert rgba.shape == (VIEWS, 128, 128, 4)
    wood = rgba[rgba[..., 3] == 255][:, :3].astype(int)
    red, green, blue = wood.mean(axis=0)
    assert red > green + 20
    assert green > blue + 10
    # Two woods, the seat's dark and the back's light, and their grain: an untextured chair has a handful of colours.
    assert len(np.unique(wood // 8, axis=0)) > 150


def test_its_keypoints_sit_on_it(settings: Settings) -> None:
    manifest = Project(settings).manifest("chair")
    labels, views = Project(settings).labels_store(manifest), Project(settings).views_store("chair")
    (stored,) = read_receipt("label", "chair").objects
    (rendered,) = read_receipt("render", "chair").objects
    uv, visible = labels.read("keypoint_uv", stored.row), labels.read("keypoint_visible", stored.row)
    xyz = labels.read("keypoint_xyz", stored.row)
    present = labels.read("keypoint_present", stored.row)
    assert np.flatnonzero(present).tolist() == [0, 1, 2, 3, 4, 5, 17, 18, 19, 20]
    assert np.isfinite(uv[:, present]).all()
    assert visible.sum(axis=1).min() >= 2
    depth = views.read("depth", rendered.row)
    pose = views.read("pose", rendered.row).astype(np.float64)
    for view in range(VIEWS):
        surface = unproject(depth[view], pose[view], settings.camera.angle_x)
        for keypoint in np.flatnonzero(visible[view]):
            column, row = np.floor(uv[view, keypoint]).astype(int)
            near = np.s_[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            seen = surface[near][depth[view][near] > 0]
            # a pixel is 0.009 wide at this distance; the tolerance is 0.01 along the axis
            assert np.linalg.norm(seen - xyz[keypoint], axis=1).min() < 0.025
