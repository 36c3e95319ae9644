"""CO3D's set lists: which frames of which sequences a task uses, and in which split."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import SPLITS, Split
from pipeline.datasets.text_files import read_bytes
from pipeline.stores.typed_json import parse_json

LIST_BYTES = 2**28
LIST_ROWS = 2**20

_Row = tuple[str, int, str | None]


@dataclass(frozen=True)
class SetList:
    """The frame numbers that a list names, by sequence, and the split of each sequence.

    `split` is None where the list divides the frames of a sequence, and not the sequences, into train and the rest.
    """

    frames: Mapping[str, frozenset[int]]
    split: Mapping[str, Split] | None


@dataclass(frozen=True)
class _Lists:
    train: tuple[_Row, ...] = ()
    val: tuple[_Row, ...] = ()
    test: tuple[_Row, ...] = ()


def set_list_file(category: str, name: str) -> PurePosixPath:
    """The file of a set list such as `fewview_dev`, relative to the root."""
    return PurePosixPath(category, "set_lists", f"set_lists_{name}.json")


def read_set_list(root: Path, file: PurePosixPath) -> SetList:
    """Read a set list. Rows are joined to annotations by frame number: the number in a file's name may be another.

    A sequence that stands under `val` and `test` is a test sequence. Raises DatasetError for a file that is missing,
    not of this form, or names more than LIST_ROWS frames.
    """
    content = read_bytes(root, file, LIST_BYTES)
    # A row has three commas around it; brackets and commas bound what parsing allocates, whatever the file is.
    if max(content.count(b","), content.count(b"["), content.count(b"{")) > 3 * LIST_ROWS:
        raise DatasetError(file, "file", f"names more than {LIST_ROWS:,} frames")
    try:
        lists = parse_json(content, _Lists)
    except ValueError as error:
        raise DatasetError(file, "file", f"is no set list: {error}") from None
    frames: dict[str, set[int]] = defaultdict(set)
    splits: dict[str, set[Split]] = defaultdict(set)
    for split in SPLITS:
        for sequence, number, _ in getattr(lists, split):
            frames[sequence].add(number)
            splits[sequence].add(split)
    return SetList({sequence: frozenset(numbers) for sequence, numbers in frames.items()}, _sequence_splits(splits))


def _sequence_splits(splits: Mapping[str, set[Split]]) -> dict[str, Split] | None:
    if any("train" in of_sequence and len(of_sequence) > 1 for of_sequence in splits.values()):
        return None
    return {sequence: max(of_sequence, key=SPLITS.index) for sequence, of_sequence in splits.items()}
