"""Users' own meshes of every kind that the readers know: one small object each, written into its folder."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.datasets.meshes import mesh_files
from tests.datasets.meshes.mesh_files import EXPORTS, FACES, UV, VERTICES, Write, glb, ply

WriteKind = Callable[[Path], None]  # into the object's folder


def _box(write: Write, suffix: str) -> WriteKind:
    return lambda folder: write(folder / f"a.{suffix}", VERTICES, FACES)


def _exported(name: str, picture: str = "", surplus: bytes = b"") -> WriteKind:
    def write(folder: Path) -> None:
        (folder / f"a{Path(name).suffix}").write_bytes((EXPORTS / name).read_bytes() + surplus)
        if picture:
            (folder / picture).write_bytes((EXPORTS / picture).read_bytes())

    return write


def _strips(folder: Path) -> None:
    strips = ("list int int", ("vertex_indices",), [[0, 1, 2, 3, -1, 4, 5, 6, 7]])
    content = ply([], [("float", "xyz", VERTICES)], [strips], "binary_big_endian")
    (folder / "a.ply").write_bytes(content.replace(b"element face", b"element tristrips"))


def _rich_tree() -> dict[str, Any]:
    moved = {"offset": [0.1, 0.2], "rotation": 0.3, "scale": [2, 2], "texCoord": 0}
    texture = {"index": 0, "texCoord": 3, "extensions": {"KHR_texture_transform": moved}}
    whole = {"componentType": 5126, "type": "VEC3", "count": 8}
    change = {"count": 1, "indices": {"bufferView": 3, "componentType": 5123}, "values": {"bufferView": 4}}
    attributes = {"POSITION": 0, "JOINTS_0": 1, "WEIGHTS_0": 2, "TEXCOORD_0": 6, "COLOR_0": 2}
    strip = {"attributes": attributes, "mode": 5, "material": 0, "targets": [{"POSITION": 7}]}
    fan = {"attributes": {"POSITION": 0, "COLOR_0": 2}, "mode": 6, "indices": 3, "material": 1}
    instances = {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": 4}}}
    older = {"KHR_materials_pbrSpecularGlossiness": {"diffuseFactor": [0.5, 0.2, 0.1, 1]}}
    return {
        "extensionsRequired": ["KHR_texture_transform", "EXT_texture_webp", "EXT_mesh_gpu_instancing"],
        "scene": 0,
        "scenes": [{"nodes": [0, 1, 3]}],
        "nodes": [
            {"mesh": 0, "skin": 0, "weights": [0.5]},
            {"children": [2], "rotation": [0, 0, 0.6, 0.8]},
            {"translation": [0, 0, 1]},
            {"mesh": 1, "scale": [-1, 1, 1], "extensions": instances},
        ],
        "skins": [{"joints": [1, 2], "inverseBindMatrices": 5}],
        "meshes": [{"primitives": [strip], "weights": [0.25]}, {"primitives": [fan]}],
        "materials": [
            {"pbrMetallicRoughness": {"baseColorTexture": texture, "baseColorFactor": [0.5, 1, 1, 1]}},
            {"alphaMode": "MASK", "extensions": older},
        ],
        "textures": [{"sampler": 0, "extensions": {"EXT_texture_webp": {"source": 0}}}],
        "samplers": [{"wrapS": 33071, "wrapT": 33648}],
        "images": [{"bufferView": 7, "mimeType": "image/webp"}],
        "morph": {**whole, "sparse": change},
    }


def _rich_glb(folder: Path) -> None:
    """Skin, morph target, sparse accessor, strip, fan, mirror, instances, moved webp texture that does not repeat."""
    buffer = io.BytesIO()
    Image.open(EXPORTS / "meshlab-paper.png").save(buffer, "WEBP", lossless=True)
    weights = np.tile(np.array([200, 55, 0, 0], dtype="|u1"), (8, 1))
    arrays = [
        VERTICES.astype("<f4"),
        np.tile(np.array([0, 1, 0, 0], dtype="|u1"), (8, 1)),
        weights,
        np.arange(8, dtype="<u2"),
        VERTICES[:2].astype("<f4"),
        np.tile(np.eye(4).reshape(16), (2, 1)).astype("<f4"),
        np.tile(UV.reshape(-1, 2), (1, 1))[:8].astype("<f4"),
    ]
    tree = _rich_tree()
    accessors = [
        {"bufferView": n, "componentType": code, "type": form, "count": len(array)}
        for n, (array, code, form) in enumerate(
            zip(
                arrays,
                (5126, 5121, 5121, 5123, 5126, 5126, 5126),
                ("VEC3", "VEC4", "VEC4", "SCALAR", "VEC3", "MAT4", "VEC2"),
                strict=True,
            )
        )
    ]
    accessors[2]["normalized"] = True
    (folder / "a.glb").write_bytes(
        glb(arrays, buffer.getvalue(), {**tree, "accessors": [*accessors, tree.pop("morph")]})
    )


def _coloured_obj(folder: Path) -> None:
    rows = ["v {} {} {} {} 0.5 0.25".format(*vertex, number / 8) for number, vertex in enumerate(VERTICES.tolist())]
    rows += ["f " + " ".join(str(index + 1) for index in face) for face in FACES.tolist()]
    (folder / "a.obj").write_text("\n".join(rows) + "\n")


def _mtl_kinds(folder: Path) -> None:
    """Options of maps, a material of another case, one defined twice, ambient alone, names with blanks and quotes."""
    mesh_files.write_obj(folder / "a.obj", VERTICES, FACES)
    text = (folder / "a.obj").read_text().replace("usemtl paper", 'usemtl "My Paper"')
    place = text.rindex("f ")
    (folder / "a.obj").write_text(f"{text[:place]}usemtl OAK\n{text[place:]}usemtl amb\nf 1/1 2/2 3/3\n")
    mtl = "newmtl My Paper\nmap_Kd -s 2 2 1 -o 0.5 0 BOX.PNG\nnewmtl oak\nKd 1 0 0 # red\nTr 0.5\n"
    mtl += "newmtl amb\nKa 0.1 0.2 0.3\nmap_Ka C:\\pictures\\box.png\nnewmtl oak\nKd 1 0 0\nd 1\n"
    (folder / "a.mtl").write_text(mtl)


def _linked(folder: Path) -> None:
    """Links into a store of the same data set, as DVC and git-annex make them."""
    store = folder.parents[1] / "store"
    store.mkdir()
    mesh_files.write_obj(folder / "a.obj", VERTICES, FACES)
    for number, file in enumerate(sorted(folder.iterdir())):
        file.rename(store / f"{number:032x}")
        file.symlink_to(f"../../store/{number:032x}")


KINDS: Mapping[str, WriteKind] = {
    "obj": _box(mesh_files.write_obj, "obj"),
    "obj with colours": _coloured_obj,
    "obj with kinds of mtl": _mtl_kinds,
    "obj of links": _linked,
    "ply": _box(mesh_files.write_ply, "ply"),
    "ply of text": _box(mesh_files.write_ascii_ply, "ply"),
    "ply of strips": _strips,
    "ply of plyfile 1.1.5 mixed": _exported("plyfile-1.1.5-mixed.vertices.ply"),
    "ply of meshio 5.3.5 mixed ascii": _exported("meshio-5.3.5-mixed-ascii.vertices.ply"),
    "ply of MeshLab 2025.07 texture": _exported("MeshLab-2025.07-texture.faces.ply", "meshlab-paper.png"),
    "ply of plyfile 1.1.5 big": _exported("plyfile-1.1.5-big.vertices.ply"),
    "stl": _box(mesh_files.write_stl, "stl"),
    "stl of text": _box(mesh_files.write_ascii_stl, "stl"),
    "stl with colours": _exported("MeshLab-2025.07-colours.low-bits-cut.stl", surplus=b"\n"),
    "glb": _box(mesh_files.write_glb, "glb"),
    "glb with all": _rich_glb,
    "glb of Open3D": _exported("Open3D-0.20.linear-vertices.glb"),
}
