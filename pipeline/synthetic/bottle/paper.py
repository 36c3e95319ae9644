"""Printed paper on made-up bottles: u runs to the reader's right, v upwards."""

import numpy as np
from jaxtyping import Bool

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.textures import COLUMN, ROW, SIZE, Colour, noise, two_coloured

Print = Bool[np.ndarray, "128 128"]


def emblem_label(rng: np.random.Generator, paper: Colour, ink: Colour) -> Material:
    """A label for the front: a frame, an emblem, a broad line of type and two finer ones."""
    from_edge = np.minimum(np.minimum(ROW, SIZE - 1 - ROW), np.minimum(COLUMN, SIZE - 1 - COLUMN))
    size, across, down = int(rng.integers(16, 24)), np.abs(COLUMN - 63.5), ROW - int(rng.integers(36, 48))
    distance, diamond = np.hypot(across, down), across + np.abs(down)
    arm, reach = np.minimum(across, np.abs(down)), np.maximum(across, np.abs(down))
    emblem = {
        "disc": distance < size,
        "ring": (distance < size) & (distance > 0.55 * size) | (distance < 0.3 * size),
        "diamond": (diamond < 1.2 * size) & (diamond > 0.3 * size),
        "cross": (arm < 0.35 * size) & (reach < size),
        "shield": (across < 0.8 * size) & (down > -size) & (down < 1.3 * (size - 0.8 * across)),
    }[str(rng.choice(["disc", "ring", "diamond", "cross", "shield"]))]
    printed = (from_edge >= 4) & (from_edge < 8) | emblem
    band, line = (ROW > 72) & (ROW < 98), _type(rng, 76, 17, 19, 109)
    printed = np.where(band, ~line, printed) if rng.random() < 0.5 else printed | line
    return _printed(rng, paper, ink, printed | _type(rng, 104, 4, 28, 100) | _type(rng, 112, 4, 36, 92))


def small_print(rng: np.random.Generator, paper: Colour, ink: Colour) -> Material:
    """A label for the rear: lines of small type above a row of bars."""
    printed = np.zeros((SIZE, SIZE), bool)
    for top in range(10, 76, 9):
        printed |= _type(rng, top, 4, 12, int(rng.integers(90, 118)))
    printed[88:116, 16:112] = np.repeat(rng.random(32) < 0.5, 3)
    return _printed(rng, paper, ink, printed)


def wrapper(rng: np.random.Generator, ground: Colour, ink: Colour) -> Material:
    """A wrapper once around: a wave along it, a badge with type in front (u = 0.5), small print at the rear."""
    wave = SIZE * (0.5 + 0.16 * np.sin(2.0 * np.pi * (COLUMN / SIZE * int(rng.integers(1, 4)) + rng.random())))
    badge = np.hypot((COLUMN - 63.5) * 1.9, ROW - 63.5) < 50
    printed = np.where(badge, ~_type(rng, 52, 24, 44, 84), np.abs(ROW - wave) < rng.uniform(8.0, 14.0))
    for top in range(30, 100, 14):
        printed = printed & (COLUMN >= 20) | _type(rng, top, 6, 2, 18)
    return _printed(rng, ground, ink, printed | (ROW < 8) | (ROW > 119))


def _type(rng: np.random.Generator, top: int, height: int, left: int, right: int) -> Print:
    """A line of made-up type: upright strokes, some joined above or below, with gaps between words."""
    line, step = np.zeros((SIZE, SIZE), bool), max(2, height // 3)
    for column in range(left, right - 2 * step, 3 * step):
        if rng.random() > 0.15:
            line[top : top + height, column : column + step] = True
            if rng.random() < 0.7:
                edge = int(rng.choice([top, top + height - step]))
                line[edge : edge + step, column : column + 2 * step] = True
    return line


def _printed(rng: np.random.Generator, paper: Colour, ink: Colour, printed: Print) -> Material:
    return two_coloured(paper, ink, printed, 0.96 + 0.05 * noise(rng, 32, 32))
