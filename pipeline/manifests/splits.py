"""Splits into train, val and test: from the released files, a table such as ShapeNet's, or a seed."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.records import SPLITS, Split
from pipeline.errors import UserError
from pipeline.manifests.pairs import CrossInstancePair, CrossViewPair
from pipeline.seeds import generator_of
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.typed_json import parse_json

SEEDED = "seeded"  # the value of manifest.splits that names no file

# The files in assets/splits of the FeatureNeRF repository.
RELEASED_SHA256 = {
    "02691156": "55257c2ed41731807405fa30678930d5dcb70ddadc8cbc90ac7514ffb1ba064b",
    "02876657": "ef35e04dcf83dfbb640a48058b049e474ce34221d3b069c3e2e80b42992ad622",
    "02958343": "dbfa20113bc02f3949845b733a58256f1c8f24bf362d4c586ad947fd0c7f1c07",
    "03001627": "6f35947ff56dbe8b690776185914451c478ae6a22ace27e1a616e5731df65668",
    "03790512": "7ddf9bff66aa728fbdb3f30f48be164541c38a869563969bb154b0aadcb6385d",
    "04379243": "8cc72efeb70b3e503b91de140f6c6fb4ed97a913d22a5fc1b9134bd3a6cbe9d6",
}
_COLUMNS = ("synsetId", "modelId", "split")


@dataclass(frozen=True)
class GivenSplits:
    """Splits that a file gives. `refused` are the objects that it puts into several, with the reason.

    `pairs` are None if the file gives none.
    """

    split: dict[str, Split]
    refused: dict[str, str]
    cross_instance_pairs: tuple[CrossInstancePair, ...] | None
    cross_view_pairs: tuple[CrossViewPair, ...] | None


@dataclass(frozen=True)
class _ReleasedViewPair:
    model_id: str
    src_view: int
    trg_view: int


@dataclass(frozen=True)
class _ReleasedSplits:
    """A released file, as it names things."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]
    cross_inst_pairs: tuple[CrossInstancePair, ...]
    cross_view_pairs: tuple[_ReleasedViewPair, ...]


def splits_origin(splits: str, synset: str) -> str:
    """Say where splits come from, by checksum and without a path of this machine. Raises UserError."""
    if splits == SEEDED:
        return SEEDED
    path = splits_path(splits, synset)
    checksum = sha256_of(path)
    if path.suffix == ".csv":
        return f"table, sha256 {checksum}"
    known = RELEASED_SHA256.get(synset) == checksum
    return f"{'released' if known else 'in the released format, but another file'}, sha256 {checksum}"


def splits_path(splits: str, synset: str) -> Path:
    """The file that `manifest.splits` names: a .csv, or `<folder>/<synset>.json`. Raises UserError if it is missing."""
    given = Path(splits)
    path = given if given.suffix == ".csv" else given / f"{synset}.json"
    if not path.is_file():
        raise UserError(
            f"{path} is missing: set manifest.splits to '{SEEDED}', the folder of the released files, or a .csv file."
        )
    return path


def read_given_splits(splits: str, synset: str) -> GivenSplits:
    """Read the file that `manifest.splits` names. Raises UserError that names the file and the field."""
    path = splits_path(splits, synset)
    return _read_table(path, synset) if path.suffix == ".csv" else _read_released(path)


def _read_released(path: Path) -> GivenSplits:
    """A released file: lists of ids under train, val and test, and two lists of pairs."""
    try:
        released = parse_json(path.read_bytes(), _ReleasedSplits)
    except ValueError as error:
        raise UserError(f"{path} is no released split file ({error}).") from None
    rows: list[tuple[str, Split]] = [(object_id, name) for name in SPLITS for object_id in getattr(released, name)]
    views = tuple(CrossViewPair(pair.model_id, pair.src_view, pair.trg_view) for pair in released.cross_view_pairs)
    return GivenSplits(*_one_split_each(rows), released.cross_inst_pairs, views)


def _read_table(path: Path, synset: str) -> GivenSplits:
    """A table with the columns of ShapeNet's all.csv. Everything in it is text: a number would lose leading zeros."""
    rows = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets write a mark
            table = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (table.fieldnames or ())]
            if missing:
                raise UserError(f"{path} has no column {missing[0]}: it needs {', '.join(_COLUMNS)}, as all.csv has.")
            for row in table:
                if row["synsetId"] != synset:
                    continue
                if row["split"] not in SPLITS or not row["modelId"]:
                    raise UserError(
                        f"{path}, line {table.line_num}: split is {row['split']!r}, not one of {', '.join(SPLITS)}, or "
                        "modelId is empty."
                    )
                rows.append((row["modelId"], row["split"]))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no table of comma-separated text ({error}).") from None
    if not rows:
        raise UserError(f"{path} has no row with synsetId {synset}: is the column's leading zero lost?")
    return GivenSplits(*_one_split_each(rows), None, None)


def _one_split_each(rows: Iterable[tuple[str, Split]]) -> tuple[dict[str, Split], dict[str, str]]:
    """The split of each object, and the objects that are in two: one that trains must not be tested."""
    split: dict[str, Split] = {}
    refused: dict[str, str] = {}
    for object_id, name in rows:
        if split.setdefault(object_id, name) != name:
            refused[object_id] = f"is in the {split[object_id]} and in the {name} split"
    return {object_id: name for object_id, name in split.items() if object_id not in refused}, refused


def seeded_splits(ids: list[str], fractions: tuple[float, float, float], seed: int, synset: str) -> dict[str, Split]:
    """Split objects into train, val and test by `fractions` of a seeded order.

    With three objects or more no split that has a share is empty. Of two, one trains and one tests; one alone trains.
    """
    by_id = sorted(ids)
    order = [by_id[i] for i in generator_of("splits", seed, synset).permutation(len(ids))]
    test, val = (max(round(share * len(order)), int(share > 0)) for share in (fractions[2], fractions[1]))
    room = len(order) - int(fractions[0] > 0)  # one is left to train
    while test + val > room and test + val > 0:
        if val >= test:
            val -= 1
        else:
            test -= 1
    split: dict[str, Split] = dict.fromkeys(order, "train")
    split |= dict.fromkeys(order[:test], "test")
    split |= dict.fromkeys(order[test : test + val], "val")
    return split
