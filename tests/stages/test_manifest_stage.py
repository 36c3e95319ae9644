"""`pipeline manifest`: counts and reasons; on made-up objects and on stand-ins for the published ids."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.datasets.categories import category_named
from pipeline.manifests.pairs import NOTHING_IN_COMMON
from pipeline.manifests.splits import read_given_splits
from tests.stages.conftest import done, refused, run_command, with_settings

TETRAHEDRON = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"


def made_up(name: str) -> Path:
    """A folder of the project's made-up data."""
    (root,) = Path("stores/made-up").iterdir()
    return root / name


def test_all_that_was_made_is_listed_with_distances_that_are_small(seen: Path) -> None:
    manifest = Project(load_settings()).manifest("plane")
    assert [item.id for item in manifest.objects] == [f"madeup-plane-{i:04d}" for i in range(4)]
    assert len(manifest.pairs.cross_instance) == 4
    assert manifest.dropped == {}
    for item in manifest.objects:
        assert item.keypoints is not None
        assert item.parts is not None
        assert item.keypoints.surface_distance.largest < 3e-6  # six decimals of a unit diagonal
        assert item.parts.surface_distance.largest < 3e-5  # .pts files have five
        assert item.parts.labels == (1, 2, 3, 4)
        assert len(item.keypoints.labels) >= 10


def test_a_line_holds_one_thing_and_none_a_place_on_this_machine(seen: Path) -> None:
    text = Path("data_manifests/plane.json").read_text()
    lines = text.splitlines()
    assert sum('"world_from_source"' in line for line in lines) == 4
    assert sum('"src"' in line for line in lines) == 4
    assert sum('"src_view"' in line for line in lines) == 4
    assert json.loads(text)["part_names"] == ["body", "wing", "tail", "engine"]
    assert str(seen) not in text


def test_the_whole_cloud_is_measured_not_its_beginning(project: Path) -> None:
    file = made_up("shapenet_part/02691156/points/madeup-plane-0000.pts")
    rows = file.read_text().splitlines()
    shifted = [" ".join(f"{float(x) + 0.1:.5f}" for x in row.split()) for row in rows[100:]]
    file.write_text("\n".join(rows[:100] + shifted) + "\n")
    said = done("manifest")
    item = Project(load_settings()).manifest("plane").objects[0]
    assert item.parts is None and item.keypoints is not None
    (note,) = item.notes
    assert note.startswith("parts not used: 02691156/madeup-plane-0000: parts: the points lie on average")
    assert "off the surface, more than 0.005" in note and note in said


@pytest.mark.parametrize(
    ("path", "what"),
    [("shapenet_part/02691156/points_label/madeup-plane-0001.seg", "parts"), ("KeypointNet/pcds", "keypoints")],
)
def test_annotations_that_changed_after_the_manifest_are_not_labelled(project: Path, path: str, what: str) -> None:
    changed = made_up(path)
    if changed.is_file():
        changed.write_text(changed.read_text().replace("1", "2"))
    else:
        shutil.rmtree(changed)
    result = run_command("label", "--overwrite")
    assert result.exit_code == (0 if what == "parts" else 2)  # without the clouds, all keypoints differ
    assert f"{what}: are not what the manifest lists; run `pipeline manifest` again" in result.output


def test_a_texture_that_appears_after_the_manifest_is_not_drawn(project: Path) -> None:
    images = made_up("ShapeNetCore.v2/02691156/madeup-plane-0001/images")
    hidden = images.parents[2] / "hidden"
    images.rename(hidden)
    done("manifest")
    hidden.rename(images)
    said = run_command("render", "--overwrite").output
    assert "images/texture0.jpg was not used when the manifest was made, or is not any more; run `pipeline man" in said


def test_folders_that_hold_no_object_are_named(project: Path) -> None:
    meshes = made_up("ShapeNetCore.v2/02691156")
    (meshes / "0123" / "models").mkdir(parents=True)
    (meshes / "my?plane").mkdir()
    done("manifest")
    reason = "has no models/model_normalized.obj"
    assert dict(Project(load_settings()).manifest("plane").dropped) == {"0123": reason, "my?plane": reason}
    said = done("audit")
    assert "2 cannot be read (33.3%)" in said
    assert f"2: {reason}: 0123, my?plane" in said


def test_a_shifted_keypoint_is_refused(project: Path) -> None:
    file = made_up("KeypointNet/annotations/airplane.json")
    held = json.loads(file.read_text())
    held[2]["keypoints"][0]["xyz"][1] += 0.05
    file.write_text(json.dumps(held))
    done("manifest")
    item = Project(load_settings()).manifest("plane").objects[2]
    assert item.keypoints is None
    assert "a keypoint lies" in item.notes[0]
    done("manifest", "--set", "manifest.keypoint_error=0.2")
    loose = Project(load_settings(overrides=("manifest.keypoint_error=0.2",))).manifest("plane").objects[2]
    assert loose.keypoints is not None
    assert loose.keypoints.surface_distance.largest > 0.01


def test_a_missing_texture_is_noted(project: Path) -> None:
    images = made_up("ShapeNetCore.v2/02691156/madeup-plane-0001/images")
    gone = sorted(images.iterdir())[0]
    gone.unlink()
    said = done("manifest")
    item = Project(load_settings()).manifest("plane").objects[1]
    (note,) = item.look_notes
    assert (note.reason, note.detail) == ("texture is missing", f"../images/{gone.name}")
    counts = f"1 object, {note.grey_faces} grey faces, such as madeup-plane-0001: {note.detail}"
    assert f"  texture is missing: {counts}\n" in said


def test_a_table_of_splits_is_followed(project: Path) -> None:
    rows = ["id,synsetId,subSynsetId,modelId,split"]
    rows += [f"{i},02691156,0,madeup-plane-000{i},{split}" for i, split in enumerate(("train", "val", "test"))]
    Path("all.csv").write_text("\n".join([*rows, "9,02691156,0,not-here,test"]) + "\n")
    said = done("manifest", "--set", "manifest.splits=all.csv")
    manifest = Project(load_settings(overrides=("manifest.splits=all.csv",))).manifest("plane")
    assert [(item.id[-1], item.split) for item in manifest.objects] == [("0", "train"), ("1", "val"), ("2", "test")]
    assert dict(manifest.dropped) == {
        "madeup-plane-0003": "in the data, in no split",
        "not-here": "in the splits, not in the data",
    }
    assert "dropped 1: in the splits, not in the data: not-here" in said
    assert manifest.made_with["manifest"]["splits"].startswith("table, sha256 ")


def test_an_empty_category_is_one_sentence(project: Path) -> None:
    shutil.rmtree(made_up("ShapeNetCore.v2/02691156"))
    made_up("ShapeNetCore.v2/02691156").mkdir()
    assert "no object of category plane can be used" in refused("manifest")


def test_meshes_of_your_own_under_a_name_of_your_own(tmp_path: Path, empty: Path) -> None:
    # z up and x to the front, as many modelling programs have it: an object 1 deep, 2 wide, 4 high
    (tmp_path / "meshes" / "mug").mkdir(parents=True)
    box = TETRAHEDRON.replace("v 0 1 0", "v 0 2 0").replace("v 0 0 1", "v 0 0 4")
    for name in ("a", "b", "c"):
        (tmp_path / "meshes" / "mug" / f"{name}.obj").write_text(box)
    words = [
        "source.kind=folder", f"source.mesh_root={tmp_path / 'meshes'}", "source.up=+z", "source.front=+x",
        "categories=[mug]",
    ]  # fmt: skip
    done("manifest", *with_settings(*words))
    manifest = Project(load_settings(overrides=tuple(words))).manifest("mug")
    assert [item.id for item in manifest.objects] == ["a", "b", "c"]
    # front +x goes to -z, up +z to +y, so right -y to +x; longest edge 4 to 0.7, the box's centre to the origin
    scale = 0.7 / 4
    expected = np.array([[0, -1, 0, 1], [0, 0, 1, -2], [-1, 0, 0, 0.5], [0, 0, 0, 1 / scale]]) * scale
    assert manifest.objects[0].matrix() == pytest.approx(expected)
    assert manifest.pairs.cross_instance == ()
    assert len(manifest.pairs.cross_view) == 4
    assert "mug: 3 objects, a median of 4 faces, 4 at most" in done("audit", *with_settings(*words))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("source.kind=folder", "source.mesh_root=m", "source.keypointnet_root=k"), "keypointnet_root is given"),
        (
            ("source.kind=renders", "source.views_root=v", "source.layout=srn", "source.partnet_root=p"),
            "partnet_root is given, but published annotations are in ShapeNet's coordinates",
        ),
    ],
)
def test_annotations_are_refused_where_frames_are_unknown(empty: Path, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in refused("manifest", *with_settings(*words))


def stand_ins(root: Path, synset: str, ids: list[str], content: str) -> None:
    for object_id in ids:
        folder = root / synset / object_id
        folder.mkdir(parents=True)
        (folder / "model.obj").write_text(content)


@pytest.mark.samples
def test_a_manifest_of_the_released_splits_and_its_message(released: Path, tmp_path: Path, empty: Path) -> None:
    synset = category_named("bottle").synset
    given = read_given_splits(str(released), synset)
    ids = sorted(given.split)
    stand_ins(tmp_path / "data", synset, ids, TETRAHEDRON)
    words = [
        "source.kind=shapenet-v1", f"source.mesh_root={tmp_path / 'data'}", f"manifest.splits={released}",
        "categories=[bottle]", "camera.views=50", "machine.workers=1",
    ]  # fmt: skip
    assert "498 objects (348 train, 49 val, 101 test)" in done("manifest", *with_settings(*words))
    manifest = Project(load_settings(overrides=tuple(words))).manifest("bottle")
    assert manifest.dropped == {}
    assert manifest.made_with["manifest"]["splits"].startswith("released, sha256 ")
    assert len(manifest.pairs.cross_view) == 1000
    assert manifest.pairs.skipped == {NOTHING_IN_COMMON: 1000}  # the stand-ins carry no annotation
    shutil.rmtree(tmp_path / "data" / synset / ids[0])
    (tmp_path / "data" / synset / ids[1] / "model.obj").write_text("")
    said = done("manifest", *with_settings(*words))
    assert f"dropped 1: in the splits, not in the data: {ids[0]}" in said
    assert f"dropped 1: {synset}/{ids[1]}/model.obj: v: there are no vertices: {ids[1]}" in said
