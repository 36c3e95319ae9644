"""Compare a feature with the teacher's on the same cells: R^2 and mean cosine, from sums over the cells.

R^2 = 1 - sum |f - t|^2 / sum |t - m|^2, for features f, teacher's features t and their mean m over the measured cells.
No constant is nearer to the teacher than that mean, so a constant feature has R^2 <= 0. The squares are of all
channels together: R^2 is the share of the teacher's variance that the feature explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64


@dataclass(frozen=True)
class CellSums:
    """Sums over `cells` cells of one view.

    `total` is of the teacher's features, `squares` of their squared lengths, `errors` of the squared distances from
    feature to teacher, `cosines` of the cosines between the two.
    """

    cells: int
    total: Float64[np.ndarray, " c"]
    squares: float
    errors: float
    cosines: float


@dataclass(frozen=True)
class SumsByView:
    """For each view the two sums of R^2, of squared errors and of squared distances to the mean, and those of cosines.

    Each of R^2 and the mean cosine is a ratio of two sums over views.
    """

    errors: Float64[np.ndarray, " n"]
    spreads: Float64[np.ndarray, " n"]
    cosines: Float64[np.ndarray, " n"]
    cells: Float64[np.ndarray, " n"]

    @property
    def r2(self) -> float:
        """R^2 over all cells."""
        return float(1 - self.errors.sum() / self.spreads.sum())

    @property
    def cosine(self) -> float:
        """The mean over all cells of the cosine between feature and teacher."""
        return float(self.cosines.sum() / self.cells.sum())


def cell_sums(feature: Float[np.ndarray, "n c"], teacher: Float[np.ndarray, "n c"]) -> CellSums:
    """Sum over the cells of a view in double precision. The cosine with a feature of length 0 is 0."""
    f, t = feature.astype(np.float64), teacher.astype(np.float64)
    lengths = np.linalg.norm(f, axis=1) * np.linalg.norm(t, axis=1)
    dots = (f * t).sum(axis=1)
    return CellSums(
        cells=len(t),
        total=t.sum(axis=0),
        squares=float((t**2).sum()),
        errors=float(((f - t) ** 2).sum()),
        cosines=float(np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0).sum()),
    )


def sums_by_view(views: Sequence[CellSums]) -> SumsByView | None:
    """Take the spread of each view's cells about the mean of all cells.

    None where R^2 is undefined: without cells, or where the teacher's feature is the same in all of them.
    """
    cells = np.array([view.cells for view in views], dtype=np.float64)
    if not cells.sum():
        return None
    totals = np.stack([view.total for view in views])
    squares = np.array([view.squares for view in views])
    mean = totals.sum(axis=0) / cells.sum()
    spreads = squares - 2 * totals @ mean + cells * (mean @ mean)
    # Below this, the spread is the rounding error of the sums.
    if spreads.sum() <= 1e-12 * squares.sum():
        return None
    errors, cosines = (np.array([getattr(view, name) for view in views]) for name in ("errors", "cosines"))
    return SumsByView(errors, spreads, cosines, cells)
