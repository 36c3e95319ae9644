"""The fairing, screen, lamps, indicators and cases of a made-up motorcycle, and a scooter's shell."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.blocks import block, hull
from pipeline.synthetic.motorcycle.dimensions import Motorcycle
from pipeline.synthetic.motorcycle.running_gear import BODY, fork_point
from pipeline.synthetic.pieces import Piece, pair
from pipeline.synthetic.primitives import panel, revolved, tube
from pipeline.synthetic.surfaces import Surface, joined, moved, rotation, symmetric, turned

LIGHT = 5  # the part's label


def screen_top(bike: Motorcycle) -> Float64[np.ndarray, " 3"]:
    """The middle of the windscreen's upper edge."""
    height, _, lean = bike.screen
    top: Float64[np.ndarray, " 3"] = _screen_foot(bike) + np.array([0.0, height, lean])
    return top


def lamp_front(bike: Motorcycle) -> Float64[np.ndarray, " 3"]:
    """A point before the middle of the headlight, the right one of a pair."""
    x = 0.75 * bike.lamp.radius if bike.lamp.style == "pair" else 0.0
    return np.array([x, bike.lamp.y, bike.lamp.z - 0.05])


def cladding_pieces(bike: Motorcycle) -> list[Piece]:
    """Everything bolted on: fairing, screen, lamps, cases, a scooter's shell."""
    pieces = []
    if bike.nose:
        pieces.append(Piece("fairing nose", hull(bike.nose, 2.6, 9, 14), "paint", BODY))
    if bike.belly:
        pieces.append(Piece("fairing", hull(bike.belly, 3.0, 9, 14), "fairing", BODY))
    if bike.screen[0]:
        pieces.append(Piece("windscreen", _screen(bike), "glass", BODY))
    if bike.cases:
        pieces += _cases(bike)
    if bike.kind == "scooter":
        pieces += _shell(bike)
    return pieces + _lamps(bike)


def _screen_foot(bike: Motorcycle) -> Float64[np.ndarray, " 3"]:
    z, y, _, half = bike.nose[len(bike.nose) // 2]
    return np.array([0.0, y + 0.75 * half, z])


def _screen(bike: Motorcycle) -> Surface:
    """A bowed pane that leans to the rear, its upper corners rounded off."""
    (height, width, lean), foot = bike.screen, _screen_foot(bike)
    grid = np.zeros((6, 7, 3))
    for row, up in zip(grid, np.linspace(0.0, 1.0, 6), strict=True):
        half = width * (1.0 - 0.45 * up**3)
        for point, x in zip(row, np.linspace(-1.0, 1.0, 7), strict=True):
            point[:] = foot + np.array([half * x, up * height, up * lean + 0.55 * width * x**2])
    return panel(grid, 0.006)


def _lamps(bike: Motorcycle) -> list[Piece]:
    lamp = bike.lamp
    at = np.array([0.0, lamp.y, lamp.z])
    if lamp.style == "round":
        profile = [(0.9, 0.25), (0.6, 0.7), (0.1, 0.98), (0.0, 1.0), (-0.12, 0.9)]
        shell = revolved([(z * lamp.radius, r * lamp.radius) for z, r in profile], "z", 16)
        bracket = tube(np.stack([at + np.array([0.0, 0.0, 0.5 * lamp.radius]), fork_point(bike, 0.9)]), 0.012, sides=6)
        glass = revolved([(0.0, 0.84 * lamp.radius), (-0.22 * lamp.radius, 0.7 * lamp.radius)], "z", 16)
        lens = moved(glass, at)
        pieces = [
            Piece("lamp shell", moved(shell, at), "lamp shell", LIGHT),
            Piece("lamp bracket", bracket, "dark", BODY),
        ]
    else:
        pieces = []
        size = (1.5 * lamp.radius, 0.75 * lamp.radius) if lamp.style == "pair" else (3.0 * lamp.radius, lamp.radius)
        oval = turned(block(*size, 0.05, 2.4), rotation((1.0, 0.0, 0.0), 0.35))
        right = moved(oval, at + np.array([0.95 * lamp.radius, 0.0, 0.0]))
        lens = symmetric(right) if lamp.style == "pair" else moved(oval, at)
    y, z = bike.tail_lamp
    rear = moved(block(0.07, 0.03, 0.03, 3.0), (0.0, y, z))
    pieces += [Piece("headlight", lens, "lamp", LIGHT), Piece("tail light", rear, "tail lamp", LIGHT)]
    if bike.indicators:
        pieces += _indicators(bike)
    return pieces


def _indicators(bike: Motorcycle) -> list[Piece]:
    """Four amber bulbs on stems: at the fork's clamp and at the tail light."""
    bulbs, stems = [], []
    y, z = bike.tail_lamp
    for middle in (fork_point(bike, 0.84) + np.array([0.0, 0.0, -0.012]), np.array([0.0, y - 0.004, z - 0.008])):
        end = middle + np.array([0.088, 0.0, 0.0])
        inner = np.array([0.006, 0.0, 0.0])  # past the middle, or the ends of both stems would be the same faces
        stems.append(tube(np.stack([middle - inner, end]), 0.005, sides=5))
        bulbs.append(moved(revolved([(-0.014, 0.009), (0.0, 0.015), (0.014, 0.009)], "z", 6), end))
    return [
        Piece("indicator stems", symmetric(joined(stems)), "dark", BODY),
        Piece("indicators", symmetric(joined(bulbs)), "amber", LIGHT),
    ]


def _cases(bike: Motorcycle) -> list[Piece]:
    """A pannier on either side of the rear wheel, and a case with a rest behind the seat."""
    wheel = bike.rear
    pannier = moved(block(0.085, 0.17, 0.24, 5.0, 0.25, 8), (0.115, wheel.radius + 0.13, wheel.z + 0.045))
    z, y, _, half = (bike.back or bike.seat)[-1]
    box = moved(block(0.2, 0.11, 0.14, 5.0, 0.25, 8), (0.0, y + half + 0.045, z + 0.055))
    rest = moved(
        turned(block(0.15, 0.09, 0.03, 3.5, 0.3, 8), rotation((1.0, 0.0, 0.0), -0.15)),
        (0.0, y + half + 0.05, z - 0.022),
    )
    across = tube(np.array([[-0.1, wheel.radius + 0.15, wheel.z], [0.1, wheel.radius + 0.15, wheel.z]]), 0.01, sides=6)
    struts = tube(np.array([[0.0, wheel.radius + 0.15, wheel.z], [0.0, y + half, z + 0.04]]), 0.016, sides=6)
    return [
        *pair("case", pannier, "case", BODY),
        Piece("top case", box, "case", BODY),
        Piece("back rest", rest, "dark", BODY),
        Piece("case carrier", joined([across, struts]), "dark", BODY),
    ]


def _shell(bike: Motorcycle) -> list[Piece]:
    """A scooter's leg shield with the floor behind it, and the drive beside its rear wheel."""
    floor = bike.rests[0]
    head = fork_point(bike, 0.9)
    lines = (
        (head[1] - 0.01, head[2] + 0.01, 0.06),
        (0.36, -0.19, 0.105),
        (0.24, -0.165, 0.12),
        (floor + 0.02, -0.14, 0.115),
        (floor, -0.1, 0.11),
        (floor, 0.0, 0.105),
        (floor, 0.1, 0.1),
    )
    cover = tube(np.stack([fork_point(bike, s) for s in (0.42, 0.6, 0.85, 1.02)]), [0.044, 0.062, 0.06, 0.05], sides=12)
    grid = np.zeros((len(lines), 7, 3))
    for row, (y, z, half) in zip(grid, lines, strict=True):
        upright = float(y > floor + 0.01)
        for point, x in zip(row, np.linspace(-1.0, 1.0, 7), strict=True):
            point[:] = half * x, y, z + 0.035 * upright * x**2
    drive = moved(block(0.04, 0.09, 0.26, 4.0, 0.3), (-0.065, bike.rear.radius + 0.01, bike.rear.z - 0.07))
    under = moved(block(0.13, 0.05, 0.3, 4.0, 0.2), (0.0, floor - 0.02, 0.02))
    return [
        Piece("steering cover", cover, "paint", BODY),
        Piece("leg shield and floor", panel(grid, 0.014), "fairing", BODY),
        Piece("floor frame", under, "dark", BODY),
        Piece("drive", drive, "engine", BODY),
    ]
