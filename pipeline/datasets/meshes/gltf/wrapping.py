"""Textures that do not repeat: the part that a mesh uses, laid out so that it may (glTF 2.0, section 3.8.4)."""

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from pipeline.datasets.meshes.gltf.materials import CLAMP, MIRROR

_ROUNDING = 1e-4  # exporters write 1.0000001; so far outside, a clamped texture is as good as a repeated one


def tiles(uv: Float64[np.ndarray, "*n 2"], wrap: tuple[int, int]) -> list[tuple[int, int]]:
    """The first tile of the texture that coordinates need, and the one behind the last, in u and in v."""
    spans = []
    for axis, mode in enumerate(wrap):
        low, high = float(uv[..., axis].min(initial=0.0)), float(uv[..., axis].max(initial=1.0))
        inside = mode not in (CLAMP, MIRROR) or (low >= -_ROUNDING and high <= 1.0 + _ROUNDING)
        spans.append((0, 1) if inside else (int(np.floor(low)), int(np.ceil(high))))
    return spans


def unrolled(
    texture: UInt8[np.ndarray, "h w 3"],
    uv: Float64[np.ndarray, "*n 2"],
    wrap: tuple[int, int],
    spans: list[tuple[int, int]],
) -> tuple[UInt8[np.ndarray, "_ _ 3"], Float64[np.ndarray, "*n 2"]]:
    """The tiles of `spans` as one texture that may repeat, and the coordinates within it. v points downwards."""
    height, width, _ = texture.shape
    columns = _texels(width, *spans[0], wrap[0])
    rows = _texels(height, *spans[1], wrap[1])
    first, behind = np.array(spans, dtype=np.float64).T
    return texture[rows[:, None], columns], (uv - first) / (behind - first)


def _texels(size: int, first: int, behind: int, mode: int) -> Int64[np.ndarray, " n"]:
    place = np.arange(first * size, behind * size)
    if mode == CLAMP:
        return np.clip(place, 0, size - 1)
    if mode == MIRROR:
        folded = place % (2 * size)
        return np.minimum(folded, 2 * size - 1 - folded)
    return place % size
