"""Crop a view to a square and resize it, with exactly adapted intrinsics."""

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64, UInt8

from pipeline.datasets.views.view_source import GivenView, Intrinsics, Square


def centre_square(height: int, width: int) -> Square:
    """The largest square of an image, in its middle; of an odd rest, the smaller half lies before it."""
    side = min(height, width)
    return Square((width - side) // 2, (height - side) // 2, side)


def chosen_square(view: GivenView) -> Square:
    """The square that is cut out of a view: its own, or the largest one in its middle."""
    return view.square or centre_square(*view.rgba.shape[:2])


def square_crop(view: GivenView, square: Square, size: int) -> GivenView:
    """Crop a view to `square`, resized to `size` pixels a side. What lies beyond the image is transparent black.

    A pixel is the mean of the area that it covers; colours count by their alpha. At the same size nothing is filtered.
    """
    rgba = _cut(view.rgba, square)
    if square.side != size:
        rgba = _resized(rgba, size)
    return GivenView(rgba, view.pose, crop_intrinsics(view.intrinsics, square, size))


def crop_intrinsics(intrinsics: Intrinsics, square: Square, size: int) -> Intrinsics:
    """The intrinsics of the cropped and resized image."""
    (cx, cy), scale = crop_points(intrinsics.array()[None, 2:], square, size)[0], size / square.side
    return Intrinsics(intrinsics.fx * scale, intrinsics.fy * scale, float(cx), float(cy))


def crop_points(uv: Float[np.ndarray, "*n 2"], square: Square, size: int) -> Float64[np.ndarray, "*n 2"]:
    """Move image points, in continuous pixels, to the cropped and resized image."""
    moved: Float64[np.ndarray, "*n 2"] = (uv - np.array([square.left, square.top])) * (size / square.side)
    return moved


def crop_labels(labels: UInt8[np.ndarray, "h w"], square: Square, size: int) -> UInt8[np.ndarray, "size size"]:
    """Crop a map of labels; a pixel takes the label at its centre. What lies beyond the image is 0."""
    at = np.floor((np.arange(size) + 0.5) * (square.side / size)).astype(np.int64)
    cropped: UInt8[np.ndarray, "size size"] = _cut(labels[..., None], square)[at[:, None], at[None, :], 0]
    return cropped


def _cut(image: UInt8[np.ndarray, "h w c"], square: Square) -> UInt8[np.ndarray, "side side c"]:
    height, width, channels = image.shape
    cut = np.zeros((square.side, square.side, channels), dtype=np.uint8)
    rows, columns = _inside(square.top, square.side, height), _inside(square.left, square.side, width)
    cut[np.ix_(rows - square.top, columns - square.left)] = image[np.ix_(rows, columns)]
    return cut


def _inside(start: int, side: int, length: int) -> Int64[np.ndarray, " n"]:
    """Return which of the places start ... start + side - 1 are among 0 ... length - 1."""
    return np.arange(max(start, 0), max(min(start + side, length), 0, start))


def _resized(rgba: UInt8[np.ndarray, "side side 4"], size: int) -> UInt8[np.ndarray, "size size 4"]:
    alpha = rgba[..., 3:].astype(np.float32) / 255
    weights = _area_weights(len(rgba), size)
    premultiplied = np.concatenate([rgba[..., :3] * alpha, alpha], axis=2)
    mean = np.einsum("rc,cdk->rdk", weights, premultiplied, optimize=True)
    mean = np.einsum("rc,dck->drk", weights, mean, optimize=True)
    colour = np.divide(mean[..., :3], mean[..., 3:], out=np.zeros_like(mean[..., :3]), where=mean[..., 3:] > 0)
    resized = np.rint(np.concatenate([colour, 255 * mean[..., 3:]], axis=2)).clip(0, 255)
    pixels: UInt8[np.ndarray, "size size 4"] = resized.astype(np.uint8)
    return pixels


def _area_weights(side: int, size: int) -> Float32[np.ndarray, "size side"]:
    """The share that each of `side` pixels has in the mean of each of `size`."""
    edges = np.arange(size + 1) * (side / size)
    pixels = np.arange(side)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights: Float32[np.ndarray, "size side"] = (overlap.clip(min=0) * (size / side)).astype(np.float32)
    return weights
