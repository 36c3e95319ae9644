"""The back and the head rest of a made-up chair."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import LEFT_RIGHT, Number, panel, points, rounded, tube
from pipeline.synthetic.kernel.surface import Surface

POST = 0.017  # radius of the frame's posts
SURFACE, FRAME = "chair_back/back_surface", "chair_back/back_frame"


def seat_depth(chair: Builder) -> float:
    """The depth of the seat."""
    return float(chair["seat"].depth or chair["seat"].width)


def back_point(chair: Builder, across: Number, up: Number) -> Float64[np.ndarray, "*shape 3"]:
    """The middle of the back: `across` from -1 (left) to 1, `up` from 0 (the seat's top) to 1 (its upper end)."""
    back, across, up = chair["back"], np.asarray(across), np.asarray(up)
    start = 0.5 * seat_depth(chair) - (0.03 if back.style in ("slats", "rails", "hoop") else 0.0)
    half, rise = 0.5 * (back.share * chair["seat"].width - back.inset), up * back.height
    y = chair["seat"].height + rise * np.cos(back.lean)
    return points(half * across, y, start + rise * np.sin(back.lean) - back.curve * across**2)


def back_edge(chair: Builder, up: Number) -> Float64[np.ndarray, "*shape"]:
    """The reach of the back across at height `up`: 1 but for hoops and the rounded tops of sheets."""
    style, height = chair["back"].style, np.clip(up, 0.0, 1.0)
    if style == "hoop":
        return np.asarray((1.0 - height**3.0) ** (1.0 / 3.0))
    corner = {"shell": 0.3, "pad": 0.1, "board": 0.1}.get(style, 0.0)
    return np.asarray(1.0 - corner * np.clip((height - 0.55) / 0.45, 0.0, 1.0) ** 4)


def add_back(chair: Builder) -> None:
    """Place a head rest and the back."""
    style = chair["back"].style
    if chair["head"].height:
        _add_head(chair)
    {"hoop": _add_hoop, "slats": _add_frame, "rails": _add_frame}.get(style, _add_sheet)(chair)
    chair.keypoint(21, "back", back_point(chair, 0.0, 1.2))
    for number, (_, side) in enumerate(LEFT_RIGHT):
        corner = back_point(chair, side * max(0.8, float(back_edge(chair, 1.0))), 1.0)
        chair.keypoint(number, "back", corner + np.array([side * 0.05, 0.08, 0.0]))  # from out there it is the nearest


def _add_head(chair: Builder) -> None:
    """The head rest, thinner towards its edges, and the two bars that carry it."""
    head = chair["head"]
    height, low = head.height / chair["back"].height, 1.0 + head.gap
    rows, columns = np.linspace(-1.0, 1.0, 8)[:, None], np.linspace(-1.0, 1.0, 9)
    middle = back_point(chair, 0.62 * columns, low + height * (0.5 - 0.5 * rows))
    pillow = panel(middle, 0.085 * np.maximum(1.0 - 0.65 * np.abs(rows) ** 6 - 0.3 * np.abs(columns) ** 6, 0.25))
    chair.add("head rest", pillow, "second", "chair_head/headrest")
    for name, side in LEFT_RIGHT:
        bar = tube(back_point(chair, 0.3 * side, [0.9, low + 0.3 * height]), 0.009, 6)
        chair.add(f"{name} head bar", bar, "metal", f"chair_head/head_connector:{name}")
    chair.keypoint(16, "head", back_point(chair, 0.0, 1.0) + np.array([0.0, 1.0, 0.2]))


def _add_sheet(chair: Builder) -> None:
    """A board, a shell or a padded sheet with rounded upper corners, on bars if it starts above the seat."""
    seat, back, soft = chair["seat"], chair["back"], chair["back"].style == "pad"
    start = -(seat.cushion + 0.012) / back.height if back.style == "shell" else back.start
    rows, columns = np.linspace(1.0, start, 12)[:, None], np.linspace(-1.0, 1.0, 11)
    ends = np.linspace(-1.0, 1.0, 12)[:, None]
    full = 0.13 if chair.kind == "lounge" else 0.065
    thickness = full * (1.0 - 0.5 * ends**6 - 0.3 * np.abs(columns) ** 6) if soft else 0.016 + 0.0 * ends * columns
    sheet = panel(back_point(chair, columns * back_edge(chair, rows), rows), thickness)
    chair.add("back", sheet, back.material, f"{SURFACE}/back_{'soft' if soft else 'hard'}_surface")
    if start <= 0.0:
        return
    office = chair.kind == "office"
    under = seat.height - seat.cushion - 0.5 * seat.board
    for name, side in (("middle", 0.0),) if office else (("left", -0.75), ("right", 0.75)):
        low, high = back_point(chair, side, [0.0, start + 0.45 * (1.0 - start)]) + np.array([0.0, 0.0, 0.02])
        path = rounded([(low[0], under, 0.25 * seat_depth(chair)), (low[0], under, low[2] + 0.025), high], 0.06)
        bar = tube(path, 0.012, 8, 3.5) if office else tube(path, chair["base"].radius, 8)
        chair.add(f"{name} back bar", bar, "metal", f"chair_back/back_connector:{name}")


def _add_frame(chair: Builder) -> None:
    """Two posts and a top rail, slats between it and a low rail, or rails one above the other."""
    back, base = chair["back"], chair["base"]
    material, count = back.material, int(back.count)
    for name, side in LEFT_RIGHT:
        path, radius = back_point(chair, side, [-0.1, 0.35, 0.7, 1.03]), POST * np.array([1.15, 1.0, 1.0, 0.8])
        post = tube(path, radius, 4 if base.square else 8)
        chair.add(f"{name} post", post, base.material, f"{FRAME}/back_frame_vertical_bar:{name}")
    chair.add("top rail", _rail(chair, 0.94, 0.075), material, f"{FRAME}/back_frame_horizontal_bar:top")
    if back.style == "rails":
        for number, up in enumerate(np.linspace(back.start, 0.72, count - 1)):
            rail = _rail(chair, float(up), 0.05)
            chair.add(f"rail {number}", rail, material, f"{SURFACE}/back_surface_horizontal_bar:{number}")
        return
    chair.add("low rail", _rail(chair, back.start, 0.04), material, f"{FRAME}/back_frame_horizontal_bar:low")
    for number, across in enumerate(np.linspace(-1.0, 1.0, count + 2)[1:-1]):
        slat = tube(back_point(chair, across, [back.start, 0.6, 0.94]), 0.007, 4, 2.6)
        chair.add(f"slat {number}", slat, material, f"{SURFACE}/back_surface_vertical_bar:{number}")


def _rail(chair: Builder, up: float, height: float) -> Surface:
    half = 0.5 * height / chair["back"].height
    return panel(back_point(chair, np.linspace(-1.0, 1.0, 9), np.array([[up + half], [up - half]])), 0.018)


def _add_hoop(chair: Builder) -> None:
    """A bent rod from one side of the seat over the top to the other, and spindles inside it."""
    material, angle = chair["back"].material, np.linspace(-0.06, np.pi + 0.06, 25)
    cosine, sine = np.cos(angle), np.sin(angle)
    size = (np.abs(cosine) ** 3 + np.abs(sine) ** 3) ** (-1.0 / 3.0)
    hoop = tube(back_point(chair, size * cosine, size * sine), 0.014, 8)
    chair.add("hoop", hoop, material, f"{FRAME}/back_holistic_frame")
    for number, across in enumerate(np.linspace(-1.0, 1.0, int(chair["back"].count) + 2)[1:-1]):
        high = (1.0 - np.abs(across) ** 3) ** (1.0 / 3.0)
        spindle = tube(back_point(chair, across, [-0.05, 0.5 * high, high]), 0.008, 6)
        chair.add(f"spindle {number}", spindle, material, f"{SURFACE}/back_surface_vertical_bar:{number}")
