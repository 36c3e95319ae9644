"""The base of a made-up chair: four legs, a star on casters, a pedestal, or a bent tube. All feet stand at y = 0."""

import numpy as np

from pipeline.synthetic.chair.back import seat_depth
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import CORNERS, leg, revolved, rounded, tube
from pipeline.synthetic.kernel.surface import Vector

REGULAR, STAR = "chair_base/regular_leg_base", "chair_base/star_leg_base"
ARMS_OF_STAR = 5
WHEEL = 0.028  # radius of a caster's wheel
BEND = 0.05  # how far a tube's bends reach from their corners


def add_base(chair: Builder) -> None:
    """Place what stands on the floor."""
    seat = chair["seat"]
    under = seat.height - seat.cushion - seat.board  # the height of the underside of what carries the seat
    styles = {"legs": _add_legs, "star": _add_star, "pedestal": _add_pedestal}
    styles.get(chair["base"].word("style"), _add_tubes)(chair, under)


def _add_legs(chair: Builder, under: float) -> None:
    """Four legs, their upper ends inside what carries the seat."""
    seat, base = chair["seat"], chair["base"]
    inset, margin = 0.5 * 0.5 ** (1.0 / seat.power) * (0.88 if seat.power < 4.0 else 0.97), 1.3 * base.radius
    x, z = inset * seat.width - margin, inset * seat_depth(chair) - margin
    height = under + (0.02 if chair.kind == "lounge" else seat.board - 0.4 * min(seat.board, 0.05))
    sides, material = 4 if base.square else 10, base.word("material")
    ends: dict[str, tuple[Vector, Vector]] = {}
    for number, (name, across, along) in enumerate(CORNERS):
        foot = np.array([across * (x + base.reach), 0.0, along * (z + base.reach)])
        ends[name] = foot, np.array([across * x, height, along * z])
        surface = leg(*ends[name], base.foot * base.radius, base.radius, sides)
        chair.add(f"{name} leg", surface, material, f"{REGULAR}/leg:{name}")
        chair.keypoint(17 + number, "base", foot)
    if base.stretchers:
        for name, start, end, share in (
            ("left", "front left", "rear left", 0.35),
            ("right", "front right", "rear right", 0.35),
            ("front", "front left", "front right", 0.5),
            ("rear", "rear left", "rear right", 0.5),
        ):
            path = [ends[corner][0] * (1.0 - share) + ends[corner][1] * share for corner in (start, end)]
            bar = tube(path, 0.5 * base.radius, 4 if base.square else 8)
            chair.add(f"{name} stretcher", bar, material, f"{REGULAR}/bar_stretcher:{name}")


def _add_star(chair: Builder, under: float) -> None:
    """A column under a plate, and five arms on casters; arm 0 is at the front, the others follow to the right."""
    reach, top = chair["base"].reach, 0.6 * under
    column = [(0.07, 0.03), (0.13, 0.034), (0.14, 0.026), (top, 0.024), (top + 0.01, 0.017), (under + 0.01, 0.017)]
    plate = [(under - 0.035, 0.05), (under - 0.03, 0.11), (under + 0.008, 0.13)]
    chair.add("column", revolved(column, "y", 14), "metal", f"{STAR}/central_support")
    chair.add("tilt plate", revolved(plate, "y", 16), "dark", f"{STAR}/mechanical_control")
    arm = tube([(0.0, 0.105, -0.01), (0.0, 0.1, -0.55 * reach), (0.0, 0.075, -reach - 0.012)], [0.021, 0.018, 0.011], 8)
    stem = revolved([(WHEEL, 0.008), (0.078, 0.008)], "y", 8).moved((0.0, 0.0, -reach))
    tread = revolved([(-0.8, 0.75), (-0.6, 1.0), (0.6, 1.0), (0.8, 0.75)], "x", 12, WHEEL, WHEEL)
    wheel, legs = tread.moved((0.0, WHEEL, -reach)), f"{STAR}/star_leg_set"
    for number in range(ARMS_OF_STAR):
        angle = -2.0 * np.pi * number / ARMS_OF_STAR
        caster = f"{legs}/caster:{number}"
        chair.add(f"star leg {number}", arm.turned("y", angle), "metal", f"{legs}/leg:{number}")
        chair.add(f"stem {number}", stem.turned("y", angle), "metal", f"{caster}/caster_stem")
        chair.add(f"wheel {number}", wheel.turned("y", angle), "dark", f"{caster}/wheel")
        chair.keypoint(11 + number, "base", (-reach * np.sin(angle), 0.0, -reach * np.cos(angle)))


def _add_pedestal(chair: Builder, under: float) -> None:
    """A trumpet-shaped foot under a thin column that widens below the seat."""
    thin, wide, material = chair["base"].radius, chair["base"].reach, chair["base"].word("material")
    disc = [(0.0, wide), (0.008, wide), (0.018, 0.86 * wide), (0.03, 0.5 * wide), (0.07, 2 * thin), (0.13, 1.1 * thin)]
    column = [(0.12, 1.1), (0.5 * under, 1.0), (0.8 * under, 1.1), (under - 0.02, 2.2), (under + 0.012, 4.5)]
    chair.add("pedestal", revolved(disc, "y", 28), material, "chair_base/pedestal_base/pedestal")
    chair.add("column", revolved(column, "y", 18, radius=thin), material, "chair_base/pedestal_base/central_support")
    chair.keypoint(10, "base", (0.0, 0.5 * chair["seat"].height, -0.3))


def _add_tubes(chair: Builder, under: float) -> None:
    """A bent tube on each side: down at the front, along the floor, (sled) up again at the rear; two cross bars."""
    seat, base, reach = chair["seat"], chair["base"], 0.46 * seat_depth(chair)
    radius, material = base.radius, base.word("material")
    rim = under + 0.4 * seat.board - (0.0 if seat.cushion else 0.004)
    x = 0.5 * seat.width - 2.0 * radius
    corners = [(x, rim, 0.9 * reach), (x, rim, -reach), (x, radius, -reach), (x, radius, reach)]
    if base.word("style") == "sled":
        corners.append((x, rim, 0.75 * reach))
    chair.add_pair("runner", tube(rounded(corners, BEND), radius, 10), material, f"{REGULAR}/runner:{{side}}")
    for number, (_, across, along) in enumerate(CORNERS):
        chair.keypoint(17 + number, "base", (across * x, 0.0, along * (reach - BEND)))
    for name, y, z in (("rear", radius, 0.8 * reach), ("front", rim, -0.6 * reach)):
        surface = tube([(-x, y, z), (x, y, z)], radius, 8)
        chair.add(f"{name} cross bar", surface, material, f"{REGULAR}/bar_stretcher:{name}")
