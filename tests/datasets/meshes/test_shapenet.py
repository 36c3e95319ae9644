"""ShapeNetCore's folders: ids, files, materials, textures."""

import pickle
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.meshes.shapenet import ShapeNet
from pipeline.datasets.records import ObjectKey

KEY = ObjectKey("03001627", "1a-2b")
TRIANGLES = "v 0 0 0\nv 2 0 0\nv 0 3 0\nvt 0 0\nvt 1 0\nvt 0 1\n"
GREY = (0.5, 0.5, 0.5)
LAYOUT = {"shapenet-v1": ("model.obj", "./images/"), "shapenet-v2": ("models/model_normalized.obj", "../images/")}


def write_model(root: Path, version: str, mtl: str, materials: list[str], key: ObjectKey = KEY) -> Path:
    """A model of one triangle a material. Gives the model's folder."""
    obj = root / key.synset / key.id / LAYOUT[version][0]
    obj.parent.mkdir(parents=True)
    faces = "".join(f"usemtl {name}\nf 1/1 2/2 3/3\n" for name in materials)
    obj.write_text(f"mtllib {obj.stem}.mtl\n{TRIANGLES}{faces}")
    obj.with_suffix(".mtl").write_text(mtl)
    return root / key.synset / key.id


def write_texture(path: Path, colour: tuple[int, ...], mode: str = "RGB") -> None:
    path.parent.mkdir(exist_ok=True)
    Image.new(mode, (2, 3), colour).save(path)


@pytest.mark.parametrize("version", ["shapenet-v1", "shapenet-v2"])
def test_materials_and_textures(tmp_path, version):
    images = LAYOUT[version][1]
    mtl = (
        f"newmtl wood\nKd 0.2 0.2 0.2\nmap_Kd {images}wood.png\n"
        "newmtl paint\nKd 0.1 0.2 0.3\nd 0.2\nnewmtl bare\nKs 1 1 1\n"
        f"newmtl gone\nKd 1 0 0\nmap_Kd {images}gone.jpg\nnewmtl same\nmap_Kd {images}wood.png\n"
    )
    model = write_model(tmp_path, version, mtl, ["paint", "wood", "bare", "gone", "unknown", "same"])
    write_texture(model / "images/wood.png", (10, 20, 30, 0), "RGBA")
    mesh = ShapeNet(tmp_path, version).read_mesh(KEY)
    assert mesh.vertices.shape == (3, 3)
    assert mesh.faces.tolist() == [[0, 1, 2]] * 6
    assert mesh.uv.tolist() == [[[0, 0], [1, 0], [0, 1]]] * 6
    assert mesh.face_material.tolist() == [0, 1, 2, 3, 4, 5]
    # A texture is not multiplied with Kd; without a texture there is Kd, without either grey, and d changes nothing.
    assert [m.colour for m in mesh.materials] == [(0.1, 0.2, 0.3), (1, 1, 1), GREY, GREY, GREY, (1, 1, 1)]
    assert [m.texture is not None for m in mesh.materials] == [False, True, False, False, False, True]
    texture = mesh.materials[1].texture
    assert texture.shape == (3, 2, 3)
    assert (texture == [10, 20, 30]).all()
    assert list(map(str, mesh.look_notes)) == [
        "material has no colour or texture that can be read: bare (1 grey face)",
        f"texture is missing: {images}gone.jpg (1 grey face)",
        "no mtl file has a material of this name: unknown (1 grey face)",
    ]
    folder = PurePosixPath("03001627/1a-2b")
    obj = PurePosixPath(LAYOUT[version][0])
    assert mesh.files == (folder / obj, folder / obj.with_suffix(".mtl"), folder / "images/wood.png")
    assert ShapeNet(tmp_path, version).mesh_path(KEY) == folder / obj


@pytest.mark.parametrize("name", ["../../other/t.png", "../../../../secret.png", "{absolute}", "..", "a\0b"])
def test_a_texture_outside_the_model_is_not_read(tmp_path, name):
    secret = tmp_path / "secret.png"
    write_texture(secret, (1, 2, 3))
    name = name.replace("{absolute}", str(secret))
    root = tmp_path / "root"
    write_model(root, "shapenet-v2", f"newmtl m\nKd 1 0 0\nmap_Kd {name}\n", ["m"])
    (root / "03001627/other").mkdir()
    write_texture(root / "03001627/other/t.png", (1, 2, 3))
    mesh = ShapeNet(root, "shapenet-v2").read_mesh(KEY)
    assert (mesh.materials[0].colour, mesh.materials[0].texture) == (GREY, None)
    reason = {"..": "is no plain file", "a\0b": "is missing"}.get(name, "lies outside the object's folder")
    assert mesh.look_notes == (LookNote(f"texture {reason}", name, 1),)
    assert len(mesh.files) == 2


def test_each_release_lists_its_own_folders(tmp_path):
    write_model(tmp_path, "shapenet-v2", "", ["m"], ObjectKey("03001627", "second"))
    write_model(tmp_path, "shapenet-v1", "", ["m"], ObjectKey("03001627", "first"))
    (tmp_path / "03001627/second.ply").touch()
    assert ShapeNet(tmp_path, "shapenet-v2").listing("03001627").ids == ["second"]
    assert ShapeNet(tmp_path, "shapenet-v1").listing("03001627").ids == ["first"]
    assert ShapeNet(tmp_path, "shapenet-v2").mesh_path(ObjectKey("03001627", "second")).suffix == ".ply"


def test_an_error_survives_the_way_between_processes():
    error = DatasetError(PurePosixPath("a/b.obj"), "f 3", "is wrong")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (str(again), again.file, again.field) == ("a/b.obj: f 3: is wrong", error.file, "f 3")


@pytest.mark.samples
def test_the_published_v2_chair_keeps_its_textures(samples):
    key = ObjectKey("03001627", "88382b877be91b2a572f8e1c1caad99e")
    mesh = ShapeNet(samples / "shapenet_v2", "shapenet-v2").read_mesh(key)
    assert mesh.vertices.shape == (814, 3)
    # By counting f lines after each usemtl. The mtl's black fifth material has only lines, no faces.
    assert np.bincount(mesh.face_material).tolist() == [1522, 302, 868, 612]
    shapes = [None if m.texture is None else m.texture.shape for m in mesh.materials]
    assert shapes == [(256, 256, 3), (256, 512, 3), (286, 256, 3), (256, 256, 3)]
    assert [m.colour for m in mesh.materials] == [(1, 1, 1)] * 4
    assert mesh.look_notes == ()
    assert [file.name for file in mesh.files[2:]] == [f"texture{n}.jpg" for n in range(4)]
    red, _, blue = np.concatenate([m.texture.reshape(-1, 3) for m in mesh.materials if m.texture is not None]).mean(0)
    assert red > blue + 20  # wood


@pytest.mark.samples
def test_the_published_v1_models(samples):
    chair = ObjectKey("03001627", "21bfb150cfc23accb01c58badc8bbc39")
    mesh = ShapeNet(samples / "shapenet_v1", "shapenet-v1").read_mesh(chair)
    assert mesh.vertices.shape == (1387, 3)
    assert np.bincount(mesh.face_material).tolist() == [2678, 580, 2098]
    assert [m.texture is None for m in mesh.materials] == [True, False, False]
    assert mesh.materials[0].colour == (0.8, 0.8, 0.8)
    assert mesh.uv.min() < 0 or mesh.uv.max() > 1
    plane = ObjectKey("02691156", "1a04e3eab45ca15dd86060f189eb133")
    mesh = ShapeNet(samples / "shapenet_v1", "shapenet-v1").read_mesh(plane)
    assert (mesh.vertices.shape, mesh.faces.shape, len(mesh.materials)) == ((1248, 3), (4668, 3), 11)
    assert mesh.look_notes == (LookNote("mtl file is missing", "model.mtl", 4668),)
    assert ShapeNet(samples / "shapenet_v1", "shapenet-v1").listing(plane.synset).ids == [plane.id]
