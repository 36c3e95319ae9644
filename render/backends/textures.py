"""Textures for the ray caster: all of an object in one array, each with its mipmaps, read bilinearly."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, Int64, UInt8
from PIL import Image

from pipeline.datasets.records import Material


@dataclass(frozen=True)
class Textures:
    """Texels row by row, and where level l of the texture of material m starts among them, its width and height.

    Level 0 is the texture itself, each further one half as large, down to a single texel and from there the same.
    Materials without a texture have no size.
    """

    texels: UInt8[np.ndarray, "n 3"]
    start: Int64[np.ndarray, "m levels"]
    width: Int64[np.ndarray, "m levels"]
    height: Int64[np.ndarray, "m levels"]


def pack_textures(materials: tuple[Material, ...]) -> Textures:
    """Pack the textures of an object's materials into one array, each texture once."""
    pyramids = {id(m.texture): list(_pyramid(m.texture)) for m in materials if m.texture is not None}
    levels = max((len(pyramid) for pyramid in pyramids.values()), default=1)
    table = {id(None): [(0, 0, 0)] * levels}
    end = 0
    for identity, pyramid in pyramids.items():
        starts = end + np.cumsum([0, *(level.shape[0] * level.shape[1] for level in pyramid)])
        rows = [(int(start), level.shape[1], level.shape[0]) for start, level in zip(starts, pyramid, strict=False)]
        table[identity] = rows + rows[-1:] * (levels - len(rows))
        end = int(starts[-1])
    every = [level.reshape(-1, 3) for pyramid in pyramids.values() for level in pyramid]
    start, width, height = np.moveaxis(np.array([table[id(m.texture)] for m in materials], dtype=np.int64), 2, 0)
    return Textures(np.concatenate([np.zeros((0, 3), dtype=np.uint8), *every]), start, width, height)


def _pyramid(texture: UInt8[np.ndarray, "h w 3"]) -> Iterator[UInt8[np.ndarray, "_ _ 3"]]:
    """The texture, halved again and again by area."""
    yield texture
    image = Image.fromarray(texture)
    while max(image.size) > 1:
        image = image.resize((max(image.width // 2, 1), max(image.height // 2, 1)), Image.Resampling.BOX)
        yield np.asarray(image)


def bilinear(
    textures: Textures,
    material: Int32[np.ndarray, " n"],
    level: Int32[np.ndarray, " n"],
    uv: Float32[np.ndarray, "n 2"],
) -> Float32[np.ndarray, "n 3"]:
    """Read the colour (0..1) of a material's texture at uv: repeated, texel centres at +0.5, v upwards.

    A level below the last one there is counts as the last.
    """
    level = np.minimum(level, textures.start.shape[1] - 1)
    place = material * textures.start.shape[1] + level
    start, width, height = (
        table.reshape(-1).take(place) for table in (textures.start, textures.width, textures.height)
    )
    x = uv[:, 0] % 1 * width - 0.5
    y = (1 - uv[:, 1] % 1) * height - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right_share, lower_share = (share[:, None].astype(np.float32) for share in (x - left, y - top))
    columns = (left % width, (left + 1) % width)
    rows = (start + top % height * width, start + (top + 1) % height * width)
    corners = [[textures.texels.take(row + column, axis=0).astype(np.float32) for column in columns] for row in rows]
    upper, lower = (_mix(a, b, right_share) for a, b in corners)
    return _mix(upper, lower, lower_share) / np.float32(255)


def _mix(
    a: Float32[np.ndarray, "n 3"], b: Float32[np.ndarray, "n 3"], share: Float32[np.ndarray, "n 1"]
) -> Float32[np.ndarray, "n 3"]:
    return np.asarray(a + (b - a) * share)
