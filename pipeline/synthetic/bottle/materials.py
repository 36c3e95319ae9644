"""Colours and textures of made-up bottles: glass and what is in it, paper, earthenware, caps."""

import numpy as np
from jaxtyping import UInt8

from pipeline.datasets.records import Material
from pipeline.synthetic.bottle.paper import emblem_label, small_print, wrapper
from pipeline.synthetic.textures import SIZE, Colour, colour, leather, noise, pixels, plates

WHITE = (1.0, 1.0, 1.0)
GREEN, BROWN, CLEAR = (0.13, 0.3, 0.16), (0.36, 0.2, 0.08), (0.8, 0.88, 0.88)
GLASSES = {
    "wine": (GREEN, (0.2, 0.26, 0.08), (0.14, 0.1, 0.1)),
    "beer": (BROWN, GREEN, (0.24, 0.42, 0.2)),
}
LIQUIDS = {
    "wine": ((0.85, 0.45, 0.45), (0.9, 0.85, 0.5)),
    "soda": ((0.2, 0.09, 0.05), (0.95, 0.5, 0.1), (0.55, 0.8, 0.25), (0.85, 0.15, 0.2)),
    "whisky": ((0.75, 0.4, 0.08), (0.85, 0.58, 0.2), (0.55, 0.24, 0.06)),
}


def materials(kind: str, rng: np.random.Generator) -> dict[str, Material]:
    """All materials that a bottle of a kind may need; body, label and lid differ in colour."""
    hue = rng.random()
    strong = colour(hue, rng.uniform(0.6, 0.95), rng.uniform(0.45, 0.9))
    other = colour(hue + rng.uniform(0.3, 0.7), rng.uniform(0.5, 0.9), rng.uniform(0.4, 0.85))
    pale = colour(rng.random(), rng.uniform(0.02, 0.18), rng.uniform(0.88, 1.0))
    paper, ink = [(pale, strong), (strong, pale), (pale, other), ((0.12, 0.12, 0.13), (0.85, 0.7, 0.35))][
        int(rng.integers(4))
    ]
    plastic = [strong, pale, other][int(rng.integers(3))]
    lid = [strong, other, (0.85, 0.7, 0.35), (0.15, 0.15, 0.16), (0.9, 0.9, 0.92)][int(rng.integers(5))]
    silver = colour(0.6, 0.03, rng.uniform(0.6, 0.85))
    clay = [colour(0.08, 0.4, 0.75), colour(0.06, 0.6, 0.5), pale][int(rng.integers(3))]
    glaze = [colour(0.06, 0.75, 0.35), strong, other][int(rng.integers(3))]
    body = _plain(rng, plastic) if kind in ("spray", "pump") else _glass_of(kind, rng)
    return {
        "glass": Material(WHITE, body),
        "plastic": Material(WHITE, _plain(rng, plastic)),
        "front": Material(WHITE, emblem_label(rng, paper, ink)),
        "rear": Material(WHITE, small_print(rng, paper, ink)),
        "band": Material(WHITE, wrapper(rng, strong if paper == pale else paper, pale)),
        "clay": Material(WHITE, _dipped(rng, clay, glaze)),
        "glaze": Material(glaze, None),
        "leather": Material(WHITE, leather(rng, colour(hue, rng.uniform(0.4, 0.8), rng.uniform(0.25, 0.6)))),
        "metal": Material(WHITE, plates(rng, silver) if kind == "pump" else _plain(rng, silver)),
        "cork": Material(WHITE, leather(rng, colour(0.09, 0.45, 0.8))),
        "lid": Material(lid, None),
        "second": Material(other if lid == strong else pale, None),
    }


def _glass_of(kind: str, rng: np.random.Generator) -> UInt8[np.ndarray, "128 128 3"]:
    """Dark glass, or clear glass with a drink in it up to the shoulder or higher."""
    dark, drinks = GLASSES.get(kind, ()), LIQUIDS.get(kind, ())
    if dark and (not drinks or rng.random() < 0.7):
        return _glass(rng, dark[int(rng.integers(len(dark)))], None, 0.0)
    drink = drinks[int(rng.integers(len(drinks)))] if drinks else None
    return _glass(rng, CLEAR, drink, rng.uniform(0.62, 0.85))


def _glass(
    rng: np.random.Generator, glass: Colour, drink: Colour | None, level: float
) -> UInt8[np.ndarray, "128 128 3"]:
    """Glass once around and once up: two upright gleams, and the drink below `level`."""
    u, v = (np.arange(SIZE) + 0.5) / SIZE, 1.0 - (np.arange(SIZE)[:, None] + 0.5) / SIZE
    image = np.broadcast_to(np.asarray(glass), (SIZE, SIZE, 3)).copy()
    if drink is not None:
        image[np.broadcast_to(v < level, (SIZE, SIZE))] = drink
    gleam = sum(
        np.exp(-((((u - place + 0.5) % 1.0 - 0.5) / 0.025) ** 2)) for place in rng.uniform([0.2, 0.65], [0.4, 0.9])
    )
    shade = 0.9 + 0.12 * noise(rng, 4, 8)
    return pixels(image * shade[..., None] + 0.22 * np.asarray(gleam)[None, :, None])


def _plain(rng: np.random.Generator, base: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    return pixels(np.asarray(base) * (0.95 + 0.06 * noise(rng, 8, 8)[..., None]))


def _dipped(rng: np.random.Generator, clay: Colour, glaze: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Bare clay below, glaze above, with a wavy edge."""
    v = 1.0 - (np.arange(SIZE)[:, None] + 0.5) / SIZE
    edge = rng.uniform(0.5, 0.68) + 0.05 * noise(rng, 1, 7)[:1]
    image = np.where((v > edge)[..., None], np.asarray(glaze), np.asarray(clay))
    return pixels(image * (0.85 + 0.2 * noise(rng, 24, 24)[..., None]))
