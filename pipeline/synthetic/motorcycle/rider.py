"""What the rider of a made-up motorcycle touches: tank, seat, handle bar with grips, levers and mirrors."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.blocks import block, hull
from pipeline.synthetic.motorcycle.dimensions import MotorcycleForm
from pipeline.synthetic.motorcycle.running_gear import BODY
from pipeline.synthetic.pieces import Piece, pair
from pipeline.synthetic.primitives import mapped, revolved, rounded, tube
from pipeline.synthetic.surfaces import LEFT, Surface, joined, moved, symmetric

TANK, SEAT, HANDLE = 1, 2, 4  # the parts' labels


def tank_top(form: MotorcycleForm) -> Float64[np.ndarray, " 3"]:
    """The highest point of the tank."""
    z, y, _, half = max(form.tank, key=lambda station: station[1] + station[3])
    return np.array([0.0, y + half, z])


def seat_end(form: MotorcycleForm, rear: bool) -> Float64[np.ndarray, " 3"]:
    """The middle of the seat's front or rear edge, on top; the rear one is the pillion's if there is one."""
    z, y, _, half = ((form.back or form.seat)[-1]) if rear else form.seat[0]
    return np.array([0.0, y + half, z])


def rider_pieces(form: MotorcycleForm) -> list[Piece]:
    """Tank with its cap, seat, tail and everything on the handle bar."""
    pieces = []
    if form.tank:
        pieces.append(Piece("tank", _tank(form), "tank", TANK))
        cap = revolved([(-0.012, 0.018), (0.004, 0.02), (0.008, 0.014)], "y", 12)
        pieces.append(Piece("tank cap", moved(cap, tank_top(form)), "metal", TANK))
    pieces.append(Piece("seat", hull(form.seat, 3.2, 9, 12, 0.2), "seat", SEAT))
    if form.back:
        pieces.append(Piece("rear seat", hull(form.back, 3.2, 7, 12, 0.2), "seat", SEAT))
    if form.tail:
        pieces.append(Piece("tail", hull(form.tail, 2.8, 9, 12), "paint", BODY))
    return pieces + _bar_pieces(form)


def _tank(form: MotorcycleForm) -> Surface:
    """uv: u from front to rear, v from the lower to the upper edge, the same on both sides."""
    surface = hull(form.tank, 2.5, 11, 14)
    low, size = surface.vertices.min(axis=0), np.ptp(surface.vertices, axis=0)
    uv = (surface.vertices - low) / size
    return mapped(surface, 0.01 + 0.98 * uv[:, [2, 1]])


def _bar_pieces(form: MotorcycleForm) -> list[Piece]:
    right = np.array(form.bar)
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
    if form.mirrors:
        pieces += pair("mirror", _mirror(root), "mirror", HANDLE)
    return pieces


def _mirror(root: Float64[np.ndarray, " 3"]) -> Surface:
    """A stem and an oval shell that faces the rider."""
    top = root + np.array([0.034, 0.064, -0.01])
    stem = tube(np.stack([root, top]), 0.0048, sides=6)
    return joined([stem, moved(block(0.062, 0.04, 0.014, 2.0, 0.1, 10), top + np.array([0.008, 0.012, 0.0]))])
