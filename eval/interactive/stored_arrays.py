"""The data of the report's interactive parts as files beside its pictures, which numpy opens."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Shaped

from eval.interactive.field_surface import SurfacePoints
from eval.interactive.match_cells import PairMatches
from pipeline.artifacts.receipts import damaged, missing
from pipeline.stores.atomic_files import write_bytes

MATCHES, SURFACES = "matches.npz", "surfaces.npz"
Record = TypeVar("Record", PairMatches, SurfacePoints)


def write_matches(folder: Path, pair: PairMatches | None) -> None:
    """Write matches.npz; a pair that is None leaves a file without descriptors."""
    _write(folder / MATCHES, {"descriptors": np.array([], dtype="<U1")} if pair is None else _arrays(pair))


def write_surfaces(folder: Path, surfaces: SurfacePoints) -> None:
    """Write surfaces.npz."""
    _write(folder / SURFACES, _arrays(surfaces))


def read_matches(folder: Path, instance: str) -> PairMatches | None:
    """Read the matches of the field `instance`. Raises UserError if the file is missing or damaged."""
    return _read(folder / MATCHES, PairMatches, instance)


def read_surfaces(folder: Path, instance: str) -> SurfacePoints | None:
    """Read the surfaces of the field `instance`, None without any. Raises UserError as `read_matches` does."""
    surfaces = _read(folder / SURFACES, SurfacePoints, instance)
    return surfaces if surfaces is not None and len(surfaces.titles) else None


def _arrays(record: PairMatches | SurfacePoints) -> dict[str, Shaped[np.ndarray, "..."]]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _write(path: Path, arrays: Mapping[str, Shaped[np.ndarray, "..."]]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())


def _read(path: Path, kind: type[Record], instance: str) -> Record | None:
    """Read a record; None for a file that has its first array alone."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            names = [field.name for field in fields(kind)]
            return None if stored.files == names[:1] else kind(**{name: stored[name] for name in names})
    except FileNotFoundError:
        raise missing(path, "evaluate", instance) from None
    except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile):
        raise damaged(path, "evaluate", instance) from None
