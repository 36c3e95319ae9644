"""Checkpoints of a training run: whole or absent, without pickle; the last two and the best are kept.

A checkpoint is a folder `step-00000100` with `state.safetensors` (parameters, buffers, Adam's state) and
`checkpoint.json` (step, fingerprint, loss terms, seconds, SHA-256 of the tensors). It is written under another name,
flushed to the disk and renamed, so that a kill leaves the earlier ones as they were. Each names the best one so far,
the one with the lowest validation loss.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.stores.atomic_files import sha256_of, write_bytes, write_json
from train.network.model import FeatureField

KEPT = 2
TENSORS = "state.safetensors"
RECORD = "checkpoint.json"
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Best:
    """The step of the lowest validation loss so far, and that loss."""

    step: int
    loss: float


@dataclass(frozen=True)
class Reached:
    """How far a run is: finished steps, the seconds they took, the loss terms of the last one by name, the best one."""

    step: int
    seconds: float
    losses: dict[str, float]
    best: Best | None = None


def checkpoint_folder(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step lies in a run's folder."""
    return folder / f"step-{step:08d}"


def save_checkpoint(
    folder: Path, fingerprint: str, model: FeatureField, optimizer: torch.optim.Adam, progress: Reached
) -> None:
    """Writes the checkpoint of `progress.step` into `folder` and removes all but the last two and the best."""
    unfinished = folder / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        write_state(unfinished, fingerprint, model, optimizer, progress)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)  # a full disk gets its room back
        raise
    _flush(unfinished)
    final = checkpoint_folder(folder, progress.step)
    shutil.rmtree(final, ignore_errors=True)  # a damaged one of the same step
    unfinished.rename(final)
    _flush(folder)
    for old in _newest_first(folder)[KEPT:]:
        if progress.best is None or old != checkpoint_folder(folder, progress.best.step):
            shutil.rmtree(old)


def write_state(
    folder: Path, fingerprint: str, model: FeatureField, optimizer: torch.optim.Adam, progress: Reached
) -> None:
    """Writes the two files of a checkpoint into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / TENSORS, safetensors.torch.save(_state(model, optimizer)))
    record = {**asdict(progress), "fingerprint": fingerprint, "sha256": sha256_of(folder / TENSORS)}
    write_json(folder / RECORD, record)


def load_newest(folder: Path, fingerprint: str, model: FeatureField, optimizer: torch.optim.Adam) -> Reached | None:
    """Fills model and optimiser from the newest whole checkpoint; None if there is none.

    A damaged checkpoint is passed over. Raises UserError if the checkpoint is of another run.
    """
    for candidate in _newest_first(folder):
        record = _whole(candidate)
        if record is None:
            continue
        if record["fingerprint"] != fingerprint:
            raise UserError(
                f"{candidate / RECORD}: its fingerprint is {record['fingerprint']}, not {fingerprint}; "
                f"give the run a folder of its own or remove this one."
            )
        _restore(safetensors.torch.load_file(candidate / TENSORS), model, optimizer)
        best = Best(**record["best"]) if record["best"] is not None else None
        return Reached(record["step"], record["seconds"], record["losses"], best)
    return None


def has_checkpoint(folder: Path) -> bool:
    """Whether a run's folder holds a whole checkpoint."""
    return any(_whole(candidate) is not None for candidate in _newest_first(folder))


def _state(model: FeatureField, optimizer: torch.optim.Adam) -> dict[str, Tensor]:
    state = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        for entry, tensor in optimizer.state[parameter].items():
            state[f"adam.{name}.{entry}"] = tensor
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}


def _restore(state: dict[str, Tensor], model: FeatureField, optimizer: torch.optim.Adam) -> None:
    model.load_state_dict({name.removeprefix("model."): t for name, t in state.items() if name.startswith("model.")})
    entries: dict[int, dict[str, Tensor]] = {}
    for index, (name, _) in enumerate(model.named_parameters()):
        prefix = f"adam.{name}."
        found = {key.removeprefix(prefix): t for key, t in state.items() if key.startswith(prefix)}
        if found:  # a head whose loss has weight 0 has none
            entries[index] = found
    optimizer.load_state_dict({"state": entries, "param_groups": optimizer.state_dict()["param_groups"]})


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"), reverse=True)


def _whole(candidate: Path) -> dict[str, Any] | None:
    """The record of a checkpoint whose tensors are what was written, else None."""
    try:
        record: dict[str, Any] = json.loads((candidate / RECORD).read_text(encoding="utf-8"))
        return record if record["sha256"] == sha256_of(candidate / TENSORS) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _flush(folder: Path) -> None:
    """Makes renames inside a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
