"""PartNet's `stats/`: which annotation a model has."""

from pathlib import Path, PurePosixPath

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import checked_name
from pipeline.datasets.text_files import read_json

STATS = PurePosixPath("stats")
SPLITS = ("train", "val", "test")


def split_file(name: str, split: str) -> PurePosixPath:
    """The list of a split, relative to the root; `name` is PartNet's of the category."""
    return STATS / "train_val_test_split" / f"{name}.{split}.json"


def read_split(root: Path, file: PurePosixPath) -> list[tuple[str, str]]:
    """(model id, annotation id) of each row. Raises DatasetError for a file that is no list of both."""
    rows = read_json(root, file)
    try:
        pairs = [(row["model_id"], checked_name(row["anno_id"], file, "anno_id")) for row in rows]
    except (TypeError, KeyError):
        raise DatasetError(file, "model_id, anno_id", "is no list of both") from None
    if not all(isinstance(model, str) for model, _ in pairs):
        raise DatasetError(file, "model_id", "is no string")
    return pairs
