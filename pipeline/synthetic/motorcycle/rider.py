"""The tank, the seat and the handle bar of a made-up motorcycle, with grips, levers and mirrors."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.blocks import block, hull
from pipeline.synthetic.motorcycle.dimensions import Motorcycle
from pipeline.synthetic.motorcycle.running_gear import BODY
from pipeline.synthetic.pieces import Piece, pair
from pipeline.synthetic.primitives import mapped, revolved, rounded, tube
from pipeline.synthetic.surfaces import LEFT, Surface, joined, moved, symmetric

TANK, SEAT, HANDLE = 1, 2, 4  # the parts' labels


def tank_top(bike: Motorcycle) -> Float64[np.ndarray, " 3"]:
    """The highest point of the tank."""
    z, y, _, half = max(bike.tank, key=lambda station: station[1] + station[3])
    return np.array([0.0, y + half, z])


def seat_end(bike: Motorcycle, rear: bool) -> Float64[np.ndarray, " 3"]:
    """The middle of the seat's front or rear edge, on top; the rear one is the pillion's if there is one."""
    z, y, _, half = ((bike.back or bike.seat)[-1]) if rear else bike.seat[0]
    return np.array([0.0, y + half, z])


def rider_pieces(bike: Motorcycle) -> list[Piece]:
    """Tank with its cap, seat, tail and everything on the handle bar."""
    pieces = []
    if bike.tank:
        pieces.append(Piece("tank", _tank(bike), "tank", TANK))
        cap = revolved([(-0.012, 0.018), (0.004, 0.02), (0.008, 0.014)], "y", 12)
        pieces.append(Piece("tank cap", moved(cap, tank_top(bike)), "metal", TANK))
    pieces.append(Piece("seat", hull(bike.seat, 3.2, 9, 12, 0.2), "seat", SEAT))
    if bike.back:
        pieces.append(Piece("rear seat", hull(bike.back, 3.2, 7, 12, 0.2), "seat", SEAT))
    if bike.tail:
        pieces.append(Piece("tail", hull(bike.tail, 2.8, 9, 12), "paint", BODY))
    return pieces + _bar_pieces(bike)


def _tank(bike: Motorcycle) -> Surface:
    """uv: u from front to rear, v from the lower to the upper edge, the same on both sides."""
    surface = hull(bike.tank, 2.5, 11, 14)
    low, size = surface.vertices.min(axis=0), np.ptp(surface.vertices, axis=0)
    uv = (surface.vertices - low) / size
    return mapped(surface, 0.01 + 0.98 * uv[:, [2, 1]])


def _bar_pieces(bike: Motorcycle) -> list[Piece]:
    right = np.array(bike.bar)
    path = rounded(np.concatenate([right[:0:-1] * LEFT, right]), 0.018, 3)
    inner, end = right[-2], right[-1]
    along = (end - inner) / np.linalg.norm(end - inner)
    grip = tube(np.stack([end - 0.085 * along, end]), 0.0145, sides=8)
    ahead = np.array([0.0, -0.004, -0.024])
    root = end - 0.1 * along
    lever = tube(np.stack([root, root + ahead + 0.02 * along, end + ahead - 0.01 * along]), 0.0045, sides=5)
    pieces = [
        Piece("handle bar", tube(path, 0.0095, sides=6), "metal", HANDLE),
        Piece("grips", symmetric(grip), "dark", HANDLE),
        Piece("levers", symmetric(lever), "metal", HANDLE),
    ]
    if bike.mirrors:
        pieces += pair("mirror", _mirror(root), "mirror", HANDLE)
    return pieces


def _mirror(root: Float64[np.ndarray, " 3"]) -> Surface:
    """A stem and an oval shell that faces the rider."""
    top = root + np.array([0.034, 0.064, -0.01])
    stem = tube(np.stack([root, top]), 0.0048, sides=6)
    return joined([stem, moved(block(0.062, 0.04, 0.014, 2.0, 0.1, 10), top + np.array([0.008, 0.012, 0.0]))])
