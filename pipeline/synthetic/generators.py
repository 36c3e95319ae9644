"""The generators of made-up objects, one for each category."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipeline.datasets.categories import category_named
from pipeline.datasets.records import ObjectKey
from pipeline.synthetic.bottle.bottle import add_bottle
from pipeline.synthetic.car import cabin, fittings
from pipeline.synthetic.car.body import add_body as add_car_body
from pipeline.synthetic.chair import back, base, seat
from pipeline.synthetic.draws import dealt, named_generator
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.table import kinds_of
from pipeline.synthetic.motorcycle import cladding, engine, running_gear
from pipeline.synthetic.pieces import Design, MadeUpObject
from pipeline.synthetic.plane import body, engines, wings
from pipeline.synthetic.table.table import add_table

GENERATORS: Mapping[str, Sequence[Callable[[Builder], None]]] = {
    "plane": (body.add_body, wings.add_wings, engines.add_engines),
    "chair": (back.add_back, seat.add_arms, base.add_base, seat.add_seat),
    "table": (add_table,),
    "bottle": (add_bottle,),
    "car": (add_car_body, cabin.add_cabin, fittings.add_fittings),
    "motorcycle": (running_gear.add_wheels, running_gear.add_chassis, engine.add_engine, cladding.add_cladding),
}
"""Functions of each category that place the pieces of an object, in this order."""


def make_object(category: str, index: int, seed: int) -> MadeUpObject:
    """Make object `index`; other objects do not change it. Raises UserError for an unknown category."""
    key = ObjectKey(category_named(category).synset, f"madeup-{category}-{index:04d}")
    kind = dealt(tuple(kinds_of(category)), category, index, seed)
    design = make_design(category, kind, named_generator("object", category, seed, index))
    return MadeUpObject(design.pieces, design.materials, design.keypoints, key, category, index, seed)


def make_design(category: str, kind: str, rng: np.random.Generator) -> Design:
    """Make an object of a kind of its category."""
    builder = Builder(category, kind, rng)
    for add in GENERATORS[category]:
        add(builder)
    return builder.design()
