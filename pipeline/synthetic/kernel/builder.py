"""The builder to which a category adds solids and keypoints."""

import numpy as np

from pipeline.datasets.categories import category_named
from pipeline.synthetic.kernel.palette import Texture, make_materials
from pipeline.synthetic.kernel.surface import LEFT, Point, Surface, Vector, nearest
from pipeline.synthetic.kernel.table import Group, draw
from pipeline.synthetic.partnet_names import label_of_path
from pipeline.synthetic.pieces import Design, Keypoint, Piece


class Builder:
    """An object that is being built: what is drawn for it, its pieces as they are placed, its wanted keypoints.

    `builder["seat"]` is a group of numbers of its table.
    """

    def __init__(self, category: str, kind: str, rng: np.random.Generator) -> None:
        """Draw the numbers of an object of a kind."""
        self.kind, self.groups, self.pieces = kind, draw(category, kind, rng), list[Piece]()
        self._rng, self._category = rng, category_named(category)
        self._textures: dict[str, Texture] = {}
        self._wanted: dict[int, tuple[int, Vector]] = {}

    def __getitem__(self, group: str) -> Group:
        """What is drawn for a group."""
        return self.groups[group]

    def __contains__(self, group: str) -> bool:
        """Whether the kind has a group of this name."""
        return group in self.groups

    def textures(self, **own: Texture) -> None:
        """Add textures that only this category has; its table uses their names."""
        self._textures.update(own)

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
        for side, surface in (("right", right), ("left", right.mirrored())):
            self.add(f"{side} {name}", surface, material, part.replace("{side}", side))

    def keypoint(self, semantic_id: int, part: str, near: Point) -> None:
        """Want a keypoint at the point of a part that is nearest to `near`; "" is what belongs to no part."""
        self._wanted[semantic_id] = self._label(part), np.asarray(near, np.float64)

    def keypoint_pair(self, semantic_id: int, part: str, right: Point) -> None:
        """Want a keypoint on the right, and one with the next semantic id at its mirror image on the left."""
        self.keypoint(semantic_id, part, right)
        self.keypoint(semantic_id + 1, part, np.asarray(right) * LEFT)

    def design(self) -> Design:
        """The object with its materials and with exact keypoints."""
        names = (piece.material for piece in self.pieces)
        materials = make_materials(self.groups, names, self._textures, self._rng)
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
