"""The generators of made-up objects, one for each category."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.datasets.categories import category_named
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.synthetic.bottle import bottle
from pipeline.synthetic.bottle.partnet_names import NAMES as BOTTLE_NAMES
from pipeline.synthetic.car import car
from pipeline.synthetic.chair import chair
from pipeline.synthetic.chair.partnet_names import NAMES as CHAIR_NAMES
from pipeline.synthetic.draws import dealt, named_generator
from pipeline.synthetic.motorcycle import motorcycle
from pipeline.synthetic.partnet_names import PartNetNames
from pipeline.synthetic.pieces import Design, MadeUpObject
from pipeline.synthetic.plane import plane
from pipeline.synthetic.table import table
from pipeline.synthetic.table.partnet_names import NAMES as TABLE_NAMES


@dataclass(frozen=True)
class Generator:
    """A category's kinds, the function that makes an object of one, and PartNet's names of its parts, if any."""

    kinds: tuple[str, ...]
    make: Callable[[str, np.random.Generator], Design]
    partnet: PartNetNames | None = None


GENERATORS: Mapping[str, Generator] = {
    "plane": Generator(tuple(plane.KINDS), plane.make_plane),
    "chair": Generator(tuple(chair.KINDS), chair.make_chair, CHAIR_NAMES),
    "table": Generator(tuple(table.KINDS), table.make_table, TABLE_NAMES),
    "bottle": Generator(tuple(bottle.KINDS), bottle.make_bottle, BOTTLE_NAMES),
    "car": Generator(tuple(car.KINDS), car.make_car),
    "motorcycle": Generator(tuple(motorcycle.KINDS), motorcycle.make_motorcycle),
}


def make_object(category: str, index: int, seed: int) -> MadeUpObject:
    """Make object `index`; other objects do not change it. Raises UserError if the category has no generator."""
    generator = find_generator(category)
    kind = dealt(generator.kinds, category, index, seed)
    design = generator.make(kind, named_generator("object", category, seed, index))
    key = ObjectKey(category_named(category).synset, f"madeup-{category}-{index:04d}")
    return MadeUpObject(design.pieces, design.materials, design.keypoints, key, category, index, seed)


def find_generator(category: str) -> Generator:
    """Find the generator of a category. Raises UserError if there is none."""
    if category not in GENERATORS:
        raise UserError(f"made-up objects exist for {', '.join(GENERATORS)}, not for '{category}'.")
    return GENERATORS[category]


def find_partnet_names(category: str) -> PartNetNames:
    """Find PartNet's names of a category's parts. Raises KeyError for a category that PartNet does not have."""
    names = find_generator(category).partnet
    if names is None:
        raise KeyError(f"PartNet has no {category}")
    return names
