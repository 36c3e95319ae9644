"""The middle of a made-up motorcycle: frame tubes, engine, exhaust, foot rests."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.blocks import block
from pipeline.synthetic.motorcycle.dimensions import Engine, Motorcycle
from pipeline.synthetic.motorcycle.running_gear import BODY, fork_point
from pipeline.synthetic.pieces import Piece
from pipeline.synthetic.primitives import revolved, rounded, tube
from pipeline.synthetic.surfaces import Surface, joined, mirrored, moved, rotation, turned


def engine_pieces(bike: Motorcycle) -> list[Piece]:
    """Frame, engine, exhaust and foot rests."""
    pieces = [Piece("frame", _frame(bike), "frame", BODY)]
    if bike.engine.style != "hidden":
        pieces += _engine(bike.engine)
    pieces += _exhaust(bike)
    y, z, reach = bike.rests
    if reach and bike.engine.style != "hidden":
        inner = 0.6 * reach
        bar = tube(np.array([[-inner, y, z], [inner, y, z]]), 0.008, sides=6)
        peg = tube(np.array([[inner - 0.01, y, z], [reach, y, z]]), 0.013, sides=6)
        pieces.append(Piece("foot rests", joined([bar, peg, mirrored(peg)]), "dark", BODY))
    return pieces


def exhaust_end(bike: Motorcycle) -> Float64[np.ndarray, " 3"]:
    """The middle of the right muffler's open end."""
    return np.array(bike.exhaust.end)


def _frame(bike: Motorcycle) -> Surface:
    """A backbone from the steering head to the tail, and a pair of tubes around the engine."""
    head, (pivot_y, pivot_z) = fork_point(bike, 0.9), bike.pivot
    seat = bike.seat[len(bike.seat) // 2]
    under = np.array([0.0, seat[1] - seat[3] + 0.004, seat[0]])
    spine = tube(np.stack([head, under]), [0.022, 0.016], sides=8)
    if bike.engine.style == "hidden":
        floor = bike.rests[0] - 0.02
        path = np.array([head, [0.0, floor, head[2] + 0.06], [0.0, floor, under[2] - 0.08], under])
        return tube(rounded(path, 0.04), 0.016, sides=8)
    bottom = bike.engine.y - 0.85 * bike.engine.size
    loop = rounded(
        np.array(
            [
                [0.012, head[1] - 0.02, head[2]],
                [0.05, bottom, bike.engine.z - 1.1 * bike.engine.size],
                [0.05, bottom, pivot_z - 0.02],
                [0.05, pivot_y + 0.01, pivot_z + 0.01],
                [0.035, under[1], under[2]],
            ]
        ),
        0.03,
        3,
    )
    tail_z, tail_y = bike.tail_lamp[1] - 0.03, bike.tail_lamp[0]
    rail = tube(np.array([[0.03, under[1], under[2]], [0.025, tail_y - 0.005, tail_z]]), 0.009, sides=6)
    cradle = tube(loop, 0.0105, sides=6)
    return joined([spine, cradle, mirrored(cradle), rail, mirrored(rail)])


def _engine(engine: Engine) -> list[Piece]:
    """Crankcase with round side covers, and cylinders with fins above it."""
    size, at = engine.size, np.array([0.0, engine.y, engine.z])
    case = moved(block(0.14, 1.5 * size, 2.6 * size, 4.0, 0.15), at + np.array([0.0, 0.0, 0.4 * size]))
    profile = [(-0.088, 0.5), (-0.082, 0.8), (0.082, 0.8), (0.088, 0.5)]
    covers = [
        moved(revolved([(x, share * size * r) for x, r in profile], "x", 14), at + np.array([0.0, 0.0, shift * size]))
        for share, shift in ((1.0, 0.0), (0.75, 1.15))
    ]
    leans = {"twin": (-0.42, 0.42), "single": (-0.12,), "parallel": (-0.25,)}[engine.style]
    places = (0.04, -0.04) if engine.style == "parallel" else (0.0,)
    barrel = _finned(0.042 if engine.style == "parallel" else 0.052, 1.8 * size)
    cylinders = [
        moved(turned(barrel, rotation((1.0, 0.0, 0.0), lean)), at + np.array([x, 0.0, 0.0]))
        for lean in leans
        for x in places
    ]
    return [
        Piece("crankcase", case, "engine", BODY),
        Piece("engine covers", joined(covers), "metal", BODY),
        Piece("cylinders", joined(cylinders), "cylinder", BODY),
    ]


def _finned(radius: float, height: float) -> Surface:
    """A cylinder along +Y with fins, and a smooth head."""
    profile = [(0.3, 0.8)]
    for level in np.linspace(0.4, 0.84, 5):
        profile += [(float(level), 1.0), (float(level) + 0.045, 0.8)]
    profile += [(0.92, 0.9), (1.0, 0.75)]
    return revolved([(y * height, r * radius) for y, r in profile], "y", 10)


def _exhaust(bike: Motorcycle) -> list[Piece]:
    """Pipe and muffler, on the right or on both sides."""
    exhaust = bike.exhaust
    points = np.array(exhaust.path)
    pipe = tube(rounded(points, 0.025, 3), 0.0115, sides=8)
    start, end = points[-1], np.array(exhaust.end)
    share = np.array([0.0, 0.12, 0.85, 1.0])
    size = exhaust.radius * np.array([0.5, 0.95, 1.0, 0.75])
    muffler = tube(start + share[:, None] * (end - start), size, sides=12)
    pieces = [Piece("right exhaust pipe", pipe, "pipe", BODY), Piece("right muffler", muffler, "muffler", BODY)]
    if exhaust.both:
        pieces.append(Piece("left exhaust pipe", mirrored(pipe), "pipe", BODY))
        pieces.append(Piece("left muffler", mirrored(muffler), "muffler", BODY))
    return pieces
