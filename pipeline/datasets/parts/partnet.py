"""PartNet v0: hierarchical parts of ShapeNet models, read at level 1.

`data_v0/<anno_id>/` holds one annotation: result.json (a tree whose leaves carry ids), objs/*.obj (the surface in
pieces) and point_sample/ (points labelled with leaf ids). `stats/` of the data set's repository says which annotation a
model has, how paths in the tree are merged, and which merged paths are the classes of level 1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.alignment import PlacedMesh, point_bounds, world_from_partnet
from pipeline.datasets.categories import Category
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import is_safe_name, object_folder
from pipeline.datasets.meshes.folder_listing import visible, visible_files
from pipeline.datasets.parts.part_source import labelled_points
from pipeline.datasets.parts.partnet_stats import SPLITS, STATS, read_split, split_file
from pipeline.datasets.records import ObjectKey, PartPoints
from pipeline.datasets.text_files import (
    OBJECT_JSON_BYTES,
    filled_lines,
    read_json,
    read_lines,
    read_text,
)
from pipeline.datasets.text_tables import parse_column, parse_table
from pipeline.errors import UserError

_DATA = PurePosixPath("data_v0")
_OTHER_LINES = re.compile(rb"(?m)^(?!v ).+$")  # all but vertices


@dataclass(frozen=True)
class PartNetFolders:
    """The annotations of one category: `annotation` maps model ids to annotation ids. A PartSource.

    `label` maps the path of a node before merging (`chair/chair_arm`) to its class of level 1, from 1.
    """

    dataset: ClassVar[str] = "partnet"
    root: Path
    category: Category
    annotation: Mapping[str, str]
    label: Mapping[str, int]

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the classes of level 1."""
        return self.category.partnet_names

    def read(self, key: ObjectKey) -> PartPoints | None:
        """Read the 10,000 labelled points of an object in PartNet's frame; None if it has no annotation here.

        A leaf has the class of its deepest ancestor that has one (gen_h5_ins_seg_after_merging.py gives a merged node
        all leaves below it), so a leaf whose own path is not merged takes its parent's class; 0 if there is none.
        Raises DatasetError if files are missing, disagree in length, or a label is no leaf.
        """
        folder = self._folder(key)
        if folder is None:
            return None
        point_file, label_file = (folder / "point_sample" / f"{name}-10000.txt" for name in ("pts", "label"))
        xyz = parse_table(read_lines(self.root, point_file), 3, point_file, "x y z")
        leaf = parse_column(read_lines(self.root, label_file), label_file, "label")
        classes = self.leaf_classes(folder / "result.json")
        leaves, place = np.unique(leaf, return_inverse=True)
        strange = [int(number) for number in leaves if int(number) not in classes]
        if strange:
            raise DatasetError(label_file, "label", f"{strange[0]} is no leaf of result.json")
        label = np.array([classes[int(number)] for number in leaves], dtype=np.int64)[place]
        return labelled_points(xyz, label, 0, len(self.part_names), label_file)

    def world_from_source(
        self,
        key: ObjectKey,
        parts: PartPoints,  # noqa: ARG002  the interface's
        mesh: PlacedMesh,
    ) -> Float64[np.ndarray, "4 4"]:
        """The map of `world_from_partnet`. Raises DatasetError if the objs are missing or have no extent."""
        bounds = self.read_bounds(key)
        if bounds is None:
            raise DatasetError(_DATA, "folder", f"there is no annotation of {key.id}")
        try:
            return world_from_partnet(mesh, bounds)
        except ValueError as error:
            raise DatasetError(_DATA / self.annotation[key.id] / "objs", "v", str(error)) from None

    def read_bounds(self, key: ObjectKey) -> Float64[np.ndarray, "2 3"] | None:
        """Find the corners of the box of all objs/*.obj, in PartNet's frame; None without an annotation.

        Raises DatasetError if there are no vertices.
        """
        folder = self._folder(key)
        if folder is None:
            return None
        # Files that annotators cut (new-N.obj) all repeat the vertices of the whole surface: each list is parsed once.
        blocks: dict[bytes, PurePosixPath] = {}
        for path in visible_files(self.root / folder / "objs", ".obj"):
            file = folder / "objs" / path.name
            blocks.setdefault(_vertex_block(read_lines(self.root, file)), file)
        parts = [np.zeros((0, 3))]
        for block, file in blocks.items():
            vertices_alone = (b"\n" + _OTHER_LINES.sub(b"", block)).replace(b"\nv ", b"\n")
            parts.append(parse_table(vertices_alone.removeprefix(b"\n"), 3, file, "v"))
        vertices = np.concatenate(parts)
        if not len(vertices):
            raise DatasetError(folder / "objs", "v", "there are no vertices")
        return point_bounds(vertices)

    def leaf_classes(self, file: PurePosixPath) -> dict[int, int]:
        """The class of level 1 of every leaf id in a result.json (`file`, relative to the root), 0 if none."""
        tree = read_json(self.root, file, OBJECT_JSON_BYTES)
        if not isinstance(tree, list) or len(tree) != 1:
            raise DatasetError(file, "root", "is no list of one node")
        classes: dict[int, int] = {}
        open_nodes: list[tuple[Any, str, int]] = [(tree[0], "", 0)]
        while open_nodes:
            node, above, inherited = open_nodes.pop()
            if not isinstance(node, dict) or not isinstance(node.get("name"), str) or type(node.get("id")) is not int:
                raise DatasetError(file, above or "root", "holds a node without name or id")
            path = f"{above}/{node['name']}" if above else node["name"]
            label = self.label.get(path, inherited)
            if "children" not in node:
                classes[node["id"]] = label
            elif isinstance(node["children"], list):
                open_nodes += [(child, path, label) for child in node["children"]]
            else:
                raise DatasetError(file, path, "has children that are no list")
        return classes

    def _folder(self, key: ObjectKey) -> PurePosixPath | None:
        """The annotation's folder, relative to the root, if the object has one and it is there."""
        object_folder(key)  # refuses names that are none
        annotation = self.annotation.get(key.id) if key.synset == self.category.synset else None
        if annotation is None or not (self.root / _DATA / annotation).is_dir():
            return None
        return _DATA / annotation


def open_partnet_folders(root: Path, category: Category) -> PartNetFolders:
    """Open a category that PartNet has: its index and its classes. Raises UserError if a file of `stats/` is unusable.

    The split files give a model its annotation. Where one of the three is absent, models that the others do not name
    are looked up in the annotations' own meta.json; of several annotations the one with the smallest number is taken.
    """
    try:
        classes = _level1(root, category)
        mapping = read_text(root, STATS / "merging_hierarchy_mapping" / f"{category.partnet}.txt")
        annotation = _index(root, str(category.partnet))
    except DatasetError as error:
        raise UserError(
            f"source.partnet_root: in {root}, {error}; name the folder that holds data_v0/ and the repository's stats/."
        ) from None
    pairs = [line.split() for line in filled_lines(mapping)]
    label = {pair[0]: classes[pair[1]] for pair in pairs if len(pair) == 2 and pair[1] in classes}
    return PartNetFolders(root, category, annotation, label)


def _vertex_block(content: bytes) -> bytes:
    """The part of an obj before its first face, or all of it where vertices stand after faces."""
    block, _, rest = content.partition(b"\nf ")
    return content if b"\nv " in rest else block


def _level1(root: Path, category: Category) -> dict[str, int]:
    """Merged path to class: 1 + line order of `<Cat>-level-1.txt`, whose lines are `id path kind`."""
    file = STATS / "after_merging_label_ids" / f"{category.partnet}-level-1.txt"
    rows = [line.split() for line in filled_lines(read_text(root, file))]
    count = len(category.partnet_names)
    if len(rows) != count or any(len(row) < 2 for row in rows):
        raise DatasetError(file, "lines", f"there are not {count} lines `id path kind`")
    return {row[1]: 1 + order for order, row in enumerate(rows)}


def _index(root: Path, name: str) -> dict[str, str]:
    """Model id to annotation id, from the split files and, where one is absent, from meta.json."""
    files = [split_file(name, split) for split in SPLITS]
    present = [file for file in files if (root / file).is_file()]
    index = {model: annotation for file in present for model, annotation in read_split(root, file)}
    return index if len(present) == len(files) else _scan(root, name) | index


def _scan(root: Path, name: str) -> dict[str, str]:
    """Model id to annotation id, by reading every meta.json; unreadable ones and other categories are passed over."""
    folder = root / _DATA
    names = [path.name for path in visible(folder) if is_safe_name(path.name)]
    numbers = sorted(names, key=lambda name: (len(name), name))
    index: dict[str, str] = {}
    for number in numbers:
        try:
            meta = read_json(root, _DATA / number / "meta.json", OBJECT_JSON_BYTES)
        except DatasetError:
            continue
        if isinstance(meta, dict) and meta.get("model_cat") == name and isinstance(meta.get("model_id"), str):
            index.setdefault(meta["model_id"], number)
    return index
