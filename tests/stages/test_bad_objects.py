"""One bad object costs one object: splits, reasons and ids, with small meshes of a folder."""

import itertools
from pathlib import Path

import pytest
from click.testing import Result

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.datasets.errors import grouped_reasons
from pipeline.datasets.records import SPLITS
from pipeline.manifests.manifest import Manifest
from pipeline.stages.train import _empty as empty_run
from tests.stages.conftest import run_command

SOLID = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
BROKEN = "v 0 0 0\nv 1 zero 0\nv 0 0 1\nf 1 2 3\n"
WORDS = ("source.kind=folder", "source.mesh_root=meshes", "source.front=+z", "categories=[mug]")


def run(command: str, *words: str) -> Result:
    result = run_command(command, *itertools.chain(*(("--set", word) for word in (*WORDS, *words))))
    assert result.exit_code == 0, result.output
    return result


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
    for name in ("good 0", "good.1", "Чашка"):
        (folder / f"{name}.obj").write_text(SOLID)
    return folder


def test_splits_are_drawn_among_what_can_be_read(meshes: Path) -> None:
    for name in ("a", "z"):
        (meshes / f"{name}.obj").write_text(BROKEN)
    drawn = splits("manifest.fractions=[0.5, 0.2, 0.3]")
    assert sorted(drawn) == ["good 0", "good.1", "Чашка"]
    assert set(drawn.values()) == set(SPLITS)


@pytest.mark.parametrize("words", [(), ("manifest.objects=2",), ("manifest.seed=3",)])
def test_an_object_that_cannot_be_read_moves_no_other(meshes: Path, words: tuple[str, ...]) -> None:
    before = splits(*words)
    (meshes / "a.obj").write_text(BROKEN)
    (meshes / "good 5.obj").write_text("")
    assert splits(*words) == before


def test_ids_of_any_script_go_through_the_stages(meshes: Path) -> None:
    for stage in ("manifest", "render", "label"):
        run(stage)
    opened = Project(load_settings(overrides=WORDS)).views("mug")
    assert sorted(stored.key.id for stored in opened.receipt.objects) == ["good 0", "good.1", "Чашка"]


def test_reasons_are_said_once_with_their_count(meshes: Path) -> None:
    for name in ("a", "b", "c"):
        (meshes / f"{name}.obj").write_text(BROKEN.replace("zero", name))
    (meshes / "?.obj").touch()
    output = run("manifest").output
    assert "dropped 3: mug/a.obj: v: is no table of 3 columns: 'a' in row 2: a, b, c" in output
    assert "dropped 1: is no valid id: only letters, digits, blanks and . _ - + , ( ) are allowed: ?.obj" in output
    audit = run("audit").output
    assert "3: mug/a.obj: v: is no table of 3 columns: 'a' in row 2: a, b, c" in audit


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
    assert "1: cannot be read: Permission denied: private" in run("audit").output
    run("survey")


def test_keypointnets_own_folder_of_ply_files(empty: Path) -> None:
    words = ["categories=[chair]", "synthesize.objects=3"]
    sets = list(itertools.chain(*(("--set", word) for word in words)))
    assert run_command("synthesize", *sets).exit_code == 0
    (made_up,) = Path("stores/made-up").iterdir()
    folder = empty / "ShapeNetCore.v2.ply/03001627"
    folder.mkdir(parents=True)
    for model in (made_up / "ShapeNetCore.v2/03001627").iterdir():
        write_as_ply(model / "models/model_normalized.obj", folder / f"{model.name}.ply")
    words += [
        "source.kind=shapenet-v2", "source.mesh_root=ShapeNetCore.v2.ply",
        f"source.keypointnet_root={made_up / 'KeypointNet'}",
    ]  # fmt: skip
    result = run_command("manifest", *itertools.chain(*(("--set", word) for word in words)))
    assert "3 objects (1 train, 0 val, 2 test), 3 with keypoints" in result.output


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


def test_overwriting_a_run_removes_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    kept, run_folder = tmp_path / "kept", tmp_path / "run"
    for folder in (kept, run_folder / "curves"):
        folder.mkdir(parents=True)
        (folder / "a").touch()
    (run_folder / "sole.lock").touch()
    (run_folder / "link").symlink_to(kept)
    (run_folder / "dangling").symlink_to("nowhere")
    empty_run(run_folder)
    assert [path.name for path in run_folder.iterdir()] == ["sole.lock"]
    assert (kept / "a").is_file()
