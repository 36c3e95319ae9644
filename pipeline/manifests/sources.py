"""The folders of the raw data: the user's roots, or the folder of made-up objects of these settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.config.recipes import recipe_of
from pipeline.config.settings import Source, Synthesize
from pipeline.datasets.axes import Axes
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.meshes.mesh_source import MeshSource
from pipeline.datasets.meshes.shapenet import ShapeNet
from pipeline.errors import UserError
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS, digest_of


@dataclass(frozen=True)
class Roots:
    """The collection of meshes, and the folders of the annotations; None: no such annotation."""

    meshes: MeshSource
    keypointnet: Path | None
    shapenet_part: Path | None
    partnet: Path | None
    made_up: bool = field(default=False, kw_only=True)


def made_up_root(root: Path, synthesize: Synthesize) -> Path:
    """Return the folder of made-up objects below `root`, which is storage.root; other settings have another folder."""
    return made_up_folder(root, synthesize.model_dump())


def made_up_folder(root: Path, recorded: Mapping[str, Any]) -> Path:
    """Return the folder of made-up objects of recorded settings, which may lack today's keys."""
    fingerprint = digest_of({"recipe": recipe_of("synthesize"), **recorded})
    return root / "made-up" / fingerprint[:FINGERPRINT_CHARACTERS]


def open_roots(root: Path, source: Source, synthesize: Synthesize) -> Roots:
    """Open the folders that the settings name; `root` is storage.root. Raises UserError if one is not a folder."""
    if source.kind == "made-up":
        made_up = made_up_root(root, synthesize)
        meshes = ShapeNet(made_up / "ShapeNetCore.v2", "shapenet-v2")
        return Roots(meshes, made_up / "KeypointNet", made_up / "shapenet_part", made_up / "PartNet", made_up=True)
    return Roots(
        mesh_collection(source),
        *(
            None if value is None else existing_folder(name, value)
            for name, value in (
                ("keypointnet_root", source.keypointnet_root),
                ("shapenet_part_root", source.shapenet_part_root),
                ("partnet_root", source.partnet_root),
            )
        ),
    )


def mesh_collection(source: Source) -> MeshSource:
    """Open the user's collection of meshes. Raises UserError if it is not a folder, or the objects are no meshes."""
    if source.kind == "renders":
        raise UserError("source.kind is renders: these are views without meshes, so there is no mesh to look at.")
    root = existing_folder("mesh_root", str(source.mesh_root))  # the settings refuse these kinds without it
    if source.kind == "folder":
        return MeshFolder(root, Axes(source.up, source.front))
    return ShapeNet(root, "shapenet-v1" if source.kind == "shapenet-v1" else "shapenet-v2")


def require_made_up(roots: Roots, category_name: str) -> None:
    """Raise UserError if the objects are made up, and there are none yet or any more."""
    if roots.made_up and not roots.meshes.root.is_dir():
        raise UserError(
            f"the made-up objects of category {category_name} are missing: run `pipeline synthesize "
            f"--category {category_name}` first."
        )


def existing_folder(name: str, value: str) -> Path:
    """The folder that `source.<name>` gives. Raises UserError if it is none."""
    folder = Path(value)
    if not folder.is_dir():
        raise UserError(f"source.{name} is {folder}, which is no folder: correct it in params.yaml or with --set.")
    return folder
