"""The colours of a made-up motorcycle."""

import numpy as np
from jaxtyping import UInt8

from pipeline.datasets.records import Material
from pipeline.synthetic.motorcycle.dimensions import Motorcycle
from pipeline.synthetic.textures import (
    SIZE,
    Colour,
    camouflage,
    colour,
    lacquered,
    leather,
    plain_paint,
    plates,
    stripes,
    weave,
)

WHITE = (1.0, 1.0, 1.0)


def materials(bike: Motorcycle, rng: np.random.Generator) -> dict[str, Material]:
    """A strong paint with a second one on the tank and the fairing; metal parts bright or black."""
    hue = rng.random()
    paint = colour(hue, rng.uniform(0.7, 0.98), rng.uniform(0.55, 0.95))
    second = colour(hue + rng.choice([0.12, 0.35, 0.5, 0.62]), rng.uniform(0.55, 0.95), rng.uniform(0.5, 0.95))
    if rng.random() < 0.4:
        second = colour(rng.random(), rng.uniform(0.0, 0.1), rng.choice([0.18, 0.95]))
    bright, dark = (0.77, 0.79, 0.82), (0.1, 0.1, 0.11)
    hide = colour(rng.uniform(0.0, 0.12), rng.uniform(0.2, 0.7), rng.uniform(0.15, 0.5))
    seat = leather(rng, hide) if rng.random() < 0.6 else weave(rng, second)
    if bike.kind == "dirt":
        seat = stripes(rng, second, paint) if rng.random() < 0.5 else leather(rng, second)
    skin = plain_paint(rng, paint)
    if bike.kind == "dirt" and rng.random() < 0.3:
        skin = camouflage(rng, paint, second)
    chrome = bike.kind in {"cruiser", "touring", "standard"}
    metal = bright if chrome or rng.random() < 0.5 else (0.35, 0.36, 0.38)
    frame = [dark, second, (0.5, 0.51, 0.53)][int(rng.integers(3))]
    return {
        "tank": Material(WHITE, tank_paint(rng, paint, second)),
        "paint": Material(WHITE, skin),
        "fairing": Material(WHITE, plain_paint(rng, second if rng.random() < 0.55 else paint)),
        "seat": Material(WHITE, seat),
        "case": Material(WHITE, plain_paint(rng, paint) if rng.random() < 0.6 else plates(rng, (0.7, 0.71, 0.73))),
        "rim": Material([bright, dark, second][int(rng.integers(3))], None),
        "tyre": Material((0.1, 0.1, 0.11), None),
        "metal": Material(metal, None),
        "fork": Material(dark if rng.random() < 0.5 else (0.62, 0.63, 0.65), None),
        "frame": Material(frame, None),
        "engine": Material((0.3, 0.31, 0.33), None),
        "cylinder": Material((0.55, 0.56, 0.58) if rng.random() < 0.6 else (0.2, 0.2, 0.21), None),
        "pipe": Material(bright if chrome else (0.55, 0.48, 0.42), None),
        "muffler": Material(bright if chrome or rng.random() < 0.4 else (0.24, 0.24, 0.26), None),
        "mirror": Material(paint if rng.random() < 0.5 else dark, None),
        "dark": Material(dark, None),
        "glass": Material((0.45, 0.6, 0.68), None),
        "lamp": Material((1.0, 0.96, 0.78), None),
        "lamp shell": Material(bright if chrome else paint, None),
        "tail lamp": Material((0.82, 0.07, 0.06), None),
        "amber": Material((0.95, 0.55, 0.1), None),
    }


def tank_paint(rng: np.random.Generator, paint: Colour, second: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """The tank seen from the side: a band, a lower half or a flash in the second colour, and a badge."""
    v = 1.0 - (np.arange(SIZE)[:, None] + 0.5) / SIZE
    u = (np.arange(SIZE)[None, :] + 0.5) / SIZE
    image = np.empty((SIZE, SIZE, 3))
    image[:] = paint
    middle, half = rng.uniform(0.4, 0.6), rng.uniform(0.08, 0.16)
    pattern = str(rng.choice(["band", "lower", "flash"]))
    if pattern == "band":
        on = np.abs(v - middle) < half + 0.0 * u
    elif pattern == "lower":
        on = v < middle - rng.uniform(-0.15, 0.15) * (u - 0.5)
    else:
        on = np.abs(v - middle - 0.5 * (u - 0.5)) < half * (1.3 - u)
    image[on] = second
    badge = np.hypot(u - 0.4, 0.6 * (v - 0.58)) < 0.07
    image[badge] = (0.95, 0.9, 0.75)
    return lacquered(rng, image)
