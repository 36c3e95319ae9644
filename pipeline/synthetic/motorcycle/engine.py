"""The middle of a made-up motorcycle: frame tubes, engine, exhaust, foot rests."""

import numpy as np

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import block, revolved, rounded, tube
from pipeline.synthetic.kernel.surface import LEFT, Surface, joined
from pipeline.synthetic.motorcycle.running_gear import at, fork, stations, tail_lamp


def add_engine(bike: Builder) -> None:
    """Place frame, engine, exhaust and foot rests."""
    bike.add("frame", _frame(bike), "frame", "body")
    _add_exhaust(bike)
    y, z, reach = bike["frame"].rests_y, bike["frame"].rests_z, bike["frame"].reach
    bike.keypoint_pair(16, "body", (reach, y, z))
    if bike["engine"].style == "hidden":
        return
    _add_cylinders(bike)
    bar = tube([(-0.6 * reach, y, z), (0.6 * reach, y, z)], 0.008, 6)
    peg = tube([(0.6 * reach - 0.01, y, z), (reach, y, z)], 0.013, 6)
    bike.add("foot rests", joined([bar, peg.with_mirror_image()]), "dark", "body")


def _frame(bike: Builder) -> Surface:
    """A backbone from the steering head to the tail, and a pair of tubes around the engine."""
    head, frame, engine = fork(bike, 0.9), bike["frame"], bike["engine"]
    seat_z, seat_y, _, seat_half = stations(bike, "seat")[len(stations(bike, "seat")) // 2]
    under = at(0.0, seat_y - seat_half + 0.004, seat_z)
    spine = tube([head, under], [0.022, 0.016], 8)
    if engine.style == "hidden":
        low = at(0.0, frame.rests_y - 0.02)
        bends = [head, low + at(0.0, 0.0, head[2] + 0.06), low + at(0.0, 0.0, under[2] - 0.08), under]
        return tube(rounded(bends, 0.04), 0.016, 8)
    low, pivot = at(0.05, engine.y - 0.85 * engine.size), at(0.05, frame.pivot_y + 0.01, frame.pivot_z + 0.01)
    loop = [head + at(0.012, -0.02), low + at(0.0, 0.0, engine.z - 1.1 * engine.size)]
    loop += [low + at(0.0, 0.0, frame.pivot_z - 0.02), pivot, under + at(0.035)]
    rail = tube([under + at(0.03), tail_lamp(bike) + at(0.025, -0.005, -0.03)], 0.009, 6)
    return joined([spine, joined([tube(rounded(loop, 0.03, 3), 0.0105, 6), rail]).with_mirror_image()])


def _add_cylinders(bike: Builder) -> None:
    """Crankcase with round side covers, and cylinders with fins above it."""
    engine = bike["engine"]
    size, middle, style = engine.size, at(0.0, engine.y, engine.z), engine.style
    case = block(0.14, 1.5 * size, 2.6 * size, 4.0).moved(middle + at(0.0, 0.0, 0.4 * size))
    cover = revolved([(-0.088, 0.5), (-0.082, 0.8), (0.082, 0.8), (0.088, 0.5)], "x", 14, radius=size).moved(middle)
    rear = revolved([(-0.087, 0.4), (-0.08, 0.6), (0.08, 0.6), (0.087, 0.4)], "x", 14, radius=size).moved(middle)
    fins = [step for level in np.linspace(0.4, 0.84, 5) for step in ((level, 1.0), (level + 0.045, 0.8))]
    shape = [(0.3, 0.8), *fins, (0.92, 0.9), (1.0, 0.75)]
    barrel = revolved(shape, "y", 10, 1.8 * size, 0.042 if style == "parallel" else 0.052)
    leans = {"twin": (-0.42, 0.42), "single": (-0.12,), "parallel": (-0.25,)}[style]
    places = (0.04, -0.04) if style == "parallel" else (0.0,)
    cylinders = [barrel.turned("x", lean).moved(middle + at(x)) for lean in leans for x in places]
    bike.add("crankcase", case, "engine", "body")
    bike.add("engine covers", joined([cover, rear.moved(at(0.0, 0.0, 1.15 * size))]), "metal", "body")
    bike.add("cylinders", joined(cylinders), "cylinder", "body")


def _add_exhaust(bike: Builder) -> None:
    """Pipe and muffler, on the right or on both sides."""
    exhaust = bike["exhaust"]
    path, end = exhaust.path, exhaust.end
    pipe = tube(rounded(path, 0.025, 3), 0.0115, 8)
    share = np.array([[0.0], [0.12], [0.85], [1.0]])
    muffler = tube(path[-1] + share * (end - path[-1]), exhaust.radius * np.array([0.5, 0.95, 1.0, 0.75]), 12)
    for name, surface, material in (("exhaust pipe", pipe, "pipe"), ("muffler", muffler, "muffler")):
        bike.add(f"right {name}", surface, material, "body")
        if exhaust.both:
            bike.add(f"left {name}", surface.mirrored(), material, "body")
    bike.keypoint(14, "body", *([end, end * LEFT] if exhaust.both else [end]))
