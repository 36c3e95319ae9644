"""The generators of made-up objects, one for each category."""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.datasets.categories import category_named
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.synthetic.bottle import bottle
from pipeline.synthetic.car import car
from pipeline.synthetic.chair import chair
from pipeline.synthetic.draws import dealt, named_generator
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.table import kinds_of
from pipeline.synthetic.motorcycle import motorcycle
from pipeline.synthetic.pieces import Design, MadeUpObject
from pipeline.synthetic.plane import plane
from pipeline.synthetic.table import table

GENERATORS: Mapping[str, Callable[[Builder], None]] = {
    "plane": plane.build,
    "chair": chair.build,
    "table": table.build,
    "bottle": bottle.build,
    "car": car.build,
    "motorcycle": motorcycle.build,
}


def make_object(category: str, index: int, seed: int) -> MadeUpObject:
    """Make object `index`; other objects do not change it. Raises UserError if the category has no generator."""
    check_category(category)
    kind = dealt(tuple(kinds_of(category)), category, index, seed)
    design = make_design(category, kind, named_generator("object", category, seed, index))
    key = ObjectKey(category_named(category).synset, f"madeup-{category}-{index:04d}")
    return MadeUpObject(design.pieces, design.materials, design.keypoints, key, category, index, seed)


def make_design(category: str, kind: str, rng: np.random.Generator) -> Design:
    """Make an object of a kind of its category."""
    builder = Builder(category, kind, rng)
    GENERATORS[category](builder)
    return builder.design()


def check_category(category: str) -> None:
    """Raise UserError if the category has no generator."""
    if category not in GENERATORS:
        raise UserError(f"made-up objects exist for {', '.join(GENERATORS)}, not for '{category}'.")
