"""Closures of made-up bottles: corks, foil, caps, a spray head, a pump. Each stands on the neck's axis, x = 0."""

import numpy as np

from pipeline.synthetic.bottle.walls import Walls, around
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import loft, points, revolved, rounded, stack, tube
from pipeline.synthetic.kernel.surface import Point, Surface

LID, HANDLE, MOUTH = "normal_bottle/lid", "normal_bottle/lid_handle", "normal_bottle/mouth"


def add_top(bottle: Builder, walls: Walls) -> None:
    """Add a ring around the mouth and the closure, with the keypoint on the middle of its upper side."""
    top, mouth = bottle["top"], walls.mouth
    if top.lip:
        profile = [(-1.0, 0.8), (-0.9, 1.0), (-0.2, 1.0), (0.1, 0.92)]
        ring = revolved(profile, "y", 40, top.lip, walls.radius + 0.0028).moved((0.0, mouth, 0.0))
        bottle.add("mouth", around(ring, 0.0, mouth), "glass", MOUTH)
    styles = {"crown": _add_crown, "screw": _add_screw_cap, "spray": _add_spray, "pump": _add_pump}
    if "profile" in top:
        style, rows = top.style, top.profile
        surface = revolved(rows, "y", 28, radius=walls.radius).moved((0.0, mouth, 0.0))
        bottle.add(style, surface, style, "normal_bottle/closure" if style == "cork" else LID)
        bottle.keypoint(0, "" if style == "cork" else "lid", (0.0, mouth + rows[-1, 0], 0.0))
    elif top.style in styles:
        height = styles[top.style](bottle, walls)
        bottle.keypoint(0, "lid", (float(walls.neck[-1, 4]), height, 0.0))


def _add_crown(bottle: Builder, walls: Walls) -> float:
    """A crown cap: a skirt of teeth under a flat top."""
    rows = [(-0.005, 1.14, 0.07), (-0.001, 1.06, 0.03), (0.0015, 0.95, 0.0), (0.0022, 0.8, 0.0)]
    cap = _ribbed(rows, 21, walls.radius + 0.0008).moved((0.0, walls.mouth, 0.0))
    bottle.add("crown cap", cap, "lid", LID)
    return walls.mouth + 0.0022


def _add_screw_cap(bottle: Builder, walls: Walls) -> float:
    """A ribbed cap; on a flask with a hinge, on a soda bottle with a ring below it."""
    low, height, radius = walls.mouth - bottle["top"].covered, bottle["top"].height, walls.radius
    wide = 1.2 * radius + 0.001
    _add_cap(bottle, "cap", (float(walls.neck[-1, 4]), low + 0.001, 0.0), wide, height)
    if bottle.kind == "soda":
        ring = revolved([(-4.0, 1.0), (-2.5, 1.3), (-1.0, 1.3), (1.0, 1.0)], "y", 28, 0.001, radius)
        bottle.add("cap ring", ring.moved((0.0, low, 0.0)), "lid", LID)
    if bottle.kind == "flask":
        path = [(0.9 * wide, low + 0.005, 0.0), (wide + 0.006, low + 0.004, 0.0), (wide + 0.007, 0.88 * low, 0.0)]
        bottle.add("hinge", tube(rounded(path, 0.005), 0.0024, 8), "lid", LID)
    return float(low + 0.001 + height)


def _add_spray(bottle: Builder, walls: Walls) -> float:
    """A collar, a head with a nozzle, and a trigger."""
    high, low, reach = walls.mouth + 0.024, walls.mouth - 0.011, bottle["top"].reach
    rows = [(-0.72, 0.02, 0.02), (-0.45, 0.026, 0.026), (0.0, 0.03, 0.032), (0.5, 0.026, 0.026), (0.6, 0.018, 0.018)]
    head = stack([(z * reach, high, 0.5 * width, 0.5 * height) for z, width, height in rows], 3.5, 24)
    nozzle = revolved([(-reach, 0.007), (-0.97 * reach, 0.009), (-0.68 * reach, 0.0095)], "z", 18)
    path = [(0.0, high - 0.006, -0.42 * reach), (0.0, high - 0.033, -0.55 * reach), (0.0, high - 0.063, -0.85 * reach)]
    bend = rounded(path, 0.012)
    _add_cap(bottle, "collar", (0.0, low, 0.0), 0.019, 0.02)
    bottle.add("throat", revolved([(low + 0.015, 0.013), (high - 0.008, 0.011)], "y", 24), "second", LID)
    bottle.add("head", head, "second", LID)
    bottle.add("nozzle", nozzle.moved((0.0, high, 0.0)), "lid", LID)
    bottle.add("trigger", tube(bend, np.linspace(0.0052, 0.0038, len(bend)), 12, 2.0), "lid", HANDLE)
    bottle.keypoint(15, "lid", (0.0, high, -reach))
    bottle.keypoint(16, "handle", path[-1])
    return high + 0.016


def _add_pump(bottle: Builder, walls: Walls) -> float:
    """A collar, a stem, and a button whose spout points to the front."""
    low, reach = walls.mouth - 0.009, bottle["top"].reach
    top = walls.mouth + bottle["top"].rise
    button = [(top - 0.016, 0.008), (top - 0.014, 0.0115), (top - 0.003, 0.0135), (top, 0.011)]
    path = rounded([(0.0, top - 0.007, 0.0), (0.0, top - 0.007, -0.8 * reach), (0.0, top - 0.02, -reach)], 0.008)
    _add_cap(bottle, "collar", (0.0, low, 0.0), 0.0185, 0.02)
    bottle.add("stem", revolved([(low + 0.017, 0.0055), (top - 0.012, 0.0055)], "y", 18), "metal", LID)
    bottle.add("button", revolved(button, "y", 28), "lid", LID)
    bottle.add("spout", tube(path, np.linspace(0.0062, 0.0042, len(path)), 14), "lid", LID)
    bottle.keypoint(15, "lid", path[-1])
    return float(top)


def _add_cap(bottle: Builder, name: str, foot: Point, radius: float, height: float) -> None:
    """A cylinder with upright ribs and a rounded upper edge."""
    rows = [(0.0, 0.985, 0.015), (0.8 * height, 0.985, 0.015), (0.95 * height, 0.97, 0.0), (height, 0.88, 0.0)]
    bottle.add(name, _ribbed(rows, 22, radius).moved(foot), "lid", LID)


def _ribbed(rows: list[tuple[float, float, float]], ribs: int, radius: float) -> Surface:
    """Rings of (height, size, depth of the ribs), sizes in radii."""
    y, size, wave = np.array(rows).T[:, :, None]
    angle = np.pi * np.arange(2 * ribs) / ribs
    reach = radius * (size + wave * np.cos(ribs * angle))
    return loft(points(reach * np.cos(angle), y, reach * np.sin(angle)))
