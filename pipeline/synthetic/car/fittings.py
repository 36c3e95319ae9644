"""The wheels, lamps, bumpers, grille, mirrors, plates and spoiler of a made-up car."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.blocks import block
from pipeline.synthetic.car.body import BODY, deck, half_width
from pipeline.synthetic.car.cabin import screen_corner, screen_foot, side_point
from pipeline.synthetic.car.dimensions import Car
from pipeline.synthetic.pieces import Piece, pair
from pipeline.synthetic.primitives import leg, revolved, rounded, tube
from pipeline.synthetic.surfaces import LEFT, Surface, joined, mirrored, moved
from pipeline.synthetic.wheels import cast_spokes, cover, hub, rim_ring, tyre

WHEEL = 3  # the part's label
LAMPS = {"round": (0.06, 0.06, 2.0), "wide": (0.085, 0.034, 4.0), "upright": (0.036, 0.06, 4.0)}  # width, height, power


def wheel_pieces(car: Car) -> list[Piece]:
    """Four wheels: tyre, rim and its inner side, spokes or a cover."""
    wheels = car.wheels
    radius, rim, half = wheels.radius, wheels.rim * wheels.radius, 0.5 * wheels.width
    parts = [("tyre", tyre(radius, wheels.width, rim, sides=24), "tyre")]
    back = revolved([(-0.7 * half, rim), (0.1 * half, rim)], "x", 16)
    if wheels.style == "cover":
        parts.append(("cover", joined([back, cover(1.02 * rim, half, 0.3 * half)]), "rim"))
    else:
        spokes = cast_spokes(wheels.spokes, 0.12 * rim, 0.97 * rim, 0.1 * rim, 0.62 * half, 0.15)
        middle = moved(hub(0.22 * rim, 0.35 * half), (0.55 * half, 0.0, 0.0))
        ring = moved(rim_ring(rim, 0.7 * half, 0.12 * rim, 24), (0.6 * half, 0.0, 0.0))
        parts += [("brake", back, "dark"), ("rim", joined([ring, spokes, middle]), "rim")]
    pieces = []
    for end, axle in (("front", wheels.front), ("rear", wheels.rear)):
        for name, surface, material in parts:
            right = moved(surface, (car.body.half_width - half - 0.002, radius, axle))
            pieces.append(Piece(f"{end} right {name}", right, material, WHEEL))
            pieces.append(Piece(f"{end} left {name}", mirrored(right), material, WHEEL))
        length = car.body.half_width - 1.2 * wheels.width
        axis = tube(np.array([[-length - half, radius, axle], [length + half, radius, axle]]), 0.012, sides=6)
        pieces.append(Piece(f"{end} axle", axis, "dark", BODY))
    return pieces


def hub_centre(car: Car, axle: float) -> Float64[np.ndarray, " 3"]:
    """The outermost point of a right wheel's axis."""
    return np.array([car.body.half_width + 0.05, car.wheels.radius, axle])


def lamp(car: Car, z: float) -> Float64[np.ndarray, " 3"]:
    """The middle of the right headlight (z < 0) or tail light."""
    width, height, _ = _lamp_size(car, z)
    x = 0.96 * half_width(car.body, z) - 0.5 * width - 0.008
    level = car.lamp_height if z < 0.0 else deck(car.body, 0.5) - 0.045 - 0.5 * height
    return np.array([x, level, z])


def bumper_corner(car: Car, z: float) -> Float64[np.ndarray, " 3"]:
    """The right corner of the front (z < 0) or rear bumper."""
    sign = np.sign(z)
    return np.array([half_width(car.body, z) - 0.002, _bumper_level(car), z - 0.002 * sign])


def mirror(car: Car) -> Float64[np.ndarray, " 3"]:
    """The outermost point of the right mirror."""
    end: Float64[np.ndarray, " 3"] = _mirror_foot(car) + np.array([0.065, 0.026, 0.004])
    return end


def spoiler_edge(car: Car) -> Float64[np.ndarray, " 3"]:
    """The middle of the spoiler's trailing edge."""
    return np.array([0.0, deck(car.body, 0.46) + car.spoiler, 0.5])


def fitting_pieces(car: Car) -> list[Piece]:
    """Lamps, bumpers, grille, plates, mirrors and spoiler."""
    pieces = []
    for z, name, material in ((-0.5, "headlight", "lamp"), (0.5, "tail light", "tail lamp")):
        width, height, power = _lamp_size(car, z)
        glass = _plaque(width, height, 0.026, power, lamp(car, z), float(np.sign(z)))
        pieces += pair(name, glass, material, BODY)
        bar = "front bumper" if z < 0.0 else "rear bumper"
        pieces.append(Piece(bar, _bumper(car, z), "bumper", BODY))
        level = _bumper_level(car) + (0.0 if z < 0.0 else 0.045)
        plate = _plaque(0.09, 0.024, 0.024, 8.0, np.array([0.0, level, z * 1.012]), float(np.sign(z)))
        pieces.append(Piece("front plate" if z < 0.0 else "rear plate", plate, "plate", BODY))
    if car.grille:
        pieces += _grille(car)
    pieces += pair("mirror", _mirror(car), "mirror", BODY)
    if car.spoiler:
        pieces.append(Piece("spoiler", _spoiler(car), "hood", BODY))
    return pieces


def _plaque(
    width: float, height: float, depth: float, power: float, centre: Float64[np.ndarray, " 3"], towards: float
) -> Surface:
    """A rounded plate that faces front (`towards` -1) or rear (1), half sunk at `centre`."""
    return moved(
        block(width, height, depth, power, sides=12 if power == 2.0 else 8),
        centre + np.array([0.0, 0.0, 0.05 * depth * towards]),
    )


def _lamp_size(car: Car, z: float) -> tuple[float, float, float]:
    width, height, power = LAMPS[car.lamps]
    if z > 0.0 and car.cabin and car.cabin.base_rear > 0.45:
        return 0.034, 0.08, 4.0  # beside a tailgate
    return width, height if z < 0.0 else min(height, 0.045), power


def _bumper_level(car: Car) -> float:
    return car.body.sill + 0.038


def _bumper(car: Car, z: float) -> Surface:
    """A bar around one end, its corners drawn back."""
    sign, level, width = np.sign(z), _bumper_level(car), half_width(car.body, z)
    behind = width + 0.3 * (half_width(car.body, z - 0.06 * sign) - width)
    right = np.array([[behind - 0.004, level, z - 0.05 * sign], [width - 0.004, level, z + 0.002 * sign]])
    path = rounded(np.concatenate([right, right[::-1] * LEFT]), 0.025, 3)
    return tube(path, 0.02, sides=8, flatten=0.6)


def _grille(car: Car) -> list[Piece]:
    """A dark field between the headlights with bright bars."""
    width = 2.0 * car.grille * half_width(car.body, -0.5)
    level = car.lamp_height
    field = _plaque(width, 0.045, 0.02, 6.0, np.array([0.0, level, -0.5]), -1.0)
    rows = [level + step for step in (-0.012, 0.0, 0.012)]
    bars = [tube(np.array([[-0.44 * width, y, -0.511], [0.44 * width, y, -0.511]]), 0.003, sides=4) for y in rows]
    return [Piece("grille", field, "dark", BODY), Piece("grille bars", joined(bars), "metal", BODY)]


def _mirror_foot(car: Car) -> Float64[np.ndarray, " 3"]:
    if car.cabin is None:
        low, high = screen_foot(car), screen_corner(car)
        on_frame: Float64[np.ndarray, " 3"] = low + 0.35 * (high - low)
        return on_frame
    return side_point(car, car.cabin, 0.01, 0.05)


def _mirror(car: Car) -> Surface:
    foot = _mirror_foot(car)
    shell = block(0.046, 0.034, 0.026, 2.6)
    arm = tube(np.stack([foot - np.array([0.006, 0.004, 0.0]), foot + np.array([0.03, 0.022, 0.0])]), 0.006, sides=6)
    return joined([moved(shell, foot + np.array([0.036, 0.026, 0.004])), arm])


def _spoiler(car: Car) -> Surface:
    """A wing across the tail on two legs."""
    level, width = deck(car.body, 0.46) + car.spoiler, 0.88 * half_width(car.body, 0.46)
    path = np.stack([np.array([x * width, level, 0.465]) for x in (-1.0, 0.0, 1.0)])
    members = [tube(path, 0.007, sides=8, flatten=4.5)]
    for side in (0.6, -0.6):
        foot = np.array([side * width, level - car.spoiler - 0.012, 0.455])
        members.append(leg(foot, np.array([side * width, level, 0.465]), 0.014, 0.009, 6))
    return joined(members)
