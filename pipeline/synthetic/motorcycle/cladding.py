"""Tank, seat, handle bar, fairing, lamps and cases of a made-up motorcycle, and a scooter's shell."""

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import block, hull, panel, points, revolved, rounded, tube
from pipeline.synthetic.kernel.surface import LEFT, joined
from pipeline.synthetic.kernel.textures import Colour, U, V, canvas, lacquer
from pipeline.synthetic.motorcycle.running_gear import at, axle, fork, stations, tail_lamp, upper


def add_cladding(bike: Builder) -> None:
    """Place all that covers a motorcycle or is held by its rider."""
    _add_hulls(bike)
    _add_bar(bike)
    _add_lamps(bike)
    if "screen" in bike:
        _add_screen(bike)
    if bike["extras"].cases:
        _add_cases(bike)
    if bike.kind == "scooter":
        _add_shell(bike)


def _add_hulls(bike: Builder) -> None:
    """Tank, seat, tail and fairing."""
    bike.textures["tank_paint"] = _tank_paint
    if "rows" in bike["tank"]:
        surface = hull(stations(bike, "tank"), 2.5, 11, 14)
        low, size = surface.vertices.min(axis=0), np.ptp(surface.vertices, axis=0)
        uv = 0.01 + 0.98 * ((surface.vertices - low) / size)[:, [2, 1]]  # u from front to rear, v upwards
        top = upper(bike, "tank", int((stations(bike, "tank")[:, 1] + stations(bike, "tank")[:, 3]).argmax()))
        cap = revolved([(-0.012, 0.018), (0.004, 0.02), (0.008, 0.014)], "y", 12).moved(top)
        bike.add("tank", surface.mapped(uv), "tank", "tank")
        bike.add("tank cap", cap, "metal", "tank")
        bike.keypoint(8, "tank", top)
    for name, piece, material, part, power, count, sides in (
        ("seat", "seat", "seat", "seat", 3.2, 9, 12),
        ("back", "rear seat", "seat", "seat", 3.2, 7, 12),
        ("tail", "tail", "paint", "body", 2.8, 9, 12),
        ("nose", "fairing nose", "paint", "body", 2.6, 9, 14),
        ("belly", "fairing", "fairing", "body", 3.0, 9, 14),
    ):
        if "rows" in bike[name]:
            bike.add(piece, hull(stations(bike, name), power, count, sides), material, part)
    bike.keypoint(9, "seat", upper(bike, "seat", 0))
    bike.keypoint(10, "seat", upper(bike, "back" if "rows" in bike["back"] else "seat", -1))
    z, y, _, _ = stations(bike, "tail")[-1]
    bike.keypoint(19, "body", (0.0, y, z + 0.01))


def _add_bar(bike: Builder) -> None:
    """The handle bar with grips, levers and mirrors."""
    right = bike["bar"].rows + at(0.0, fork(bike, 1.0)[1])
    path = rounded(np.concatenate([right[:0:-1] * LEFT, right]), 0.018, 3)
    inner, end = right[-2:]
    along, ahead = (end - inner) / np.linalg.norm(end - inner), at(0.0, -0.004, -0.024)
    root = end - 0.1 * along
    grip = tube([end - 0.085 * along, end], 0.0145, 8)
    lever = tube([root, root + ahead + 0.02 * along, end + ahead - 0.01 * along], 0.0045, 5)
    bike.add("handle bar", tube(path, 0.0095, 6), "metal", "handle")
    bike.add("grips", grip.with_mirror_image(), "dark", "handle")
    bike.add("levers", lever.with_mirror_image(), "metal", "handle")
    bike.keypoint_pair(4, "handle", end)
    if bike["extras"].mirrors:
        top = root + at(0.034, 0.064, -0.01)
        shell = block(0.062, 0.04, 0.014, 2.0, 0.1, 10).moved(top + at(0.008, 0.012))
        bike.add_pair("mirror", joined([tube([root, top], 0.0048, 6), shell]), "mirror", "handle")


def _add_lamps(bike: Builder) -> None:
    """Headlight, tail light and indicators."""
    lamp, radius, style = bike["lamp"], bike["lamp"].radius, bike["lamp"].style
    middle, front = at(0.0, fork(bike, 1.0)[1] - lamp.drop, lamp.z), 0.75 * radius if style == "pair" else 0.0
    if style == "round":
        profile = [(0.9, 0.25), (0.6, 0.7), (0.1, 0.98), (0.0, 1.0), (-0.12, 0.9)]
        shell = revolved(profile, "z", 16, radius, radius).moved(middle)
        bracket = tube([middle + at(0.0, 0.0, 0.5 * radius), fork(bike, 0.9)], 0.012, 6)
        lens = revolved([(0.0, 0.84), (-0.22, 0.7)], "z", 16, radius, radius).moved(middle)
        bike.add("lamp shell", shell, "lamp shell", "light")
        bike.add("lamp bracket", bracket, "dark", "body")
    elif style == "pair":
        oval = block(1.5 * radius, 0.75 * radius, 0.05, 2.4).turned("x", 0.35)
        lens = oval.moved(middle + at(0.95 * radius)).with_mirror_image()
    else:
        lens = block(3.0 * radius, radius, 0.05, 2.4).turned("x", 0.35).moved(middle)
    bike.add("headlight", lens, "lamp", "light")
    bike.add("tail light", block(0.07, 0.03, 0.03, 3.0).moved(tail_lamp(bike)), "tail lamp", "light")
    bike.keypoint(6, "light", middle + at(front, 0.0, -0.05))
    bike.keypoint(7, "light", tail_lamp(bike) + at(0.0, 0.0, 0.05))
    if bike["extras"].indicators:
        starts = (fork(bike, 0.84) + at(0.0, 0.0, -0.012), tail_lamp(bike) + at(0.0, -0.004, -0.008))
        bulb = revolved([(-0.014, 0.009), (0.0, 0.015), (0.014, 0.009)], "z", 6)
        # Past the middle, or the ends of both stems would be the same faces.
        stems = joined([tube([start - at(0.006), start + at(0.088)], 0.005, 5) for start in starts])
        bulbs = joined([bulb.moved(start + at(0.088)) for start in starts])
        bike.add("indicator stems", stems.with_mirror_image(), "dark", "body")
        bike.add("indicators", bulbs.with_mirror_image(), "amber", "light")


def _add_screen(bike: Builder) -> None:
    """A bowed pane that leans to the rear, its upper corners rounded off."""
    screen, nose = bike["screen"], stations(bike, "nose")
    z, y, _, half = nose[len(nose) // 2]
    up, x, foot = np.linspace(0.0, 1.0, 6)[:, None], np.linspace(-1.0, 1.0, 7), at(0.0, y + 0.75 * half, z)
    wide = screen.half_width * (1.0 - 0.45 * up**3)
    pane = points(wide * x, up * screen.height, up * screen.lean + 0.55 * screen.half_width * x**2)
    bike.add("windscreen", panel(foot + pane, 0.006), "glass", "body")
    bike.keypoint(18, "body", foot + at(0.0, screen.height, screen.lean))


def _add_cases(bike: Builder) -> None:
    """A pannier on either side of the rear wheel, and a case with a rest behind the seat."""
    wheel, top = axle(bike, "rear"), upper(bike, "back", -1)
    pannier = block(0.085, 0.17, 0.24, 5.0, 0.25, 8).moved(wheel + at(0.115, 0.13, 0.045))
    rest = block(0.15, 0.09, 0.03, 3.5, 0.3, 8).turned("x", -0.15).moved(top + at(0.0, 0.05, -0.022))
    foot = wheel + at(0.0, 0.15)
    carrier = [tube([foot - at(0.1), foot + at(0.1)], 0.01, 6), tube([foot, top + at(0.0, 0.0, 0.04)], 0.016, 6)]
    bike.add_pair("case", pannier, "case", "body")
    box = block(0.2, 0.11, 0.14, 5.0, 0.25, 8).moved(top + at(0.0, 0.045, 0.055))
    bike.add("top case", box, "case", "body")
    bike.add("back rest", rest, "dark", "body")
    bike.add("case carrier", joined(carrier), "dark", "body")


def _add_shell(bike: Builder) -> None:
    """A scooter's leg shield with the floor behind it, and the drive beside its rear wheel."""
    floor, head = bike["frame"].rests_y, fork(bike, 0.9)
    lines = [(head[1] - 0.01, head[2] + 0.01, 0.06), (0.36, -0.19, 0.105), (0.24, -0.165, 0.12)]
    lines += [(floor + 0.02, -0.14, 0.115), (floor, -0.1, 0.11), (floor, 0.0, 0.105), (floor, 0.1, 0.1)]
    y, z, half = np.array(lines).T[:, :, None]
    x = np.linspace(-1.0, 1.0, 7)
    sheet = panel(points(half * x, y, z + np.where(y > floor + 0.01, 0.035, 0.0) * x**2), 0.014)
    cover = tube([fork(bike, s) for s in (0.42, 0.6, 0.85, 1.02)], [0.044, 0.062, 0.06, 0.05], 12)
    drive = block(0.04, 0.09, 0.26, 4.0, 0.3).moved(axle(bike, "rear") + at(-0.065, 0.01, -0.07))
    bike.add("steering cover", cover, "paint", "body")
    bike.add("leg shield and floor", sheet, "fairing", "body")
    bike.add("floor frame", block(0.13, 0.05, 0.3, 4.0, 0.2).moved((0.0, floor - 0.02, 0.02)), "dark", "body")
    bike.add("drive", drive, "engine", "body")


def _tank_paint(rng: np.random.Generator, paint: Colour, second: Colour) -> Material:
    """The tank seen from the side: a band, a lower half or a flash in the second colour, and a badge."""
    image, middle, half = canvas(paint), rng.uniform(0.4, 0.6), rng.uniform(0.08, 0.16)
    band, lower = np.abs(V - middle) < half, middle - rng.uniform(-0.15, 0.15) * (U - 0.5) > V
    flash = np.abs(V - middle - 0.5 * (U - 0.5)) < half * (1.3 - U)
    image[[band, lower, flash][int(rng.integers(3))]] = second
    image[np.hypot(U - 0.4, 0.6 * (V - 0.58)) < 0.07] = (0.95, 0.9, 0.75)
    return lacquer(rng, image)
