"""Write made-up objects in the layouts of the published data sets. A killed run continues where it stopped."""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.config.recipes import recipe_of
from pipeline.datasets.categories import category_named
from pipeline.stores.atomic_files import has_sha256
from pipeline.stores.typed_json import load_json
from pipeline.synthetic.entries import Entry, json_bytes, write_entries
from pipeline.synthetic.generators import find_generator, make_object
from pipeline.synthetic.layouts.keypointnet import keypointnet_entry
from pipeline.synthetic.layouts.partnet import anno_id, partnet_entry
from pipeline.synthetic.layouts.partnet_tree import stats_entries
from pipeline.synthetic.layouts.shapenet import shapenet_entry
from pipeline.synthetic.layouts.shapenet_part import shapenet_part_entries, synset_table
from pipeline.synthetic.normalised import normalised
from pipeline.synthetic.pieces import MadeUpObject


def synthesize_category(category: str, count: int, seed: int, root: Path, on_object: Callable[[int], None]) -> None:
    """Write objects 0 .. count - 1 of a category below `root`; call `on_object` with each number once it is there.

    Below `root`: ShapeNetCore.v2, KeypointNet, and shapenet_part or PartNet. Objects that are complete, unchanged and
    of this seed are kept. Each has a mark, `made/<category>/<index>.json`, written last: the sha256 of its files and
    its row of the keypoint annotation. The files that all objects share are written at the end. Categories may be
    written side by side into one root. Raises UserError if the category has no generator.
    """
    find_generator(category)
    staging = root / f".partial-{category}"
    shutil.rmtree(staging, ignore_errors=True)
    rows, annotations = [], []
    for index in range(count):
        mark_file = root / "made" / category / f"{index:06d}.json"
        mark = _kept_mark(mark_file, root, seed)
        if mark is None:
            made = make_object(category, index, seed)
            entries, row = object_entries(made)
            mark = {
                "recipe": recipe_of("synthesize"),
                "seed": seed,
                "id": made.key.id,
                "files": _checksums(entries),
                "keypoints": row,
            }
            mark_file.unlink(missing_ok=True)
            write_entries(root, staging, entries)
            write_entries(root, staging, [Entry(str(mark_file.relative_to(root)), {"": json_bytes(mark)})])
        rows.append(mark["keypoints"])
        annotations.append((str(mark["id"]), anno_id(category, index)))
        on_object(index)
    shared = _shared_entries(category, rows, annotations)
    # Files that are the same keep their times: otherwise the survey would see a change after each run.
    write_entries(root, staging, [entry for entry in shared if not _are_there(root, _checksums([entry]))])


def object_entries(made: MadeUpObject) -> tuple[list[Entry], dict[str, Any]]:
    """Make all files of one object, and its row of KeypointNet's annotation."""
    mesh = normalised(made)
    cloud, row = keypointnet_entry(made, mesh)
    entries = [shapenet_entry(made, mesh), cloud]
    if category_named(made.category).parts_from == "partnet":
        entries.append(partnet_entry(made, mesh))
    else:
        entries += shapenet_part_entries(made, mesh)
    return entries, row


def _shared_entries(category: str, rows: list[dict[str, Any]], annotations: list[tuple[str, str]]) -> list[Entry]:
    named = category_named(category)
    shared = [Entry(f"KeypointNet/annotations/{named.keypointnet}.json", {"": json_bytes(rows)})]
    if named.parts_from == "partnet":
        return shared + stats_entries(category, annotations)
    return [*shared, synset_table()]


def _checksums(entries: Sequence[Entry]) -> dict[str, str]:
    """sha256 of every file, by its path below the root."""
    return {
        f"{entry.path}/{inner}".rstrip("/"): hashlib.sha256(content).hexdigest()
        for entry in entries
        for inner, content in entry.files.items()
    }


def _kept_mark(mark_file: Path, root: Path, seed: int) -> Mapping[str, Any] | None:
    """The mark of an object that is complete, unchanged and of this seed and generator; None for any other."""
    if not mark_file.is_file():
        return None
    try:
        mark: dict[str, Any] = load_json(mark_file.read_bytes())
        origin, files, _ = (
            (mark.get("recipe"), mark["seed"]),
            dict(mark["files"].items()),
            (mark["id"], mark["keypoints"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return mark if origin == (recipe_of("synthesize"), seed) and _are_there(root, files) else None


def _are_there(root: Path, files: Mapping[str, str]) -> bool:
    """Tell whether these files are below the root, each with its sha256."""
    return all(has_sha256(root / path, sha256) for path, sha256 in files.items())
