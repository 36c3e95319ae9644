"""The windows, pillars and roof of a made-up car, or an open car's screen and seats."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.blocks import block
from pipeline.synthetic.car.body import BODY, deck, half_width
from pipeline.synthetic.car.dimensions import Cabin, Car
from pipeline.synthetic.pieces import Piece, pair
from pipeline.synthetic.primitives import loft, mapped, panel, revolved, rounded, tube
from pipeline.synthetic.surfaces import LEFT, Surface, joined, mirrored, moved, rotation, symmetric, turned

ROOF = 1  # the part's label
THICKNESS = 0.02  # of the roof
OVERHANG = 0.008  # of the roof at both ends
FRONT_BOW, REAR_BOW = 0.022, 0.012  # how far the middle of the front and rear windows stands out


def side_point(car: Car, cabin: Cabin, along: float, up: float) -> Float64[np.ndarray, " 3"]:
    """A point of the right side: `along` from front (0) to rear (1), `up` from the deck (0) to the roof (1)."""
    low = cabin.base_front + along * (cabin.base_rear - cabin.base_front)
    high = cabin.top_front + along * (cabin.top_rear - cabin.top_front)
    bottom = 0.93 * half_width(car.body, low)
    width = bottom + up * (cabin.lean * 0.93 * car.body.half_width - bottom)
    width *= 1.0 - 0.05 * up * (2.0 * along - 1.0) ** 2
    level = deck(car.body, low) - 0.012
    return np.array([width, level + up * (cabin.roof - THICKNESS - level), low + up * (high - low)])


def roof_corner(cabin: Cabin, car: Car, along: float) -> Float64[np.ndarray, " 3"]:
    """The right corner of the roof at its front (0) or rear (1) edge."""
    corner: Float64[np.ndarray, " 3"] = side_point(car, cabin, along, 1.0) + np.array([0.0, 0.5 * THICKNESS, 0.0])
    return corner


def cabin_pieces(car: Car) -> list[Piece]:
    """Windows, pillars and roof; in an open car screen, wheel and seats."""
    if car.cabin is None:
        return _open_pieces(car) if car.well else []
    cabin = car.cabin
    pieces = [
        Piece("windows", _windows(car, cabin), "glass", BODY),
        Piece("pillars", joined(_pillars(car, cabin)), "pillar", BODY),
        Piece("roof", _roof(car, cabin), "roof", ROOF),
    ]
    if car.rails:
        pieces.append(Piece("roof rails", _rails(car, cabin), "metal", BODY))
    return pieces


def _windows(car: Car, cabin: Cabin) -> Surface:
    """One closed block of glass, its front and rear bowed outward."""
    rings = []
    for up in (0.0, 0.5, 1.0):
        right = [side_point(car, cabin, along, up) for along in np.linspace(0.0, 1.0, 7)]
        across = np.array([0.7, 0.25])
        rear = [right[-1] * np.array([x, 1.0, 1.0]) + np.array([0.0, 0.0, REAR_BOW * (1 - x**2)]) for x in across]
        front = [right[0] * np.array([x, 1.0, 1.0]) - np.array([0.0, 0.0, FRONT_BOW * (1 - x**2)]) for x in across]
        half = np.stack([*front[::-1], *right, *rear])
        rings.append(np.concatenate([half, half[::-1] * LEFT]))
    return loft(np.stack(rings))


def _pillars(car: Car, cabin: Cabin) -> list[Surface]:
    """Bars up the four corners, and sheets over the closed shares of the sides."""
    right = []
    for along in (0.0, 1.0):
        path = np.stack([side_point(car, cabin, along, up) for up in (0.0, 0.5, 1.0)])
        right.append(tube(path, 0.0105, sides=6))
    for start, end in cabin.pillars:
        grid = [[side_point(car, cabin, a, up) for a in np.linspace(start, end, 4)] for up in (0.0, 0.5, 1.0)]
        right.append(panel(np.array(grid), 0.012))
    return right + [mirrored(surface) for surface in right]


def _roof(car: Car, cabin: Cabin) -> Surface:
    """A crowned sheet over the windows. uv: u across, v along."""
    grid = np.zeros((8, 9, 3))
    over = OVERHANG / (cabin.top_rear - cabin.top_front)
    for row, along in zip(grid, np.linspace(-over, 1.0 + over, 8), strict=True):
        edge = side_point(car, cabin, float(along), 1.0)
        bow = REAR_BOW if along > 0.5 else -FRONT_BOW
        fall = 0.012 * (2.0 * along - 1.0) ** 4
        for point, x in zip(row, np.linspace(-1.0, 1.0, 9), strict=True):
            rise = 0.02 * (1.0 - abs(x) ** 2.5) - fall
            point[:] = 1.02 * x * edge[0], edge[1] + 0.006 + rise, edge[2] + bow * (1.0 - x**2) * (2 * along - 1) ** 4
    surface = panel(grid, THICKNESS)
    across = 0.5 + 0.5 * surface.vertices[:, 0] / car.body.half_width
    start, length = surface.vertices[:, 2].min(), np.ptp(surface.vertices[:, 2])
    return mapped(surface, np.stack([across, (surface.vertices[:, 2] - start) / length], axis=1))


def _rails(car: Car, cabin: Cabin) -> Surface:
    ends = [side_point(car, cabin, along, 1.0) * np.array([0.82, 1.0, 1.0]) for along in (0.12, 0.88)]
    up = np.array([0.0, 0.042, 0.0])
    path = rounded(np.stack([ends[0], ends[0] + up, ends[1] + up, ends[1]]), 0.016)
    rail = tube(path, 0.007, sides=6)
    return symmetric(rail)


def screen_foot(car: Car) -> Float64[np.ndarray, " 3"]:
    """The lower right corner of an open car's windscreen."""
    if car.well is None:
        raise ValueError("this car has no opening")
    start = car.well.start
    return np.array([0.88 * car.body.half_width, deck(car.body, start) - 0.012, start - 0.01])


def screen_corner(car: Car) -> Float64[np.ndarray, " 3"]:
    """The upper right corner of an open car's windscreen."""
    if car.well is None:
        raise ValueError("this car has no opening")
    start = car.well.start
    return np.array([0.74 * car.body.half_width, deck(car.body, start) + 0.075, start + 0.055])


def _open_pieces(car: Car) -> list[Piece]:
    """A windscreen in a frame, a steering wheel on its column, and two seats."""
    well = car.well
    if well is None:
        return []
    foot, corner = screen_foot(car), screen_corner(car)
    pane = np.zeros((3, 5, 3))
    for row, up in zip(pane, (0.0, 0.5, 1.0), strict=True):
        for point, x in zip(row, np.linspace(-1.0, 1.0, 5), strict=True):
            edge = foot + up * (corner - foot)
            point[:] = x * edge[0], edge[1], edge[2] - 0.025 * (1.0 - x**2)
    frame = tube(rounded(np.stack([foot, corner, corner * LEFT, foot * LEFT]), 0.02, 3), 0.006, sides=6)
    spot = np.array([-0.42 * car.body.half_width, deck(car.body, well.start) + 0.005, well.start + 0.05])
    circle = 2.0 * np.pi * np.arange(13) / 12
    hoop = np.stack([0.032 * np.cos(circle), 0.032 * np.sin(circle), np.zeros(13)], axis=1) @ _tilt(-0.35).T
    column = tube(np.stack([spot, spot + np.array([0.0, -0.02, -0.07])]), 0.005, sides=6)
    steering = joined([tube(hoop + spot, 0.005, sides=4), _spoke(spot), column])
    pieces = [
        Piece("windscreen", panel(pane, 0.006), "glass", BODY),
        Piece("screen frame", frame, "metal", BODY),
        Piece("steering wheel", steering, "trim", BODY),
    ]
    seat = _seat(car, well.floor, well.end)
    return [*pieces, *pair("seat", seat, "seat", BODY)]


def _tilt(angle: float) -> Float64[np.ndarray, "3 3"]:
    return rotation((1.0, 0.0, 0.0), angle)


def _spoke(spot: Float64[np.ndarray, " 3"]) -> Surface:
    across = np.array([0.032, 0.0, 0.0])
    return tube(np.stack([spot - across, spot + across]), 0.005, sides=5)


def _seat(car: Car, floor: float, end: float) -> Surface:
    """Cushion, back and head rest of the right seat."""
    width = 0.62 * car.body.half_width
    height = deck(car.body, end) + 0.05 - floor
    cushion = block(width, 0.035, 0.13)
    back = turned(block(width, 0.032, height), _tilt(-0.5 * np.pi + 0.2))
    head = revolved([(-0.03, 0.012), (-0.022, 0.02), (0.022, 0.02), (0.03, 0.012)], "x", 10)
    x = 0.45 * car.body.half_width
    return joined(
        [
            moved(cushion, (x, floor + 0.018, end - 0.1)),
            moved(back, (x, floor + 0.5 * height, end - 0.035)),
            moved(head, (x, floor + height + 0.012, end - 0.02)),
        ]
    )
