"""One bad object costs one object: splits, reasons and ids, with small meshes of a folder."""

from pathlib import Path

import pytest

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.datasets.errors import grouped_reasons
from pipeline.datasets.records import SPLITS
from pipeline.manifests.manifest import Manifest
from tests.stages.conftest import done, with_settings

SOLID = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
BROKEN = "v 0 0 0\nv 1 zero 0\nv 0 0 1\nf 1 2 3\n"
WORDS = ("source.kind=folder", "source.mesh_root=meshes", "source.front=+z", "categories=[mug]")
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
NAMES = ["good 0", "good.1", "Чашка"]


def run(command: str, *words: str) -> str:
    return done(command, *with_settings(*WORDS, *words))


def splits(*words: str) -> dict[str, str]:
    """The split of each object of a new manifest."""
    run("manifest", *words)
    return {item.id: item.split for item in manifest(*words).objects}


def manifest(*words: str) -> Manifest:
    return Project(load_settings(overrides=(*WORDS, *words))).manifest("mug")


@pytest.fixture
def meshes(empty: Path) -> Path:
    """The category's folder, with three objects."""
    folder = empty / "meshes/mug"
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / f"{name}.obj").write_text(SOLID)
    return folder


def test_what_cannot_be_read_takes_no_place_and_moves_no_other(meshes: Path) -> None:
    chosen = ((), ("manifest.objects=2",), ("manifest.seed=3",), ("manifest.fractions=[0.5, 0.2, 0.3]",))
    before = [splits(*words) for words in chosen]
    for name, text in (("a", BROKEN), ("good 5", ""), ("z", BROKEN)):
        (meshes / f"{name}.obj").write_text(text)
    assert [splits(*words) for words in chosen] == before
    assert sorted(before[-1]) == NAMES and set(before[-1].values()) == set(SPLITS)


def test_ids_of_any_script_go_through_the_stages(meshes: Path) -> None:
    for stage in ("manifest", "render", "label"):
        run(stage)
    opened = Project(load_settings(overrides=WORDS)).views("mug")
    assert sorted(stored.key.id for stored in opened.receipt.objects) == NAMES


def test_reasons_are_said_once_with_their_count(meshes: Path) -> None:
    for name in ("a", "b", "c"):
        (meshes / f"{name}.obj").write_text(BROKEN.replace("zero", name))
    (meshes / "?.obj").touch()
    said = run("manifest")
    assert "dropped 3: mug/a.obj: v: is no table of 3 columns: 'a' in row 2: a, b, c" in said
    assert manifest().dropped["b"] == "mug/b.obj: v: is no table of 3 columns: 'b' in row 2"
    assert "dropped 1: is no valid id: only letters, digits, blanks and . _ - + , ( ) are allowed: ?.obj" in said
    assert "3: mug/a.obj: v: is no table of 3 columns: 'a' in row 2: a, b, c" in run("audit")


def test_reasons_that_differ_in_names_and_numbers_are_one_group() -> None:
    reasons = {
        "a": "mug/a.obj: v: is not finite in row 12",
        "b": "mug/b.obj: f: index 3 is out of range",
        "c": "mug/c.obj: v: is not finite in row 7",
        "d": "in the data, in no split",
    }
    assert grouped_reasons(reasons) == [(reasons["a"], ["a", "c"]), (reasons["b"], ["b"]), (reasons["d"], ["d"])]


def test_a_folder_that_cannot_be_read_costs_its_object(meshes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (meshes / "private").mkdir()
    (meshes / "loop").symlink_to("loop")
    iterdir = Path.iterdir

    def locked(folder: Path) -> object:
        if folder.name == "private":
            raise PermissionError(13, "Permission denied", str(folder))
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", locked)
    assert len(splits()) == 3
    assert manifest().dropped == {
        "loop": "cannot be read: Too many levels of symbolic links",
        "private": "cannot be read: Permission denied",
    }
    assert "1: cannot be read: Permission denied: private" in run("audit")
    run("survey")


def test_keypointnets_own_folder_of_ply_files(empty: Path) -> None:
    words = ["categories=[chair]", "synthesize.objects=3"]
    done("synthesize", *with_settings(*words))
    (made_up,) = Path("stores/made-up").iterdir()
    folder = empty / "ShapeNetCore.v2.ply/03001627"
    folder.mkdir(parents=True)
    for model in (made_up / "ShapeNetCore.v2/03001627").iterdir():
        write_as_ply(model / "models/model_normalized.obj", folder / f"{model.name}.ply")
    words += ["source.kind=shapenet-v2", "source.mesh_root=ShapeNetCore.v2.ply"]
    said = done("manifest", *with_settings(*words, f"source.keypointnet_root={made_up / 'KeypointNet'}"))
    assert "3 objects (1 train, 0 val, 2 test), 3 with keypoints" in said


def write_as_ply(obj: Path, ply: Path) -> None:
    """Write the vertices and faces of an obj as an ascii ply."""
    lines = [line.split() for line in obj.read_text().splitlines()]
    vertices = [line[1:4] for line in lines if line[:1] == ["v"]]
    faces = [[str(int(word.split("/")[0]) - 1) for word in line[1:]] for line in lines if line[:1] == ["f"]]
    header = (
        f"ply\nformat ascii 1.0\nelement vertex {len(vertices)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    rows = [*vertices, *([str(len(face)), *face] for face in faces)]
    ply.write_text(header + "".join(" ".join(row) + "\n" for row in rows))


def test_a_pointer_of_git_lfs_costs_its_object_at_most(meshes: Path) -> None:
    (meshes / "a.obj").write_text("mtllib a.mtl\nusemtl wood\n" + SOLID)
    (meshes / "a.mtl").write_text("newmtl wood\nmap_Kd wood.png\n")
    (meshes / "wood.png").write_bytes(LFS)
    (meshes / "b.obj").write_bytes(LFS)
    run("manifest")
    made = manifest()
    assert {item.id for item in made.objects} == set(NAMES)
    assert all("is a git-lfs pointer" in made.dropped[name] for name in ("a", "b"))
    (meshes / f"{NAMES[0]}.obj").write_bytes(LFS)
    said = run("render", "machine.tolerated_failures=0.5")
    assert f"{NAMES[0]}.obj is a git-lfs pointer in place of the file" in said
