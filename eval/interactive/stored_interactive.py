"""The data of the report's interactive parts as files beside its pictures, which numpy opens."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from eval.interactive.pair_matches import CellMatches, PairMatches
from eval.interactive.surface_points import SurfacePoints
from pipeline.artifacts.receipts import damaged, missing
from pipeline.stores.atomic_files import write_bytes

MATCHES, SURFACES = "matches.npz", "surfaces.npz"


def write_matches(folder: Path, pair: PairMatches | None) -> None:
    """Write matches.npz; a pair that is None leaves a file without descriptors."""
    arrays: dict[str, Any] = {"descriptors": np.array([], dtype="<U1")}
    if pair is not None:
        arrays = {
            "descriptors": np.array([of_one.descriptor for of_one in pair.matches]),
            "titles": np.array(pair.titles),
            "source_image": pair.source_image,
            "target_image": pair.target_image,
            "step": np.array(pair.step),
            "source_cells": pair.source_cells,
            "target_cells": pair.target_cells,
            **{name: np.stack([getattr(m, name) for m in pair.matches]) for name in ("heat", "match", "cosine")},
        }
    _write(folder / MATCHES, arrays)


def read_matches(folder: Path, instance: str) -> PairMatches | None:
    """Read what `write_matches` wrote for the field `instance`. Raises UserError if it is missing or damaged."""
    arrays = _read(folder / MATCHES, instance)
    try:
        names = [str(name) for name in arrays["descriptors"]]
        if not names:
            return None
        rows = zip(names, arrays["heat"], arrays["match"], arrays["cosine"], strict=True)
        source, target = map(str, arrays["titles"])
        return PairMatches(
            titles=(source, target),
            source_image=arrays["source_image"],
            target_image=arrays["target_image"],
            step=int(arrays["step"]),
            source_cells=arrays["source_cells"],
            target_cells=arrays["target_cells"],
            matches=tuple(CellMatches(*row) for row in rows),
        )
    except (KeyError, TypeError, ValueError):
        raise damaged(folder / MATCHES, "evaluate", instance) from None


def write_surfaces(folder: Path, surfaces: Sequence[SurfacePoints]) -> None:
    """Write surfaces.npz: the points of all surfaces one after another, and `object`, the surface of each point."""
    sizes = [len(surface.xyz) for surface in surfaces]
    points = {
        name: np.concatenate([getattr(surface, name) for surface in surfaces]) if surfaces else np.zeros((0, 3), dtype)
        for name, dtype in (("xyz", np.float32), ("rgb", np.uint8), ("feature", np.uint8))
    }
    titles = np.array([surface.title for surface in surfaces], dtype=None if surfaces else "<U1")
    _write(folder / SURFACES, {"titles": titles, "object": np.repeat(np.arange(len(sizes)), sizes), **points})


def read_surfaces(folder: Path, instance: str) -> tuple[SurfacePoints, ...]:
    """Read what `write_surfaces` wrote for the field `instance`. Raises UserError if it is missing or damaged."""
    arrays = _read(folder / SURFACES, instance)
    try:
        rows = [arrays["object"] == number for number in range(len(arrays["titles"]))]
        return tuple(
            SurfacePoints(str(title), *(arrays[name][row] for name in ("xyz", "rgb", "feature")))
            for title, row in zip(arrays["titles"], rows, strict=True)
        )
    except (KeyError, IndexError, TypeError):
        raise damaged(folder / SURFACES, "evaluate", instance) from None


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def _read(path: Path, instance: str) -> Mapping[str, Shaped[np.ndarray, "..."]]:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise missing(path, "evaluate", instance) from None
    except (ValueError, EOFError, zipfile.BadZipFile):
        raise damaged(path, "evaluate", instance) from None
