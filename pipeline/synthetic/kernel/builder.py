"""The builder to which a category adds solids and keypoints."""

from collections.abc import Mapping

import numpy as np

from pipeline.datasets.categories import category_named
from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.surface import LEFT, Point, Surface, Vector, nearest
from pipeline.synthetic.partnet_names import label_of_path
from pipeline.synthetic.pieces import Design, Keypoint, Piece


class Builder:
    """Records the pieces of one object as they are placed, and where its keypoints are wanted."""

    def __init__(self, category: str) -> None:
        """Begin an object of a category."""
        self.pieces: list[Piece] = []
        self._category = category_named(category)
        self._wanted: dict[int, tuple[int, Vector]] = {}

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

    def design(self, materials: Mapping[str, Material]) -> Design:
        """The object, with those of the `materials` that its pieces use, and with exact keypoints."""
        used = {piece.material for piece in self.pieces}
        chosen = {name: material for name, material in materials.items() if name in used}
        corners = [piece.surface.vertices[piece.surface.faces] for piece in self.pieces]
        keypoints = []
        for semantic_id, (label, near) in sorted(self._wanted.items()):
            numbers = [number for number, piece in enumerate(self.pieces) if piece.label == label]
            face, weights = nearest(np.concatenate([corners[number] for number in numbers]), near)
            ends = np.cumsum([len(corners[number]) for number in numbers])
            place = int(np.searchsorted(ends, face, side="right"))
            first = int(ends[place]) - len(corners[numbers[place]])
            keypoints.append(Keypoint(semantic_id, numbers[place], face - first, weights))
        return Design(tuple(self.pieces), chosen, tuple(keypoints))

    def _label(self, part: str) -> int:
        return 1 + self._category.part_names.index(part) if part else 0
