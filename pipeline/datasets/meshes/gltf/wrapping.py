"""Textures that do not repeat: the part that a mesh uses, laid out so that it may (glTF 2.0, section 3.8.4)."""

import numpy as np
from jaxtyping import Float64, Int64, UInt8

REPEAT, CLAMP, MIRROR = 10497, 33071, 33648
_ROUNDING = 1e-4  # exporters write 1.0000001; so far outside, a clamped texture is as good as a repeated one
_STEPS = 8  # of a texture's width that are laid out at once: primitives with much the same span share a copy

Spans = tuple[tuple[int, int], tuple[int, int]]


def texel_spans(uv: Float64[np.ndarray, "*n 2"], wrap: tuple[int, int], shape: tuple[int, int]) -> Spans:
    """The first texel that coordinates need, and the one behind the last, in u and in v.

    `shape` is the texture's (height, width); NaN is passed over.
    """
    across, down = (
        _span(uv[..., axis], mode, size) for axis, (mode, size) in enumerate(zip(wrap, shape[::-1], strict=True))
    )
    return across, down


def _span(coordinates: Float64[np.ndarray, "*n"], mode: int, size: int) -> tuple[int, int]:
    low, high = float(np.nanmin(coordinates, initial=0.0)), float(np.nanmax(coordinates, initial=1.0))
    if mode not in (CLAMP, MIRROR) or (low >= -_ROUNDING and high <= 1.0 + _ROUNDING):
        return 0, size
    step = -(-size // _STEPS)
    # One texel more, as textures are read between texels.
    before, behind = (step * int(np.ceil((beyond * size + 1.0) / step)) for beyond in (-low, high - 1.0))
    if mode == MIRROR and before + behind > size:
        return 0, 2 * size  # which repeats
    return -before, size + behind


def unrolled(texture: UInt8[np.ndarray, "h w 3"], wrap: tuple[int, int], spans: Spans) -> UInt8[np.ndarray, "_ _ 3"]:
    """The texels of `spans` as one texture that may repeat."""
    height, width, _ = texture.shape
    columns, rows = _texels(width, *spans[0], wrap[0]), _texels(height, *spans[1], wrap[1])
    laid_out: UInt8[np.ndarray, "_ _ 3"] = texture[rows[:, None], columns]
    return laid_out


def within(uv: Float64[np.ndarray, "*n 2"], spans: Spans, shape: tuple[int, int]) -> Float64[np.ndarray, "*n 2"]:
    """Coordinates in the texture that `unrolled` returns; `shape` is that of the one it got. v points downwards."""
    first, behind = np.array(spans, dtype=np.float64).T
    moved: Float64[np.ndarray, "*n 2"] = (uv * np.array(shape[::-1]) - first) / (behind - first)
    return moved


def _texels(size: int, first: int, behind: int, mode: int) -> Int64[np.ndarray, " n"]:
    place = np.arange(first, behind)
    if mode == CLAMP:
        return np.clip(place, 0, size - 1)
    if mode == MIRROR:
        folded = place % (2 * size)
        return np.minimum(folded, 2 * size - 1 - folded)
    return place % size
