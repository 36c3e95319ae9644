"""What all kinds of tables share: labels of parts, the top, and the aims of their keypoints."""

from dataclasses import dataclass

import numpy as np

from pipeline.synthetic.pieces import Aim

# The parts' labels. Level 1 does not name every part.
NO_PART, NET, PING_PONG_TOP, PING_PONG_BASE, POOL_TOP, POOL_BASE, PICNIC_TOP, PICNIC_BASE, BENCH, TOP, BASE = range(11)


@dataclass(frozen=True)
class Board:
    """The top, a rectangle or an ellipse. Lengths in metres, `height` that of its upper side, x along `width`."""

    width: float
    depth: float
    height: float
    thickness: float
    oval: bool = False

    @property
    def under(self) -> float:
        """The height of its underside."""
        return self.height - self.thickness


def top_aims(top: Board, label: int) -> list[Aim]:
    """Corners 0-3, middles of the edges 4-7 and the middle 8 of the top's upper side."""
    x, z = 0.5 * top.width, 0.5 * top.depth
    inset = np.sqrt(0.5) if top.oval else 1.0
    a, b = inset * x, inset * z
    at = [(-a, -b), (a, -b), (-a, b), (a, b), (-x, 0.0), (x, 0.0), (0.0, -z), (0.0, z), (0.0, 0.0)]
    return [Aim(number, label, np.array([x, top.height, z])) for number, (x, z) in enumerate(at)]


def foot_aims(across: float, along: float, label: int) -> list[Aim]:
    """Feet 9-12: front left, front right, rear left, rear right."""
    at = [(-across, -along), (across, -along), (-across, along), (across, along)]
    return [Aim(9 + number, label, np.array([x, 0.0, z])) for number, (x, z) in enumerate(at)]
