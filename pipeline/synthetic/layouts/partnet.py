"""PartNet v0: `PartNet/data_v0/<anno_id>/{meta.json, result*.json, objs/*.obj, point_sample/*}`.

Frame: +Y up, front +Z, roughly centred, largest radius about 1: PartNet's objects were normalised by 200 random points
of their surfaces.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.categories import CATEGORY_NAMES, category_named
from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.entries import Entry, json_bytes, table
from pipeline.synthetic.layouts.partnet_tree import merged_tree, raw_tree
from pipeline.synthetic.normalised import Normalised, Samples, colours_at, points_at, rounded_to, sampled
from pipeline.synthetic.pieces import MadeUpObject

POINTS = 10_000
NORMALISING_POINTS = 200
PARTNET_FROM_V2 = np.diag([-1.0, 1.0, -1.0])


def anno_id(category: str, index: int) -> str:
    """The annotation's number; categories do not share any."""
    return str(1_000_000 * (1 + CATEGORY_NAMES.index(category)) + index)


def partnet_entry(made: MadeUpObject, mesh: Normalised) -> Entry:
    """The annotation's folder. Point labels are leaf ids of result.json."""
    rng = named_generator("partnet", made.category, made.seed, made.index)
    shift, scale = _normalisation(points_at(mesh, sampled(mesh, NORMALISING_POINTS, rng)))
    placed = replace(mesh, vertices=rounded_to((mesh.vertices @ PARTNET_FROM_V2.T - shift) * scale, 6))
    tree, leaf_of_piece = raw_tree(made)
    anno = anno_id(made.category, made.index)
    files = {
        "meta.json": json_bytes(_meta(made, anno)),
        "result.json": json_bytes([tree]),
        "result_after_merging.json": json_bytes([merged_tree(tree, made.category)]),
    }
    for number in range(len(made.pieces)):
        files[f"objs/original-{number + 1}.obj"] = _piece_obj(placed, number).encode()
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


def _meta(made: MadeUpObject, anno: str) -> dict[str, Any]:
    return {
        "model_id": made.key.id,
        "anno_id": anno,
        "user_id": "made-up",
        "time_in_sec": "0",
        "version": "0",
        "model_cat": category_named(made.category).partnet,
    }


def _normalisation(points: Float64[np.ndarray, "n 3"]) -> tuple[Float64[np.ndarray, " 3"], float]:
    """Shift and scale in PartNet's axes that bring the points' mean to 0 and the largest radius to 1."""
    turned = points @ PARTNET_FROM_V2.T
    shift = turned.mean(axis=0)
    return shift, 1.0 / float(np.linalg.norm(turned - shift, axis=1).max())


def _piece_obj(mesh: Normalised, number: int) -> str:
    """Bare `v` and `f` lines of one piece."""
    used, local = np.unique(mesh.faces[mesh.face_piece == number], return_inverse=True)
    faces = ("f %d %d %d\n" * (local.size // 3)) % tuple((local.ravel() + 1).tolist())
    return table(mesh.vertices[used], "v %.6f %.6f %.6f") + "\n" + faces


def _complete_rows(made: MadeUpObject, mesh: Normalised, at: Samples) -> str:
    """x y z, unit normal, r g b in 0..255, alpha. The normals of `mesh` are still in v2's axes."""
    normals = mesh.normals[at.face] @ PARTNET_FROM_V2.T
    colours = colours_at(made, mesh, at)
    rows = np.concatenate([points_at(mesh, at), normals, colours, np.ones((len(normals), 1))], axis=1)
    return table(rows, "%.6f %.6f %.6f %.6f %.6f %.6f %d %d %d %.6f")
