"""The seat and the arms of a made-up chair."""

import numpy as np

from pipeline.synthetic.chair.back import back_edge, back_point, seat_depth
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import corners, rounded, slab, superellipse, tube
from pipeline.synthetic.kernel.surface import Vector, joined

ARM = "chair_arm:{side}"  # add_pair puts in the side


def add_seat(chair: Builder) -> None:
    """Place the board, and the cushion on it if the chair has one."""
    seat = chair["seat"]
    depth, level, board = seat_depth(chair), seat.height - seat.cushion, seat.board
    outline = superellipse(seat.width, depth, seat.power, 28)
    surface = slab(outline, board, 0.2 * min(board, 0.06), 0.0).moved((0.0, level - board, 0.0))
    if seat.cushion:
        chair.add("seat board", surface, seat.hard, "chair_seat/seat_support")
        inside = 0.87 if chair["back"].style == "shell" else 0.98  # a shell stands around its cushion
        pad = slab(inside * outline, seat.cushion, 0.42 * seat.cushion, 0.12 * seat.cushion)
        path = "chair_seat/seat_surface/seat_soft_surface"
        chair.add("seat cushion", pad.moved((0.0, level - 0.003, 0.0)), seat.soft, path)
    else:
        chair.add("seat", surface, seat.hard, "chair_seat/seat_surface/seat_hard_surface")
    inset = 0.5 * 0.5 ** (1.0 / seat.power)
    chair.keypoint(2, "seat", *corners(inset * seat.width, seat.height + 0.01, inset * depth))


def add_arms(chair: Builder) -> None:
    """Place both arms: the right one, and its mirror image."""
    style = chair["arms"].style
    if style == "none":
        return
    seat, arms, back = chair["seat"], chair["arms"], chair["back"]
    up = arms.height / (back.height * np.cos(back.lean))
    make = {"posts": _posts, "loop": _loop, "tee": _tee, "sofa": _sofa}[style]
    make(chair, seat.height + arms.height, back_point(chair, back_edge(chair, up), up))
    right = joined([piece.surface for piece in chair.pieces if piece.path[0] == "chair_arm:right"]).vertices
    low, high = right.min(axis=0), right.max(axis=0)
    x = float(right[right[:, 1] > high[1] - 0.1 * (high[1] - low[1]), 0].mean())
    for first, z in ((6, low[2]), (8, high[2])):
        chair.keypoint(first, "arm", (-x, high[1], z), (x, high[1], z))


def _posts(chair: Builder, height: float, rear: Vector) -> None:
    """An arm rest from the back to a post at the front of the seat."""
    seat, soft = chair["seat"], chair.kind == "upholstered"
    x, z = 0.5 * seat.width + 0.012, -0.3 * seat_depth(chair)
    rest = tube([(x, height, z - 0.05), (x + 0.012, height, z + 0.45 * (rear[2] - z)), rear], 0.013, 4, 1.9)
    foot = (x - 0.016, seat.height - seat.cushion - 0.6 * seat.board, z + 0.02)
    post = tube([foot, (x, height, z)], 0.013, 4 if chair["base"].square else 8)
    cover, leaf = ("fabric", "armrest_soft_surface") if soft else ("wood", "armrest_hard_surface")
    chair.add_pair("arm rest", rest, cover, f"{ARM}/{leaf}")
    chair.add_pair("arm post", post, "wood", f"{ARM}/arm_vertical_bar")


def _loop(chair: Builder, height: float, rear: Vector) -> None:
    """A bent rod: up from the seat's front, back along the arm, into the back's edge or down to the seat's rear."""
    seat, depth = chair["seat"], seat_depth(chair)
    x, low = 0.5 * seat.width, seat.height - seat.cushion - 0.5 * seat.board
    inner = x - 0.5 * seat.width * (0.12 if seat.power < 4.0 else 0.02)
    front = [(inner, low, -0.24 * depth), (x + 0.02, height, -0.24 * depth - 0.03)]
    low_back = [(x + 0.02, height, 0.33 * depth), (inner, low, 0.3 * depth)]
    end = low_back if chair["back"].start > 0.2 else [rear]
    rod = tube(rounded([*front, *end], 0.06), 0.013, 8)
    chair.add_pair("arm", rod, chair["base"].material, f"{ARM}/arm_holistic_frame")


def _tee(chair: Builder, height: float, _rear: Vector) -> None:
    """A pad on a bent bar that comes out from under the seat."""
    seat = chair["seat"]
    low, x = seat.height - seat.cushion - 0.6 * seat.board, 0.5 * seat.width + 0.045
    pad = slab(superellipse(0.085, 0.27, 3.5, 20), 0.03, 0.01, 0.002).moved((x - 0.01, height - 0.03, -0.01))
    bar = tube(rounded([(0.3 * seat.width, low, 0.03), (x, low, 0.03), (x, height - 0.02, 0.0)], 0.05), 0.012, 4, 2.0)
    chair.add_pair("arm pad", pad, "dark", f"{ARM}/armrest_soft_surface")
    chair.add_pair("arm bar", bar, "metal", f"{ARM}/other/other_leaf")


def _sofa(chair: Builder, height: float, _rear: Vector) -> None:
    """A thick upholstered wall beside the seat."""
    seat = chair["seat"]
    under = seat.height - seat.cushion - seat.board
    height -= under
    wall = slab(superellipse(height, 0.98 * seat_depth(chair), 9.0, 28), 0.12, 0.03, 0.006).turned("z", -0.5 * np.pi)
    wall = wall.moved((0.5 * seat.width - 0.012, under + 0.5 * height, 0.0))
    chair.add_pair("arm", wall, "second", f"{ARM}/arm_sofa_style")
