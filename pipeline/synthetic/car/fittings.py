"""The wheels, lamps, bumpers, grille, mirrors, plates and spoiler of a made-up car."""

import numpy as np

from pipeline.synthetic.car.cabin import screen_edge
from pipeline.synthetic.car.shape import cabin_ends, deck, half_width, side_point
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import block, leg, points, revolved, rounded, tube
from pipeline.synthetic.kernel.surface import LEFT, joined
from pipeline.synthetic.kernel.wheels import SQUARE, cast_spokes, hub, rim_ring, tyre

LAMPS = {"round": (0.06, 0.06, 2.0), "wide": (0.085, 0.034, 4.0), "upright": (0.036, 0.06, 4.0)}  # width, height, power


def add_fittings(car: Builder) -> None:
    """Place wheels, lamps, bumpers, grille, plates, mirrors and spoiler."""
    _add_wheels(car)
    _add_end(car, "front", -1.0, 8, 12)
    _add_end(car, "rear", 1.0, 10, 14)
    if car["body"].grille:
        _add_grille(car)
    _add_mirrors(car)
    if car["body"].spoiler:
        _add_spoiler(car)
    if car.kind == "pickup":
        car.keypoint(20, "body", (0.0, float(deck(car, 0.49)) + 0.02, 0.49))


def _add_wheels(car: Builder) -> None:
    """Four wheels: tyre, rim and its inner side, spokes or a cover."""
    wheels, width = car["wheels"], car["body"].half_width
    radius, rim, half = wheels.radius, wheels.rim * wheels.radius, 0.5 * wheels.width
    parts = [("tyre", tyre(radius, wheels.width, rim, SQUARE, 24), "tyre")]
    back = revolved([(-0.7 * half, rim), (0.1 * half, rim)], "x", 16)
    if wheels.style == "cover":
        dished = [(0.52, 1.0), (1.0, 0.98), (0.7, 0.74), (0.7, 0.42), (1.0, 0.3)]  # a pressed disc
        parts.append(("cover", joined([back, revolved(dished, "x", 20, half, 1.02 * rim)]), "rim"))
    else:
        spokes = cast_spokes(int(wheels.spokes), 0.12 * rim, 0.97 * rim, 0.1 * rim, 0.62 * half, 0.15)
        ring = rim_ring(rim, 0.7 * half, 0.12 * rim, 24, 0.6).moved((0.6 * half, 0.0, 0.0))
        middle = hub(0.22 * rim, 0.35 * half).moved((0.55 * half, 0.0, 0.0))
        parts += [("brake", back, "dark"), ("rim", joined([ring, spokes, middle]), "rim")]
    for first, end, axle in ((0, "front", wheels.front), (2, "rear", wheels.rear)):
        for name, surface, material in parts:
            placed = surface.moved((width - half - 0.002, radius, axle))
            for side, one in (("right", placed), ("left", placed.mirrored())):
                car.add(f"{end} {side} {name}", one, material, "wheel")
        length = width - 1.4 * half
        car.add(f"{end} axle", tube([(-length, radius, axle), (length, radius, axle)], 0.012, 6), "dark", "body")
        car.keypoint_pair(first, "wheel", (width + 0.05, radius, axle))


def _add_end(car: Builder, name: str, sign: float, lamp_id: int, corner_id: int) -> None:
    """Lamps, a bumper and a plate at the front (`sign` -1) or the rear (1)."""
    z, front = 0.5 * sign, sign < 0.0
    width, low = float(half_width(car, z)), car["body"].sill + 0.038
    wide, high, power = LAMPS[car["body"].lamps]
    level = car["body"].belt - car["body"].lamp_drop
    if not front:
        beside = cabin_ends(car)[1] > 0.45  # a tailgate
        wide, high, power = (0.034, 0.08, 4.0) if beside else (wide, min(high, 0.045), power)
        level = float(deck(car, z)) - 0.045 - 0.5 * high
    x = 0.96 * width - 0.5 * wide - 0.008
    lamp = block(wide, high, 0.026, power).moved((x, level, z + 0.0013 * sign))
    car.add_pair("headlight" if front else "tail light", lamp, "lamp" if front else "tail lamp", "body")
    car.keypoint_pair(lamp_id, "body", (x, level, z + 0.03 * sign))
    behind = width + 0.3 * (float(half_width(car, z - 0.06 * sign)) - width)
    right = np.array([[behind - 0.004, low, z - 0.05 * sign], [width - 0.004, low, z + 0.002 * sign]])
    bumper = tube(rounded(np.concatenate([right, right[::-1] * LEFT]), 0.025, 3), 0.02, 8, 0.6)
    car.add(f"{name} bumper", bumper, "bumper", "body")
    car.keypoint_pair(corner_id, "body", (width - 0.002, low, z - 0.002 * sign))
    plate = block(0.09, 0.024, 0.024, 8.0).moved((0.0, low + (0.0 if front else 0.045), 1.012 * z + 0.0012 * sign))
    car.add(f"{name} plate", plate, "plate", "body")


def _add_grille(car: Builder) -> None:
    """A dark field between the headlights with bright bars."""
    half = car["body"].grille * float(half_width(car, -0.5))
    level = car["body"].belt - car["body"].lamp_drop
    car.add("grille", block(2.0 * half, 0.045, 0.02, 6.0).moved((0.0, level, -0.501)), "dark", "body")
    heights = (level - 0.012, level, level + 0.012)
    bars = [tube([(-0.88 * half, y, -0.511), (0.88 * half, y, -0.511)], 0.003, 4) for y in heights]
    car.add("grille bars", joined(bars), "metal", "body")


def _add_mirrors(car: Builder) -> None:
    """A shell on an arm, on either side."""
    foot = side_point(car, 0.01, 0.05) if "cabin" in car else screen_edge(car, 0.35)
    arm = tube([foot - np.array([0.006, 0.004, 0.0]), foot + np.array([0.03, 0.022, 0.0])], 0.006, 6)
    shell = block(0.046, 0.034, 0.026, 2.6).moved(foot + np.array([0.036, 0.026, 0.004]))
    car.add_pair("mirror", joined([shell, arm]), "mirror", "body")
    car.keypoint_pair(16, "body", foot + np.array([0.065, 0.026, 0.004]))


def _add_spoiler(car: Builder) -> None:
    """A wing across the tail on two legs."""
    low, width = float(deck(car, 0.46)), 0.88 * float(half_width(car, 0.46))
    level = low + car["body"].spoiler
    wing = tube(points([-width, 0.0, width], level, 0.465), 0.007, 8, 4.5)
    post = leg((0.6 * width, low - 0.012, 0.455), (0.6 * width, level, 0.465), 0.014, 0.009, 6)
    car.add("spoiler", joined([wing, post.with_mirror_image()]), "hood", "body")
    car.keypoint(19, "body", (0.0, level, 0.5))
