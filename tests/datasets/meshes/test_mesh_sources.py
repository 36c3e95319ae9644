"""What every collection of meshes must do, whatever its files: one lopsided box in all of them."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.axes import SHAPENET_V1, SHAPENET_V2, Axes
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.meshes.mesh_source import MeshSource
from pipeline.datasets.meshes.shapenet import Release, ShapeNet
from pipeline.datasets.records import Mesh, ObjectKey
from pipeline.errors import UserError
from tests.datasets.meshes.mesh_files import (
    COLOURS,
    FACES,
    GREY,
    STRAY,
    VERTICES,
    Write,
    write_ascii_ply,
    write_ascii_stl,
    write_glb,
    write_obj,
    write_ply,
    write_stl,
)

SYNSET = "03001627"
KEY = ObjectKey(SYNSET, "box-1")
AXES = Axes("+z", "-y")


@dataclass(frozen=True)
class Format:
    """A source, where it keeps an object's mesh, how that is written, and what of it the format can hold."""

    open: Callable[[Path], MeshSource]
    path: str
    write: Write
    axes: Axes = AXES
    coloured: bool = True
    files: tuple[str, ...] = ()
    shared: bool = True  # vertices are shared by faces and may have none


def _folder(root: Path) -> MeshSource:
    return MeshFolder(root, AXES)


def _shapenet(release: Release, model: str, images: str, axes: Axes) -> Format:
    return Format(
        lambda root: ShapeNet(root, release),
        f"{SYNSET}/{{}}/{model}.obj",
        lambda file, vertices, faces: write_obj(file, vertices, faces, images),
        axes,
        files=(f"{Path(model).name}.mtl", f"{images}box.png"),
    )


FORMATS = {
    "shapenet-v1": _shapenet("shapenet-v1", "model", "./images/", SHAPENET_V1),
    "shapenet-v2": _shapenet("shapenet-v2", "models/model_normalized", "../images/", SHAPENET_V2),
    "folder-obj": Format(_folder, "chair/{}/whatever.obj", write_obj, files=("whatever.mtl", "box.png")),
    "folder-ply": Format(_folder, f"{SYNSET}/{{}}.ply", write_ply),
    "folder-ascii-ply": Format(_folder, "chair/{}.ply", write_ascii_ply),
    "folder-stl": Format(_folder, "chair/{}.stl", write_stl, coloured=False, shared=False),
    "folder-ascii-stl": Format(_folder, "chair/{}/x.stl", write_ascii_stl, coloured=False, shared=False),
    "folder-glb": Format(_folder, "chair/{}.glb", write_glb, shared=False),
}


@pytest.fixture(params=list(FORMATS))
def form(request) -> Format:
    return FORMATS[request.param]


def write(form: Format, root: Path, name: str = KEY.id, vertices: np.ndarray = VERTICES, faces: np.ndarray = FACES):
    file = root / form.path.format(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    form.write(file, vertices, faces)
    return file


def shown_colours(mesh: Mesh) -> np.ndarray:
    """The colour, 0..255, that each face has at its centre."""
    colours = np.zeros((len(mesh.faces), 3))
    for face, number in enumerate(mesh.face_material):
        material = mesh.materials[number]
        colours[face] = 255 * np.array(material.colour)
        if material.texture is not None:
            height, width, _ = material.texture.shape
            u, v = mesh.uv[face].mean(axis=0) % 1.0
            colours[face] *= material.texture[int((1 - v) * height), int(u * width)] / 255
    return colours


def test_ids(form, tmp_path):
    for name in ("b", "a", "u481ebf18-4bbb-4b1c"):
        file = write(form, tmp_path, name)
    (file.parents[1] / "empty").mkdir(exist_ok=True)
    (tmp_path / form.path.split("/")[0] / ".hidden").mkdir(exist_ok=True)
    assert form.open(tmp_path).listing(SYNSET).ids == ["a", "b", "u481ebf18-4bbb-4b1c"]
    with pytest.raises(UserError, match=r"mesh_root.*02691156"):
        form.open(tmp_path).listing("02691156")


def test_the_box_and_its_looks(form, tmp_path):
    write(form, tmp_path)
    source = form.open(tmp_path)
    mesh = source.read_mesh(KEY)
    assert source.axes == form.axes
    assert mesh.vertices[mesh.faces] == pytest.approx(VERTICES[FACES], abs=1e-6)
    if form.shared:
        assert mesh.vertices == pytest.approx(np.concatenate([VERTICES, STRAY]))
    assert shown_colours(mesh) == pytest.approx(COLOURS if form.coloured else GREY, abs=0.51)
    assert mesh.look_notes == ()


def test_files_are_all_that_a_mesh_needs(form, tmp_path):
    file = write(form, tmp_path / "root")
    source = form.open(tmp_path / "root")
    mesh = source.read_mesh(KEY)
    wanted = [file, *((file.parent / name).resolve() for name in form.files)]
    assert [source.root / path for path in mesh.files] == wanted
    assert mesh.files[0] == source.mesh_path(KEY)
    for path in mesh.files:
        copy = tmp_path / "copy" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((tmp_path / "root" / path).read_bytes())
    again = form.open(tmp_path / "copy").read_mesh(KEY)
    assert again.look_notes == ()
    assert shown_colours(again) == pytest.approx(shown_colours(mesh))


def test_a_source_goes_to_other_processes(form, tmp_path):
    write(form, tmp_path)
    source = form.open(tmp_path)
    again = pickle.loads(pickle.dumps(source))  # noqa: S301
    assert again == source
    assert again.read_mesh(KEY).vertices.tolist() == source.read_mesh(KEY).vertices.tolist()


@pytest.mark.parametrize("name", ["../../x", "..", ".", "", "a/b", "/a", "-a", "_a", " a", "a\n", "ä/", "a" * 200])
def test_ids_that_are_no_plain_names(form, tmp_path, name):
    write(form, tmp_path)
    source = form.open(tmp_path)
    for key in (ObjectKey(SYNSET, name), ObjectKey(name, KEY.id)):
        for read in (source.mesh_path, source.read_mesh):
            with pytest.raises(DatasetError, match="no valid id"):
                read(key)


def test_a_missing_mesh(form, tmp_path):
    write(form, tmp_path, "other")
    with pytest.raises(DatasetError, match="is missing") as caught:
        form.open(tmp_path).read_mesh(KEY)
    assert KEY.id in str(caught.value.file)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.2, 0.3])
def test_a_truncated_file(form, tmp_path, share):
    file = write(form, tmp_path)
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    check_refused(form.open(tmp_path), file, ".")


@pytest.mark.parametrize(
    ("row", "value", "reason"),
    [(3, np.nan, "finite|number|valid"), (3, np.inf, "finite|number|valid"), (slice(None), 1.0, "one point")],
)
def test_points_that_are_no_surface(form, tmp_path, row, value, reason):
    vertices = VERTICES.copy()
    vertices[row] = value
    check_refused(form.open(tmp_path), write(form, tmp_path, vertices=vertices), reason)


@pytest.mark.parametrize("index", [9, -30])
def test_an_index_that_no_vertex_has(form, tmp_path, index):
    if not form.shared:
        pytest.skip("the format's writer has no indices")
    faces = FACES.copy()
    faces[5, 2] = index
    check_refused(form.open(tmp_path), write(form, tmp_path, faces=faces), "index|out of range")


def check_refused(source: MeshSource, file: Path, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason) as caught:
        source.read_mesh(KEY)
    assert source.root / caught.value.file == file
