"""Small procedural textures: 128 x 128 sRGB pixels, seeded, and repeating without a seam (but for the livery)."""

import colorsys

import numpy as np
from jaxtyping import Float64, UInt8

Colour = tuple[float, float, float]
SIZE = 128


def colour(hue: float, saturation: float, value: float) -> Colour:
    """sRGB, 0..1, from hue, saturation and value, each 0..1 (the hue wraps)."""
    return colorsys.hsv_to_rgb(hue % 1.0, saturation, value)


def noise(rng: np.random.Generator, rows: int, columns: int) -> Float64[np.ndarray, "128 128"]:
    """Smooth noise in [0, 1] that repeats: random values on a rows x columns grid, blended between."""
    grid = rng.random((rows, columns))
    return _blended(_blended(grid, 0), 1)


def wood(rng: np.random.Generator, base: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Wood, the grain along u."""
    height = np.arange(SIZE)[:, None] / SIZE
    bend = noise(rng, 4, 2) + 0.3 * noise(rng, 16, 2)
    rings = 0.5 + 0.5 * np.sin(2.0 * np.pi * (rng.integers(5, 9) * height + 2.2 * bend))
    fibre = noise(rng, 64, 4)
    return _painted(base, 0.62 + 0.28 * rings + 0.2 * fibre)


def weave(rng: np.random.Generator, base: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Woven cloth: threads over and under."""
    row, column = np.indices((SIZE, SIZE)) // 4
    over = (row + column) % 2
    thread = 0.75 + 0.25 * over + 0.15 * (noise(rng, 32, 4) - 0.5) + 0.15 * (noise(rng, 4, 32) - 0.5)
    return _painted(base, thread)


def stripes(rng: np.random.Generator, base: Colour, second: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Stripes along v, the second colour between 30 and 60 % wide."""
    count = int(rng.choice([2, 4]))
    share = rng.uniform(0.3, 0.6)
    on = (np.arange(SIZE) * count / SIZE) % 1.0 < share
    return _mixed(base, second, np.broadcast_to(on, (SIZE, SIZE)).astype(np.float64), 0.94 + 0.12 * noise(rng, 32, 32))


def plaid(rng: np.random.Generator, base: Colour, second: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Tartan: bands of the second colour both ways, darkest where they cross."""
    bands = np.zeros(SIZE)
    for start, width in ((0, int(rng.integers(18, 34))), (64, int(rng.integers(6, 14)))):
        bands[start : start + width] = 1.0
    return _mixed(base, second, 0.5 * (bands[:, None] + bands[None, :]), 0.94 + 0.12 * noise(rng, 64, 64))


def dots(rng: np.random.Generator, base: Colour, second: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Round dots on a square grid, shifted every other row."""
    row, column = np.indices((SIZE, SIZE))
    cell = 32
    shifted = column + cell // 2 * ((row // cell) % 2)
    distance = np.hypot(row % cell - cell / 2 + 0.5, shifted % cell - cell / 2 + 0.5)
    return _mixed(base, second, (distance < rng.uniform(7.0, 11.0)).astype(np.float64), np.ones((SIZE, SIZE)))


def leather(rng: np.random.Generator, base: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Leather: mottled, with fine grain."""
    return _painted(base, 0.8 + 0.12 * noise(rng, 6, 6) + 0.14 * noise(rng, 48, 48))


def plates(rng: np.random.Generator, base: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Sheet metal: plates of slightly different shade with dark joints."""
    row, column = np.indices((SIZE, SIZE))
    shade = 0.86 + 0.14 * rng.random((4, 2))[row // 32, column // 64]
    joint = (row % 32 < 2) | (column % 64 < 2)
    return _painted(base, np.where(joint, 0.62, shade) + 0.04 * noise(rng, 32, 32))


def camouflage(rng: np.random.Generator, first: Colour, second: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Patches of two colours."""
    field = noise(rng, 4, 4) + 0.3 * noise(rng, 9, 9)
    return _mixed(first, second, (field > np.median(field)).astype(np.float64), 0.95 + 0.1 * noise(rng, 16, 16))


def lacquered(rng: np.random.Generator, image: Float64[np.ndarray, "128 128 3"]) -> UInt8[np.ndarray, "128 128 3"]:
    """Painted metal from an sRGB image (0..1): up to 3 % darker in places."""
    return pixels(image * (0.97 + 0.03 * noise(rng, 32, 32))[..., None])


def plain_paint(rng: np.random.Generator, paint: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Painted metal of one colour."""
    return lacquered(rng, np.broadcast_to(np.asarray(paint, np.float64), (SIZE, SIZE, 3)))


def livery(
    rng: np.random.Generator, top: Colour, belly: Colour, stripe: Colour, windows: bool
) -> UInt8[np.ndarray, "128 128 3"]:
    """A plane's body: u runs from nose to tail, v from the keel to the back. Stripe, cockpit and windows, or none."""
    image = np.empty((SIZE, SIZE, 3))
    v = 1.0 - (np.arange(SIZE)[:, None] + 0.5) / SIZE
    u = (np.arange(SIZE)[None, :] + 0.5) / SIZE
    image[:] = top
    image[np.broadcast_to(v < rng.uniform(0.25, 0.45), (SIZE, SIZE))] = belly
    middle, half = rng.uniform(0.4, 0.5), rng.uniform(0.05, 0.11)
    rise = rng.uniform(0.0, 0.5) * np.maximum(0.0, u - 0.65)
    image[np.abs(v - middle - rise) < half] = stripe
    if rng.random() < 0.6:
        image[np.broadcast_to(u > rng.uniform(0.8, 0.9), (SIZE, SIZE))] = stripe
    if windows:
        column = np.arange(SIZE)[None, :]
        image[(np.abs(v - 0.66) < 0.04) & (column % 4 < 2) & (u > 0.16) & (u < 0.8)] = (0.12, 0.14, 0.2)
        image[(np.abs(v - 0.74) < 0.09) & (u > 0.035) & (u < 0.075)] = (0.08, 0.1, 0.15)
    return pixels(image * (0.95 + 0.05 * noise(rng, 16, 16)[..., None]))


def pixels(image: Float64[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """sRGB of 0..1, clipped, as bytes."""
    rounded: UInt8[np.ndarray, "h w 3"] = np.round(255.0 * np.clip(image, 0.0, 1.0)).astype(np.uint8)
    return rounded


def _blended(grid: Float64[np.ndarray, "..."], axis: int) -> Float64[np.ndarray, "..."]:
    position = np.arange(SIZE) * grid.shape[axis] / SIZE
    low = position.astype(int)
    share = position - low
    share = share * share * (3.0 - 2.0 * share)
    share = share[:, None] if axis == 0 else share[None, :]
    blended: Float64[np.ndarray, "..."] = (
        grid.take(low, axis) * (1.0 - share) + grid.take(low + 1, axis, mode="wrap") * share
    )
    return blended


def _painted(base: Colour, shade: Float64[np.ndarray, "128 128"]) -> UInt8[np.ndarray, "128 128 3"]:
    return pixels(np.asarray(base) * shade[..., None])


def _mixed(
    base: Colour, second: Colour, share: Float64[np.ndarray, "128 128"], shade: Float64[np.ndarray, "128 128"]
) -> UInt8[np.ndarray, "128 128 3"]:
    blend = np.asarray(base) * (1.0 - share[..., None]) + np.asarray(second) * share[..., None]
    return pixels(blend * shade[..., None])
