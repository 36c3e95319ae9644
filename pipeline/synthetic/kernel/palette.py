"""The materials of an object, as the groups `colours` and `materials` of its table say.

A colour is [hue, saturation, value], each 0..1; a hue from 1 on is added to the object's own hue. A material is a
colour, or a texture with its colours, such as `plaid cloth other`.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel import textures
from pipeline.synthetic.kernel.table import Group

Texture = Callable[..., Material]
"""Makes a material of a generator of random numbers and colours."""


def make_materials(
    groups: Mapping[str, Group], names: Iterable[str], own: Mapping[str, Texture], rng: np.random.Generator
) -> dict[str, Material]:
    """Make the materials of these names; `own` are the category's own textures."""
    hue, made = rng.random(), {}
    colours = {
        name: textures.colour(at + hue if at >= 1.0 else at, saturation, value)
        for name, (at, saturation, value) in groups["colours"].cells.items()
    }
    for name in sorted(set(names)):
        texture, *arguments = groups["materials"].word(name).split()
        if texture in colours:
            made[name] = Material(colours[texture], None)
        else:
            make = own.get(texture) or getattr(textures, texture)
            made[name] = make(rng, *(colours[argument] for argument in arguments))
    return made
