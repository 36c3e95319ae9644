"""The back and the head rest of a made-up chair."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.chair.dimensions import Chair
from pipeline.synthetic.pieces import Piece
from pipeline.synthetic.primitives import panel, rounded, tube
from pipeline.synthetic.surfaces import Surface

HEAD, BACK = 1, 2  # the parts' labels
POST = 0.017  # radius of the frame's posts
SURFACE, FRAME = ("chair_back", "back_surface"), ("chair_back", "back_frame")


def back_point(chair: Chair, across: float, up: float) -> Float64[np.ndarray, " 3"]:
    """The middle of the back: `across` from -1 (left) to 1, `up` from 0 (the seat's top) to 1 (its upper end)."""
    seat, back = chair.seat, chair.back
    start = 0.5 * seat.depth - (0.03 if back.style in ("slats", "rails", "hoop") else 0.0)
    return np.array(
        [
            0.5 * back.width * across,
            seat.height + up * back.height * np.cos(back.lean),
            start + up * back.height * np.sin(back.lean) - back.curve * across**2,
        ]
    )


def back_edge(chair: Chair, up: float) -> float:
    """The reach of the back across at height `up`: 1 but for hoops and the rounded tops of sheets."""
    if chair.back.style == "hoop":
        return float((1.0 - min(up, 1.0) ** 3.0) ** (1.0 / 3.0))
    if chair.back.style in ("slats", "rails"):
        return 1.0
    corner = max(0.0, up - 0.55) / 0.45
    return 1.0 - (0.3 if chair.back.style == "shell" else 0.1) * min(corner, 1.0) ** 4


def back_pieces(chair: Chair) -> list[Piece]:
    """All pieces of part `back`."""
    if chair.back.style == "hoop":
        return _hoop(chair)
    if chair.back.style in ("slats", "rails"):
        return _framed(chair)
    return [_sheet(chair), *_connectors(chair)]


def head_pieces(chair: Chair) -> list[Piece]:
    """The head rest and the two bars that carry it."""
    if not chair.head:
        return []
    height = chair.head / chair.back.height
    low = 1.0 + (0.08 if chair.kind == "office" else -0.02)
    pieces = [
        Piece("head rest", _pillow(chair, 0.62, low, low + height, 0.085), "second", HEAD, ("chair_head", "headrest"))
    ]
    for side, name in ((-0.3, "left"), (0.3, "right")):
        ends = np.stack([back_point(chair, side, 0.9), back_point(chair, side, low + 0.3 * height)])
        path = ("chair_head", f"head_connector:{name}")
        pieces.append(Piece(f"{name} head bar", tube(ends, 0.009, 6), "metal", HEAD, path))
    return pieces


def _pillow(chair: Chair, width: float, low: float, high: float, thickness: float) -> Surface:
    """A cushion along the back, thinner towards its edges."""
    rows, columns = np.linspace(high, low, 8), np.linspace(-1.0, 1.0, 9)
    grid = np.stack([[back_point(chair, width * column, row) for column in columns] for row in rows])
    edge = 1.0 - np.abs(np.linspace(-1.0, 1.0, 8))[:, None] ** 6 * 0.65 - np.abs(columns)[None, :] ** 6 * 0.3
    return panel(grid, thickness * np.maximum(edge, 0.25))


def _sheet(chair: Chair) -> Piece:
    """A board, a shell or a padded sheet with rounded upper corners."""
    back = chair.back
    rows, columns = np.linspace(1.0, back.start, 12), np.linspace(-1.0, 1.0, 11)
    grid = np.stack([[back_point(chair, column * back_edge(chair, row), row) for column in columns] for row in rows])
    soft = back.style == "pad"
    thickness = np.full(grid.shape[:2], 0.016)
    if soft:
        ends = np.abs(np.linspace(-1.0, 1.0, 12))[:, None]
        full = 0.13 if chair.kind == "lounge" else 0.065
        thickness = full * (1.0 - 0.5 * ends**6 - 0.3 * np.abs(columns)[None, :] ** 6)
    path = (*SURFACE, "back_soft_surface" if soft else "back_hard_surface")
    return Piece("back", panel(grid, thickness), back.material, BACK, path)


def _connectors(chair: Chair) -> list[Piece]:
    """Bars from under the seat up to a back that starts above it."""
    back, seat = chair.back, chair.seat
    if back.start <= 0.0:
        return []
    sides = ((0.0, "middle"),) if chair.kind == "office" else ((-0.75, "left"), (0.75, "right"))
    under = seat.height - seat.cushion - 0.5 * seat.board
    pieces = []
    for across, name in sides:
        behind = np.array([0.0, 0.0, 0.02])
        high = back_point(chair, across, back.start + 0.45 * (1.0 - back.start)) + behind
        low = back_point(chair, across, 0.0) + behind
        start = np.array([low[0], under, 0.25 * seat.depth])
        corner = np.array([low[0], under, low[2] + 0.025])
        radius, flatten = (0.012, 3.5) if name == "middle" else (chair.base.radius, 1.0)
        path = rounded(np.stack([start, corner, high]), 0.06)
        surface = tube(path, radius, 8, flatten)
        pieces.append(Piece(f"{name} back bar", surface, "metal", BACK, ("chair_back", f"back_connector:{name}")))
    return pieces


def _post(chair: Chair, side: float, name: str) -> Piece:
    path = np.stack([back_point(chair, side, up) for up in (-0.1, 0.35, 0.7, 1.03)])
    surface = tube(path, [1.15 * POST, POST, POST, 0.8 * POST], 4 if chair.base.square else 8)
    return Piece(f"{name} post", surface, chair.base.material, BACK, (*FRAME, f"back_frame_vertical_bar:{name}"))


def _rail(chair: Chair, up: float, height: float) -> Surface:
    columns = np.linspace(-1.0, 1.0, 9)
    half = 0.5 * height / chair.back.height
    rows = np.stack([[back_point(chair, column, row) for column in columns] for row in (up + half, up - half)])
    return panel(rows, 0.018)


def _framed(chair: Chair) -> list[Piece]:
    """Two posts and a top rail, slats between it and a low rail, or rails one above the other."""
    back = chair.back
    pieces = [_post(chair, -1.0, "left"), _post(chair, 1.0, "right")]
    frame = (*FRAME, "back_frame_horizontal_bar:top")
    pieces.append(Piece("top rail", _rail(chair, 0.94, 0.075), back.material, BACK, frame))
    if back.style == "rails":
        for number, up in enumerate(np.linspace(back.start, 0.72, back.count - 1)):
            path = (*SURFACE, f"back_surface_horizontal_bar:{number}")
            pieces.append(Piece(f"rail {number}", _rail(chair, float(up), 0.05), back.material, BACK, path))
        return pieces
    low = (*FRAME, "back_frame_horizontal_bar:low")
    pieces.append(Piece("low rail", _rail(chair, back.start, 0.04), back.material, BACK, low))
    for number, across in enumerate(np.linspace(-1.0, 1.0, back.count + 2)[1:-1]):
        ends = np.stack([back_point(chair, float(across), up) for up in (back.start, 0.6, 0.94)])
        path = (*SURFACE, f"back_surface_vertical_bar:{number}")
        pieces.append(Piece(f"slat {number}", tube(ends, 0.007, 4, 2.6), back.material, BACK, path))
    return pieces


def _hoop(chair: Chair) -> list[Piece]:
    """A bent rod from one side of the seat over the top to the other, and spindles inside it."""
    back = chair.back
    angle = np.linspace(-0.06, np.pi + 0.06, 25)
    cosine, sine = np.cos(angle), np.sin(angle)
    size = (np.abs(cosine) ** 3 + np.abs(sine) ** 3) ** (-1.0 / 3.0)
    path = np.stack([back_point(chair, float(x), float(y)) for x, y in zip(size * cosine, size * sine, strict=True)])
    pieces = [Piece("hoop", tube(path, 0.014, 8), back.material, BACK, (*FRAME, "back_holistic_frame"))]
    for number, across in enumerate(np.linspace(-1.0, 1.0, back.count + 2)[1:-1]):
        high = (1.0 - abs(float(across)) ** 3) ** (1.0 / 3.0)
        spindle = np.stack([back_point(chair, float(across), up) for up in (-0.05, 0.5 * high, high)])
        bar = (*SURFACE, f"back_surface_vertical_bar:{number}")
        pieces.append(Piece(f"spindle {number}", tube(spindle, 0.008, 6), back.material, BACK, bar))
    return pieces
