"""KeypointNet: `KeypointNet/pcds/<synset>/<id>.pcd`, and the model's row of `annotations/<category>.json`.

Coordinates are those of the ShapeNetCore v2 obj file.
"""

from typing import Any

import numpy as np

from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.entries import Entry, table
from pipeline.synthetic.normalised import Normalised, Samples, colours_at, points_at, sampled
from pipeline.synthetic.pieces import MadeUpObject

POINTS = 2048
HEADER = (
    "VERSION .7\nFIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F U\nCOUNT 1 1 1 1\n"
    f"WIDTH {POINTS}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {POINTS}\nDATA ascii\n"
)


def keypointnet_entry(made: MadeUpObject, mesh: Normalised) -> tuple[Entry, dict[str, Any]]:
    """The point cloud's file, and the model's row of the annotation. The keypoints are among the cloud's points."""
    rng = named_generator("keypointnet", made.category, made.seed, made.index)
    count = len(made.keypoints)
    drawn = sampled(mesh, POINTS - count, rng)
    order = rng.permutation(POINTS)  # row i of the file is point order[i]; the keypoints are points 0 .. count - 1
    every = Samples(
        np.concatenate([mesh.keypoint_face, drawn.face])[order],
        np.concatenate([mesh.keypoint_weights, drawn.weights])[order],
    )
    xyz, colours = points_at(mesh, every), colours_at(made, mesh, every)
    packed = colours.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    cloud = HEADER + table(np.concatenate([xyz, packed[:, None]], axis=1), "%.6f %.6f %.6f %d")
    row_of = np.argsort(order)[:count]
    keypoints = [
        {
            "xyz": xyz[row].tolist(),
            "rgb": colours[row].tolist(),
            "semantic_id": keypoint.semantic_id,
            "pcd_info": {"point_index": int(row)},
            # In obj files each face is followed by its twin.
            "mesh_info": {"face_index": 2 * int(every.face[row]), "face_uv": every.weights[row].tolist()},
        }
        for keypoint, row in zip(made.keypoints, row_of, strict=True)
    ]
    symmetries: dict[str, list[int]] = {"reflection": [], "rotation": []}
    names = {"class_id": made.key.synset, "model_id": made.key.id}
    annotation = {**names, "keypoints": keypoints, "symmetries": symmetries}
    return Entry(f"KeypointNet/pcds/{made.key.synset}/{made.key.id}.pcd", {"": cloud.encode()}), annotation
