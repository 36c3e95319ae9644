"""The colours of a made-up car."""

import numpy as np
from jaxtyping import UInt8

from pipeline.datasets.records import Material
from pipeline.synthetic.car.body import PICTURED, deck
from pipeline.synthetic.car.dimensions import Car
from pipeline.synthetic.textures import SIZE, Colour, colour, lacquered, leather, plain_paint, stripes, weave

WHITE = (1.0, 1.0, 1.0)


def materials(car: Car, rng: np.random.Generator) -> dict[str, Material]:
    """A strong paint, often with a second one below, along the side, on the roof or as stripes over the hood."""
    hue = rng.random()
    paint = colour(hue, rng.uniform(0.65, 0.95), rng.uniform(0.55, 0.95))
    if rng.random() < 0.2:
        paint = colour(hue, rng.uniform(0.0, 0.1), rng.choice([0.3, 0.62, 0.92]))
    second = colour(hue + rng.choice([0.12, 0.4, 0.5, 0.6]), rng.uniform(0.5, 0.9), rng.uniform(0.4, 0.9))
    if rng.random() < 0.45:
        second = colour(rng.random(), rng.uniform(0.0, 0.12), rng.choice([0.2, 0.95]))
    patterns = ["plain", "lower", "band", "rally"]
    pattern = str(rng.choice(patterns[1:] if car.kind in {"van", "bus"} else patterns))
    top = plain_paint(rng, paint)
    if pattern == "rally" and car.kind in {"coupe", "roadster", "hatchback", "sedan"}:
        top = racing_stripes(rng, paint, second)
    roof = plain_paint(rng, second) if pattern in {"lower", "band"} and rng.random() < 0.6 else top
    shade = rng.uniform(0.25, 0.8)
    cloth = colour(rng.random(), rng.uniform(0.3, 0.8), shade)
    seat = leather(rng, cloth) if rng.random() < 0.5 else stripes(rng, cloth, second)
    bright = (0.78, 0.8, 0.83)
    dark = (0.09, 0.09, 0.1)
    bumper = [dark, bright, second][int(rng.integers(3))] if car.kind != "coupe" else dark
    return {
        "paint": Material(WHITE, coachwork(rng, car, paint, second, pattern)),
        "hood": Material(WHITE, top),
        "roof": Material(WHITE, roof),
        "pillar": Material((0.96 * paint[0], 0.96 * paint[1], 0.96 * paint[2]), None),
        "mirror": Material(second if pattern != "plain" else paint, None),
        "interior": Material(WHITE, weave(rng, (0.3, 0.28, 0.27))),
        "seat": Material(WHITE, seat),
        "bumper": Material(bumper, None),
        "rim": Material(bright if rng.random() < 0.75 else second, None),
        "metal": Material(bright, None),
        "tyre": Material((0.11, 0.11, 0.12), None),
        "dark": Material(dark, None),
        "trim": Material((0.16, 0.15, 0.15), None),
        "glass": Material((0.2, 0.27, 0.34), None),
        "lamp": Material((1.0, 0.96, 0.78), None),
        "tail lamp": Material((0.8, 0.07, 0.06), None),
        "plate": Material((0.93, 0.9, 0.75), None),
    }


def racing_stripes(rng: np.random.Generator, paint: Colour, second: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Two stripes along v, beside the middle of u."""
    u = (np.arange(SIZE) + 0.5) / SIZE
    away = np.abs(u - 0.5)
    start = rng.uniform(0.02, 0.05)
    on = (away > start) & (away < start + rng.uniform(0.07, 0.12))
    row = np.where(on[:, None], np.asarray(second), np.asarray(paint))
    image = np.broadcast_to(row, (SIZE, SIZE, 3))
    return lacquered(rng, image)


def coachwork(
    rng: np.random.Generator, car: Car, paint: Colour, second: Colour, pattern: str
) -> UInt8[np.ndarray, "128 128 3"]:
    """The body seen from the side: u from front to rear, v from the ground up. Gaps of doors, handles, a dark sill."""
    z = ((np.arange(SIZE) + 0.5) / SIZE - 0.01) / 0.98 - 0.5
    y = ((1.0 - (np.arange(SIZE) + 0.5) / SIZE) - 0.01) / 0.98 * PICTURED
    level, along = y[:, None], z[None, :]
    belt = max(height for _, height in car.body.deck)
    share = (level - car.body.sill) / (belt - car.body.sill)
    image = np.empty((SIZE, SIZE, 3))
    image[:] = paint
    if pattern == "lower":
        image[np.broadcast_to(share < rng.uniform(0.4, 0.55), (SIZE, SIZE))] = second
    if pattern in {"band", "rally"}:
        middle, half = rng.uniform(0.5, 0.68), rng.uniform(0.07, 0.12)
        rise = rng.uniform(0.0, 0.3) * along if pattern == "rally" else 0.0 * along
        image[np.abs(share - middle - rise) < half] = second
    image[np.broadcast_to(share < 0.09, (SIZE, SIZE))] = 0.25 * np.asarray(paint) + 0.05
    for door in car.doors:
        gap = (np.abs(along - door) < 0.0045) & (share > 0.14) & (share < 0.97)
        image[gap] = 0.45 * image[gap]
    for door in car.doors[1:]:
        handle = (np.abs(along - door + 0.03) < 0.016) & (np.abs(share - 0.78) < 0.045)
        image[handle] = (0.12, 0.12, 0.13) if deck(car.body, 0.0) > 0.2 else (0.8, 0.82, 0.85)
    return lacquered(rng, image)
