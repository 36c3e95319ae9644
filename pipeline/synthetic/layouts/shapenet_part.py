"""ShapeNet part (Yi et al. 2016): `shapenet_part/<synset>/{points/<id>.pts, points_label/<id>.seg}`.

Frame: ShapeNet v1 (+Y up, front +X), origin at the bounding box's centre, bounding-box diagonal 1.
"""

import numpy as np

from pipeline.datasets.categories import CATEGORIES
from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.entries import Entry, table
from pipeline.synthetic.normalised import Normalised, points_at, sampled
from pipeline.synthetic.pieces import MadeUpObject

POINTS = 2500
V1_FROM_V2 = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


def shapenet_part_entries(made: MadeUpObject, mesh: Normalised) -> list[Entry]:
    """Points and their labels, which count from 1."""
    at = sampled(mesh, POINTS, named_generator("shapenet part", made.category, made.seed, made.index))
    label = np.array([piece.label for piece in made.pieces])[mesh.face_piece[at.face]]
    centre = 0.5 * (mesh.vertices.min(axis=0) + mesh.vertices.max(axis=0))
    points = table((points_at(mesh, at) - centre) @ V1_FROM_V2.T, "%.5f %.5f %.5f")
    folder = f"shapenet_part/{made.key.synset}"
    return [
        Entry(f"{folder}/points/{made.key.id}.pts", {"": points.encode()}),
        Entry(f"{folder}/points_label/{made.key.id}.seg", {"": table(label[:, None], "%d").encode()}),
    ]


def synset_table() -> Entry:
    """`synsetoffset2category.txt`: the data set's names and synsets of our categories."""
    lines = [f"{c.shapenet_part}\t{c.synset}\n" for c in CATEGORIES if c.shapenet_part]
    return Entry("shapenet_part/synsetoffset2category.txt", {"": "".join(lines).encode()})
