"""Colours and textures of made-up tables."""

import numpy as np
from jaxtyping import UInt8

from pipeline.datasets.records import Material
from pipeline.synthetic.table.game_kinds import BALLS
from pipeline.synthetic.textures import SIZE, Colour, colour, leather, noise, pixels, wood

WHITE = (1.0, 1.0, 1.0)


def materials(rng: np.random.Generator) -> dict[str, Material]:
    """Timber, paint, metal, glass and cloth, the base apart from the top."""
    hue = rng.random()
    timber = [colour(0.07, 0.62, 0.55), colour(0.09, 0.45, 0.9), colour(0.05, 0.65, 0.36), colour(0.02, 0.6, 0.48)]
    order = rng.permutation(len(timber))
    paint = colour(hue, rng.uniform(0.2, 0.75), rng.uniform(0.4, 0.95))
    other = colour(hue + rng.uniform(0.3, 0.7), rng.uniform(0.25, 0.65), rng.uniform(0.45, 0.95))
    base = paint if rng.random() < 0.45 else timber[int(order[1])]
    above = other if rng.random() < 0.2 else timber[int(order[0])]
    metal = [(0.75, 0.76, 0.78), (0.22, 0.22, 0.24), (0.78, 0.62, 0.35), paint][int(rng.integers(4))]
    court = colour(float(rng.choice([0.36, 0.6, 0.62, 0.0])), rng.uniform(0.55, 0.85), rng.uniform(0.35, 0.7))
    felt = colour(float(rng.choice([0.36, 0.4, 0.44, 0.58])), rng.uniform(0.7, 0.9), rng.uniform(0.5, 0.7))
    common = {
        "wood": Material(WHITE, wood(rng, above)),
        "second": Material(WHITE, wood(rng, base)),
        "accent": Material(WHITE, wood(rng, other if rng.random() < 0.6 else timber[int(order[2])])),
        "metal": Material(WHITE, leather(rng, metal)),
        "glass": Material(WHITE, _glass(rng)),
        "court": Material(WHITE, _court(rng, court)),
        "net": Material(WHITE, _net(rng)),
        "cloth": Material(WHITE, leather(rng, felt)),
        "dark": Material((0.12, 0.12, 0.13), None),
    }
    balls = [colour(0.0, 0.85, 0.85), colour(0.15, 0.85, 0.95), colour(0.63, 0.8, 0.7), (0.97, 0.96, 0.92)]
    return common | {name: Material(ball, None) for name, ball in zip(BALLS, balls, strict=True)}


def _glass(rng: np.random.Generator) -> UInt8[np.ndarray, "128 128 3"]:
    """Pale glass in which a window is mirrored: slanting streaks, light on a green or a blue ground."""
    ground = np.array(colour(rng.uniform(0.42, 0.58), rng.uniform(0.2, 0.45), rng.uniform(0.7, 0.85)))
    row, column = np.indices((SIZE, SIZE))
    along = (row + column + 6.0 * noise(rng, 3, 3)) % SIZE
    streak = (along > 22) & (along < 46) | (along > 54) & (along < 62)
    return pixels(ground * (0.96 + 0.06 * noise(rng, 4, 4)[..., None]) + 0.2 * streak[..., None])


def _court(rng: np.random.Generator, ground: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """The upper side of a ping-pong table: white lines along the edges and along the middle of its length."""
    row, column = np.indices((SIZE, SIZE))
    edge = (column < 2) | (column >= SIZE - 2) | (row < 3) | (row >= SIZE - 3)
    line = edge | (np.abs(row - (SIZE - 1) / 2) < 1.1)
    image = np.asarray(ground) * (0.94 + 0.08 * noise(rng, 8, 8)[..., None])
    return pixels(np.where(line[..., None], 0.95, image))


def _net(rng: np.random.Generator) -> UInt8[np.ndarray, "128 128 3"]:
    """Meshes of a net below a white tape."""
    row, column = np.indices((SIZE, SIZE))
    thread = (row % 16 < 5) | (column % 16 < 5)
    shade = np.where(thread, 0.28, 0.62) + 0.05 * noise(rng, 16, 16)
    shade[row < 26] = 0.96
    return pixels(np.repeat(shade[..., None], 3, axis=2))
