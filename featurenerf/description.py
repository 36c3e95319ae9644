"""Files that show what a field makes of a photo: pictures, and its surface as points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import trimesh
from jaxtyping import Int64
from PIL import Image

from eval.pictures.canvas import LEAST_OPACITY, as_bytes, enlarged, laid_over_checker, png_bytes
from eval.pictures.depth_colours import depth_picture
from eval.pictures.feature_colours import ColourBasis, colours, feature_picture, fit_colours
from eval.pictures.grid import Tile, grid
from featurenerf.answers import RenderedView
from featurenerf.matching import LEAST_OPACITY as SOLID
from featurenerf.matching import match
from featurenerf.seen_object import SeenObject
from featurenerf.surface import points_behind
from pipeline.config.settings import Camera
from pipeline.errors import UserError
from pipeline.progress import Progress
from pipeline.stores.atomic_files import write_bytes
from render.cameras import orbit_pose

TILE = 256
TURNS = (90, 180, 270)  # degrees of azimuth from the photo's camera to the others
PLACES = 8


def write_seen(seen: SeenObject, path: Path) -> None:
    """Write the image that the field sees, pixel by pixel."""
    write_bytes(_in_folder(path), png_bytes(Image.fromarray(as_bytes(seen.image))))


def write_description(seen: SeenObject, folder: Path) -> None:
    """Write description.png, field.ply and field-features.ply. Raises UserError if the field renders nothing solid."""
    camera = seen.renderer.field.camera
    views = render_around(seen, camera)
    solid = [np.argwhere(view.opacity > SOLID) for view in views]
    if not any(map(len, solid)):
        raise UserError(
            "the field renders nothing solid from any side: is the photo of the category it was trained on?"
        )
    features = [_met(view, "internal")[tuple(pixels.T)] for view, pixels in zip(views, solid, strict=True)]
    basis = fit_colours(features)
    write_bytes(_in_folder(folder / "description.png"), png_bytes(sheet(seen, views, basis, camera)))
    points = np.concatenate(
        [points_behind(view, at, seen.source.first_centre) for view, at in zip(views, solid, strict=True)]
    )
    rgb = np.concatenate([as_bytes(_met(view, "rgb"))[tuple(at.T)] for view, at in zip(views, solid, strict=True)])
    write_bytes(folder / "field.ply", ply_bytes(points, rgb))
    write_bytes(folder / "field-features.ply", ply_bytes(points, colours(basis, np.concatenate(features))))


def render_around(seen: SeenObject, camera: Camera) -> list[RenderedView]:
    """Render the object from its own camera and from three others at the same height."""
    x, y, z = seen.pose[:3, 3] / np.linalg.norm(seen.pose[:3, 3])
    azimuth, elevation = float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(y)))
    progress, views = Progress("describe", 1 + len(TURNS), "views"), [seen.own_view]
    progress.step()
    for turn in TURNS:
        views.append(seen.render(orbit_pose(azimuth + turn, elevation, camera.radius)))
        progress.step()
    progress.clear()
    return views


def sheet(seen: SeenObject, views: Sequence[RenderedView], basis: ColourBasis, camera: Camera) -> Image.Image:
    """Draw colour, features and depth of each view below each other, and the photo as seen at the left."""
    titles = ["from the photo's camera", *(f"turned by {turn} degrees" for turn in TURNS)]
    pictures = {
        "colour": [laid_over_checker(as_bytes(_met(view, "rgb")), view.opacity) for view in views],
        "features": [feature_picture(basis, view.internal, view.opacity) for view in views],
        "depth": [depth_picture(view.depth, view.opacity, camera) for view in views],
    }
    photo = Tile(enlarged(as_bytes(seen.image), TILE), "the photo as the field sees it")
    blank = Tile(Image.new("RGB", photo.image.size, "white"))
    return grid(
        [
            [first, *(Tile(enlarged(each, TILE), f"{name}, {title}") for each, title in zip(row, titles, strict=True))]
            for first, (name, row) in zip((photo, blank, blank), pictures.items(), strict=True)
        ]
    )


def write_matches(a: SeenObject, b: SeenObject, pixels: Sequence[tuple[int, int]], path: Path) -> Iterator[str]:
    """Find pixels (row, column) of a's image in b's object, draw them, and say each one in a line.

    Without pixels, 8 are taken that are spread over a's object, where the field renders it.
    """
    queries = np.array(pixels) if pixels else spread(_rendered(a, object_pixels(a)), PLACES)
    found = match(a, b, pixels=queries, candidates=object_pixels(b))
    write_bytes(_in_folder(path), png_bytes(found.picture()))
    for start, end, similarity in zip(found.queries, found.places, found.similarities, strict=True):
        yield f"row {start[0]}, column {start[1]} -> row {end[0]}, column {end[1]}  similarity {similarity:.2f}"


def check_places(seen: SeenObject, pixels: Sequence[tuple[int, int]]) -> None:
    """Raise UserError if a pixel (row, column) of the object's image lies outside of it, or on the background."""
    height, width, _ = seen.image.shape
    for row, column in pixels:
        if not (0 <= row < height and 0 <= column < width):
            raise UserError(f"the pixel {row},{column} lies outside the image, which has {height} x {width} pixels.")
        if not seen.image[row, column].any():
            raise UserError(f"the pixel {row},{column} shows background, not the object: choose one that does.")


def object_pixels(seen: SeenObject) -> Int64[np.ndarray, "n 2"]:
    """List (row, column) of the pixels of the image that are not black, as the background is. Raises UserError."""
    pixels = np.argwhere(seen.image.any(axis=2)).astype(np.int64)
    if not len(pixels):
        raise UserError("the object in the photo is black all over: a field sees it over black, so it sees nothing.")
    return pixels


def _rendered(seen: SeenObject, pixels: Int64[np.ndarray, "n 2"]) -> Int64[np.ndarray, "m 2"]:
    """Leave out specks of a soft mask, which the field does not render; all pixels if it renders none of them."""
    solid = seen.own_view.opacity[tuple(pixels.T)] > SOLID
    return pixels[solid] if solid.any() else pixels


def spread(pixels: Int64[np.ndarray, "n 2"], count: int) -> Int64[np.ndarray, "m 2"]:
    """Choose at most `count` pixels that are far apart (Gonzalez, 1985).

    The first one is the nearest to their middle; each next one is the farthest from those chosen.
    """
    chosen = [int(np.linalg.norm(pixels - pixels.mean(axis=0), axis=1).argmin())]
    distance = np.full(len(pixels), np.inf)
    while len(chosen) < min(count, len(pixels)):
        distance = np.minimum(distance, np.linalg.norm(pixels - pixels[chosen[-1]], axis=1))
        chosen.append(int(distance.argmax()))
    return pixels[chosen]


def ply_bytes(points: np.ndarray, rgb: np.ndarray) -> bytes:
    """Return a binary PLY file of points (n, 3) in world units with colours (n, 3) uint8."""
    opaque = np.full((len(rgb), 1), 255, dtype=np.uint8)
    cloud: Any = cast("Any", trimesh).PointCloud(points, colors=np.hstack([rgb, opaque]))
    content: bytes = cloud.export(file_type="ply")
    return content


def _met(view: RenderedView, name: str) -> np.ndarray:
    """Return what was composited over black as the mean of what each ray met."""
    values: np.ndarray = getattr(view, name) / np.maximum(view.opacity, LEAST_OPACITY)[..., None]
    return values


def _in_folder(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
