"""Made-up bottles: parts and keypoints are those of docs/made-up.md."""

from dataclasses import replace

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.bottle.paper import emblem_label, small_print, wrapper
from pipeline.synthetic.bottle.tops import add_top
from pipeline.synthetic.bottle.walls import Walls, around, at, grown, sides, skin, sleeve, sticker, walls_of
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import revolved, rounded, tube
from pipeline.synthetic.kernel.surface import Surface
from pipeline.synthetic.kernel.textures import Colour, U, V, canvas, noise, pictured, shaded

LONG_NECK = 0.012  # from here on a neck's two ends are told apart


def add_bottle(bottle: Builder) -> None:
    """Place the pieces of a bottle."""
    walls, jug = walls_of(bottle["wall"]), bottle.kind == "jug"
    part, node = ("jug body", "jug/body") if jug else ("body", "normal_bottle/body")
    material = {"jug": "clay", "flask": "metal", "detergent": "plastic"}.get(bottle.kind, "glass")
    bottle.add("body", _bent(bottle, skin(walls.body, 0.0, walls.mouth)), material, node)
    if not jug:
        bottle.add("neck", skin(walls.neck, 0.0, walls.mouth), material, "normal_bottle/neck")
    _add_labels(bottle, walls, part, node)
    add_top(bottle, walls)
    if "handle" in bottle:
        (_add_jug_handle if jug else _add_handle)(bottle, walls)
    if walls.mouth - bottle["top"].covered - walls.body[-1, 0] > LONG_NECK:
        bottle.keypoint(1, "", *sides(walls.neck, walls.mouth - bottle["top"].covered - 0.001)[:2])
    bottle.keypoint(3, part, *sides(walls.body, float(walls.body[-1, 0]))[:2])
    bottle.keypoint(5, part, *sides(walls.body, walls.shoulder), *sides(walls.body, 0.0))
    if bottle.kind == "soda":
        inner = walls.body[(walls.body[:, 0] > 0.3 * walls.mouth) & (walls.body[:, 0] < walls.shoulder)]
        bottle.keypoint(18, part, *sides(walls.body, float(inner[inner[:, 1].argmin(), 0]))[:2])
    bottle.textures |= {"emblem_label": emblem_label, "small_print": small_print, "wrapper": wrapper}
    bottle.textures |= {"gleaming": _gleaming, "dipped": _dipped}


def _bent(bottle: Builder, surface: Surface) -> Surface:
    """The surface; of a hip flask with its sides drawn to the rear."""
    bend = 5.0 if bottle.kind == "flask" else 0.0
    return replace(surface, vertices=surface.vertices + bend * surface.vertices[:, :1] ** 2 * np.array([0.0, 0.0, 1.0]))


def _add_labels(bottle: Builder, walls: Walls, part: str, node: str) -> None:
    """A wrapper, or a label on the front and mostly a smaller one on the rear; a flask is bound in leather."""
    label, body = bottle["label"], walls.body
    low, high = label.low * walls.mouth, label.high * walls.shoulder
    if label.sleeve:
        bottle.add("label", sleeve(body, low, high, 0.001), "band", node)
    elif bottle.kind == "flask":
        binding = sleeve(body, label.bound_from * walls.mouth, label.bound_to * walls.mouth, 0.0012)
        bottle.add("binding", _bent(bottle, binding), "leather", node)
        bottle.add("badge", _bent(bottle, sticker(grown(body, 0.0012), low, high, label.half)), "front", node)
    else:
        bottle.add("front label", sticker(body, low, high, label.half), "front", node)
        if bottle.kind != "jug":
            size = high - low
            rear = sticker(body, low + 0.12 * size, high - 0.22 * size, 0.72 * label.half, rear=True)
            bottle.add("rear label", rear, "rear", node)
    if "neck" in label:
        start = walls.neck[0, 0]
        bottle.add("neck label", sleeve(walls.neck, start + 0.004, 0.86 * walls.mouth, 0.0007), "band", node)
    bottle.keypoint(17, part, sides(body, 0.5 * (low + high))[2] - np.array([0.0, 0.0, 0.01]))


def _add_handle(bottle: Builder, walls: Walls) -> None:
    """A handle from the upper part on the left to the shoulder on the right."""
    height, width, x = walls.mouth, bottle["wall"].width, float(walls.neck[-1, 4])
    inner, outer = x + 0.15 * width, 0.42 * width
    low = bottle["handle"].touch * walls.shoulder
    path = [(inner, 0.86 * height, 0.0), (outer, 0.8 * height, 0.0), (outer, low, 0.0)]
    handle = tube(rounded(path, 0.045, 9), 0.0125, 16, 1.2)
    bottle.add("handle", handle, "plastic", "normal_bottle/body_handle")
    bottle.keypoint(13, "handle", (x + 0.22 * width, 0.87 * height, 0.0), (outer + 0.01, walls.shoulder, 0.0))


def _add_jug_handle(bottle: Builder, walls: Walls) -> None:
    """The open mouth of a jug, and a handle from there to the belly."""
    height, thin, start = walls.mouth, float(0.5 * walls.neck[1, 1]), float(walls.neck[0, 0])
    rim = [(start - 0.002, 1.1), (0.94 * height, 1.0), (height - 0.016, 1.06), (height - 0.012, 1.3)]
    rim += [(height - 0.002, 1.3), (height, 1.22), (height - 0.001, 0.92), (height - 0.03, 0.8)]
    bottle.add("mouth", around(revolved(rim, "y", 40, radius=thin), 0.0, height), "clay", "jug/mouth")
    low, radius = bottle["handle"].touch * height, bottle["handle"].radius
    out, high = float(0.5 * at(walls.body, low)[1]), 0.925 * height
    reach = max(1.9 * thin + 0.02, out if radius > 0.009 else 0.0)
    path = [(0.9 * thin, high, 0.0), (reach, high + 0.006, 0.0)]
    path += [(max(reach, out + 0.03), 0.5 * low + 0.45 * height, 0.0), (out - 0.006, low, 0.0)]
    handle = tube(rounded(path, 3.0 * radius, 7), radius, 14, 1.5)
    bottle.add("handle", handle, "glaze", "jug/body_handle")
    bottle.keypoint(13, "jug handle", (1.2 * thin, high + 0.01, 0.0), (out, low - 0.005, 0.0))


def _gleaming(rng: np.random.Generator, glass: Colour, drink: Colour | None = None) -> Material:
    """Glass with two upright gleams, perhaps with a drink in it up to the shoulder or higher."""
    image, places = canvas(glass), rng.uniform([0.2, 0.65], [0.4, 0.9])
    if drink is not None:
        image[rng.uniform(0.62, 0.85) > V] = drink
    gleam = sum(np.exp(-((((U - place + 0.5) % 1.0 - 0.5) / 0.025) ** 2)) for place in places)
    return pictured(image * (0.9 + 0.12 * noise(rng, 4, 8))[..., None] + 0.22 * np.asarray(gleam)[..., None])


def _dipped(rng: np.random.Generator, clay: Colour, glaze: Colour) -> Material:
    """Bare clay below, glaze above, with a wavy edge."""
    image = canvas(clay)
    image[rng.uniform(0.5, 0.68) + 0.05 * noise(rng, 1, 7) < V] = glaze
    return shaded(image, 0.85 + 0.2 * noise(rng, 24, 24))
