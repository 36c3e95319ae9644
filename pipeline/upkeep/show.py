"""`pipeline show views` and `pipeline store show`: draw rendered objects, and their teacher maps in colours."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float

from eval.pictures.canvas import as_bytes, enlarged, png_bytes
from eval.pictures.contact_sheet import contact_sheet
from eval.pictures.feature_colours import ColourBasis, colours, fit_colours
from eval.pictures.grid import Tile, grid
from pipeline.artifacts.map_values import read_maps
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.places import existing_root
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import Receipt, StoredObject, stage_command
from pipeline.artifacts.references import references
from pipeline.artifacts.reopen import reopen
from pipeline.errors import UserError
from pipeline.seeds import generator_of
from pipeline.stores.atomic_files import write_bytes
from pipeline.stores.store import Store
from render.over_black import over_black

Item = TypeVar("Item")
TILE = 128
# The basis is fitted on so many objects and views, whichever are shown: a category's colours are the same everywhere.
SAMPLE_OBJECTS, SAMPLE_VIEWS = 16, 4


def show_views(project: Project, category: str, objects: int, path: Path) -> str:
    """Draw a contact sheet of what a category's store holds now, which may be no more than `render --limit` made.

    Returns a line about it. Raises UserError if nothing of the category is rendered.
    """
    manifest, store = project.manifest(category), project.views_store(category)
    markers = [(entry.key, row, store.done(row)) for row, entry in enumerate(store.table())]
    stored = tuple(StoredObject(key, row, marker.content) for key, row, marker in markers if marker is not None)
    if not stored:
        raise UserError(_not_rendered(category))
    receipt = Receipt("render", store.category, str(store.path), store.fingerprint, stored, {})
    sheet, shown = contact_sheet(manifest, OpenedStore(receipt, store), objects)
    write_bytes(path, png_bytes(sheet))
    return f"{shown} of {len(manifest.objects)} objects of category {category} -> {path}"


def show_maps(storage_root: str, category: str, teachers: Sequence[str], objects: int, views: int, path: Path) -> str:
    """Draw views of objects, and below each view its cached maps by these teachers. Returns a line about it.

    Raises UserError if nothing is cached, or the maps are not of the views that are rendered now.
    """
    root = existing_root(storage_root)
    receipts = {reference.place.teacher: reference for reference in references(("maps",), category)}
    cached = {name: receipts[name] for name in teachers if name in receipts}
    if not cached:
        command = stage_command("cache-teachers", f"{category}-{teachers[0]}")
        raise UserError(f"no maps of category {category} by {', '.join(teachers)} are cached: run `{command}`.")
    rendered = next(iter(references(("views",), category)), None)
    if rendered is None:
        raise UserError(_not_rendered(category))
    view_store = reopen(root, rendered.place)
    map_stores = {name: reopen(root, reference.place) for name, reference in cached.items()}
    for name, store in map_stores.items():
        if store.recipe.get("views") != view_store.fingerprint:
            raise UserError(
                f"{store.path} was made of other views than those in {view_store.path}: run "
                f"`{cached[name].place.command}`."
            )
    rows = {
        name: {stored.key: stored.row for stored in receipt.objects}
        for name, receipt in {"": rendered, **cached}.items()
    }
    keys = sorted(set.intersection(*(set(numbers) for numbers in rows.values())))
    if not keys:
        raise UserError(f"no object of category {category} is rendered and cached by {', '.join(cached)}.")
    bases = {name: _basis(category, store, list(rows[name].values())) for name, store in map_stores.items()}
    shown = _spread(keys, objects)
    blocks = []
    for key in shown:
        images = view_store.read("rgba", rows[""][key])
        numbers = _spread(range(len(images)), views)
        seen = [(as_bytes(over_black(images[number])), f"view {number}") for number in numbers]
        strip = [[Tile(enlarged(image, TILE), title) for image, title in seen]]
        for name, store in map_stores.items():
            maps = read_maps(store, rows[name][key])[numbers]
            strip.append([_map_tile(bases[name], cells, "" if column else name) for column, cells in enumerate(maps)])
        blocks.append([Tile(grid(strip), str(key))])
    write_bytes(path, png_bytes(grid(blocks)))
    return f"{len(shown)} of {len(keys)} objects of category {category}, maps of {', '.join(cached)} -> {path}"


def _not_rendered(category: str) -> str:
    return f"no object of category {category} is rendered: run `pipeline render --category {category}`."


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    """Choose `count` of the items at even distances, or all if there are fewer."""
    count = min(count, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def _basis(category: str, store: Store, rows: Sequence[int]) -> ColourBasis:
    """Fit the colours on the foreground of a seeded sample of the category's objects."""
    rng = generator_of("map colours", category)
    features = []
    for row in rng.choice(sorted(rows), size=min(SAMPLE_OBJECTS, len(rows)), replace=False):
        maps = read_maps(store, int(row))
        features += [cells[_foreground(cells)] for cells in maps[_spread(range(len(maps)), SAMPLE_VIEWS)]]
    if not any(len(feature) for feature in features):
        raise UserError(f"{store.path} contains only background: look at the views with `pipeline show views`.")
    return fit_colours(features)


def _foreground(feature_map: Float[np.ndarray, "cells cells channels"]) -> Bool[np.ndarray, "cells cells"]:
    """Mark the foreground cells: background cells are exactly 0."""
    return np.asarray(np.any(feature_map != 0, axis=-1))


def _map_tile(basis: ColourBasis, feature_map: Float[np.ndarray, "cells cells channels"], name: str) -> Tile:
    foreground = _foreground(feature_map)
    painted = np.zeros((*foreground.shape, 3), dtype=np.uint8)
    painted[foreground] = colours(basis, feature_map[foreground])
    return Tile(enlarged(painted, TILE), name)
