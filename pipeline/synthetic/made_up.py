"""Made-up objects by name: a registry of one generator for each category."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.categories import category_named
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.synthetic import chair, plane
from pipeline.synthetic.draws import dealt, named_generator
from pipeline.synthetic.pieces import Design, MadeUpObject


@dataclass(frozen=True)
class Generator:
    """The kinds of a category's objects, and the function that makes one."""

    kinds: tuple[str, ...]
    make: Callable[[str, np.random.Generator], Design]


GENERATORS: Mapping[str, Generator] = {
    "plane": Generator(plane.KINDS, plane.make_plane),
    "chair": Generator(chair.KINDS, chair.make_chair),
}


def make_object(category: str, index: int, seed: int) -> MadeUpObject:
    """Object `index`, the same whatever other objects are made. Raises UserError if the category has no generator."""
    generator = generator_of(category)
    kind = dealt(generator.kinds, category, index, seed)
    design = generator.make(kind, named_generator("object", category, seed, index))
    key = ObjectKey(category_named(category).synset, f"madeup-{category}-{index:04d}")
    return MadeUpObject(key, category, index, seed, design.pieces, design.looks, design.keypoints)


def generator_of(category: str) -> Generator:
    """The generator of a category. Raises UserError if there is none."""
    if category not in GENERATORS:
        raise UserError(f"made-up objects exist for {' and '.join(GENERATORS)}, not for '{category}'.")
    return GENERATORS[category]
