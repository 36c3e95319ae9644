"""A picture of what the viewer shows: the scene above the two images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from eval.pictures.canvas import png_bytes
from eval.pictures.grid import Tile, grid
from featurenerf.viewer.marked_picture import marked_picture
from featurenerf.viewer.picture_panel import panel_images
from featurenerf.viewer.shown import Shown
from pipeline.stores.atomic_files import write_bytes

_IMAGE = 496  # pixels; two of them and a margin are as wide as the scene


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
