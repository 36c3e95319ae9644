"""CO3D's names of the categories."""

from pathlib import Path

from pipeline.datasets.categories import category_name
from pipeline.datasets.file_names import is_safe_name
from pipeline.errors import UserError

# CO3D has no real planes; its toy planes have the same parts.
NAMES = {"plane": "toyplane", "chair": "chair", "car": "car", "bottle": "bottle", "motorcycle": "motorcycle"}
_SHOWN = 60  # CO3D has 51 categories


def co3d_name(synset: str) -> str | None:
    """CO3D's name of the category with this synset; None if CO3D does not have it."""
    name = category_name(synset)
    return synset if name == synset else NAMES.get(name)


def co3d_category(root: Path, synset: str) -> str:
    """CO3D's name of the category with this synset, which is the name itself for a category of the user's own.

    Raises UserError if CO3D does not have it, or its folder is missing below `root`.
    """
    name = co3d_name(synset)
    if name is None:
        raise UserError(
            f"CO3D has no category with synset {synset}; take one of {', '.join(NAMES)}, or a name of CO3D's own."
        )
    if not is_safe_name(name) or not (root / name).is_dir():
        there = sorted(path.parent.name for path in root.glob("*/frame_annotations.jgz"))
        raise UserError(
            f"source.views_root: {root} has no folder {name[:80]}; the categories of CO3D there are "
            f"{', '.join(there[:_SHOWN]) or 'none'}."
        )
    return name
