"""Printed paper on made-up bottles, 128 x 128 sRGB pixels: u runs to the reader's right, v upwards."""

import numpy as np
from jaxtyping import Bool, UInt8

from pipeline.synthetic.textures import SIZE, Colour, noise, pixels

_ROW, _COLUMN = np.indices((SIZE, SIZE))


def emblem_label(rng: np.random.Generator, paper: Colour, ink: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """A label for the front: a frame, an emblem, a broad line of type and two finer ones."""
    printed = _frame(4, 8)
    height, size = int(rng.integers(36, 48)), int(rng.integers(16, 24))
    across, down_from = np.abs(_COLUMN - SIZE / 2 + 0.5), _ROW - height
    down = np.abs(down_from)
    shape = str(rng.choice(["disc", "ring", "diamond", "cross", "shield"]))
    distance = np.hypot(across, down)
    emblem = {
        "disc": distance < size,
        "ring": (distance < size) & (distance > 0.55 * size) | (distance < 0.3 * size),
        "diamond": (across + down < 1.2 * size) & (across + down > 0.3 * size),
        "cross": (np.minimum(across, down) < 0.35 * size) & (np.maximum(across, down) < size),
        "shield": (across < 0.8 * size) & (down_from > -size) & (down_from < 1.3 * (size - 0.8 * across)),
    }[shape]
    printed = printed | emblem
    if rng.random() < 0.5:
        band = (_ROW > 72) & (_ROW < 98)
        printed = band & ~_type(rng, 77, 16, 20, 108) | printed & ~band
    else:
        printed = printed | _type(rng, 74, 18, 18, 110)
    return _print(rng, paper, ink, printed | _type(rng, 104, 4, 28, 100) | _type(rng, 112, 4, 36, 92))


def small_print(rng: np.random.Generator, paper: Colour, ink: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """A label for the rear: lines of small type above a row of bars."""
    printed = np.zeros((SIZE, SIZE), bool)
    for top in range(10, 76, 9):
        printed |= _type(rng, top, 4, 12, int(rng.integers(90, 118)))
    bars = np.repeat(rng.random(32) < 0.5, 3)
    code = np.zeros((SIZE, SIZE), bool)
    code[88:116, 16:112] = bars
    return _print(rng, paper, ink, printed | code)


def wrapper(rng: np.random.Generator, ground: Colour, ink: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """A wrapper once around: a wave along it, a badge with type in front (u = 0.5), small print at the rear."""
    wave = SIZE * (0.5 + 0.16 * np.sin(2.0 * np.pi * (_COLUMN / SIZE * int(rng.integers(1, 4)) + rng.random())))
    printed = np.abs(_ROW - wave) < rng.uniform(8.0, 14.0)
    badge = np.hypot((_COLUMN - 63.5) * 1.9, _ROW - 63.5) < 50
    printed = printed & ~badge | badge & ~_type(rng, 52, 24, 44, 84)
    for top in range(30, 100, 14):
        printed = printed & ~(_COLUMN < 20) | _type(rng, top, 6, 2, 18)
    return _print(rng, ground, ink, printed | (_ROW < 8) | (_ROW > 119))


def _frame(outer: int, inner: int) -> Bool[np.ndarray, "128 128"]:
    from_edge = np.minimum(np.minimum(_ROW, SIZE - 1 - _ROW), np.minimum(_COLUMN, SIZE - 1 - _COLUMN))
    return np.asarray((from_edge >= outer) & (from_edge < inner))


def _type(rng: np.random.Generator, top: int, height: int, left: int, right: int) -> Bool[np.ndarray, "128 128"]:
    """A line of made-up type: upright strokes, some joined above or below, with gaps between words."""
    line = np.zeros((SIZE, SIZE), bool)
    column, step = left, max(2, height // 3)
    while column + 2 * step < right:
        if rng.random() > 0.15:
            line[top : top + height, column : column + step] = True
            if rng.random() < 0.7:
                edge = top if rng.random() < 0.5 else top + height - step
                line[edge : edge + step, column : column + 2 * step] = True
        column += 3 * step
    return line


def _print(
    rng: np.random.Generator, paper: Colour, ink: Colour, printed: Bool[np.ndarray, "128 128"]
) -> UInt8[np.ndarray, "128 128 3"]:
    image = np.where(printed[..., None], np.asarray(ink), np.asarray(paper))
    return pixels(image * (0.96 + 0.05 * noise(rng, 32, 32)[..., None]))
