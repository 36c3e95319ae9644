"""Write made-up objects in the layouts of the published data sets."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.datasets.categories import category_named
from pipeline.datasets.records import ObjectKey
from pipeline.synthetic.bottle.bottle import add_bottle
from pipeline.synthetic.car import cabin, fittings
from pipeline.synthetic.car.body import add_body as add_car_body
from pipeline.synthetic.chair import back, base, seat
from pipeline.synthetic.draws import dealt, named_generator
from pipeline.synthetic.entries import Entry, json_bytes, write_entries
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.table import kinds_of
from pipeline.synthetic.layouts.keypointnet import keypointnet_entry
from pipeline.synthetic.layouts.partnet import anno_id, partnet_entry
from pipeline.synthetic.layouts.partnet_tree import stats_entries
from pipeline.synthetic.layouts.shapenet import shapenet_entry
from pipeline.synthetic.layouts.shapenet_part import shapenet_part_entries, synset_table
from pipeline.synthetic.motorcycle import cladding, engine, running_gear
from pipeline.synthetic.normalised import normalised
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


def synthesize_category(category: str, count: int, seed: int, root: Path, on_object: Callable[[int], None]) -> None:
    """Write objects 0 .. count - 1 of a category below `root`; call `on_object` with each number once it is there.

    Below `root`: ShapeNetCore.v2, KeypointNet, and shapenet_part or PartNet, and `made/<category>.json`, written first:
    it says that the folder is made up. All objects are made, in a tenth of a second each; files that are there already
    are left alone. So a killed run is repeated, and the next stages see no change. Categories may be written side by
    side into one root. Raises UserError for an unknown category.
    """
    named, staging = category_named(category), root / f".partial-{category}"
    rows, annotations, mark = [], [], Entry(f"made/{category}.json", {"": json_bytes({"seed": seed})})
    for index in range(count):
        made = make_object(category, index, seed)
        mesh = normalised(made)
        cloud, row = keypointnet_entry(made, mesh)
        parts = [partnet_entry(made, mesh)] if named.partnet else shapenet_part_entries(made, mesh)
        write_entries(root, staging, [mark, shapenet_entry(made, mesh), cloud, *parts])
        rows.append(row)
        annotations.append((made.key.id, anno_id(category, index)))
        on_object(index)
    shared = [Entry(f"KeypointNet/annotations/{named.keypointnet}.json", {"": json_bytes(rows)})]
    shared += stats_entries(category, annotations) if named.partnet else [synset_table()]
    write_entries(root, staging, shared)


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
