"""Textures that do not repeat: the part that a mesh uses, laid out so that it may (glTF 2.0, section 3.8.4)."""

import numpy as np
from jaxtyping import Float64, UInt8

REPEAT, CLAMP, MIRROR = 10497, 33071, 33648
_ROUNDING = 1e-4  # exporters write 1.0000001; so far outside, a clamped texture is as good as a repeated one
_STEPS = 8  # of a texture's width that are laid out at once: primitives with much the same span share a copy

Margins = tuple[tuple[int, int], tuple[int, int]]


def margins(uv: Float64[np.ndarray, "*n 2"], wrap: tuple[int, int], shape: tuple[int, int]) -> Margins:
    """The texels that coordinates need before and behind a texture, in u and in v.

    `shape` is the texture's (height, width); NaN is passed over.
    """
    across, down = (_margin(uv[..., axis], wrap[axis], shape[1 - axis]) for axis in (0, 1))
    return across, down


def _margin(coordinates: Float64[np.ndarray, "*n"], mode: int, size: int) -> tuple[int, int]:
    low, high = float(np.nanmin(coordinates, initial=0.0)), float(np.nanmax(coordinates, initial=1.0))
    if mode not in (CLAMP, MIRROR) or (low >= -_ROUNDING and high <= 1.0 + _ROUNDING):
        return 0, 0
    step = -(-size // _STEPS)
    # One texel more, as textures are read between texels.
    before, behind = (step * int(np.ceil((beyond * size + 1.0) / step)) for beyond in (-low, high - 1.0))
    return (0, size) if mode == MIRROR and before + behind > size else (before, behind)  # twice a mirror repeats


def laid_out(texture: UInt8[np.ndarray, "h w 3"], wrap: tuple[int, int], given: Margins) -> UInt8[np.ndarray, "_ _ 3"]:
    """A texture with its margins, which may repeat."""
    wide = np.pad(texture, ((0, 0), given[0], (0, 0)), mode="symmetric" if wrap[0] == MIRROR else "edge")
    return np.pad(wide, (given[1], (0, 0), (0, 0)), mode="symmetric" if wrap[1] == MIRROR else "edge")


def within(uv: Float64[np.ndarray, "*n 2"], given: Margins, shape: tuple[int, int]) -> Float64[np.ndarray, "*n 2"]:
    """Coordinates in the texture that `laid_out` returns; `shape` is that of the one it got. v points downwards."""
    before, behind = np.array(given, dtype=np.float64).T
    size = np.array(shape[::-1])
    moved: Float64[np.ndarray, "*n 2"] = (uv * size + before) / (size + behind + before)
    return moved
