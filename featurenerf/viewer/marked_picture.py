"""An image with marks, as a picture of its own."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from featurenerf.viewer.picture_panel import Mark

_FINER = 3  # marks are drawn larger and reduced, which smooths their edges


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
