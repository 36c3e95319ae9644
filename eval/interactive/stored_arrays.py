"""The data of the report's interactive parts as files beside its pictures, which numpy opens.

Who reads them has compared their checksums before (`pipeline.artifacts.receipts.require_unchanged`).
"""

import io
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from eval.interactive.field_surface import SurfacePoints
from eval.interactive.match_cells import PairMatches
from pipeline.stores.atomic_files import write_bytes

MATCHES, SURFACES = "matches.npz", "surfaces.npz"


def write_matches(folder: Path, pair: PairMatches | None) -> None:
    """Write matches.npz; a pair that is None leaves a file without descriptors."""
    _write(folder / MATCHES, {"descriptors": np.array([], dtype="<U1")} if pair is None else _arrays(pair))


def read_matches(folder: Path) -> PairMatches | None:
    """Read what `write_matches` wrote."""
    arrays = _read(folder / MATCHES)
    return PairMatches(**arrays) if len(arrays["descriptors"]) else None


def write_surfaces(folder: Path, surfaces: SurfacePoints) -> None:
    """Write surfaces.npz."""
    _write(folder / SURFACES, _arrays(surfaces))


def read_surfaces(folder: Path) -> SurfacePoints:
    """Read what `write_surfaces` wrote."""
    return SurfacePoints(**_read(folder / SURFACES))


def _arrays(record: PairMatches | SurfacePoints) -> dict[str, Shaped[np.ndarray, "..."]]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _write(path: Path, arrays: Mapping[str, Shaped[np.ndarray, "..."]]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())


def _read(path: Path) -> dict[str, Shaped[np.ndarray, "..."]]:
    with np.load(path) as stored:
        return dict(stored)
