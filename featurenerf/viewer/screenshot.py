"""A picture of what the viewer shows: the scene above the two images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from eval.pictures.canvas import png_bytes
from eval.pictures.grid import Tile, grid
from featurenerf.viewer.picture_panel import Mark, panel_images
from featurenerf.viewer.shown import Shown
from pipeline.stores.atomic_files import write_bytes

_IMAGE = 496  # pixels; two of them and a margin are as wide as the scene
_FINER = 3  # marks are drawn larger and reduced, which smooths their edges


def screenshot_sheet(scene: UInt8[np.ndarray, "h w channels"], shown: Shown) -> Image.Image:
    """Put the scene, as a browser drew it, above source and target with their marks."""
    titled = zip(panel_images(shown), ("source", "target"), strict=True)
    images = [Tile(marked_picture(image.picture, image.marks, _IMAGE), title) for image, title in titled]
    return grid([[Tile(Image.fromarray(scene[..., :3]))], images])


def write_screenshot(sheet: Image.Image, folder: Path) -> tuple[Path, bytes]:
    """Write a PNG file with the next free number into a folder. Returns its path and content."""
    number = 1
    while (path := folder / f"view-{number:03d}.png").exists():
        number += 1
    content = png_bytes(sheet)
    write_bytes(path, content)
    return path, content


def marked_picture(picture: UInt8[np.ndarray, "h w 3"], marks: Sequence[Mark], size: int) -> Image.Image:
    """Scale an image to `size` pixels in width without smoothing it, and draw the marks."""
    height, width, _ = picture.shape
    scale = size * _FINER / width
    sheet = Image.fromarray(picture).resize((size * _FINER, round(height * scale)), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(sheet)
    for mark in marks:
        u, v = (float(value) * scale for value in mark.uv)
        radius = mark.radius * scale
        box = (u - radius, v - radius, u + radius, v + radius)
        if mark.ring:
            draw.ellipse(box, outline=mark.colour, width=round(1.3 * scale))
        else:
            draw.ellipse(box, fill=mark.colour, outline=(0, 0, 0), width=round(0.8 * scale))
    return sheet.resize((size, round(height * size / width)), Image.Resampling.BOX)
