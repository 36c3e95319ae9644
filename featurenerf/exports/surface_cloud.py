"""The surface of an object as points with colours, as PLY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from eval.pictures.canvas import as_bytes
from eval.pictures.feature_colours import ColourBasis, colours, fit_colours
from featurenerf.answers import RenderedView
from featurenerf.seen_object import SeenObject
from featurenerf.surface import points_behind
from featurenerf.views_around import met, render_around, solid_pixels
from pipeline.stores.atomic_files import write_bytes

# Programs show the first three colours; the feature's are further properties of each point.
_ROW = [
    *((name, "<f4") for name in ("x", "y", "z")),
    *((name, "u1") for name in ("red", "green", "blue", "feature_red", "feature_green", "feature_blue")),
]
_PLY_TYPES = {"<f4": "float", "u1": "uchar"}


@dataclass(frozen=True)
class SurfaceCloud:
    """Points of a surface in the world frame. `rgb` is sRGB, `feature_rgb` shows the features' main components."""

    points: Float32[np.ndarray, "n 3"]
    rgb: UInt8[np.ndarray, "n 3"]
    feature_rgb: UInt8[np.ndarray, "n 3"]


def export_points(seen: SeenObject, path: str | Path) -> SurfaceCloud:
    """Write the surface that four cameras around the object see as a PLY file, and return it.

    Each point has two colours: `red`, `green`, `blue`, and the features' as `feature_red` and so on. Raises UserError
    if the field renders nothing solid.
    """
    views = render_around(seen, "points")
    cloud = surface_cloud(seen, views, feature_basis(views))
    write_bytes(Path(path), ply_bytes(cloud))
    return cloud


def feature_basis(views: Sequence[RenderedView]) -> ColourBasis:
    """Fit the colours of the features that the views show. Raises UserError if they show nothing solid."""
    return fit_colours(_features(views))


def surface_cloud(seen: SeenObject, views: Sequence[RenderedView], basis: ColourBasis) -> SurfaceCloud:
    """Collect the points behind the opaque pixels of views of an object. Raises UserError if there is none."""
    solid = solid_pixels(views)
    points = [points_behind(seen, view, at) for view, at in zip(views, solid, strict=True)]
    rgb = [as_bytes(met(view, "rgb"))[tuple(at.T)] for view, at in zip(views, solid, strict=True)]
    return SurfaceCloud(np.concatenate(points), np.concatenate(rgb), colours(basis, np.concatenate(_features(views))))


def ply_bytes(cloud: SurfaceCloud) -> bytes:
    """Return a cloud as a binary PLY file."""
    rows = np.rec.fromarrays([*cloud.points.T, *cloud.rgb.T, *cloud.feature_rgb.T], dtype=_ROW)
    properties = "".join(f"property {_PLY_TYPES[kind]} {name}\n" for name, kind in _ROW)
    header = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(rows)}\n{properties}end_header\n"
    return header.encode() + rows.tobytes()


def _features(views: Sequence[RenderedView]) -> list[Float32[np.ndarray, "_ c"]]:
    pairs = zip(views, solid_pixels(views), strict=True)
    return [met(view, "internal")[tuple(pixels.T)].astype(np.float32) for view, pixels in pairs]
