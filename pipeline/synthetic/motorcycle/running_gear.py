"""The wheels, fork, swing arm, shock absorbers and fenders of a made-up motorcycle, and the points that others use."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import panel, points, revolved, tube
from pipeline.synthetic.kernel.surface import Surface, Vector, joined
from pipeline.synthetic.kernel.table import Group
from pipeline.synthetic.kernel.wheels import ROUND, cast_spokes, hub, rim_ring, tyre, wire_spokes

HUB = 0.034  # half-length of a hub
SIDES = 26


def at(x: float, y: float = 0.0, z: float = 0.0) -> Vector:
    """A point, or a step."""
    return np.array([x, y, z])


def stations(bike: Builder, name: str) -> Float64[np.ndarray, "n 4"]:
    """The stations of a hull: z, height of the middle, half-width, half-height."""
    group, lift = bike[name], 0.0 if name in ("nose", "belly") else bike["frame"].lift
    factors = np.array([1.0, 1.0, group.wide, group.high])
    return np.asarray(group.rows * factors + np.array([0.0, lift, 0.0, 0.0]))


def upper(bike: Builder, name: str, number: int) -> Vector:
    """The middle of a hull's upper side at one of its stations."""
    z, y, _, half = stations(bike, name)[number]
    return at(0.0, y + half, z)


def fork(bike: Builder, share: float) -> Vector:
    """A point of the steering's line in the middle plane: 0 at the front axle, 1 at the fork's upper end."""
    foot, frame = axle(bike, "front"), bike["frame"]
    return np.asarray(foot + share * (at(0.0, frame.head_y + frame.lift, frame.head_z) - foot))


def axle(bike: Builder, wheel: str) -> Vector:
    """The middle of a wheel."""
    return at(0.0, bike[wheel].radius, bike[wheel].z)


def tail_lamp(bike: Builder) -> Vector:
    """The middle of the tail light."""
    return at(0.0, bike["lamp"].tail_y + bike["frame"].lift, bike["lamp"].tail_z)


def add_wheels(bike: Builder) -> None:
    """Place both wheels, each with tyre, rim with its spokes and hub, and brake disc."""
    for first, name, end, sides in ((0, "front", -1.1, (0.026, -0.026)), (2, "rear", 1.1, (-0.026,))):
        wheel, middle = bike[name], axle(bike, name)
        radius, rim = wheel.radius, wheel.rim * wheel.radius
        rubber = tyre(radius, wheel.width, rim, ROUND, SIDES).moved(middle)
        bike.add(f"{name} tyre", rubber, "tyre", "wheel")
        bike.add(f"{name} rim", _rim(wheel, rim).moved(middle), "rim", "wheel")
        disc = revolved([(-0.003, 0.5 * rim), (0.003, 0.5 * rim)], "x", 20).moved(middle)
        bike.add(f"{name} brake disc", joined([disc.moved(at(x)) for x in sides]), "metal", "wheel")
        bike.keypoint_pair(first, "wheel", middle + at(HUB))
        bike.keypoint(11 + first // 2, "wheel", middle + at(0.0, 0.0, end * radius))


def _rim(wheel: Group, rim: float) -> Surface:
    ring = rim_ring(rim, 0.62 * wheel.width, 0.09 * rim, SIDES, 0.0)
    if wheel.style == "disc":
        inner = revolved([(-0.02, 0.5), (-0.008, 1.0), (0.008, 1.0), (0.02, 0.5)], "x", 20, radius=0.97 * rim)
    elif wheel.style == "wire":
        inner = wire_spokes(int(wheel.spokes), 0.022, 0.97 * rim, 0.022, 0.0026)
    else:
        inner = cast_spokes(int(wheel.spokes), 0.015, 0.96 * rim, 0.011, 0.0, 0.12)
    return joined([ring, inner, hub(0.026, HUB)])


def add_chassis(bike: Builder) -> None:
    """Place fork, swing arm, shock absorbers and fenders."""
    side, rear, x = at(bike["frame"].spread), axle(bike, "rear"), max(0.05, 0.5 * bike["rear"].width + 0.016)
    sliders = tube([fork(bike, s) + side for s in (-0.02, 0.02, 0.5)], [0.013, 0.017, 0.016], 8)
    tubes = tube([fork(bike, s) + side for s in (0.45, 1.03)], 0.0115, 8)
    clamps = [tube([fork(bike, s) - 1.2 * side, fork(bike, s) + 1.2 * side], 0.013, 4) for s in (0.82, 1.0)]
    stem = tube([fork(bike, 0.8), fork(bike, 1.02)], 0.022, 10)
    bike.add("fork sliders", sliders.with_mirror_image(), "fork", "body")
    bike.add("fork tubes", tubes.with_mirror_image(), "metal", "body")
    bike.add("fork clamps", joined([*clamps, stem]), "dark", "body")
    for name, reach in (("front", bike["frame"].spread + 0.012), ("rear", x + 0.012)):
        bar = tube([axle(bike, name) - at(reach), axle(bike, name) + at(reach)], 0.009, 8)
        bike.add(f"{name} axle", bar, "dark", "body")
    y, z = bike["frame"].pivot_y, bike["frame"].pivot_z
    arm = tube([at(x, y, z), rear + at(x, 0.0, 0.015)], [0.019, 0.014], 4, 0.6).with_mirror_image()
    bike.add("swing arm", joined([arm, tube([at(-x - 0.005, y, z), at(x + 0.005, y, z)], 0.018, 8)]), "frame", "body")
    if bike["extras"].shocks:
        bike.add("shock absorbers", _shocks(bike, x + 0.014), "metal", "body")
    for name in ("front", "rear"):
        if f"{name}_fender" in bike:
            _add_fender(bike, name)
    if bike["extras"].beak:
        _add_beak(bike)


def _shocks(bike: Builder, x: float) -> Surface:
    """Make shock absorbers: rods whose radius goes up and down like a coil's."""
    middle = len(stations(bike, "seat")) // 2
    foot = axle(bike, "rear") + at(x, 0.012, -0.02)
    top = at(x, float(stations(bike, "seat")[middle, 1]) - 0.02, bike["rear"].z - 0.1)
    share = np.linspace(0.0, 1.0, 12)
    coil = tube(foot + share[:, None] * (top - foot), np.where(np.arange(12) % 2 == 0, 0.011, 0.017), 6)
    bolts = [tube([end - at(0.03), end + at(0.012)], 0.008, 6) for end in (foot, top)]
    return joined([coil, *bolts]).with_mirror_image()


def _add_fender(bike: Builder, name: str) -> None:
    """An arched sheet whose edges come down beside the tyre, and thin bars from the axle to them."""
    fender, hub_at = bike[f"{name}_fender"], axle(bike, name)
    reach, half = bike[name].radius + fender.gap, fender.half_width
    angle, x = np.radians(np.linspace(fender.start, fender.end, 10))[:, None], np.linspace(-1.0, 1.0, 5)
    size = reach - 0.7 * half * np.abs(x) ** 3
    sheet = panel(hub_at + points(half * np.sin(0.5 * np.pi * x), size * np.cos(angle), size * np.sin(angle)), 0.008)
    bike.add(f"{name} fender", sheet, "paint", "body")
    bars = []
    for share in (0.25, 0.85):
        turn = np.radians(fender.start + share * (fender.end - fender.start))
        edge = hub_at + (reach - 0.55 * half) * at(0.0, np.cos(turn), np.sin(turn)) + at(half)
        bars.append(tube([hub_at + at(half + 0.006), edge], 0.005, 5))
    bike.add(f"{name} fender stays", joined(bars).with_mirror_image(), "metal", "body")
    if name == "front":
        bike.keypoint(13, "body", hub_at + reach * at(0.0, float(np.cos(angle[0, 0])), float(np.sin(angle[0, 0]))))


def _add_beak(bike: Builder) -> None:
    """A long sheet over the wheel, held below the lower clamp; narrow at its tip."""
    tip, root = at(0.0, fork(bike, 0.72)[1] - 0.005, bike["front"].z - 0.13), fork(bike, 0.76) + at(0.0, 0.01, 0.16)
    share, x = np.linspace(0.0, 1.0, 8)[:, None, None], np.linspace(-1.0, 1.0, 5)[:, None]
    middle = tip + share * (root - tip) + 0.035 * np.sin(np.pi * share) * at(0.0, 1.0)
    half = 0.02 + 0.034 * np.sqrt(share) * (1.0 - 0.3 * share)
    bike.add("high fender", panel(middle + half * x * at(1.0) - 0.014 * x**2 * at(0.0, 1.0), 0.008), "paint", "body")
    bike.keypoint(13, "body", tip)
