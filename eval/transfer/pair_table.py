"""Results of all pairs as a Parquet table: a row for each task, descriptor and pair."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from eval.parquet_rows import read_rows, unsound, write_rows
from eval.transfer.pairs import Pair
from eval.transfer.pck import pck
from eval.transfer.transfer_result import TASKS, Task, TransferResult
from pipeline.datasets.records import ObjectKey

_LISTS = {"keypoint_ids": pa.int64(), "distances": pa.float64(), "part_labels": pa.int64(), "part_ious": pa.float64()}
SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("task", "descriptor", "source_synset", "source_id")),
        pa.field("source_view", pa.int64(), nullable=False),
        *(pa.field(name, pa.string(), nullable=False) for name in ("target_synset", "target_id")),
        pa.field("target_view", pa.int64(), nullable=False),
        *(
            pa.field(name, pa.list_(pa.field("element", kind, nullable=False)), nullable=False)
            for name, kind in _LISTS.items()
        ),
        pa.field("iou", pa.float64()),
    ]
)


def write_pair_table(path: Path, results: Iterable[TransferResult]) -> None:
    """Replace `path` by the results, in their order. Equal results give equal bytes; PCK follows from distances."""
    write_rows(path, (_row(result) for result in results), SCHEMA)


def read_pair_table(path: Path, thresholds: Mapping[Task, Sequence[float]]) -> tuple[TransferResult, ...]:
    """The results as they were written, PCK at the thresholds of each task. Raises UserError if the file is unsound."""
    return tuple(_result(path, row, thresholds) for row in read_rows(path, SCHEMA))


def _row(result: TransferResult) -> dict[str, Any]:
    pair = result.pair
    return {
        "task": result.task,
        "descriptor": result.descriptor,
        "source_synset": pair.source.synset,
        "source_id": pair.source.id,
        "source_view": pair.source_view,
        "target_synset": pair.target.synset,
        "target_id": pair.target.id,
        "target_view": pair.target_view,
        "keypoint_ids": list(result.keypoint_ids),
        "distances": list(result.distances),
        "part_labels": [label for label, _ in result.part_iou],
        "part_ious": [iou for _, iou in result.part_iou],
        "iou": result.iou,
    }


def _result(path: Path, row: Mapping[str, Any], thresholds: Mapping[Task, Sequence[float]]) -> TransferResult:
    if row["task"] not in TASKS:
        raise unsound(path, "task", f"holds '{row['task']}', which is no task")
    for name, partner in (("keypoint_ids", "distances"), ("part_labels", "part_ious")):
        if len(row[name]) != len(row[partner]):
            raise unsound(path, partner, f"has not as many values as '{name}'")
    for name in ("distances", "part_ious"):
        if not all(value is not None and math.isfinite(value) for value in row[name]):
            raise unsound(path, name, "holds a value that is no number")
    if (row["iou"] is None) != (len(row["part_ious"]) == 0):
        raise unsound(path, "iou", "does not go with 'part_ious'")
    distances = tuple(row["distances"])
    return TransferResult(
        task=row["task"],
        descriptor=row["descriptor"],
        pair=Pair(
            ObjectKey(row["source_synset"], row["source_id"]),
            row["source_view"],
            ObjectKey(row["target_synset"], row["target_id"]),
            row["target_view"],
        ),
        distances=distances,
        keypoint_ids=tuple(row["keypoint_ids"]),
        pck=pck(np.array(distances), thresholds[row["task"]]) if distances else None,
        part_iou=tuple(zip(row["part_labels"], row["part_ious"], strict=True)),
        iou=row["iou"],
    )
