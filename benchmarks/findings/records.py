"""Files that each part of the benchmark leaves in `pairs`: all tables come from them, without stores and models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import torch
from pydantic import ConfigDict

from eval.distillation.distillation_summary import Distillation
from eval.result_tables import read_pair_table, read_view_table, write_pair_table, write_view_table
from eval.synthesis.view_synthesis import SynthesisResult
from eval.transfer.field_transfer import thresholds_by_task
from eval.transfer.transfer_result import TransferResult
from pipeline.config.settings import Settings
from pipeline.errors import UserError
from pipeline.stores.checked_json import read_checked_as, write_checked
from pipeline.stores.typed_json import json_record

Results: TypeAlias = tuple[TransferResult, ...]

PAIRS = Path("pairs")


@dataclass(frozen=True)
class PartRecord:
    """How a part came about: the digest of its configuration, where it ran, and seconds of each piece of its work.

    `run` is the fingerprint of a field's run, `training_objects` what it was trained on. The time of `train` includes
    reading objects and compiling.
    """

    # An interval of R^2 may be infinite, which JSON has not.
    __pydantic_config__ = ConfigDict(ser_json_inf_nan="strings")

    configuration: str
    hardware: str
    seconds: dict[str, float]
    run: str | None
    training_objects: int
    distillation: Distillation


@dataclass(frozen=True)
class Measured:
    """A part's record, transfer of each pair, and views that a field rendered."""

    record: PartRecord
    results: Results
    views: Sequence[SynthesisResult]


def maps_name(category: str, teacher: str) -> str:
    """Name the part that measures the maps of a teacher beside others: `plane-lite0-maps`."""
    return f"{category}-{teacher}-maps"


def is_measured(name: str, configuration: str) -> bool:
    """Tell whether a part's files are there. Raises UserError if they are of another configuration."""
    return _record(name, configuration) is not None


def _record(name: str, configuration: str) -> PartRecord | None:
    path = PAIRS / f"{name}.json"
    if not path.exists():
        return None
    record = read_checked_as(path, PartRecord, strict=False)
    if record.configuration != configuration:
        raise UserError(f"{path.resolve()} is of another configuration: name that one, or use another folder.")
    return record


def write_measured(name: str, measured: Measured) -> None:
    """Write a part's files. The record comes last: where it is, the others are."""
    write_pair_table(PAIRS / f"{name}.parquet", measured.results)
    write_view_table(PAIRS / f"{name}-views.parquet", measured.views)
    write_checked(PAIRS / f"{name}.json", json_record(measured.record))


def read_measured(name: str, settings: Settings, configuration: str) -> Measured | None:
    """Read a part's files; None if it was not measured. Raises UserError for those of another configuration."""
    record = _record(name, configuration)
    if record is None:
        return None
    thresholds = thresholds_by_task(settings.evaluate, settings.manifest.longest_edge)
    return Measured(
        record, read_pair_table(PAIRS / f"{name}.parquet", thresholds), read_view_table(PAIRS / f"{name}-views.parquet")
    )


def hardware() -> str:
    """Name what this process computes with."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
