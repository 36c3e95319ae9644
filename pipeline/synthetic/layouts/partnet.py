"""PartNet v0: `PartNet/data_v0/<anno_id>/{meta.json, result*.json, objs/*.obj, point_sample/*}`.

Frame: +Y up, front +Z, roughly centred, largest radius about 1: PartNet's objects were normalised by 200 random points
of their surfaces.
"""

from dataclasses import replace

import numpy as np

from pipeline.datasets.categories import CATEGORY_NAMES, category_named
from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.entries import Entry, json_bytes, table
from pipeline.synthetic.layouts.partnet_tree import merged_tree, raw_tree
from pipeline.synthetic.normalised import Normalised, Samples, colours_at, points_at, sampled
from pipeline.synthetic.pieces import MadeUpObject

POINTS = 10_000
NORMALISING_POINTS = 200
ORIGIN = {"user_id": "made-up", "time_in_sec": "0", "version": "0"}
PARTNET_FROM_V2 = np.diag([-1.0, 1.0, -1.0])


def anno_id(category: str, index: int) -> str:
    """The annotation's number; categories do not share any."""
    return str(1_000_000 * (1 + CATEGORY_NAMES.index(category)) + index)


def partnet_entry(made: MadeUpObject, mesh: Normalised) -> Entry:
    """The annotation's folder. Point labels are leaf ids of result.json."""
    rng = named_generator("partnet", made.category, made.seed, made.index)
    turned = points_at(mesh, sampled(mesh, NORMALISING_POINTS, rng)) @ PARTNET_FROM_V2.T
    shift = turned.mean(axis=0)
    scale = 1.0 / float(np.linalg.norm(turned - shift, axis=1).max())
    placed = replace(mesh, vertices=np.round((mesh.vertices @ PARTNET_FROM_V2.T - shift) * scale, 6) + 0.0)
    tree, leaf_of_piece = raw_tree(made)
    anno, named = anno_id(made.category, made.index), category_named(made.category)
    files = {
        "meta.json": json_bytes({"model_id": made.key.id, "anno_id": anno, **ORIGIN, "model_cat": named.partnet}),
        "result.json": json_bytes([tree]),
        "result_after_merging.json": json_bytes([merged_tree(tree, made.category)]),
    }
    for number in range(len(made.pieces)):
        used, local = np.unique(placed.faces[placed.face_piece == number], return_inverse=True)
        corners = table(placed.vertices[used], "v %.6f %.6f %.6f") + "\n"
        faces = table(1 + local.reshape(-1, 3), "f %d %d %d")
        files[f"objs/original-{number + 1}.obj"] = (corners + faces).encode()
    leaf = np.array(leaf_of_piece)
    for points, labels, complete in (
        ("pts-10000", "label-10000", False),
        ("sample-points-all-pts-nor-rgba-10000", "sample-points-all-label-10000", True),
    ):
        at = sampled(placed, POINTS, rng)
        rows = _complete_rows(made, placed, at) if complete else table(points_at(placed, at), "%.6f %.6f %.6f")
        files[f"point_sample/{points}.txt"] = rows.encode()
        files[f"point_sample/{labels}.txt"] = table(leaf[placed.face_piece[at.face], None], "%d").encode()
    return Entry(f"PartNet/data_v0/{anno}", files)


def _complete_rows(made: MadeUpObject, mesh: Normalised, at: Samples) -> str:
    """x y z, unit normal, r g b in 0..255, alpha. The normals of `mesh` are still in v2's axes."""
    normals = mesh.normals[at.face] @ PARTNET_FROM_V2.T
    colours = colours_at(made, mesh, at)
    rows = np.concatenate([points_at(mesh, at), normals, colours, np.ones((len(normals), 1))], axis=1)
    return table(rows, "%.6f %.6f %.6f %.6f %.6f %.6f %d %d %d %.6f")
