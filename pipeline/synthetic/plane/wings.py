"""The wings, stabilisers and fins of a made-up plane: lofted aerofoils."""

from dataclasses import dataclass

import numpy as np

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import aerofoil, loft
from pipeline.synthetic.kernel.surface import Surface, Vector
from pipeline.synthetic.kernel.table import Group
from pipeline.synthetic.plane.body import half_width, section, top

KINK = 0.35  # where along the span the chord's taper changes
UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Wing:
    """The right one of a pair of wings at its place: `level` and `z` of the leading edge at the middle."""

    sizes: Group
    level: float
    z: float
    inner: float  # x where it starts, inside the body

    def leading(self, x: float) -> Vector:
        """The leading edge at distance `x` from the middle."""
        return np.array([x, self.level + x * self.sizes.dihedral, self.z + x * self.sizes.sweep])

    def chord(self, x: float) -> Vector:
        """The way from the leading to the trailing edge at distance `x` from the middle."""
        sizes = self.sizes
        unit = 1.0 if sizes.lengths else sizes.root
        return np.array(
            [0.0, 0.0, np.interp(x / sizes.span, [0.0, KINK, 1.0], [sizes.root, sizes.kink * unit, sizes.tip * unit])]
        )

    def tip(self) -> Vector:
        """The outermost point of the leading edge, at the top of the winglet if there is one."""
        span, winglet = self.sizes.span, self.sizes.winglet
        rise = np.array([0.35 * winglet, winglet, 0.9 * self.chord(span)[2]])
        return self.leading(span) + (rise if winglet else 0.0)

    def surface(self) -> Surface:
        """The wing, closed."""
        span, thickness = self.sizes.span, self.sizes.thickness
        stations = [self.inner, max(self.inner + 0.02, KINK * span), 0.7 * span, span]
        rings = [aerofoil(self.leading(x), self.chord(x), UP, thickness) for x in stations]
        if self.sizes.winglet:
            rings.append(aerofoil(self.tip(), 0.6 * self.chord(span), np.array([-0.9, np.sqrt(0.19), 0.0]), thickness))
        return loft(np.stack(rings))

    def root(self, body: Group, share: float) -> Vector:
        """The point where the wing leaves the body, `share` of the way along the chord."""
        x = 0.0
        for _ in range(4):  # the leading edge moves with x, so the section to look at does too
            point = self.leading(x) + share * self.chord(x)
            x = half_width(body, float(point[1]), min(0.5, float(point[2])))
        x = max(1.02 * x, self.inner)
        return self.leading(x) + share * self.chord(x)


def placed_wing(plane: Builder, group: str) -> Wing:
    """The right wing or stabiliser on the body."""
    wing, body = plane[group], plane["body"]
    rear = min(0.5, wing.z + wing.root)
    centre, _, height = section(body, min(0.5, wing.z + 0.5 * wing.root))
    level = float(centre + wing.height * height)
    return Wing(wing, level, wing.z, 0.5 * min(half_width(body, level, wing.z), half_width(body, level, rear)))


def add_wings(plane: Builder) -> None:
    """Place wings, stabilisers and fins."""
    wing = placed_wing(plane, "wing")
    plane.add_pair("wing", wing.surface(), "wing", "wing")
    for first, point in ((2, wing.tip()), (4, wing.root(plane["body"], 0.0)), (6, wing.root(plane["body"], 1.0))):
        plane.keypoint_pair(first, "wing", point)
    tip = _add_fins(plane)
    stabiliser = plane["stabiliser"]
    if stabiliser.span:
        high = stabiliser.high
        tail = Wing(stabiliser, tip[1] - 0.006, tip[2] - 0.01, 0.0) if high else placed_wing(plane, "stabiliser")
        plane.add_pair("stabiliser", tail.surface(), "wing", "tail")
        plane.keypoint_pair(10, "tail", tail.tip())


def _add_fins(plane: Builder) -> Vector:
    """One fin in the middle, or two that lean outward; return the front of the (right) tip."""
    fin, body = plane["fin"], plane["body"]
    z = fin.end - fin.root
    centre, width, height = section(body, fin.end)
    x = float(0.72 * width) if fin.twin else 0.0
    level = float(centre + height * np.sqrt(1.0 - (x / width) ** 2)) - 0.006
    root = np.array([x, min(level, top(body, z)), z])
    tip = np.array([x + (0.3 * fin.height if fin.twin else 0.0), top(body, z) + fin.height, z + fin.sweep])
    normal = np.array([tip[1] - root[1], root[0] - tip[0], 0.0]) / np.hypot(tip[0] - root[0], tip[1] - root[1])
    rings = [aerofoil(at, (0.0, 0.0, chord), normal, 0.09) for at, chord in ((root, fin.root), (tip, fin.tip))]
    if fin.twin:
        plane.add_pair("fin", loft(np.stack(rings)), "tail", "tail")
        plane.keypoint_pair(17, "tail", tip)
    else:
        plane.add("fin", loft(np.stack(rings)), "tail", "tail")
        plane.keypoint(8, "tail", tip)
        plane.keypoint(9, "tail", root + (top(body, z) - root[1]) / (tip[1] - root[1]) * (tip - root))
    return tip
