"""PartNet's `stats/`: which annotation a model has."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import TypeAdapter, ValidationError

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import checked_name
from pipeline.datasets.text_files import read_json

STATS = PurePosixPath("stats")
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class _Row:
    model_id: str
    anno_id: str


_ROWS = TypeAdapter(list[_Row])


def split_file(name: str, split: str) -> PurePosixPath:
    """The list of a split, relative to the root; `name` is PartNet's of the category."""
    return STATS / "train_val_test_split" / f"{name}.{split}.json"


def read_split(root: Path, file: PurePosixPath) -> list[tuple[str, str]]:
    """(model id, annotation id) of each row. Raises DatasetError for a file that is no list of both."""
    try:
        rows = _ROWS.validate_python(read_json(root, file))
    except ValidationError:
        raise DatasetError(file, "model_id, anno_id", "is no list of both") from None
    return [(row.model_id, checked_name(row.anno_id, file, "anno_id")) for row in rows]
