"""The wheels, fork, swing arm, shock absorbers and fenders of a made-up motorcycle."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.motorcycle.dimensions import Fender, Motorcycle, Wheel
from pipeline.synthetic.pieces import Piece
from pipeline.synthetic.primitives import panel, revolved, tube
from pipeline.synthetic.surfaces import Surface, joined, mirrored, moved, symmetric
from pipeline.synthetic.wheels import ROUND, cast_spokes, hub, rim_ring, tyre, wire_spokes

WHEEL, BODY = 3, 6  # the parts' labels
HUB = 0.034  # half-length of a hub
SIDES = 26


def wheel_pieces(bike: Motorcycle) -> list[Piece]:
    """Both wheels, each with tyre, rim with its spokes and hub, and brake disc."""
    pieces = []
    for name, wheel in (("front", bike.front), ("rear", bike.rear)):
        at = np.array([0.0, wheel.radius, wheel.z])
        rubber = tyre(wheel.radius, wheel.width, wheel.rim * wheel.radius, ROUND, SIDES)
        pieces.append(Piece(f"{name} tyre", moved(rubber, at), "tyre", WHEEL))
        pieces.append(Piece(f"{name} rim", moved(_rim(wheel), at), "rim", WHEEL))
        size = 0.5 * wheel.rim * wheel.radius
        disc = revolved([(-0.003, size), (0.003, size)], "x", 20)
        sides = (0.026, -0.026) if name == "front" else (-0.026,)
        discs = joined([moved(disc, at + np.array([x, 0.0, 0.0])) for x in sides])
        pieces.append(Piece(f"{name} brake disc", discs, "metal", WHEEL))
    return pieces


def hub_end(wheel: Wheel) -> Float64[np.ndarray, " 3"]:
    """The middle of the hub's right end."""
    return np.array([HUB, wheel.radius, wheel.z])


def fork_point(bike: Motorcycle, share: float) -> Float64[np.ndarray, " 3"]:
    """A point of the steering's line in the middle plane: 0 at the front axle, 1 at the fork's upper end."""
    axle = np.array([0.0, bike.front.radius, bike.front.z])
    head = np.array([0.0, bike.head[0], bike.head[1]])
    point: Float64[np.ndarray, " 3"] = axle + share * (head - axle)
    return point


def chassis_pieces(bike: Motorcycle) -> list[Piece]:
    """Fork, swing arm, shock absorbers and fenders."""
    side = np.array([bike.spread, 0.0, 0.0])
    lower = tube(np.stack([fork_point(bike, s) + side for s in (-0.02, 0.02, 0.5)]), [0.013, 0.017, 0.016], sides=8)
    upper = tube(np.stack([fork_point(bike, s) + side for s in (0.45, 1.03)]), 0.0115, sides=8)
    clamps = [
        tube(np.stack([fork_point(bike, s) - 1.2 * side, fork_point(bike, s) + 1.2 * side]), 0.013, sides=4)
        for s in (0.82, 1.0)
    ]
    stem = tube(np.stack([fork_point(bike, 0.8), fork_point(bike, 1.02)]), 0.022, sides=10)
    pieces = [
        Piece("fork sliders", symmetric(lower), "fork", BODY),
        Piece("fork tubes", symmetric(upper), "metal", BODY),
        Piece("fork clamps", joined([*clamps, stem]), "dark", BODY),
        Piece("front axle", _axle(bike.front, bike.spread), "dark", BODY),
        Piece("rear axle", _axle(bike.rear, arm_x(bike.rear)), "dark", BODY),
        Piece("swing arm", _swing_arm(bike), "frame", BODY),
    ]
    if bike.shocks:
        pieces.append(Piece("shock absorbers", _shocks(bike), "metal", BODY))
    for name, wheel, fender in (("front", bike.front, bike.front_fender), ("rear", bike.rear, bike.rear_fender)):
        if fender:
            pieces.append(Piece(f"{name} fender", _fender(wheel, fender), "paint", BODY))
            pieces.append(Piece(f"{name} fender stays", _stays(wheel, fender), "metal", BODY))
    if bike.beak:
        pieces.append(Piece("high fender", _beak(bike), "paint", BODY))
    return pieces


def arm_x(wheel: Wheel) -> float:
    """The distance of the swing arm's bars from the middle."""
    return max(0.05, 0.5 * wheel.width + 0.016)


def fender_point(wheel: Wheel, fender: Fender, degrees: float) -> Float64[np.ndarray, " 3"]:
    """A point of the fender's middle line."""
    angle, reach = np.radians(degrees), wheel.radius + fender.gap
    return np.array([0.0, wheel.radius + reach * np.cos(angle), wheel.z + reach * np.sin(angle)])


def beak_tip(bike: Motorcycle) -> Float64[np.ndarray, " 3"]:
    """The front end of a high fender."""
    return np.array([0.0, fork_point(bike, 0.72)[1] - 0.005, bike.front.z - 0.13])


def _rim(wheel: Wheel) -> Surface:
    rim = wheel.rim * wheel.radius
    members = [rim_ring(rim, 0.62 * wheel.width, 0.09 * rim, SIDES, 0.0)]
    if wheel.style == "disc":
        profile = [(-1.0, 0.5), (-0.4, 1.0), (0.4, 1.0), (1.0, 0.5)]
        members.append(revolved([(0.02 * x, 0.97 * rim * r) for x, r in profile], "x", 20))
    elif wheel.style == "wire":
        members.append(wire_spokes(wheel.spokes, 0.022, 0.97 * rim, 0.022, 0.0026))
    else:
        members.append(cast_spokes(wheel.spokes, 0.015, 0.96 * rim, 0.011, 0.0, 0.12))
    return joined([*members, moved(hub(0.026, HUB), (0.0, 0.0, 0.0))])


def _axle(wheel: Wheel, reach: float) -> Surface:
    return tube(np.array([[-reach - 0.012, wheel.radius, wheel.z], [reach + 0.012, wheel.radius, wheel.z]]), 0.009, 8)


def _swing_arm(bike: Motorcycle) -> Surface:
    y, z = bike.pivot
    x = arm_x(bike.rear)
    pivot, axle = np.array([x, y, z]), np.array([x, bike.rear.radius, bike.rear.z + 0.015])
    bar = tube(np.stack([pivot, axle]), [0.019, 0.014], sides=4, flatten=0.6)
    across = tube(np.array([[-x - 0.005, y, z], [x + 0.005, y, z]]), 0.018, sides=8)
    return joined([bar, mirrored(bar), across])


def _shocks(bike: Motorcycle) -> Surface:
    """A coil around a rod: the radius goes up and down along the path."""
    x = arm_x(bike.rear) + 0.014
    foot = np.array([x, bike.rear.radius + 0.012, bike.rear.z - 0.02])
    top = np.array([x, bike.seat[len(bike.seat) // 2][1] - 0.02, bike.rear.z - 0.1])
    share = np.linspace(0.0, 1.0, 12)
    radius = np.where(np.arange(12) % 2 == 0, 0.011, 0.017)
    coil = tube(foot + share[:, None] * (top - foot), radius, sides=6)
    bolts = [
        tube(np.stack([end - np.array([0.03, 0.0, 0.0]), end + np.array([0.012, 0.0, 0.0])]), 0.008, sides=6)
        for end in (foot, top)
    ]
    return joined([coil, mirrored(coil), *bolts, *(mirrored(bolt) for bolt in bolts)])


def _fender(wheel: Wheel, fender: Fender) -> Surface:
    """An arched sheet; its edges come down beside the tyre."""
    grid = np.zeros((10, 5, 3))
    for row, degrees in zip(grid, np.linspace(fender.start, fender.end, 10), strict=True):
        middle, axle = fender_point(wheel, fender, float(degrees)), np.array([0.0, wheel.radius, wheel.z])
        out = (middle - axle) / np.linalg.norm(middle - axle)
        for point, x in zip(row, np.linspace(-1.0, 1.0, 5), strict=True):
            point[:] = middle - 0.7 * fender.half_width * abs(x) ** 3 * out
            point[0] = fender.half_width * np.sin(0.5 * np.pi * x)
    return panel(grid, 0.008)


def _stays(wheel: Wheel, fender: Fender) -> Surface:
    """Thin bars from the axle to the fender's edge."""
    bars = []
    for degrees in (0.75 * fender.start + 0.25 * fender.end, 0.15 * fender.start + 0.85 * fender.end):
        angle = np.radians(degrees)
        reach = wheel.radius + fender.gap - 0.55 * fender.half_width
        edge = np.array([fender.half_width, wheel.radius + reach * np.cos(angle), wheel.z + reach * np.sin(angle)])
        bar = tube(np.stack([np.array([fender.half_width + 0.006, wheel.radius, wheel.z]), edge]), 0.005, sides=5)
        bars += [bar, mirrored(bar)]
    return joined(bars)


def _beak(bike: Motorcycle) -> Surface:
    """A long sheet over the wheel, held below the lower clamp; narrow at its tip."""
    tip, root = beak_tip(bike), fork_point(bike, 0.76) + np.array([0.0, 0.01, 0.16])
    grid = np.zeros((8, 5, 3))
    for row, share in zip(grid, np.linspace(0.0, 1.0, 8), strict=True):
        middle = tip + share * (root - tip) + np.array([0.0, 0.035 * np.sin(np.pi * share), 0.0])
        half = 0.02 + 0.034 * np.sqrt(share) * (1.0 - 0.3 * share)
        for point, x in zip(row, np.linspace(-1.0, 1.0, 5), strict=True):
            point[:] = middle + np.array([half * x, -0.014 * x**2, 0.0])
    return panel(grid, 0.008)
