"""The outline of a made-up car: its upper edge, its width, its sides."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.interpolate import PchipInterpolator

from pipeline.synthetic.kernel.solids import Number, Values, points
from pipeline.synthetic.kernel.table import Group, Sizes

ARCH = 1.14  # radius of a wheel arch, in radii of the wheel
THICKNESS = 0.02  # of the roof


@dataclass(frozen=True)
class Shape:
    """The outline of a car of these sizes. The car's right is +x."""

    sizes: Sizes

    @property
    def body(self) -> Group:
        """The body below the windows."""
        return self.sizes["body"]

    @property
    def wheels(self) -> Group:
        """The four wheels."""
        return self.sizes["wheels"]

    @property
    def inside(self) -> tuple[float, float]:
        """Where one sits: z of both ends of the cabin, or of an open car's cockpit."""
        if "cabin" in self.sizes:
            return self.sizes["cabin"].front, self.sizes["cabin"].rear
        return self.well

    @property
    def well(self) -> tuple[float, float]:
        """z of both ends of the opening."""
        well = self.sizes["well"]
        return well.start if well.has("start") else self.sizes["cabin"].rear + 0.02, well.end

    def deck(self, z: Number) -> Values:
        """The height of the body's upper edge at `z`; rounded off towards both ends by `fall`."""
        along, level = self.body.rows("deck").T
        return np.asarray(self.body.belt + PchipInterpolator(along, level)(np.clip(z, along[0], along[-1])))

    def half_width(self, z: Number) -> Values:
        """The body's half-width at `z`."""
        z, body = np.asarray(z, np.float64), self.body
        lost = (1.0 - body.nose) * np.clip((-z - 0.3) / 0.2, 0.0, None) ** 2.2
        lost += (1.0 - body.tail) * np.clip((z - 0.32) / 0.18, 0.0, None) ** 2.2
        return np.asarray(body.half_width * (1.0 - lost))

    def crown(self, z: Number, x: Number) -> Values:
        """The height by which the deck rises above its edge at distance `x` from the middle."""
        width = self.half_width(z)
        return np.asarray(0.07 * width * np.clip(1.0 - (np.asarray(x) / width) ** 2, 0.0, None))

    def side(self, along: Number, up: Number) -> Float64[np.ndarray, "*shape 3"]:
        """A point of the right side: `along` from front (0) to rear (1), `up` from the deck (0) to the roof (1)."""
        cabin, along, up = self.sizes["cabin"], np.asarray(along, np.float64), np.asarray(up, np.float64)
        low = cabin.front + along * (cabin.rear - cabin.front)
        high = low + (1.0 - along) * cabin.front_rake - along * cabin.rear_rake
        bottom, level = 0.93 * self.half_width(low), self.deck(low) - 0.012
        width = bottom + up * (cabin.lean * 0.93 * self.body.half_width - bottom)
        width = width * (1.0 - 0.05 * up * (2.0 * along - 1.0) ** 2)
        roof = self.body.belt + cabin.roof - THICKNESS
        return points(width, level + up * (roof - level), low + up * (high - low))


def fall(z: Number) -> Values:
    """How far the edges of both ends are rounded at `z`, 0 to 1."""
    return np.asarray(np.clip((np.abs(z) - 0.455) / 0.045, 0.0, None) ** 2.5)
