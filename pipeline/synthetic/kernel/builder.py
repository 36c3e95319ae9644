"""The builder to which a category adds solids and keypoints."""

import numpy as np

from pipeline.datasets.categories import category_named
from pipeline.synthetic.kernel.palette import Texture, make_materials
from pipeline.synthetic.kernel.surface import LEFT, Point, Surface, Vector, nearest
from pipeline.synthetic.kernel.table import Cells, Group, cells_of, drawn, is_look
from pipeline.synthetic.partnet_names import label_of_path
from pipeline.synthetic.pieces import Design, Keypoint, Piece


class Builder:
    """An object that is being built: what is drawn for it, its pieces as they are placed, its wanted keypoints.

    `builder["seat"]` is a group of its table. `textures` are those that only this category has, by their names there.
    """

    def __init__(self, category: str, kind: str, rng: np.random.Generator) -> None:
        """Draw the numbers of an object of a kind."""
        self.kind, self.pieces, self.textures = kind, list[Piece](), dict[str, Texture]()
        self._rng, self._category, self._cells = rng, category_named(category), cells_of(category, kind, rng)
        self._drawn: Cells = {}
        for key, cell in self._cells.items():
            if not is_look(key):
                self._drawn[key] = drawn(cell, self._drawn, rng)
        self._wanted: dict[int, tuple[int, Vector]] = {}

    def __getitem__(self, group: str) -> Group:
        """Return the values that are drawn for a group."""
        return Group(group, self._drawn)

    def __contains__(self, group: str) -> bool:
        """Tell whether the kind has a group of this name."""
        return any(key.startswith(f"{group}.") for key in self._drawn)

    def add(self, name: str, surface: Surface, material: str, part: str) -> None:
        """Place a piece. `part` is one of the category's parts; where PartNet has the category, the piece's raw path.

        The steps of a path stand between slashes: "chair_base/regular_leg_base/leg:front left".
        """
        if self._category.partnet:
            path = tuple(part.split("/"))
            self.pieces.append(Piece(name, surface, material, label_of_path(self._category.name, path), path))
        else:
            self.pieces.append(Piece(name, surface, material, self._label(part)))

    def add_pair(self, name: str, right: Surface, material: str, part: str) -> None:
        """Place a right piece and the left one that mirrors it; `{side}` in `part` stands for "right" or "left"."""
        pair = (("right", right), ("left", right.mirrored()))
        for side, surface in reversed(pair) if self._category.partnet else pair:
            self.add(f"{side} {name}", surface, material, part.replace("{side}", side))

    def keypoint(self, semantic_id: int, part: str, *near: Point) -> None:
        """Want a keypoint at the point of a part that is nearest to `near`, and for more points the ids that follow.

        The part "" is what belongs to no part.
        """
        for number, point in enumerate(near):
            self._wanted[semantic_id + number] = self._label(part), np.asarray(point, np.float64)

    def keypoint_pair(self, semantic_id: int, part: str, right: Point) -> None:
        """Want a keypoint on the right, and one with the next semantic id at its mirror image on the left."""
        self.keypoint(semantic_id, part, right, np.asarray(right) * LEFT)

    def design(self) -> Design:
        """The object with its materials and with exact keypoints."""
        made, used = make_materials(self._cells, self.textures, self._rng), {piece.material for piece in self.pieces}
        materials = {name: material for name, material in made.items() if name in used}
        counts = [len(piece.surface.faces) for piece in self.pieces]
        first, piece_of = np.cumsum([0, *counts]), np.repeat(np.arange(len(counts)), counts)
        corners = np.concatenate([piece.surface.vertices[piece.surface.faces] for piece in self.pieces])
        label_of, keypoints = np.repeat([piece.label for piece in self.pieces], counts), []
        for semantic_id, (label, near) in sorted(self._wanted.items()):
            faces = np.flatnonzero(label_of == label)
            face, weights = nearest(corners[faces], near)
            number = int(piece_of[faces[face]])
            keypoints.append(Keypoint(semantic_id, number, int(faces[face] - first[number]), weights))
        return Design(tuple(self.pieces), materials, tuple(keypoints))

    def _label(self, part: str) -> int:
        return 1 + self._category.part_names.index(part) if part else 0
