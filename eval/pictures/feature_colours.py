"""Feature maps as colours: the first three principal components, ONE basis for all maps that stand side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, UInt8

from eval.pictures.canvas import LEAST_OPACITY, laid_over_checker

# The components' range is taken between these percentiles: a few odd cells would otherwise grey out the rest.
_LOW, _HIGH = 2, 98
# Neither black nor glaring: the darkest and the brightest that a component can be.
_DARKEST, _BRIGHTEST = 38, 240


@dataclass(frozen=True)
class ColourBasis:
    """A mean, three directions of unit length (0 where the features span fewer), and what maps to 0 and to 1."""

    mean: Float64[np.ndarray, " c"]
    directions: Float64[np.ndarray, "3 c"]
    low: Float64[np.ndarray, "3"]
    high: Float64[np.ndarray, "3"]


def fit_colours(features: Sequence[Float[np.ndarray, "_ c"]]) -> ColourBasis:
    """The basis of all the features given, foreground only; every map weighs the same, however many its cells.

    A direction's sign is free in PCA: its largest entry is made positive. Raises ValueError without features.
    """
    maps = [np.asarray(each, dtype=np.float64) for each in features if len(each)]
    if not maps:
        raise ValueError("no feature to take principal components of")
    mean = np.mean([each.mean(axis=0) for each in maps], axis=0)
    spread = np.mean([(each - mean).T @ (each - mean) / len(each) for each in maps], axis=0)
    values, vectors = np.linalg.eigh(spread)
    directions = np.zeros((3, len(mean)))
    order = [index for index in np.argsort(values)[::-1][:3] if values[index] > 1e-12 * values.max()]
    for row, index in enumerate(order):
        vector = vectors[:, index]
        directions[row] = vector * np.sign(vector[np.argmax(np.abs(vector))])
    seen = (np.concatenate(maps) - mean) @ directions.T
    low, high = np.percentile(seen, [_LOW, _HIGH], axis=0)
    return ColourBasis(mean, directions, low, high)


def colours(basis: ColourBasis, features: Float[np.ndarray, "n c"]) -> UInt8[np.ndarray, "n 3"]:
    """Equal features get equal colours; a component without spread gets the middle."""
    value = (np.asarray(features, dtype=np.float64) - basis.mean) @ basis.directions.T
    span = basis.high - basis.low
    share = np.where(span > 0, (value - basis.low) / np.where(span > 0, span, 1), 0.5)
    return np.asarray(np.rint(_DARKEST + np.clip(share, 0, 1) * (_BRIGHTEST - _DARKEST)), dtype=np.uint8)


def feature_picture(
    basis: ColourBasis, feature_map: Float[np.ndarray, "h w c"], opacity: Float[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Paint a map composited over black: the colour shows the mean feature that a ray meets, the checker what is clear.

    For a teacher's map the opacity is 1 on the foreground and 0 elsewhere.
    """
    height, width, channels = feature_map.shape
    met = feature_map / np.maximum(opacity, LEAST_OPACITY)[..., None]
    return laid_over_checker(colours(basis, met.reshape(-1, channels)).reshape(height, width, 3), opacity)
