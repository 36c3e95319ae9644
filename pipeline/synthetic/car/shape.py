"""The outline of a made-up car: its upper edge, its width, its sides. The car's right is +x."""

import numpy as np
from jaxtyping import Float64
from scipy.interpolate import PchipInterpolator

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import Number, Values, points

ARCH = 1.14  # radius of a wheel arch, in radii of the wheel
THICKNESS = 0.02  # of the roof


def well_ends(car: Builder) -> tuple[float, float]:
    """z of both ends of the opening."""
    well = car["well"]
    return well.start if "start" in well else car["cabin"].rear + 0.02, well.end


def cabin_ends(car: Builder) -> tuple[float, float]:
    """z of both ends of the cabin, or of an open car's cockpit."""
    return (car["cabin"].front, car["cabin"].rear) if "cabin" in car else well_ends(car)


def deck(car: Builder, z: Number) -> Values:
    """The height of the body's upper edge at `z`."""
    along, level = car["body"].deck.T
    return np.asarray(car["body"].belt + PchipInterpolator(along, level)(np.clip(z, along[0], along[-1])))


def half_width(car: Builder, z: Number) -> Values:
    """The body's half-width at `z`."""
    z, body = np.asarray(z, np.float64), car["body"]
    lost = (1.0 - body.nose) * np.clip((-z - 0.3) / 0.2, 0.0, None) ** 2.2
    lost += (1.0 - body.tail) * np.clip((z - 0.32) / 0.18, 0.0, None) ** 2.2
    return np.asarray(body.half_width * (1.0 - lost))


def crown(car: Builder, z: Number, x: Number) -> Values:
    """The height by which the deck rises above its edge at distance `x` from the middle."""
    width = half_width(car, z)
    return np.asarray(0.07 * width * np.clip(1.0 - (np.asarray(x) / width) ** 2, 0.0, None))


def side_point(car: Builder, along: Number, up: Number) -> Float64[np.ndarray, "*shape 3"]:
    """A point of the right side: `along` from front (0) to rear (1), `up` from the deck (0) to the roof (1)."""
    cabin, along, up = car["cabin"], np.asarray(along, np.float64), np.asarray(up, np.float64)
    low = cabin.front + along * (cabin.rear - cabin.front)
    high = low + (1.0 - along) * cabin.front_rake - along * cabin.rear_rake
    bottom, level = 0.93 * half_width(car, low), deck(car, low) - 0.012
    width = bottom + up * (cabin.lean * 0.93 * car["body"].half_width - bottom)
    width = width * (1.0 - 0.05 * up * (2.0 * along - 1.0) ** 2)
    roof = car["body"].belt + cabin.roof - THICKNESS
    return points(width, level + up * (roof - level), low + up * (high - low))


def fall(z: Number) -> Values:
    """Return how far the edges of both ends are rounded at `z`, 0 to 1."""
    return np.asarray(np.clip((np.abs(z) - 0.455) / 0.045, 0.0, None) ** 2.5)
