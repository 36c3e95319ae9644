"""The seat and the arms of a made-up chair."""

import numpy as np

from pipeline.synthetic.chair.back import back_edge, back_point
from pipeline.synthetic.chair.dimensions import Chair
from pipeline.synthetic.pieces import Piece
from pipeline.synthetic.primitives import rounded, slab, superellipse, tube
from pipeline.synthetic.surfaces import Surface, mirrored, moved, rotation, turned

ARM, SEAT = 3, 5  # the parts' labels
OUTLINE_POINTS = 28


def seat_pieces(chair: Chair) -> list[Piece]:
    """The board, and the cushion on it if the chair has one."""
    seat = chair.seat
    outline = superellipse(seat.width, seat.depth, seat.power, OUTLINE_POINTS)
    level = seat.height - seat.cushion
    carrier = "wood" if chair.base.material in ("wood", "metal") and seat.material != "plastic" else "plastic"
    if chair.kind == "lounge":
        carrier = "fabric"
    bevel = 0.2 * min(seat.board, 0.06)
    board = moved(slab(outline, seat.board, bevel, 0.0), (0.0, level - seat.board, 0.0))
    if not seat.cushion:
        material = carrier if seat.material == "fabric" else seat.material
        return [Piece("seat", board, material, SEAT, ("chair_seat", "seat_surface", "seat_hard_surface"))]
    inside = 0.87 if chair.back.style == "shell" else 0.98  # a shell stands around its cushion
    pad = slab(inside * outline, seat.cushion, 0.42 * seat.cushion, 0.12 * seat.cushion)
    pad = moved(pad, (0.0, level - 0.003, 0.0))
    soft = "fabric" if seat.material == "plastic" else seat.material
    return [
        Piece("seat board", board, carrier, SEAT, ("chair_seat", "seat_support")),
        Piece("seat cushion", pad, soft, SEAT, ("chair_seat", "seat_surface", "seat_soft_surface")),
    ]


def arm_pieces(chair: Chair) -> list[Piece]:
    """Both arms: the right one, and its mirror image."""
    if chair.arms.style == "none":
        return []
    make = {"posts": _posts, "loop": _loop, "tee": _tee, "sofa": _sofa}[chair.arms.style]
    pieces = []
    for name, surface, material, leaf in make(chair):
        for side, placed in (("left", mirrored(surface)), ("right", surface)):
            pieces.append(Piece(f"{side} {name}", placed, material, ARM, (f"chair_arm:{side}", *leaf)))
    return pieces


_Parts = list[tuple[str, Surface, str, tuple[str, ...]]]


def _posts(chair: Chair) -> _Parts:
    """An arm rest from the back to a post at the front of the seat."""
    seat, height = chair.seat, chair.seat.height + chair.arms.height
    up = chair.arms.height / (chair.back.height * np.cos(chair.back.lean))
    rear = back_point(chair, back_edge(chair, up), up)
    x, z = 0.5 * seat.width + 0.012, -0.3 * seat.depth
    rest = np.array([[x, height, z - 0.05], [x + 0.012, height, z + 0.45 * (rear[2] - z)], rear])
    post = np.array([[x - 0.016, seat.height - seat.cushion - 0.6 * seat.board, z + 0.02], [x, height, z]])
    soft = chair.kind == "upholstered"
    leaf = "armrest_soft_surface" if soft else "armrest_hard_surface"
    return [
        ("arm rest", tube(rest, 0.013, 4, 1.9), "fabric" if soft else "wood", (leaf,)),
        ("arm post", tube(post, 0.013, 4 if chair.base.square else 8), "wood", ("arm_vertical_bar",)),
    ]


def _loop(chair: Chair) -> _Parts:
    """A bent rod: up from the seat's front, back along the arm, into the back's edge or down to the seat's rear."""
    seat, height = chair.seat, chair.seat.height + chair.arms.height
    up = chair.arms.height / (chair.back.height * np.cos(chair.back.lean))
    x, low = 0.5 * seat.width, seat.height - seat.cushion - 0.5 * seat.board
    inset = 0.5 * seat.width * (0.12 if seat.power < 4.0 else 0.02)
    front = -0.24 * seat.depth
    start = np.array([x - inset, low, front])
    corner = np.array([x + 0.02, height, front - 0.03])
    if chair.back.start > 0.2:
        rear = [np.array([x + 0.02, height, 0.33 * seat.depth]), np.array([x - inset, low, 0.3 * seat.depth])]
    else:
        rear = [back_point(chair, back_edge(chair, up), up)]
    path = rounded(np.stack([start, corner, *rear]), 0.06)
    return [("arm", tube(path, 0.013, 8), chair.base.material, ("arm_holistic_frame",))]


def _tee(chair: Chair) -> _Parts:
    """A pad on a bent bar that comes out from under the seat."""
    seat, height = chair.seat, chair.seat.height + chair.arms.height
    low, x = seat.height - seat.cushion - 0.6 * seat.board, 0.5 * seat.width + 0.045
    pad = moved(slab(superellipse(0.085, 0.27, 3.5, 20), 0.03, 0.01, 0.002), (x - 0.01, height - 0.03, -0.01))
    bar = rounded(np.array([[0.3 * seat.width, low, 0.03], [x, low, 0.03], [x, height - 0.02, 0.0]]), 0.05)
    return [
        ("arm pad", pad, "dark", ("armrest_soft_surface",)),
        ("arm bar", tube(bar, 0.012, 4, 2.0), "metal", ("other", "other_leaf")),
    ]


def _sofa(chair: Chair) -> _Parts:
    """A thick upholstered wall beside the seat."""
    seat = chair.seat
    under = seat.height - seat.cushion - seat.board
    height = chair.arms.height + seat.cushion + seat.board
    outline = superellipse(height, 0.98 * seat.depth, 9.0, OUTLINE_POINTS)
    wall = turned(slab(outline, 0.12, 0.03, 0.006), rotation((0.0, 0.0, 1.0), -0.5 * np.pi))
    return [("arm", moved(wall, (0.5 * seat.width - 0.012, under + 0.5 * height, 0.0)), "second", ("arm_sofa_style",))]
