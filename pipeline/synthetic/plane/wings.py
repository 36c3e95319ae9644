"""The wings, stabilisers and fins of a made-up plane: lofted aerofoils."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.pieces import Piece, pair
from pipeline.synthetic.plane.body import half_width, section, top
from pipeline.synthetic.plane.dimensions import Body, Plane, Wing
from pipeline.synthetic.primitives import aerofoil, loft
from pipeline.synthetic.surfaces import Surface

WING, TAIL = 2, 3  # the parts' labels
KINK = 0.35  # where along the span the chord's taper changes
UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Placed:
    """A wing at its place: `level` and `z` of the leading edge at the middle; the right one, x >= 0."""

    wing: Wing
    level: float
    z: float
    root: float  # x where it starts, inside the body

    def leading(self, x: float) -> Float64[np.ndarray, " 3"]:
        """The leading edge at distance `x` from the middle."""
        share = x / self.wing.span
        return np.array([x, self.level + share * self.wing.dihedral, self.z + share * self.wing.sweep])

    def chord(self, x: float) -> float:
        """The chord at distance `x` from the middle."""
        wing = self.wing
        return float(np.interp(x / wing.span, [0.0, KINK, 1.0], [wing.root, wing.kink, wing.tip]))

    def tip(self) -> Float64[np.ndarray, " 3"]:
        """The outermost point of the leading edge, at the top of the winglet if there is one."""
        return self._winglet()[0] if self.wing.winglet else self.leading(self.wing.span)

    def trailing(self, x: float) -> Float64[np.ndarray, " 3"]:
        """The trailing edge at distance `x` from the middle."""
        edge: Float64[np.ndarray, " 3"] = self.leading(x) + np.array([0.0, 0.0, self.chord(x)])
        return edge

    def surface(self) -> Surface:
        """The right wing, closed."""
        wing = self.wing
        stations = [self.root, max(self.root + 0.02, KINK * wing.span), 0.7 * wing.span, wing.span]
        rings = [aerofoil(self.leading(x), np.array([0.0, 0.0, self.chord(x)]), UP, wing.thickness) for x in stations]
        if wing.winglet:
            leading, chord = self._winglet()
            rings.append(aerofoil(leading, chord, np.array([-0.9, np.sqrt(0.19), 0.0]), wing.thickness))
        return loft(np.stack(rings))

    def _winglet(self) -> tuple[Float64[np.ndarray, " 3"], Float64[np.ndarray, " 3"]]:
        """Leading edge and chord at the top of the winglet."""
        height, chord = self.wing.winglet, self.wing.tip
        leading = self.leading(self.wing.span) + np.array([0.35 * height, height, 0.9 * chord])
        return leading, np.array([0.0, 0.0, 0.6 * chord])


def placed_wing(plane: Plane) -> Placed:
    """The right wing."""
    return _on_body(plane.wing, plane.body, plane.wing.z)


def placed_stabiliser(plane: Plane) -> Placed | None:
    """The right stabiliser: on the body, or on top of the fin."""
    if plane.stabiliser is None:
        return None
    if plane.high_tail:
        leading, _ = fin_edges(plane, 0.0)
        return Placed(plane.stabiliser, float(leading[1][1]) - 0.006, float(leading[1][2]) - 0.01, 0.0)
    return _on_body(plane.stabiliser, plane.body, plane.stabiliser.z)


def root_x(placed: Placed, body: Body, share: float) -> float:
    """The distance from the middle at which the wing leaves the body, `share` of the way along the root's chord."""
    x = 0.0
    for _ in range(4):  # the leading edge moves with x, so the section to look at does too
        point = placed.leading(x) + np.array([0.0, 0.0, share * placed.chord(x)])
        x = half_width(body, float(point[1]), min(0.5, float(point[2])))
    return max(1.02 * x, placed.root)


def fin_sides(plane: Plane) -> tuple[float, ...]:
    """0 for a fin in the middle, 1 and -1 for a pair."""
    return (1.0, -1.0) if plane.fin.twin else (0.0,)


def fin_edges(
    plane: Plane, side: float
) -> tuple[tuple[Float64[np.ndarray, " 3"], Float64[np.ndarray, " 3"]], tuple[float, float]]:
    """Leading edge at the root and at the tip, and the chords there. Twin fins lean outward."""
    fin, body = plane.fin, plane.body
    end = 0.46 if plane.kind == "fighter" else 0.485
    z = end - fin.root
    x = side * 0.72 * section(body, end)[1]
    centre, width, height = section(body, end)
    level = centre + height * np.sqrt(1.0 - (x / width) ** 2) - 0.006
    front = np.array([x, min(level, top(body, z)), z])
    tip = front + np.array([side * 0.3 * fin.height, top(body, z) - front[1] + fin.height, fin.sweep])
    return (front, tip), (fin.root, fin.tip)


def wing_pieces(plane: Plane) -> list[Piece]:
    """Both wings."""
    return pair("wing", placed_wing(plane).surface(), "wing", WING)


def tail_pieces(plane: Plane) -> list[Piece]:
    """Stabilisers and fins."""
    stabiliser = placed_stabiliser(plane)
    pieces = pair("stabiliser", stabiliser.surface(), "wing", TAIL) if stabiliser else []
    for side in fin_sides(plane):
        (root, tip), (chord, tip_chord) = fin_edges(plane, side)
        lean = tip - root
        normal = np.array([lean[1], -lean[0], 0.0]) / np.hypot(lean[0], lean[1])
        rings = [
            aerofoil(root, np.array([0.0, 0.0, chord]), normal, 0.09),
            aerofoil(tip, np.array([0.0, 0.0, tip_chord]), normal, 0.09),
        ]
        name = {0.0: "fin", 1.0: "right fin", -1.0: "left fin"}[side]
        pieces.append(Piece(name, loft(np.stack(rings)), "tail", TAIL))
    return pieces


def _on_body(wing: Wing, body: Body, z: float) -> Placed:
    centre, _, height = section(body, min(0.5, z + 0.5 * wing.root))
    level = centre + wing.height * height
    inside = min(half_width(body, level, z), half_width(body, level, min(0.5, z + wing.root)))
    return Placed(wing, level, z, 0.5 * inside)
