"""Open the release of a data set of parts that lies in a folder."""

from pathlib import Path

from pipeline.datasets.categories import Category
from pipeline.datasets.meshes.folder_listing import visible_files
from pipeline.datasets.parts.part_source import PartSource
from pipeline.datasets.parts.partnet import open_partnet_folders
from pipeline.datasets.parts.partnet_h5 import open_partnet_h5
from pipeline.datasets.parts.shapenet_part import ShapeNetPart, ShapeNetPartNormal
from pipeline.errors import UserError


def open_shapenet_part(root: Path, category: Category) -> PartSource:
    """Open release v0 where `<synset>/points` is, else the one with normals where `<synset>` holds txt files.

    Raises UserError if there is neither, ValueError for a category that the data set lacks.
    """
    if category.shapenet_part is None:
        raise ValueError(f"ShapeNet part has no {category.name}")
    folder = root / category.synset
    if (folder / "points").is_dir():
        return ShapeNetPart(root, category)
    if visible_files(folder, ".txt"):
        return ShapeNetPartNormal(root, category)
    raise UserError(
        f"source.shapenet_part_root: {root} holds neither {category.synset}/points nor {category.synset}/*.txt; "
        "name the folder that holds ShapeNet part's synset folders."
    )


def open_partnet(root: Path, category: Category) -> PartSource:
    """Open the folders of `data_v0/` where there are any, else `sem_seg_h5/`.

    Raises UserError if there is neither, ValueError for a category that the data set lacks.
    """
    if category.partnet is None:
        raise ValueError(f"PartNet has no {category.name}")
    if (root / "data_v0").is_dir():
        return open_partnet_folders(root, category)
    if (root / "sem_seg_h5").is_dir():
        return open_partnet_h5(root, category)
    raise UserError(
        f"source.partnet_root: {root} holds neither data_v0/ nor sem_seg_h5/; name the folder that holds one of them."
    )
