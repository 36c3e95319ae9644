"""The base of a made-up chair: four legs, a star on casters, a pedestal, or a bent tube. All feet stand at y = 0."""

import numpy as np

from pipeline.synthetic.chair.back import seat_depth
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import CORNERS, LEFT_RIGHT, corners, leg, revolved, rounded, tube

REGULAR, STAR, PEDESTAL = "chair_base/regular_leg_base", "chair_base/star_leg_base", "chair_base/pedestal_base"
ARMS_OF_STAR = 5
WHEEL = 0.028  # radius of a caster's wheel
BEND = 0.05  # how far a tube's bends reach from their corners


def add_base(chair: Builder) -> None:
    """Add the base of a chair: legs, a star with wheels, a pedestal or tubes."""
    seat = chair["seat"]
    under = seat.height - seat.cushion - seat.board  # the height of the underside of what carries the seat
    styles = {"legs": _add_legs, "star": _add_star, "pedestal": _add_pedestal}
    styles.get(chair["base"].style, _add_tubes)(chair, under)


def _add_legs(chair: Builder, under: float) -> None:
    """Four legs, their upper ends inside what carries the seat, and perhaps bars between them."""
    seat, base, material = chair["seat"], chair["base"], chair["base"].material
    inset, margin = 0.5 * 0.5 ** (1.0 / seat.power) * (0.88 if seat.power < 4.0 else 0.97), 1.3 * base.radius
    x, z = inset * seat.width - margin, inset * seat_depth(chair) - margin
    height = under + (0.02 if chair.kind == "lounge" else seat.board - 0.4 * min(seat.board, 0.05))
    feet, tops = corners(x + base.reach, 0.0, z + base.reach), corners(x, height, z)
    chair.keypoint(17, "base", *feet)
    for name, foot, top in zip(CORNERS, feet, tops, strict=True):
        surface = leg(foot, top, base.foot * base.radius, base.radius, 4 if base.square else 10)
        chair.add(f"{name} leg", surface, material, f"{REGULAR}/leg:{name}")
    if base.stretchers:
        sides = {"left": [0, 2], "right": [1, 3], "front": [0, 1], "rear": [2, 3]}
        for (name, ends), share in zip(sides.items(), (0.35, 0.35, 0.5, 0.5), strict=True):
            bar = tube(feet[ends] * (1.0 - share) + tops[ends] * share, 0.5 * base.radius, 4 if base.square else 8)
            chair.add(f"{name} stretcher", bar, material, f"{REGULAR}/bar_stretcher:{name}")


def _add_star(chair: Builder, under: float) -> None:
    """A column under a plate, and five arms on casters; arm 0 is at the front, the others follow to the right."""
    reach, legs = chair["base"].reach, f"{STAR}/star_leg_set"
    lower = [(0.07, 0.03), (0.13, 0.034), (0.14, 0.026), (0.6 * under, 0.024)]
    column = revolved([*lower, (0.61 * under, 0.017), (under + 0.01, 0.017)], "y", 14)
    plate = revolved([(under - 0.035, 0.05), (under - 0.03, 0.11), (under + 0.008, 0.13)], "y", 16)
    chair.add("column", column, "metal", f"{STAR}/central_support")
    chair.add("tilt plate", plate, "dark", f"{STAR}/mechanical_control")
    arm = tube([(0.0, 0.105, -0.01), (0.0, 0.1, -0.55 * reach), (0.0, 0.075, -reach - 0.012)], [0.021, 0.018, 0.011], 8)
    stem = revolved([(WHEEL, 0.008), (0.078, 0.008)], "y", 8)
    tread = revolved([(-0.022, 0.75), (-0.017, 1.0), (0.017, 1.0), (0.022, 0.75)], "x", 12, radius=WHEEL)
    for number in range(ARMS_OF_STAR):
        angle, caster = -2.0 * np.pi * number / ARMS_OF_STAR, f"{legs}/caster:{number}"
        end = reach * np.array([-np.sin(angle), 0.0, -np.cos(angle)])
        wheel = tread.turned("y", angle).moved(end + np.array([0.0, WHEEL, 0.0]))
        chair.add(f"star leg {number}", arm.turned("y", angle), "metal", f"{legs}/leg:{number}")
        chair.add(f"stem {number}", stem.moved(end), "metal", f"{caster}/caster_stem")
        chair.add(f"wheel {number}", wheel, "dark", f"{caster}/wheel")
        chair.keypoint(11 + number, "base", end)


def _add_pedestal(chair: Builder, under: float) -> None:
    """A trumpet-shaped foot under a thin column that widens below the seat."""
    thin, wide, material = chair["base"].radius, chair["base"].reach, chair["base"].material
    disc = [(0.0, wide), (0.008, wide), (0.018, 0.86 * wide), (0.03, 0.5 * wide), (0.07, 2 * thin), (0.13, 1.1 * thin)]
    column = [(0.12, 1.1), (0.5 * under, 1.0), (0.8 * under, 1.1), (under - 0.02, 2.2), (under + 0.012, 4.5)]
    chair.add("pedestal", revolved(disc, "y", 28), material, f"{PEDESTAL}/pedestal")
    chair.add("column", revolved(column, "y", 18, radius=thin), material, f"{PEDESTAL}/central_support")
    chair.keypoint(10, "base", (0.0, 0.5 * chair["seat"].height, -0.3))


def _add_tubes(chair: Builder, under: float) -> None:
    """A bent tube on each side: down at the front, along the floor, (sled) up again at the rear; two cross bars."""
    seat, base, reach = chair["seat"], chair["base"], 0.46 * seat_depth(chair)
    radius, material, x = base.radius, base.material, 0.5 * seat.width - 2.0 * base.radius
    rim = under + 0.4 * seat.board - (0.0 if seat.cushion else 0.004)
    bends = [(rim, 0.9 * reach), (rim, -reach), (radius, -reach), (radius, reach)]
    bends += [(rim, 0.75 * reach)] if base.style == "sled" else []
    for name, side in LEFT_RIGHT:
        runner = tube(rounded([(side * x, y, z) for y, z in bends], BEND), radius, 10)
        chair.add(f"{name} runner", runner, material, f"{REGULAR}/runner:{name}")
    chair.keypoint(17, "base", *corners(x, 0.0, reach - BEND))
    for name, y, z in (("rear", radius, 0.8 * reach), ("front", rim, -0.6 * reach)):
        bar = tube([(-x, y, z), (x, y, z)], radius, 8)
        chair.add(f"{name} cross bar", bar, material, f"{REGULAR}/bar_stretcher:{name}")
