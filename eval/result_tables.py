"""The results of every pair and of every rendered view as Parquet tables.

Who reads them has compared their checksums before (`pipeline.artifacts.receipts.require_unchanged`).
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eval.synthesis.image_metrics import ImageMetrics
from eval.synthesis.synthesis_summary import METRICS
from eval.synthesis.view_synthesis import WAYS, SynthesisResult
from eval.transfer.evaluate import pck
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import Task, TransferResult
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes

_PAIR = {
    "source_synset": pa.string(), "source_id": pa.string(), "source_view": pa.int64(),
    "target_synset": pa.string(), "target_id": pa.string(), "target_view": pa.int64(),
}  # fmt: skip
_LISTS = {"keypoint_ids": pa.int64(), "distances": pa.float64(), "part_labels": pa.int64(), "part_ious": pa.float64()}
PAIRS = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("task", "descriptor")),
        *(pa.field(name, kind, nullable=False) for name, kind in _PAIR.items()),
        *(
            pa.field(name, pa.list_(pa.field("element", kind, nullable=False)), nullable=False)
            for name, kind in _LISTS.items()
        ),
        pa.field("iou", pa.float64()),
    ]
)
VIEWS = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("synset", "id")),
        *(pa.field(name, pa.int64(), nullable=False) for name in ("source_view", "target_view")),
        *(pa.field(f"{way}_{metric}", pa.float64(), metric == "lpips") for way in WAYS for metric in METRICS),
    ]
)


def write_pair_table(path: Path, results: Iterable[TransferResult]) -> None:
    """Replace `path` by the results, in their order. Equal results give equal bytes; PCK follows from distances."""
    _write(path, [_pair_row(result) for result in results], PAIRS)


def read_pair_table(path: Path, thresholds: Mapping[Task, Sequence[float]]) -> tuple[TransferResult, ...]:
    """The results as they were written, PCK at the thresholds of each task. Raises UserError for other columns."""
    return tuple(_transfer_result(row, thresholds[row["task"]]) for row in _read(path, PAIRS))


def write_view_table(path: Path, results: Iterable[SynthesisResult]) -> None:
    """Replace `path` by the results, in their order. Equal results give equal bytes."""
    _write(path, [_view_row(result) for result in results], VIEWS)


def read_view_table(path: Path) -> tuple[SynthesisResult, ...]:
    """The results as they were written. Raises UserError for other columns."""
    return tuple(
        SynthesisResult(
            ObjectKey(row["synset"], row["id"]),
            row["source_view"],
            row["target_view"],
            *(ImageMetrics(*(row[f"{way}_{metric}"] for metric in METRICS)) for way in WAYS),
        )
        for row in _read(path, VIEWS)
    )


def _pair_row(result: TransferResult) -> dict[str, Any]:
    source, target = result.pair.source, result.pair.target
    ends = (source.synset, source.id, result.pair.source_view, target.synset, target.id, result.pair.target_view)
    return {
        "task": result.task,
        "descriptor": result.descriptor,
        **dict(zip(_PAIR, ends, strict=True)),
        "keypoint_ids": result.keypoint_ids,
        "distances": result.distances,
        "part_labels": [label for label, _ in result.part_iou],
        "part_ious": [iou for _, iou in result.part_iou],
        "iou": result.iou,
    }


def _transfer_result(row: Mapping[str, Any], thresholds: Sequence[float]) -> TransferResult:
    synset, name, view, *target = (row[column] for column in _PAIR)
    distances = tuple(row["distances"])
    return TransferResult(
        row["task"],
        row["descriptor"],
        Pair(ObjectKey(synset, name), view, ObjectKey(target[0], target[1]), target[2]),
        distances,
        tuple(row["keypoint_ids"]),
        pck(np.array(distances, dtype=np.float64), thresholds),
        tuple(zip(row["part_labels"], row["part_ious"], strict=True)),
        row["iou"],
    )


def _view_row(result: SynthesisResult) -> dict[str, Any]:
    key = result.key
    row = {"synset": key.synset, "id": key.id, "source_view": result.source_view, "target_view": result.target_view}
    return row | {f"{way}_{metric}": getattr(getattr(result, way), metric) for way in WAYS for metric in METRICS}


def _write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression="zstd")
    write_bytes(path, sink.getvalue())


def _read(path: Path, schema: pa.Schema) -> list[dict[str, Any]]:
    table = pq.read_table(io.BytesIO(path.read_bytes()))
    if table.schema != schema:
        raise UserError(f"{path} has other columns than this version writes; run `pipeline evaluate` again.")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
