"""Checkpoints of a training run: whole or absent, and without pickle. The last two and the best are kept.

A checkpoint is a folder `step-00000100` with `state.safetensors` (parameters, buffers, Adam's state) and
`checkpoint.json` (step, fingerprint, loss terms, seconds, SHA-256 of the tensors). It is written under another name,
flushed to the disk and renamed, so that a kill leaves the earlier ones as they were. Each one names the checkpoint with
the lowest validation loss so far: the best.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.progress import say
from pipeline.stores.atomic_files import has_sha256, sha256_of, write_bytes
from pipeline.stores.checked_json import read_if_checked, write_checked
from pipeline.stores.plain_files import PointerError, empty_folder
from pipeline.stores.typed_json import parse_json
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
    """The progress of a run: finished steps and their seconds, the last step's loss terms by name, the best step."""

    step: int
    seconds: float
    losses: dict[str, float]
    best: Best | None = None


@dataclass(frozen=True, kw_only=True)
class CheckpointRecord(Reached):
    """The content of `checkpoint.json`: the progress, the run's fingerprint and the sha256 of the tensors."""

    fingerprint: str
    sha256: str


def checkpoint_folder(folder: Path, step: int) -> Path:
    """Return where the checkpoint of a step lies in a run's folder."""
    return folder / f"step-{step:08d}"


def save_checkpoint(
    folder: Path, fingerprint: str, model: FeatureField, optimizer: torch.optim.Adam, progress: Reached
) -> None:
    """Write the checkpoint of `progress.step` into `folder`, and remove all but the last two and the best."""
    unfinished = folder / UNFINISHED
    empty_folder(unfinished)
    try:
        write_state(unfinished, fingerprint, model, optimizer, progress)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)  # on a full disk, give the space back
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
    """Write the two files of a checkpoint into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / TENSORS, safetensors.torch.save(_state(model, optimizer)))
    record = {**asdict(progress), "fingerprint": fingerprint, "sha256": sha256_of(folder / TENSORS)}
    write_checked(folder / RECORD, record)


def load_newest(folder: Path, fingerprint: str, model: FeatureField, optimizer: torch.optim.Adam) -> Reached | None:
    """Load the newest whole checkpoint into model and optimiser. Returns its progress, or None if there is none.

    Damaged checkpoints are skipped. Raises UserError if the checkpoint belongs to another run.
    """
    for candidate in _newest_first(folder):
        record = _whole(candidate)
        if record is None:
            continue
        if record.fingerprint != fingerprint:
            raise UserError(
                f"{candidate / RECORD}: its fingerprint is {record.fingerprint}, not {fingerprint}; "
                f"give the run a folder of its own or remove this one."
            )
        _restore(safetensors.torch.load_file(candidate / TENSORS), model, optimizer)
        return Reached(record.step, record.seconds, record.losses, record.best)
    return None


def has_checkpoint(folder: Path) -> bool:
    """Return whether a run's folder holds a whole checkpoint."""
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
        moments = {key.removeprefix(prefix): t for key, t in state.items() if key.startswith(prefix)}
        if moments:  # a head whose loss has weight 0 has none
            entries[index] = moments
    optimizer.load_state_dict({"state": entries, "param_groups": optimizer.state_dict()["param_groups"]})


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"), reverse=True)


def _whole(candidate: Path) -> CheckpointRecord | None:
    """Read the record of a checkpoint. Returns None if it or its tensors are damaged."""
    with suppress(OSError, ValueError, PointerError):
        read_if_checked(candidate / RECORD)
        record = parse_json((candidate / RECORD).read_bytes(), CheckpointRecord)
        if has_sha256(candidate / TENSORS, record.sha256) and candidate == checkpoint_folder(
            candidate.parent, record.step
        ):
            return record
    say(f"{candidate} is damaged and is left out")
    return None


def _flush(folder: Path) -> None:
    """Flush a folder to the disk, so that renames in it survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
