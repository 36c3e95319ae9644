"""Materials with small procedural textures: 128 x 128 sRGB pixels, seeded, and repeating without a seam."""

import colorsys

import numpy as np
from jaxtyping import Bool, Float64, Int64

from pipeline.datasets.records import Material

Colour = tuple[float, float, float]
Plane = Float64[np.ndarray, "128 128"]
SIZE = 128
ROW: Int64[np.ndarray, "128 128"]
COLUMN: Int64[np.ndarray, "128 128"]
ROW, COLUMN = np.indices((SIZE, SIZE))
U, V = (COLUMN + 0.5) / SIZE, 1.0 - (ROW + 0.5) / SIZE  # texture coordinates of the pixels


def colour(hue: float, saturation: float, value: float) -> Colour:
    """Convert hue, saturation and value, each 0..1, to sRGB in 0..1. The hue wraps."""
    return colorsys.hsv_to_rgb(hue % 1.0, saturation, value)


def pictured(image: Float64[np.ndarray, "128 128 3"]) -> Material:
    """A material that shows an sRGB image of 0..1; what lies outside is clipped."""
    return Material((1.0, 1.0, 1.0), np.round(255.0 * np.clip(image, 0.0, 1.0)).astype(np.uint8))


def shaded(base: Colour | Float64[np.ndarray, "128 128 3"], shade: Plane) -> Material:
    """A colour or an image, lighter and darker by `shade`."""
    return pictured(np.asarray(base) * shade[..., None])


def two_coloured(
    base: Colour, second: Colour, share: Plane | Bool[np.ndarray, "128 128"], shade: Plane | float = 1.0
) -> Material:
    """The second colour where `share` is 1, the first where it is 0."""
    blend = np.asarray(share, np.float64)[..., None]
    return shaded(np.asarray(base) * (1.0 - blend) + np.asarray(second) * blend, shade * np.ones((SIZE, SIZE)))


def noise(rng: np.random.Generator, rows: int, columns: int) -> Plane:
    """Smooth noise in [0, 1] that repeats: random values on a rows x columns grid, blended between."""
    return _blended(_blended(rng.random((rows, columns)), 0), 1)


def wood(rng: np.random.Generator, base: Colour) -> Material:
    """Wood, the grain along u."""
    bend = noise(rng, 4, 2) + 0.3 * noise(rng, 16, 2)
    rings = 0.5 + 0.5 * np.sin(2.0 * np.pi * (rng.integers(5, 9) * ROW / SIZE + 2.2 * bend))
    return shaded(base, 0.62 + 0.28 * rings + 0.2 * noise(rng, 64, 4))


def weave(rng: np.random.Generator, base: Colour) -> Material:
    """Woven cloth: threads over and under."""
    over = (ROW // 4 + COLUMN // 4) % 2
    return shaded(base, 0.75 + 0.25 * over + 0.15 * (noise(rng, 32, 4) - 0.5) + 0.15 * (noise(rng, 4, 32) - 0.5))


def stripes(rng: np.random.Generator, base: Colour, second: Colour) -> Material:
    """Stripes along v, the second colour between 30 and 60 % wide."""
    count, share = int(rng.choice([2, 4])), rng.uniform(0.3, 0.6)
    return two_coloured(base, second, (COLUMN * count / SIZE) % 1.0 < share, 0.94 + 0.12 * noise(rng, 32, 32))


def plaid(rng: np.random.Generator, base: Colour, second: Colour) -> Material:
    """Tartan: bands of the second colour both ways, darkest where they cross."""
    bands = np.zeros(SIZE)
    for start, width in ((0, int(rng.integers(18, 34))), (64, int(rng.integers(6, 14)))):
        bands[start : start + width] = 1.0
    return two_coloured(base, second, 0.5 * (bands[:, None] + bands[None, :]), 0.94 + 0.12 * noise(rng, 64, 64))


def dots(rng: np.random.Generator, base: Colour, second: Colour) -> Material:
    """Round dots on a square grid, shifted every other row."""
    cell = 32
    shifted = COLUMN + cell // 2 * ((ROW // cell) % 2)
    distance = np.hypot(ROW % cell - cell / 2 + 0.5, shifted % cell - cell / 2 + 0.5)
    return two_coloured(base, second, distance < rng.uniform(7.0, 11.0))


def leather(rng: np.random.Generator, base: Colour) -> Material:
    """Leather: mottled, with fine grain."""
    return shaded(base, 0.8 + 0.12 * noise(rng, 6, 6) + 0.14 * noise(rng, 48, 48))


def plates(rng: np.random.Generator, base: Colour) -> Material:
    """Sheet metal: plates of slightly different shade with dark joints."""
    shade = 0.86 + 0.14 * rng.random((4, 2))[ROW // 32, COLUMN // 64]
    joint = (ROW % 32 < 2) | (COLUMN % 64 < 2)
    return shaded(base, np.where(joint, 0.62, shade) + 0.04 * noise(rng, 32, 32))


def camouflage(rng: np.random.Generator, first: Colour, second: Colour) -> Material:
    """Patches of two colours."""
    field = noise(rng, 4, 4) + 0.3 * noise(rng, 9, 9)
    return two_coloured(first, second, field > np.median(field), 0.95 + 0.1 * noise(rng, 16, 16))


def lacquer(rng: np.random.Generator, image: Colour | Float64[np.ndarray, "128 128 3"]) -> Material:
    """Painted metal of one colour or with a picture: up to 3 % darker in places."""
    return shaded(image, 0.97 + 0.03 * noise(rng, 32, 32))


def mottled(rng: np.random.Generator, base: Colour) -> Material:
    """Plastic or metal, lighter and darker in broad patches."""
    return shaded(base, 0.95 + 0.06 * noise(rng, 8, 8))


def canvas(ground: Colour) -> Float64[np.ndarray, "128 128 3"]:
    """A picture of one colour, to paint on."""
    return np.tile(np.asarray(ground, np.float64), (SIZE, SIZE, 1))


def _blended(grid: Float64[np.ndarray, "..."], axis: int) -> Float64[np.ndarray, "..."]:
    position = np.arange(SIZE) * grid.shape[axis] / SIZE
    low = position.astype(int)
    share = position - low
    share = np.expand_dims(share * share * (3.0 - 2.0 * share), 1 - axis)
    return np.asarray(grid.take(low, axis) * (1.0 - share) + grid.take(low + 1, axis, mode="wrap") * share)
