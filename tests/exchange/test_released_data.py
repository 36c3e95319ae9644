"""The commands for released data: what import says and writes, and what export refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline.config.sections.teachers import StoredMaps
from pipeline.config.settings import load_settings
from pipeline.datasets.views.view_source import Intrinsics
from tests.datasets.views.view_folders import known_views, write_npz, write_released, write_transforms
from tests.stages.conftest import done, run_command

CENTRED = Intrinsics(60, 60, 24, 24)
CHAIR, PLANE = "03001627", "02691156"


def refusal(*words: str) -> str:
    result = run_command(*words)
    assert result.exit_code == 2, result.output
    assert len(result.output.splitlines()) == 1, result.output
    return result.output


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data with two chairs and a plane, and the working directory beside them."""
    root = tmp_path / "data"
    for synset, name in ((CHAIR, "a"), (CHAIR, "b"), (PLANE, "c")):
        write_released(root / "img" / synset / name, known_views(6, CENTRED))
    monkeypatch.chdir(tmp_path)
    return root


def masked(channels: int, nearest: bool) -> np.ndarray:
    """Maps of 12 x 12 cells that are zero off the green square; with `nearest` in a ring of cells around it, too."""
    feats = np.zeros((6, channels, 12, 12), np.float32)
    inner = slice(3, 9) if nearest else slice(2, 9)
    feats[:, :, inner, inner] = 1
    return feats


def test_it_says_what_there_is_and_writes_settings_that_are_sound(root: Path) -> None:
    for name in "ab":
        write_npz(root / f"dino_feat_256/{CHAIR}/{name}.npz", feats=masked(384, nearest=True))
        write_npz(root / f"Diff-960/{CHAIR}/{name}.npz", feats=masked(960, nearest=True))
    said = done("import", "released-data", str(root), "--category", "chair")
    assert "chair               2         6    48 x 48         0         0         0         0" in said
    assert "chair: maps dino_feat_256 (384 x 12 x 12; 2 objects)" in said
    assert "seeded; for the released ones repeat with --splits" in said
    settings = load_settings()
    assert settings.categories == ("chair",)
    assert settings.teachers == ("diff_960", "dino_feat_256")
    assert (settings.camera.views, settings.camera.size) == (6, 48)
    assert settings.camera.angle_x == pytest.approx(2 * np.arctan(24 / 60))
    source = settings.source
    assert (source.kind, source.layout, source.views_root) == ("renders", "released", str(root))
    assert (settings.cache_teachers.foreground, settings.foreground_from) == ("nearest", "any-alpha")
    network = settings.network("diff_960")
    assert isinstance(network, StoredMaps)
    assert (network.root, network.folder, network.channels) == (str(root), "Diff-960", 960)


def test_without_a_category_all_are_taken_and_only_shared_maps(root: Path) -> None:
    write_npz(root / f"dino_feat_256/{CHAIR}/a.npz", feats=masked(384, nearest=False))
    done("import", "released-data", str(root.parent))  # the folder above data/ does, too
    settings = load_settings()
    assert settings.categories == ("plane", "chair")
    assert settings.teachers == ("dino",)  # planes have no maps
    assert settings.cache_teachers.foreground == "any"  # the chair's reach beyond the released mask


def test_splits_are_found_beside_the_images_or_named(root: Path) -> None:
    empty = {"train": ["a"], "val": [], "test": ["b"], "cross_inst_pairs": [], "cross_view_pairs": []}
    for folder in (root / "splits", root.parent / "assets"):
        folder.mkdir()
        (folder / f"{CHAIR}.json").write_text(json.dumps(empty))
    done("import", "released-data", str(root), "-c", "chair")
    assert load_settings().manifest.splits == str(root / "splits")
    done("import", "released-data", str(root), "-c", "chair", "--splits", "assets", "--overwrite")
    assert load_settings().manifest.splits == "assets"
    assert f"assets/{PLANE}.json is missing" in refusal(
        "import", "released-data", str(root), "--splits", "assets", "--overwrite"
    )


def test_objects_that_cannot_be_used_are_said(root: Path) -> None:
    (root / "camera" / CHAIR / "a.json").write_text("[" * 10_000)
    (root / "img" / CHAIR / "without").mkdir()
    said = done("import", "released-data", str(root), "-c", "chair")
    assert "chair: 2 objects cannot be used, such as without: has no camera/03001627 json" in said


@pytest.mark.parametrize(
    "content", ["[" * 10_000, '{"camera_angle_x": 1, "frames": [' + "{}," * 2_000_000 + "{}]}", "{}"],
    ids=["nested", "millions of frames", "empty"],
)  # fmt: skip
def test_hostile_cameras_are_refused_in_a_sentence(root: Path, content: str) -> None:
    for name in "ab":
        (root / "camera" / CHAIR / f"{name}.json").write_text(content)
    said = refusal("import", "released-data", str(root), "-c", "chair")
    assert f"img/{CHAIR} holds no object that can be used: camera/{CHAIR}/a.json: " in said
    assert not Path("params.yaml").exists()


def test_what_is_no_released_data_is_refused(root: Path, tmp_path: Path) -> None:
    assert "holds neither img/ nor data/img/" in refusal("import", "released-data", str(tmp_path / "nowhere"))
    assert "has no folder car or 02958343" in refusal("import", "released-data", str(root), "-c", "car")
    (tmp_path / "empty" / "img").mkdir(parents=True)
    assert "holds no folder of a category" in refusal("import", "released-data", str(tmp_path / "empty"))


@pytest.mark.parametrize(("views", "other_camera"), [(2, 17), (17, 1)])
def test_the_other_camera_of_evaluation_is_another_one(root: Path, views: int, other_camera: int) -> None:
    write_released(root / "img" / "mugs" / "m", known_views(views, CENTRED))
    done("import", "released-data", str(root), "-c", "mugs")
    settings = load_settings()
    assert (settings.categories, settings.camera.views, settings.train.held_out_views) == (("mugs",), views, 0)
    assert settings.evaluate.other_camera == other_camera


def test_cameras_that_the_format_cannot_hold_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two objects one has its principal point beside the middle."""
    monkeypatch.chdir(tmp_path)
    write_transforms(tmp_path / "views" / "chair" / "centred", known_views(4, CENTRED))
    write_transforms(tmp_path / "views" / "chair" / "moved", known_views(4, Intrinsics(60, 60, 25, 24)))
    source = {"kind": "renders", "layout": "transforms", "views_root": "views"}
    params = {"categories": ["chair"], "teachers": ["daisy"], "fields": ["whole"], "source": source}
    few = {"machine": {"workers": 1}, "camera": {"views": 4, "size": 48}}
    Path("params.yaml").write_text(yaml.safe_dump(params | few))
    for stage in ("manifest", "render"):
        done(stage)
    said = done("export", "released-data", "--out", "out")
    assert "03001627/moved has a view whose principal point is 25, 24, not the picture's middle; it is left out" in said
    assert "no labels of chair are exported" in said
    assert "1 objects of chair -> out" in said
    assert sorted(path.name for path in (tmp_path / "out" / "img" / CHAIR).iterdir()) == ["centred"]
    assert json.loads((tmp_path / "out" / "splits" / f"{CHAIR}.json").read_text())["train"] == ["centred"]
    written = json.loads((tmp_path / "out" / "camera" / CHAIR / "centred.json").read_text())
    np.testing.assert_allclose(48 / (2 * np.tan(written["camera_angle_x"] / 2)), 60, rtol=1e-6)
