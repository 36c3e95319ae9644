"""Where the raw data lies: the user's roots, or the folder of made-up objects that the settings stand for."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.atomic_files import digest_of
from pipeline.datasets.shapenet import Version
from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.stores.store import FINGERPRINT_CHARACTERS
from pipeline.synthetic.synthesize import GENERATOR


@dataclass(frozen=True)
class Roots:
    """The folders that the readers read. `mesh_format` is shapenet-v1 or shapenet-v2; None: no such annotation."""

    mesh_format: Version
    mesh: Path
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
        return Roots(
            "shapenet-v2", root / "ShapeNetCore.v2", root / "KeypointNet", root / "shapenet_part", root / "PartNet"
        )
    named = {
        "mesh_root": source.mesh_root,
        "keypointnet_root": source.keypointnet_root,
        "shapenet_part_root": source.shapenet_part_root,
        "partnet_root": source.partnet_root,
    }
    folders = {name: None if value is None else Path(value) for name, value in named.items()}
    for name, folder in folders.items():
        if folder is not None and not folder.is_dir():
            raise UserError(f"source.{name} is {folder}, which is no folder: correct it in params.yaml or with --set.")
    return Roots(
        source.kind,
        Path(str(source.mesh_root)),
        folders["keypointnet_root"],
        folders["shapenet_part_root"],
        folders["partnet_root"],
    )
