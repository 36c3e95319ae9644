"""Name a published model by its files, so that results say which one they are of."""

from pathlib import Path

from pipeline.stores.atomic_files import digest_of, sha256_of
from train.model_record import RECORD
from train.trained_field import TENSORS


def model_digest(folder: Path) -> str:
    """Return one digest of a model's weights and record."""
    return digest_of([sha256_of(folder / name) for name in (TENSORS, RECORD)])
