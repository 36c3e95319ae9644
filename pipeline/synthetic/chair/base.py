"""The base of a made-up chair: four legs, a star on casters, a pedestal, or a bent tube. All feet stand at y = 0."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.chair.dimensions import Chair
from pipeline.synthetic.pieces import Piece
from pipeline.synthetic.primitives import leg, revolved, rounded, tube
from pipeline.synthetic.surfaces import moved, rotation, turned

BASE = 4  # the part's label
REGULAR, STAR, PEDESTAL = (
    ("chair_base", "regular_leg_base"),
    ("chair_base", "star_leg_base"),
    ("chair_base", "pedestal_base"),
)
CORNERS = (("front left", -1.0, -1.0), ("front right", 1.0, -1.0), ("rear left", -1.0, 1.0), ("rear right", 1.0, 1.0))
ARMS_OF_STAR = 5
WHEEL = 0.028  # radius of a caster's wheel
BEND = 0.05  # how far a tube's bends reach from their corners


def base_pieces(chair: Chair) -> list[Piece]:
    """All pieces of part `base`."""
    builders = {"legs": _legs, "star": _star, "pedestal": _pedestal, "sled": _tubes, "cantilever": _tubes}
    return builders[chair.base.style](chair)


def foot(chair: Chair, across: float, along: float) -> Float64[np.ndarray, " 3"]:
    """The middle of a leg's foot (legs), or the end of the straight part of a runner; signs choose the corner."""
    if chair.base.style == "legs":
        top = leg_top(chair, across, along)
        return np.array([top[0] + across * chair.base.reach, 0.0, top[2] + along * chair.base.reach])
    return np.array([across * _side(chair), 0.0, along * (0.46 * chair.seat.depth - BEND)])


def leg_top(chair: Chair, across: float, along: float) -> Float64[np.ndarray, " 3"]:
    """The upper end of a leg, inside what carries the seat."""
    seat = chair.seat
    inset = 0.5 ** (1.0 / seat.power) * (0.88 if seat.power < 4.0 else 0.97)
    margin = 1.3 * chair.base.radius
    x, z = inset * 0.5 * seat.width - margin, inset * 0.5 * seat.depth - margin
    return np.array([across * x, seat.height - seat.cushion - 0.4 * min(seat.board, 0.05), along * z])


def star_end(chair: Chair, number: int) -> Float64[np.ndarray, " 3"]:
    """The point of the floor under a caster of the star; number 0 is at the front, the others follow to the right."""
    angle = 2.0 * np.pi * number / ARMS_OF_STAR
    return chair.base.reach * np.array([np.sin(angle), 0.0, -np.cos(angle)])


def _under(chair: Chair) -> float:
    """The height of the underside of what carries the seat."""
    return chair.seat.height - chair.seat.cushion - chair.seat.board


def _legs(chair: Chair) -> list[Piece]:
    base = chair.base
    pieces = []
    for name, across, along in CORNERS:
        low, high = foot(chair, across, along), leg_top(chair, across, along)
        if chair.kind == "lounge":
            high[1] = _under(chair) + 0.02
        taper = 0.85 if chair.kind == "dining" else 0.6
        surface = leg(low, high, taper * base.radius, base.radius, 4 if base.square else 10)
        pieces.append(Piece(f"{name} leg", surface, base.material, BASE, (*REGULAR, f"leg:{name}")))
    if base.stretchers:
        pieces += _stretchers(chair)
    return pieces


def _stretchers(chair: Chair) -> list[Piece]:
    """Bars between neighbouring legs, those at the sides lower than those at front and rear."""
    pieces = []
    for name, start, end, share in (
        ("left", (-1.0, -1.0), (-1.0, 1.0), 0.35),
        ("right", (1.0, -1.0), (1.0, 1.0), 0.35),
        ("front", (-1.0, -1.0), (1.0, -1.0), 0.5),
        ("rear", (-1.0, 1.0), (1.0, 1.0), 0.5),
    ):
        ends = [foot(chair, *corner) * (1.0 - share) + leg_top(chair, *corner) * share for corner in (start, end)]
        bar = tube(np.stack(ends), 0.5 * chair.base.radius, 4 if chair.base.square else 8)
        path = (*REGULAR, f"bar_stretcher:{name}")
        pieces.append(Piece(f"{name} stretcher", bar, chair.base.material, BASE, path))
    return pieces


def _star(chair: Chair) -> list[Piece]:
    under = _under(chair)
    column = revolved(
        [
            (0.07, 0.03),
            (0.13, 0.034),
            (0.14, 0.026),
            (0.6 * under, 0.024),
            (0.61 * under, 0.017),
            (under + 0.01, 0.017),
        ],
        "y",
        14,
    )
    plate = revolved([(under - 0.035, 0.05), (under - 0.03, 0.11), (under + 0.008, 0.13)], "y", 16)
    pieces = [
        Piece("column", column, "metal", BASE, (*STAR, "central_support")),
        Piece("tilt plate", plate, "dark", BASE, (*STAR, "mechanical_control")),
    ]
    reach = chair.base.reach
    path = np.array([[0.0, 0.105, -0.01], [0.0, 0.1, -0.55 * reach], [0.0, 0.075, -reach - 0.012]])
    arm = tube(path, [0.021, 0.018, 0.011], 8)
    stem = revolved([(WHEEL, 0.008), (0.078, 0.008)], "y", 8)
    tread = [(-0.022, 0.75 * WHEEL), (-0.017, WHEEL), (0.017, WHEEL), (0.022, 0.75 * WHEEL)]
    for number in range(ARMS_OF_STAR):
        turn = rotation((0.0, 1.0, 0.0), -2.0 * np.pi * number / ARMS_OF_STAR)
        end = star_end(chair, number)
        legs, caster = (*STAR, "star_leg_set"), (*STAR, "star_leg_set", f"caster:{number}")
        wheel = moved(turned(revolved(tread, "x", 12), turn), end + np.array([0.0, WHEEL, 0.0]))
        pieces += [
            Piece(f"star leg {number}", turned(arm, turn), chair.base.material, BASE, (*legs, f"leg:{number}")),
            Piece(f"stem {number}", moved(stem, end), "metal", BASE, (*caster, "caster_stem")),
            Piece(f"wheel {number}", wheel, "dark", BASE, (*caster, "wheel")),
        ]
    return pieces


def _pedestal(chair: Chair) -> list[Piece]:
    """A trumpet-shaped foot under a thin column that widens below the seat."""
    under, thin, wide = _under(chair), chair.base.radius, chair.base.reach
    disc = [
        (0.0, wide),
        (0.008, wide),
        (0.018, 0.86 * wide),
        (0.03, 0.5 * wide),
        (0.07, 2.0 * thin),
        (0.13, 1.1 * thin),
    ]
    column = [
        (0.12, 1.1 * thin),
        (0.5 * under, thin),
        (0.8 * under, 1.1 * thin),
        (under - 0.02, 2.2 * thin),
        (under + 0.012, 4.5 * thin),
    ]
    return [
        Piece("pedestal", revolved(disc, "y", 28), chair.base.material, BASE, (*PEDESTAL, "pedestal")),
        Piece("column", revolved(column, "y", 18), chair.base.material, BASE, (*PEDESTAL, "central_support")),
    ]


def _side(chair: Chair) -> float:
    """The distance of a runner from the middle."""
    return 0.5 * chair.seat.width - 2.0 * chair.base.radius


def _tubes(chair: Chair) -> list[Piece]:
    """A bent tube on each side: down at the front, along the floor, (sled) up again at the rear; two cross bars."""
    base, reach = chair.base, 0.46 * chair.seat.depth
    rim = _under(chair) + 0.4 * chair.seat.board - (0.0 if chair.seat.cushion else 0.004)
    pieces = []
    for name, side in (("left", -_side(chair)), ("right", _side(chair))):
        corners = [(rim, 0.9 * reach), (rim, -reach), (base.radius, -reach), (base.radius, reach)]
        if base.style == "sled":
            corners = [*corners, (rim, 0.75 * reach)]
        surface = tube(rounded(np.array([[side, y, z] for y, z in corners]), BEND), base.radius, 10)
        pieces.append(Piece(f"{name} runner", surface, base.material, BASE, (*REGULAR, f"runner:{name}")))
    for name, y, z in (("rear", base.radius, 0.8 * reach), ("front", rim, -0.6 * reach)):
        ends = np.array([[-_side(chair), y, z], [_side(chair), y, z]])
        path = (*REGULAR, f"bar_stretcher:{name}")
        pieces.append(Piece(f"{name} cross bar", tube(ends, base.radius, 8), base.material, BASE, path))
    return pieces
