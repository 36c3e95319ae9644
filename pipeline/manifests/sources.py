"""Where the raw data lies: the user's roots, or the folder of made-up objects that the settings stand for."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.config.settings import Settings
from pipeline.datasets.axes import Axes
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.meshes.mesh_source import MeshSource
from pipeline.datasets.meshes.shapenet import ShapeNet
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.store import FINGERPRINT_CHARACTERS
from pipeline.synthetic.synthesize import GENERATOR


@dataclass(frozen=True)
class Roots:
    """The collection of meshes, and the folders of the annotations; None: no such annotation."""

    meshes: MeshSource
    keypointnet: Path | None
    shapenet_part: Path | None
    partnet: Path | None


def made_up_root(settings: Settings) -> Path:
    """The folder of the made-up objects with these settings; another seed or number is another folder."""
    fingerprint = digest_of({"generator": GENERATOR, **settings.synthesize.model_dump()})
    return Path(settings.storage.root) / "made-up" / fingerprint[:FINGERPRINT_CHARACTERS]


def roots_of(settings: Settings) -> Roots:
    """The roots that the settings name. Raises UserError if one of them is not a folder."""
    source = settings.source
    if source.kind == "made-up":
        root = made_up_root(settings)
        meshes = ShapeNet(root / "ShapeNetCore.v2", "shapenet-v2")
        return Roots(meshes, root / "KeypointNet", root / "shapenet_part", root / "PartNet")
    mesh_root = _folder("mesh_root", str(source.mesh_root))  # the settings refuse these kinds without it
    return Roots(
        MeshFolder(mesh_root, Axes(source.up, source.front))
        if source.kind == "folder"
        else ShapeNet(mesh_root, source.kind),
        *(
            None if value is None else _folder(name, value)
            for name, value in (
                ("keypointnet_root", source.keypointnet_root),
                ("shapenet_part_root", source.shapenet_part_root),
                ("partnet_root", source.partnet_root),
            )
        ),
    )


def _folder(name: str, value: str) -> Path:
    folder = Path(value)
    if not folder.is_dir():
        raise UserError(f"source.{name} is {folder}, which is no folder: correct it in params.yaml or with --set.")
    return folder
