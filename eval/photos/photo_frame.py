"""Where the pixels of a photo lie in the image that a field sees, and back."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64


@dataclass(frozen=True)
class PhotoFrame:
    """A similarity without a turn: framed = scale * photo + shift.

    Both are continuous pixels (u, v), pixel centres at + 0.5. `scale` is framed pixels for one pixel of the photo.
    """

    scale: float
    shift: tuple[float, float]

    def to_framed(self, uv: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
        """Map places of the photo into the framed image; they may lie outside of it."""
        return np.asarray(self.scale * uv + self.shift)

    def to_photo(self, uv: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
        """Map places of the framed image back into the photo."""
        return np.asarray((uv - self.shift) / self.scale)
