"""Metrics of every rendered view as a Parquet table."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from eval.parquet_rows import read_rows, write_rows
from eval.synthesis.image_metrics import ImageMetrics
from eval.synthesis.synthesis_summary import METRICS
from eval.synthesis.view_synthesis import SynthesisResult
from pipeline.datasets.records import ObjectKey

WAYS = ("rendered", "source_image")
SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("synset", "id")),
        *(pa.field(name, pa.int64(), nullable=False) for name in ("source_view", "target_view")),
        *(pa.field(f"{way}_{metric}", pa.float64(), metric == "lpips") for way in WAYS for metric in METRICS),
    ]
)


def write_view_table(path: Path, results: Iterable[SynthesisResult]) -> None:
    """Replace `path` by the results, in their order. Equal results give equal bytes."""
    write_rows(path, (_row(result) for result in results), SCHEMA)


def read_view_table(path: Path) -> tuple[SynthesisResult, ...]:
    """The results as they were written. Raises UserError if the file is unsound."""
    return tuple(_result(row) for row in read_rows(path, SCHEMA))


def _row(result: SynthesisResult) -> dict[str, Any]:
    row = {
        "synset": result.key.synset,
        "id": result.key.id,
        "source_view": result.source_view,
        "target_view": result.target_view,
    }
    return row | {f"{way}_{metric}": getattr(getattr(result, way), metric) for way in WAYS for metric in METRICS}


def _result(row: Mapping[str, Any]) -> SynthesisResult:
    rendered, source = (ImageMetrics(*(row[f"{way}_{metric}"] for metric in METRICS)) for way in WAYS)
    return SynthesisResult(
        ObjectKey(row["synset"], row["id"]), row["source_view"], row["target_view"], rendered, source
    )
