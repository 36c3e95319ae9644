"""The engines of a made-up plane: jets under wings or at the tail, propellers, nozzles."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.pieces import Piece, pair
from pipeline.synthetic.plane.body import section
from pipeline.synthetic.plane.dimensions import Plane
from pipeline.synthetic.plane.wings import UP, placed_wing
from pipeline.synthetic.primitives import aerofoil, loft, revolved
from pipeline.synthetic.surfaces import mirrored, moved, rotation, turned

ENGINE = 4  # the part's label


def engine_pieces(plane: Plane) -> list[Piece]:
    """All engines. The right one of a pair comes first."""
    builders = {"wing": _under_wings, "rear": _at_tail, "pod": _pods, "nose": _in_nose, "nozzle": _nozzles}
    return builders[plane.engines.place](plane)


def engine_fronts(plane: Plane) -> tuple[Float64[np.ndarray, " 3"], ...]:
    """A point of each right engine, from the inner to the outer: on its upper lip, its spinner or its upper rim."""
    engines = plane.engines
    if engines.place == "wing":
        return tuple(_jet_front(plane, share) + engines.radius * UP for share in engines.at)
    if engines.place == "rear":
        return (_rear_front(plane) + engines.radius * UP,)
    if engines.place == "pod":
        return tuple(_pod_front(plane, share) - np.array([0.0, 0.0, engines.radius]) for share in engines.at)
    if engines.place == "nozzle":
        rim = section(plane.body, 0.5)[0] + engines.radius
        return tuple(np.array([_nozzle_x(plane, share), rim, 0.5]) for share in engines.at)
    return ()


def _mirrored_pair(pieces: Sequence[Piece]) -> list[Piece]:
    right = [Piece(f"right {p.name}", p.surface, p.material, p.label) for p in pieces]
    return right + [Piece(f"left {p.name}", mirrored(p.surface), p.material, p.label) for p in pieces]


def _jet(name: str, front: Float64[np.ndarray, " 3"], radius: float, length: float) -> list[Piece]:
    """A nacelle with an open mouth, a dark fan in it and a hot cone behind."""
    shell = [(0.3, 0.6), (0.05, 0.8), (0.0, 0.9), (0.06, 1.0), (0.45, 1.04), (0.8, 0.84), (1.0, 0.66), (0.9, 0.55)]
    fan = [(0.0, 0.06), (0.07, 0.26), (0.1, 0.74), (0.35, 0.7)]
    cone = [(0.85, 0.5), (1.05, 0.4), (1.22, 0.08)]
    pieces = []
    for part, profile, material in (("nacelle", shell, "engine"), ("fan", fan, "dark"), ("cone", cone, "metal")):
        surface = revolved([(z * length, r * radius) for z, r in profile], "z", 18 if part == "nacelle" else 14)
        pieces.append(Piece(f"{name} {part}", moved(surface, front), material, ENGINE))
    return pieces


def _jet_front(plane: Plane, share: float) -> Float64[np.ndarray, " 3"]:
    engines = plane.engines
    leading = placed_wing(plane).leading(share * plane.wing.span)
    front: Float64[np.ndarray, " 3"] = leading + np.array([0.0, -1.35 * engines.radius, -0.62 * engines.length])
    return front


def _under_wings(plane: Plane) -> list[Piece]:
    placed, engines = placed_wing(plane), plane.engines
    pieces = []
    for share, name in zip(engines.at, ("inner", "outer"), strict=False):
        front = _jet_front(plane, share)
        pieces += _jet(name, front, engines.radius, engines.length)
        x = share * plane.wing.span
        low = front + np.array([0.0, 0.9 * engines.radius, 0.35 * engines.length])
        high = placed.leading(x) + np.array([0.0, 0.0, 0.04 * placed.chord(x)])
        across = np.array([1.0, 0.0, 0.0])
        pylon = [
            aerofoil(low, np.array([0.0, 0.0, 0.7 * engines.length]), across, 0.09),
            aerofoil(high, np.array([0.0, 0.0, 0.6 * placed.chord(x)]), across, 0.09),
        ]
        pieces.append(Piece(f"{name} pylon", loft(np.stack(pylon)), "engine", ENGINE))
    return _mirrored_pair(pieces)


def _rear_front(plane: Plane) -> Float64[np.ndarray, " 3"]:
    z = 0.2
    centre, width, height = section(plane.body, z + 0.5 * plane.engines.length)
    return np.array([width + 1.15 * plane.engines.radius, centre + 0.35 * height, z])


def _at_tail(plane: Plane) -> list[Piece]:
    engines, front = plane.engines, _rear_front(plane)
    chord = np.array([0.0, 0.0, 0.6 * engines.length])
    inner = np.array([0.3 * front[0], front[1], front[2] + 0.25 * engines.length])
    outer = np.array([front[0] - 0.85 * engines.radius, front[1], inner[2]])
    pylon = loft(np.stack([aerofoil(inner, chord, UP, 0.14), aerofoil(outer, chord, UP, 0.14)]))
    jet = _jet("rear", front, engines.radius, engines.length)
    return _mirrored_pair([*jet, Piece("rear pylon", pylon, "engine", ENGINE)])


def _pod_front(plane: Plane, share: float) -> Float64[np.ndarray, " 3"]:
    leading = placed_wing(plane).leading(share * plane.wing.span)
    front: Float64[np.ndarray, " 3"] = leading + np.array(
        [0.0, -0.25 * plane.engines.radius, -0.45 * plane.engines.length]
    )
    return front


def _pods(plane: Plane) -> list[Piece]:
    engines = plane.engines
    shell = [(0.0, 0.6), (0.05, 0.85), (0.2, 1.0), (0.5, 1.0), (0.8, 0.6), (1.0, 0.12)]
    pieces = []
    for share, name in zip(engines.at, ("inner", "outer"), strict=False):
        front = _pod_front(plane, share)
        surface = revolved([(z * engines.length, r * engines.radius) for z, r in shell], "z", 14)
        pieces.append(Piece(f"{name} pod", moved(surface, front), "engine", ENGINE))
        pieces += _propeller(name, front, 0.55 * engines.radius, 2.2 * engines.radius, engines.blades)
    return _mirrored_pair(pieces)


def _in_nose(plane: Plane) -> list[Piece]:
    centre, _, height = section(plane.body, -0.497)
    spinner = max(0.024, 1.15 * height)
    front = np.array([0.0, centre, -0.497 + 0.2 * spinner])
    return _propeller("nose", front, spinner, plane.engines.radius, plane.engines.blades)


def _propeller(name: str, hub: Float64[np.ndarray, " 3"], spinner: float, radius: float, blades: int) -> list[Piece]:
    """A spinner whose tip lies 1.8 of its radii before `hub`, and blades around it."""
    profile = [(-1.8, 0.05), (-1.6, 0.4), (-1.1, 0.78), (-0.5, 0.97), (0.0, 1.0), (0.3, 0.98)]
    cap = revolved([(z * spinner, r * spinner) for z, r in profile], "z", 14)
    pieces = [Piece(f"{name} spinner", moved(cap, hub), "accent", ENGINE)]
    rings = []
    for share, chord, twist in (
        (0.5 * spinner / radius, 0.11, 0.9),
        (0.5, 0.17, 0.6),
        (0.85, 0.14, 0.35),
        (1.0, 0.06, 0.3),
    ):
        along = np.array([np.cos(twist), 0.0, np.sin(twist)])
        normal = np.array([-np.sin(twist), 0.0, np.cos(twist)])
        leading = np.array([0.0, share * radius, 0.0]) - 0.5 * chord * radius * along
        rings.append(aerofoil(leading, chord * radius * along, normal, 0.2, 3))
    blade = loft(np.stack(rings))
    centre = hub - np.array([0.0, 0.0, 0.6 * spinner])
    for number in range(blades):
        spun = turned(blade, rotation((0.0, 0.0, 1.0), 0.35 + 2.0 * np.pi * number / blades))
        pieces.append(Piece(f"{name} blade {number}", moved(spun, centre), "dark", ENGINE))
    return pieces


def _nozzle_x(plane: Plane, share: float) -> float:
    return share * section(plane.body, 0.5)[1]


def _nozzles(plane: Plane) -> list[Piece]:
    engines = plane.engines
    profile = [(-0.9, 0.7), (-0.6, 1.0), (0.0, 1.0), (0.62, 0.78), (0.55, 0.68), (0.1, 0.5)]
    surface = revolved([(z * engines.length, r * engines.radius) for z, r in profile], "z", 18)
    level = section(plane.body, 0.5)[0]
    pieces = []
    for share in engines.at:
        placed = moved(surface, (_nozzle_x(plane, share), level, 0.5))
        if share == 0.0:
            pieces.append(Piece("nozzle", placed, "engine", ENGINE))
        else:
            pieces += pair("nozzle", placed, "engine", ENGINE)
    return pieces
