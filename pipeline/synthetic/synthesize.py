"""Write made-up objects in the layouts of the published data sets."""

from collections.abc import Callable
from pathlib import Path

from pipeline.datasets.categories import category_named
from pipeline.synthetic.entries import Entry, json_bytes, write_entries
from pipeline.synthetic.generators import make_object
from pipeline.synthetic.layouts.keypointnet import keypointnet_entry
from pipeline.synthetic.layouts.partnet import anno_id, partnet_entry
from pipeline.synthetic.layouts.partnet_tree import stats_entries
from pipeline.synthetic.layouts.shapenet import shapenet_entry
from pipeline.synthetic.layouts.shapenet_part import shapenet_part_entries, synset_table
from pipeline.synthetic.normalised import normalised


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
