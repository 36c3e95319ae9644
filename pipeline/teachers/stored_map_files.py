"""The files of teacher maps that were made elsewhere."""

from pathlib import Path

from pipeline.config.sections.teachers import StoredMaps
from pipeline.datasets.meshes.folder_listing import visible_files
from pipeline.datasets.released.layout import below_data
from pipeline.teachers.weights import MissingWeightsError


def stored_map_files(name: str, section: StoredMaps, synset: str) -> tuple[Path, list[Path]]:
    """Find the folder of the released data and a category's npz files in it. Raises MissingWeightsError."""
    root = below_data(Path(section.root), section.folder)
    files = visible_files(root / section.folder / synset, ".npz") if root is not None else []
    if root is None or not files:
        raise MissingWeightsError(
            f"networks.{name}: {Path(section.root) / section.folder / synset} holds no npz files: correct "
            f"networks.{name}.root and .folder, or take another teacher."
        )
    return root, files
