"""The windows, pillars and roof of a made-up car, or an open car's screen and seats."""

import numpy as np

from pipeline.synthetic.car.body import seen_from_above
from pipeline.synthetic.car.shape import THICKNESS, deck, side_point, well_ends
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import block, loft, panel, points, revolved, rounded, tube
from pipeline.synthetic.kernel.surface import LEFT, Surface, Vector, joined

OVERHANG = 0.008  # of the roof at both ends
FRONT_BOW, REAR_BOW = 0.022, 0.012  # how far the middle of the front and rear windows stands out


def add_cabin(car: Builder) -> None:
    """Place windows, pillars and roof; in an open car screen, wheel and seats."""
    if "cabin" not in car:
        _add_cockpit(car)
        return
    car.add("windows", _windows(car), "glass", "body")
    pillars = [tube(side_point(car, along, [0.0, 0.5, 1.0]), 0.0105, 6) for along in (0.0, 1.0)]
    for start, end in car["cabin"].pillars:
        pillars.append(panel(side_point(car, np.linspace(start, end, 4), np.array([[0.0], [0.5], [1.0]])), 0.012))
    car.add("pillars", joined(pillars).with_mirror_image(), "pillar", "body")
    car.add("roof", _roof(car), "roof", "roof")
    for first, along in ((4, -0.03), (6, 1.03)):
        car.keypoint_pair(first, "roof", side_point(car, along, 1.0) + np.array([0.0, 0.5 * THICKNESS, 0.0]))
    if car["body"].rails:
        front, rear = side_point(car, [0.12, 0.88], 1.0) * np.array([0.82, 1.0, 1.0])
        up = np.array([0.0, 0.042, 0.0])
        rail = tube(rounded([front, front + up, rear + up, rear], 0.016), 0.007, 6)
        car.add("roof rails", rail.with_mirror_image(), "metal", "body")


def _windows(car: Builder) -> Surface:
    """One closed block of glass, its front and rear bowed outward."""
    right = side_point(car, np.linspace(0.0, 1.0, 7), np.array([[0.0], [0.5], [1.0]]))
    inward, bow = points([0.25, 0.7], 1.0, 1.0), points(0.0, 0.0, [1.0 - 0.25**2, 1.0 - 0.7**2])
    front, rear = right[:, :1] * inward - FRONT_BOW * bow, right[:, -1:] * inward[::-1] + REAR_BOW * bow[::-1]
    half = np.concatenate([front, right, rear], axis=1)
    return loft(np.concatenate([half, half[:, ::-1] * LEFT], axis=1))


def _roof(car: Builder) -> Surface:
    """A crowned sheet over the windows."""
    front, rear = side_point(car, [0.0, 1.0], 1.0)[:, 2]
    over = OVERHANG / (rear - front)
    along, x = np.linspace(-over, 1.0 + over, 8)[:, None], np.linspace(-1.0, 1.0, 9)
    edge, ends = side_point(car, along, 1.0), (2.0 * along - 1.0) ** 4
    bow = np.where(along > 0.5, REAR_BOW, -FRONT_BOW) * (1.0 - x**2) * ends
    rise = 0.006 + 0.02 * (1.0 - np.abs(x) ** 2.5) - 0.012 * ends
    sheet = panel(points(1.02 * x * edge[..., 0], edge[..., 1] + rise, edge[..., 2] + bow), THICKNESS)
    return seen_from_above(car, sheet)


def screen_edge(car: Builder, up: float) -> Vector:
    """A point of the right edge of an open car's windscreen, from its foot (0) to its upper corner (1)."""
    start, width = well_ends(car)[0], car["body"].half_width
    low = np.array([0.88 * width, float(deck(car, start)) - 0.012, start - 0.01])
    return low + up * np.array([-0.14 * width, 0.087, 0.065])


def _add_cockpit(car: Builder) -> None:
    """A windscreen in a frame, a steering wheel on its column, and two seats."""
    well, end, width = car["well"], well_ends(car)[1], car["body"].half_width
    foot, corner = screen_edge(car, 0.0), screen_edge(car, 1.0)
    x = np.linspace(-1.0, 1.0, 5)
    edge = np.stack([foot, 0.5 * (foot + corner), corner])[:, None]
    pane = panel(points(x * edge[..., 0], edge[..., 1], edge[..., 2] - 0.025 * (1.0 - x**2)), 0.006)
    car.add("windscreen", pane, "glass", "body")
    frame = rounded([foot, corner, corner * LEFT, foot * LEFT], 0.02, 3)
    car.add("screen frame", tube(frame, 0.006, 6), "metal", "body")
    circle = 2.0 * np.pi * np.arange(13) / 12
    hoop = tube(0.032 * points(np.cos(circle), np.sin(circle), 0.0), 0.005, 4).turned("x", -0.35)
    spoke = tube([(-0.032, 0.0, 0.0), (0.032, 0.0, 0.0)], 0.005, 5)
    column = tube([(0.0, 0.0, 0.0), (0.0, -0.02, -0.07)], 0.005, 6)
    spot = (-0.42 * width, float(deck(car, well_ends(car)[0])) + 0.005, well_ends(car)[0] + 0.05)
    car.add("steering wheel", joined([hoop, spoke, column]).moved(spot), "trim", "body")
    floor, height = well.floor, float(deck(car, end)) + 0.05 - well.floor
    back = block(0.62 * width, 0.032, height).turned("x", 0.2 - 0.5 * np.pi)
    head = revolved([(-0.03, 0.012), (-0.022, 0.02), (0.022, 0.02), (0.03, 0.012)], "x", 10)
    parts = [block(0.62 * width, 0.035, 0.13).moved((0.0, floor + 0.018, end - 0.1))]
    parts += [
        back.moved((0.0, floor + 0.5 * height, end - 0.035)),
        head.moved((0.0, floor + height + 0.012, end - 0.02)),
    ]
    car.add_pair("seat", joined(parts).moved((0.45 * width, 0.0, 0.0)), "seat", "body")
