"""The ground that pictures stand on: a pale checker, enlargement, and the way to PNG."""

import io

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image

_LIGHT = np.array([246, 245, 242], dtype=np.float64)
_DARK = np.array([234, 232, 227], dtype=np.float64)
_SQUARES = 16
# What is composited is divided by its opacity; below this there is nothing to see.
LEAST_OPACITY = 1e-6


def checker(height: int, width: int) -> UInt8[np.ndarray, "h w 3"]:
    """A pale checker of 16 squares across; what is white on an object stands out from it."""
    square = max(1, max(height, width) // _SQUARES)
    row, column = np.indices((height, width)) // square
    return np.where(((row + column) % 2 == 0)[..., None], _LIGHT, _DARK).astype(np.uint8)


def as_bytes(rgb: Float32[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """An image in [0, 1] as bytes; what lies outside is clipped."""
    return np.asarray(np.rint(np.clip(rgb, 0, 1) * 255), dtype=np.uint8)


def over_checker(rgba: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 3"]:
    """An image with straight alpha laid over the checker."""
    alpha = rgba[..., 3:].astype(np.float64) / 255
    mixed = rgba[..., :3] * alpha + checker(*rgba.shape[:2]) * (1 - alpha)
    return np.asarray(np.rint(mixed), dtype=np.uint8)


def laid_over_checker(rgb: UInt8[np.ndarray, "h w 3"], opacity: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Lay a picture over the checker; an opacity of 0 shows the checker alone."""
    alpha = np.rint(np.clip(opacity, 0, 1) * 255).astype(np.uint8)
    return over_checker(np.dstack([rgb, alpha]))


def enlarged(rgb: UInt8[np.ndarray, "h w 3"], size: int) -> Image.Image:
    """A picture at most `size` pixels on its longer side, each pixel repeated a whole number of times.

    A picture larger than `size` stays as it is.
    """
    times = max(1, size // max(rgb.shape[:2]))
    return Image.fromarray(np.repeat(np.repeat(rgb, times, axis=0), times, axis=1))


def palette_png_bytes(image: Image.Image) -> bytes:
    """The image as a PNG file of at most 256 colours: about a third of the size.

    The colours cover what occurs rather than what is frequent: a small mark keeps its colour, by which it is known.
    """
    return png_bytes(image.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE))


def png_bytes(image: Image.Image, smallest: bool = True) -> bytes:
    """The image as a PNG file. The smallest one takes eight times as long to write."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=smallest)
    return buffer.getvalue()
