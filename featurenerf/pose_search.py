"""Find the camera directions under which points in a camera's axes agree best with their places in the world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import minimum_filter

STEP = 3.0  # degrees between the directions of the grid
FINEST = 0.1  # degrees
HIGHEST = 89.9  # degrees: straight above, the azimuth is free


@dataclass(frozen=True)
class Candidate:
    """A camera direction in degrees, and its error: the RMS distance in world units."""

    azimuth: float
    elevation: float
    error: float


@dataclass(frozen=True)
class PoseError:
    """The error of a direction from n points in the camera's axes and the same points' places in the world.

    mean |x - R c|^2 = mean |x|^2 + mean |c|^2 - 2 trace(R^T M) with M = mean x c^T (Kabsch, 1976): for each R
    only M counts, however many points there are.
    """

    moment: Float64[np.ndarray, "3 3"]
    constant: float

    @staticmethod
    def of(there: Float64[np.ndarray, "n 3"], answered: Float64[np.ndarray, "n 3"]) -> PoseError:
        """Sum up the points: `there` in the camera's axes, `answered` in the world's, around the world's origin."""
        constant = (there**2).sum(axis=1).mean() + (answered**2).sum(axis=1).mean()
        return PoseError(answered.T @ there / len(there), float(constant))

    def at(self, azimuth: Float64[np.ndarray, "*b"], elevation: Float64[np.ndarray, "*b"]) -> Float64[np.ndarray, "*b"]:
        """Return the errors of directions in degrees."""
        agreement = (orbit_rotations(azimuth, elevation) * self.moment).sum(axis=(-2, -1))
        return np.asarray(np.sqrt(np.maximum(self.constant - 2 * agreement, 0.0)))


def orbit_rotations(
    azimuth: Float64[np.ndarray, "*b"], elevation: Float64[np.ndarray, "*b"]
) -> Float64[np.ndarray, "*b 3 3"]:
    """Return the rotations of `render.cameras.orbit_pose` for many directions at once."""
    a, e = np.radians(azimuth), np.radians(elevation)
    right = [np.cos(a), 0 * a, -np.sin(a)]
    up = [-np.sin(e) * np.sin(a), np.cos(e), -np.sin(e) * np.cos(a)]
    back = [np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)]
    return np.stack([np.stack(axis, axis=-1) for axis in (right, up, back)], axis=-1)


def local_minima(there: Float64[np.ndarray, "n 3"], answered: Float64[np.ndarray, "n 3"]) -> tuple[Candidate, ...]:
    """Find all directions on the upper hemisphere whose error is smaller than around them; the best one first.

    `there` are points in the camera's axes, `answered` their places in the world.
    """
    error = PoseError.of(there, answered)
    azimuths, elevations = np.arange(0, 360, STEP), np.append(np.arange(0, HIGHEST, STEP), HIGHEST)
    grid = error.at(*np.meshgrid(azimuths, elevations))
    # Azimuths go round, elevations end.
    lowest = grid <= minimum_filter(grid, size=3, mode=("constant", "wrap"), cval=np.inf)
    minima = [refined(error, float(azimuths[column]), float(elevations[row])) for row, column in np.argwhere(lowest)]
    return tuple(sorted(minima, key=lambda candidate: candidate.error))


def refined(error: PoseError, azimuth: float, elevation: float) -> Candidate:
    """Step to the best neighbour until none is better, with steps that are halved down to 0.1 degrees."""
    step, best = STEP / 2, float(error.at(np.array(azimuth), np.array(elevation)))
    right, up = np.meshgrid([-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0])
    while step >= FINEST / 2:
        azimuths, elevations = azimuth + step * right, np.clip(elevation + step * up, 0, HIGHEST)
        errors = error.at(azimuths, elevations)
        at = np.unravel_index(errors.argmin(), errors.shape)
        if errors[at] < best:
            azimuth, elevation, best = float(azimuths[at]), float(elevations[at]), float(errors[at])
        else:
            step /= 2
    return Candidate(float(azimuth % 360), float(elevation), best)
