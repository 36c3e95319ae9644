"""One small made-up chair in every layout that the readers know."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.datasets.axes import SHAPENET_V2
from pipeline.datasets.categories import category_named
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.meshes.mesh_source import MeshSource
from pipeline.datasets.meshes.shapenet import Release, ShapeNet
from pipeline.datasets.records import ObjectKey
from pipeline.manifests.sources import Roots
from pipeline.synthetic.entries import json_bytes
from pipeline.synthetic.layouts.keypointnet import keypointnet_entry
from pipeline.synthetic.layouts.shapenet import shapenet_entry
from pipeline.synthetic.normalised import normalised
from pipeline.synthetic.synthesize import make_object
from tests.datasets.meshes.mesh_files import EXPORTS
from tests.datasets.parts import part_files

CATEGORY = category_named("chair")
POINTS = 96


@dataclass(frozen=True)
class Sample:
    """A data set below one folder, its object, and the files that a mutation may touch."""

    folder: Path
    roots: Roots
    key: ObjectKey
    files: tuple[Path, ...]


def write_shapenet(root: Path, release: Release, index: int = 0) -> ShapeNet:
    """A ShapeNet folder."""
    made = make_object("chair", index, 7)
    for name, content in shapenet_entry(made, normalised(made)).files.items():
        path, held = name, content
        if release == "shapenet-v1":
            path = name if name.endswith(".json") else name.replace("models/model_normalized", "model")
            held = content.replace(b"model_normalized.mtl", b"model.mtl").replace(b"../images", b"./images")
            held = _in_v1(held, index) if path == "model.obj" else held
        file = root / made.key.synset / made.key.id / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(held)
    return ShapeNet(root, release)


def _in_v1(obj: bytes, index: int) -> bytes:
    lines = obj.decode().split("\n")
    rows = [number for number, line in enumerate(lines) if line.startswith("v ")]
    vertices = np.array([lines[row].split()[1:4] for row in rows], dtype=np.float64)
    turned = part_files.labelled("chair", index, 4, 1).in_v1(vertices)
    for row, (x, y, z) in zip(rows, turned, strict=True):
        lines[row] = f"v {x:.6f} {y:.6f} {z:.6f}"
    return "\n".join(lines).encode()


def write_keypoints(root: Path, index: int = 0) -> Path:
    made = make_object("chair", index, 7)
    cloud, row = keypointnet_entry(made, normalised(made))
    files = {cloud.path.removeprefix("KeypointNet/"): cloud.files[""], "annotations/chair.json": json_bytes([row])}
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def _parts(write: Callable[..., None], count: int) -> Callable[[Path], Path]:
    def written(root: Path) -> Path:
        root.mkdir()
        write(root, CATEGORY, [part_files.labelled("chair", index, count, POINTS) for index in range(2)])
        return root

    return written


V0, NORMAL = _parts(part_files.write_v0, 4), _parts(part_files.write_normal, 4)
FOLDERS, H5 = _parts(part_files.write_folders, 5), _parts(part_files.write_h5, 5)


def _sample(folder: Path, meshes: MeshSource, key: ObjectKey, **roots: Path) -> Sample:
    every = {"keypointnet": None, "shapenet_part": None, "partnet": None, **roots}
    files = tuple(path for path in sorted(folder.rglob("*")) if path.is_file())
    return Sample(folder, Roots(meshes, **every), key, files)


def _published(release: Release, **parts: Callable[[Path], Path]) -> Callable[[Path], Sample]:
    def build(folder: Path) -> Sample:
        meshes = write_shapenet(folder / "meshes", release)
        keypoints = write_keypoints(folder / "keypoints")
        roots = {name: write(folder / "parts") for name, write in parts.items()}
        return _sample(folder, meshes, make_object("chair", 0, 7).key, keypointnet=keypoints, **roots)

    return build


def _plain(file: Path, linked: bool = False, surplus: bytes = b"") -> Callable[[Path], Sample]:
    """A file, or a folder of them, as a user's own mesh. The folder's name is the category's, as users write it.

    `linked`: files are links into a store of the same data set, as DVC and git-annex make them.
    """

    def build(folder: Path) -> Sample:
        own, store = folder / CATEGORY.name / "a", folder / "store"
        if file.is_dir():
            shutil.copytree(file, own)
        else:
            own.mkdir(parents=True)
            (own / f"a{file.suffix}").write_bytes(file.read_bytes() + surplus)
            if "texture" in file.name:
                shutil.copy(EXPORTS / "meshlab-paper.png", own)
        if linked:
            store.mkdir()
            for number, path in enumerate(sorted(own.iterdir())):
                path.rename(store / f"{number:032x}")
                path.symlink_to(f"../../store/{number:032x}")
        return _sample(folder, MeshFolder(folder, SHAPENET_V2), ObjectKey(CATEGORY.synset, "a"))

    return build


_OWN = Path(__file__).parent / "meshes"
LAYOUTS: Mapping[str, Callable[[Path], Sample]] = {
    "v2, part v0": _published("shapenet-v2", shapenet_part=V0),
    "v1, part normal": _published("shapenet-v1", shapenet_part=NORMAL),
    "v2, partnet": _published("shapenet-v2", partnet=FOLDERS),
    "v1, partnet h5": _published("shapenet-v1", partnet=H5),
    "obj": _plain(_OWN / "obj"),
    "obj with colours": _plain(_OWN / "obj with colours"),
    "obj with kinds of mtl": _plain(_OWN / "obj with kinds of mtl"),
    "obj of links": _plain(_OWN / "obj", linked=True),
    "ply": _plain(_OWN / "ply"),
    "ply of text": _plain(_OWN / "ply of text"),
    "ply of strips": _plain(_OWN / "ply of strips"),
    "ply of plyfile 1.1.5 mixed": _plain(EXPORTS / "plyfile-1.1.5-mixed.vertices.ply"),
    "ply of meshio 5.3.5 mixed ascii": _plain(EXPORTS / "meshio-5.3.5-mixed-ascii.vertices.ply"),
    "ply of MeshLab 2025.07 texture": _plain(EXPORTS / "MeshLab-2025.07-texture.faces.ply"),
    "ply of plyfile 1.1.5 big": _plain(EXPORTS / "plyfile-1.1.5-big.vertices.ply"),
    "stl": _plain(_OWN / "stl"),
    "stl of text": _plain(_OWN / "stl of text"),
    "stl with colours": _plain(EXPORTS / "MeshLab-2025.07-colours.low-bits-cut.stl", surplus=b"\n"),
    "glb": _plain(_OWN / "glb"),
    # Skin, morph target, sparse accessor, strip, fan, mirror, instances, a moved webp texture that does not repeat.
    "glb with all": _plain(_OWN / "glb with all"),
    "glb of Open3D": _plain(EXPORTS / "Open3D-0.20.linear-vertices.glb"),
}
