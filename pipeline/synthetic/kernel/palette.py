"""The materials of an object, as the groups `colours` and `materials` of its table say.

A colour is [hue, saturation, value], each 0..1, or the name of another colour; a hue from 1 on is added to the object's
own hue. A material is a colour, a texture with its colours, such as `plaid cloth other`, or an earlier material.
"""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel import textures
from pipeline.synthetic.kernel.table import Cells, drawn

Texture = Callable[..., Material]
"""Makes a material of a generator of random numbers and colours."""


def make_materials(cells: Cells, own: Mapping[str, Texture], rng: np.random.Generator) -> dict[str, Material]:
    """Make all materials, in the table's order; `own` are the category's own textures."""
    hue, known, made = rng.random(), Cells(), {}

    def colour(name: str) -> textures.Colour:
        key = f"colours.{name}"
        if key not in known:
            known[key] = drawn(cells[key], known, rng)
        if isinstance(known[key], str):
            return colour(known[key])
        at, saturation, value = known[key]
        return textures.colour(at + hue if at >= 1.0 else at, saturation, value)

    for key in cells:
        group, _, name = key.partition(".")
        if group == "colours" and key not in known:
            known[key] = drawn(cells[key], known, rng)
        elif group == "materials":
            texture, *arguments = drawn(cells[key], known, rng).split()
            if f"colours.{texture}" in cells:
                made[name] = Material(colour(texture), None)
            elif not arguments and texture in made:
                made[name] = made[texture]
            else:
                make = own.get(texture) or getattr(textures, texture)
                made[name] = make(rng, *(colour(argument) for argument in arguments))
    return made
