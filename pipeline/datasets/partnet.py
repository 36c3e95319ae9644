"""PartNet v0: hierarchical parts of ShapeNet models, read at level 1.

`data_v0/<anno_id>/` holds one annotation: result.json (a tree whose leaves carry ids), objs/*.obj (the surface in
pieces) and point_sample/ (points labelled with leaf ids). `stats/` of the data set's repository says which annotation a
model has, how paths in the tree are merged, and which merged paths are the classes of level 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float64

from pipeline.categories import Category
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import checked_name, is_safe_name
from pipeline.datasets.records import PartPoints
from pipeline.datasets.text_files import parse_floats, parse_integers, read_json, read_text, rows_of
from pipeline.errors import UserError

_DATA = PurePosixPath("data_v0")
_STATS = PurePosixPath("stats")


@dataclass(frozen=True)
class PartNet:
    """One category of the data set: `annotation` maps model ids to annotation ids.

    `label` maps the path of a node before merging (`chair/chair_arm`) to its class of level 1, from 1.
    """

    root: Path
    annotation: Mapping[str, str]
    label: Mapping[str, int]


def open_partnet(root: Path, category: Category) -> PartNet:
    """The index and the classes of a category that PartNet has. Raises UserError if a file of `stats/` is unusable.

    The split files give a model its annotation. Where one of the three is absent, models that the others do not name
    are looked up in the annotations' own meta.json; of several annotations the one with the smallest number is taken.
    """
    try:
        classes = _level1(root, category)
        mapping = read_text(root, _STATS / "merging_hierarchy_mapping" / f"{category.partnet}.txt")
        annotation = _index(root, str(category.partnet))
    except DatasetError as error:
        raise UserError(
            f"source.partnet_root: in {root}, {error}; name the folder that holds data_v0/ and the repository's stats/."
        ) from None
    pairs = [line.split() for line in rows_of(mapping)]
    label = {pair[0]: classes[pair[1]] for pair in pairs if len(pair) == 2 and pair[1] in classes}
    return PartNet(root, annotation, label)


def read_parts(partnet: PartNet, model_id: str) -> PartPoints | None:
    """The 10,000 labelled points of a model in PartNet's frame; None if it has no annotation here.

    A leaf has the class of its deepest ancestor that has one (gen_h5_ins_seg_after_merging.py gives a merged node all
    leaves below it), so a leaf whose own path is not merged takes its parent's class; 0 if there is none. Raises
    DatasetError if files are missing, disagree in length, or a label is no leaf.
    """
    folder = _folder(partnet, model_id)
    if folder is None:
        return None
    point_file, label_file = (folder / "point_sample" / f"{name}-10000.txt" for name in ("pts", "label"))
    xyz = parse_floats(rows_of(read_text(partnet.root, point_file)), 3, point_file, "x y z")
    leaf = parse_integers(rows_of(read_text(partnet.root, label_file)), label_file, "label")
    if not len(xyz) or len(leaf) != len(xyz):
        raise DatasetError(label_file, "label", f"there are {len(leaf)} labels for {len(xyz)} points")
    classes = leaf_classes(partnet, folder / "result.json")
    leaves, place = np.unique(leaf, return_inverse=True)
    strange = [int(number) for number in leaves if int(number) not in classes]
    if strange:
        raise DatasetError(label_file, "label", f"{strange[0]} is no leaf of result.json")
    return PartPoints(xyz, np.array([classes[int(number)] for number in leaves], dtype=np.uint8)[place])


def read_bounds(partnet: PartNet, model_id: str) -> Float64[np.ndarray, "2 3"] | None:
    """Smallest and largest corner of all objs/*.obj together, in PartNet's frame; None if the model has no annotation.

    Raises DatasetError if there are no vertices.
    """
    folder = _folder(partnet, model_id)
    if folder is None:
        return None
    pieces = []
    for path in sorted((partnet.root / folder / "objs").glob("*.obj")):
        file = folder / "objs" / path.name
        rows = [line[2:] for line in read_text(partnet.root, file).split("\n") if line.startswith("v ")]
        pieces.append(parse_floats(rows, 3, file, "v"))
    vertices = np.concatenate([np.zeros((0, 3)), *pieces])
    if not len(vertices):
        raise DatasetError(folder / "objs", "v", "there are no vertices")
    return np.stack([vertices.min(axis=0), vertices.max(axis=0)])


def leaf_classes(partnet: PartNet, file: PurePosixPath) -> dict[int, int]:
    """The class of level 1 of every leaf id in a result.json (`file`, relative to the root), 0 if none."""
    tree = read_json(partnet.root, file)
    if not isinstance(tree, list) or len(tree) != 1:
        raise DatasetError(file, "root", "is no list of one node")
    classes: dict[int, int] = {}
    open_nodes: list[tuple[Any, str, int]] = [(tree[0], "", 0)]
    while open_nodes:
        node, above, inherited = open_nodes.pop()
        if not isinstance(node, dict) or not isinstance(node.get("name"), str) or type(node.get("id")) is not int:
            raise DatasetError(file, above or "root", "holds a node without name or id")
        path = f"{above}/{node['name']}" if above else node["name"]
        label = partnet.label.get(path, inherited)
        if "children" not in node:
            classes[node["id"]] = label
        elif isinstance(node["children"], list):
            open_nodes += [(child, path, label) for child in node["children"]]
        else:
            raise DatasetError(file, path, "has children that are no list")
    return classes


def _folder(partnet: PartNet, model_id: str) -> PurePosixPath | None:
    """The annotation's folder, relative to the root, if the model has one and it is there."""
    annotation = partnet.annotation.get(model_id)
    if annotation is None or not (partnet.root / _DATA / annotation).is_dir():
        return None
    return _DATA / annotation


def _level1(root: Path, category: Category) -> dict[str, int]:
    """Merged path to class: 1 + line order of `<Cat>-level-1.txt`, whose lines are `id path kind`."""
    file = _STATS / "after_merging_label_ids" / f"{category.partnet}-level-1.txt"
    rows = [line.split() for line in rows_of(read_text(root, file))]
    if len(rows) != len(category.part_names) or any(len(row) < 2 for row in rows):
        raise DatasetError(file, "lines", f"there are not {len(category.part_names)} lines `id path kind`")
    return {row[1]: 1 + order for order, row in enumerate(rows)}


def _index(root: Path, name: str) -> dict[str, str]:
    """Model id to annotation id, from the split files and, where one is absent, from meta.json."""
    files = [_STATS / "train_val_test_split" / f"{name}.{split}.json" for split in ("train", "val", "test")]
    present = [file for file in files if (root / file).is_file()]
    index: dict[str, str] = {}
    for file in present:
        rows = read_json(root, file)
        try:
            index |= {row["model_id"]: checked_name(row["anno_id"], file, "anno_id") for row in rows}
        except (TypeError, KeyError):
            raise DatasetError(file, "model_id, anno_id", "is no list of both") from None
    return index if len(present) == len(files) else _scan(root, name) | index


def _scan(root: Path, name: str) -> dict[str, str]:
    """Model id to annotation id, by reading every meta.json; unreadable ones and other categories are passed over."""
    folder = root / _DATA
    numbers = sorted((path.name for path in folder.glob("*") if is_safe_name(path.name)), key=lambda n: (len(n), n))
    index: dict[str, str] = {}
    for number in numbers:
        try:
            meta = read_json(root, _DATA / number / "meta.json")
        except DatasetError:
            continue
        if isinstance(meta, dict) and meta.get("model_cat") == name and isinstance(meta.get("model_id"), str):
            index.setdefault(meta["model_id"], number)
    return index
