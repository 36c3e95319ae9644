"""Files that show what a field makes of a photo: pictures, and its surface as points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int64
from PIL import Image

from eval.pictures.canvas import as_bytes, enlarged, png_bytes
from eval.pictures.feature_colours import ColourBasis
from eval.pictures.grid import Tile, grid
from featurenerf.answers import RenderedView
from featurenerf.exports.surface_cloud import SurfaceCloud, feature_basis, ply_bytes, surface_cloud
from featurenerf.matching import LEAST_OPACITY as SOLID
from featurenerf.matching import match
from featurenerf.seen_object import SeenObject
from featurenerf.view_pictures import view_pictures
from featurenerf.views_around import TURNS, render_around
from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes

TILE = 256
PLACES = 8


def write_seen(seen: SeenObject, path: Path) -> None:
    """Write the image that the field sees, pixel by pixel."""
    write_bytes(path, png_bytes(Image.fromarray(as_bytes(seen.image))))


def write_description(seen: SeenObject, folder: Path) -> SurfaceCloud:
    """Write description.png, field.ply and field-features.ply, and return the points of the latter two.

    Raises UserError if the field renders nothing solid.
    """
    views = render_around(seen, "describe")
    basis = feature_basis(views)
    write_bytes(folder / "description.png", png_bytes(sheet(seen, views, basis)))
    cloud = surface_cloud(seen, views, basis)
    write_bytes(folder / "field.ply", ply_bytes(cloud))
    write_bytes(folder / "field-features.ply", ply_bytes(replace(cloud, rgb=cloud.feature_rgb)))
    return cloud


def sheet(seen: SeenObject, views: Sequence[RenderedView], basis: ColourBasis) -> Image.Image:
    """Draw colour, features and depth of each view below each other, and the photo as seen at the left."""
    titles = ["from the photo's camera", *(f"turned by {turn} degrees" for turn in TURNS)]
    pictures = [(view_pictures(view, basis, seen.camera), title) for view, title in zip(views, titles, strict=True)]
    photo = Tile(enlarged(as_bytes(seen.image), TILE), "the photo as the field sees it")
    blank = Tile(Image.new("RGB", photo.image.size, "white"))
    return grid(
        [
            [first, *(Tile(enlarged(getattr(of_view, name), TILE), f"{name}, {title}") for of_view, title in pictures)]
            for first, name in ((photo, "colour"), (blank, "features"), (blank, "depth"))
        ]
    )


def write_matches(a: SeenObject, b: SeenObject, pixels: Sequence[tuple[int, int]], path: Path) -> Iterator[str]:
    """Find pixels (row, column) of a's image in b's object, draw them, and say each one in a line.

    Without pixels, 8 are taken that are spread over a's object, where the field renders it.
    """
    queries = np.array(pixels) if pixels else spread(_rendered(a, object_pixels(a)), PLACES)
    found = match(a, b, pixels=queries, candidates=object_pixels(b))
    write_bytes(path, png_bytes(found.picture()))
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
