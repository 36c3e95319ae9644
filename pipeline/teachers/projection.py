"""Fitting the projection from a teacher's raw channels to a map's: PCA to fewer channels, and one common scale.

Both are fitted to the first two moments of foreground cells of the train split.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from torch import Tensor

from pipeline.artifacts.projections import Projection
from pipeline.errors import UserError
from pipeline.teachers.precision import exact_products


@dataclass(frozen=True)
class Moments:
    """The moments of `count` cells: their sum and the sum of their outer products, in double precision."""

    count: int
    total: Float64[Tensor, " c"]
    outer: Float64[Tensor, "c c"]

    @staticmethod
    def none(channels: int, device: torch.device) -> Moments:
        """Return the moments of no cells."""
        zeros = torch.zeros(channels, channels + 1, dtype=torch.float64, device=device)
        return Moments(0, zeros[:, 0], zeros[:, 1:])

    def with_cells(self, cells: Float[Tensor, "n c"]) -> Moments:
        """Return the moments with `n` more cells."""
        exact = cells.double()
        with _one_thread():
            return Moments(self.count + len(cells), self.total + exact.sum(0), self.outer + exact.T @ exact)


@dataclass(frozen=True)
class ProjectionOnDevice:
    """A projection on the device of a teacher's network."""

    mean: Float32[Tensor, " c"] | None
    basis: Float32[Tensor, "c k"] | None
    divisor: float

    def __call__(self, raw: Float[Tensor, "n c"]) -> Float32[Tensor, "n k"]:
        """Project raw features of cells. The result is in single precision, whatever the network's."""
        features = raw.float()
        if self.mean is not None and self.basis is not None:
            with exact_products():
                features = (features - self.mean) @ self.basis
        return features / self.divisor

    @staticmethod
    def load(projection: Projection, device: torch.device) -> ProjectionOnDevice:
        """Copy a projection to a device."""
        if projection.mean is None or projection.basis is None:
            return ProjectionOnDevice(None, None, projection.divisor)
        mean, basis = (torch.from_numpy(array).to(device) for array in (projection.mean, projection.basis))
        return ProjectionOnDevice(mean, basis, projection.divisor)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Make torch use one thread: several split sums differently, and the fingerprint of maps depends on every bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fit_projection(moments: Moments, channels: int | None, divide: bool) -> Projection:
    """Fit the projection to `channels` principal components. None, or all there are, leaves the channels as they are.

    `divide` scales maps to RMS 1. The largest component of each axis is positive, so that equal moments give equal
    bases. Raises UserError if all cells are zero or some are not finite.
    """
    outer, total = moments.outer.cpu().numpy(), moments.total.cpu().numpy()
    if not np.isfinite(outer).all():
        raise UserError(
            "the projection cannot be fitted, the teacher gives values that are not finite: check its weights, and "
            "cache-teachers.precision."
        )
    if moments.count < 2 or not outer.any():
        raise UserError(
            "the projection cannot be fitted, the sampled train views show nothing: raise fit-projection.views or "
            "fit-projection.cells."
        )
    mean = total / moments.count
    covariance = outer / moments.count - np.outer(mean, mean)
    with _one_thread():
        values, axes = (tensor.numpy() for tensor in torch.linalg.eigh(torch.from_numpy(covariance)))
    variance, axes = values[::-1].clip(min=0), axes[:, ::-1]
    if channels is None or channels >= len(mean):
        rms = float(np.sqrt(np.trace(outer) / (moments.count * len(mean))))
        return Projection(None, None, rms if divide else 1.0, rms, variance)
    if moments.count <= channels:
        raise UserError(
            f"the projection to {channels} channels cannot be fitted on {moments.count} foreground cells: raise "
            "fit-projection.views or .cells."
        )
    basis = axes[:, :channels]
    basis = basis * np.sign(basis[np.abs(basis).argmax(0), np.arange(channels)])
    rms = float(np.sqrt(variance[:channels].mean()))
    # In the order of a stored projection: on some processors a matrix product rounds otherwise in another order.
    mean, basis = mean.astype(np.float32), np.ascontiguousarray(basis, dtype=np.float32)
    return Projection(mean, basis, rms if divide else 1.0, rms, np.ascontiguousarray(variance))
