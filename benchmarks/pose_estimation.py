"""`python -m benchmarks.pose_estimation MODEL_FOLDER [--category chair]`: how well the camera of a photo is estimated.

In the project's folder. Views of objects that the field was not trained on are cut out as photos are, so the true
framing is lost as in a photo. Prints the errors of `featurenerf.estimate_pose` against the views' poses.
`--framing mean` gives each object the mean size of the training views; `--framing rendered` leaves views as they are.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import featurenerf
from featurenerf.pose_estimation import SIZES, PoseEstimate
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.datasets.alpha import HALF

NEAR = 20.0  # degrees
CERTAIN = 0.9  # of `explained`, as in the command `describe`


def main() -> None:
    """Print a line for each category, and for the estimates that the field is surer of."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--category", default="chair")
    parser.add_argument("--split", choices=("train", "val", "test"), default="test")
    parser.add_argument("--views", type=int, default=50, help="of each object, at even distances")
    parser.add_argument("--framing", choices=("tried", "mean", "rendered"), default="tried")
    arguments = parser.parse_args()
    field = featurenerf.load_field(arguments.model)
    project = Project(load_settings())
    manifest, views = project.manifest(arguments.category), project.views(arguments.category)
    keys = [key for item in manifest.of_split(arguments.split) if (key := manifest.key(item.id)) in views.rows]
    start = time.perf_counter()
    rows = [
        errors(estimate(field, rgba, arguments.framing), pose)
        for key in keys
        for rgba, pose in chosen(views.read("rgba", key), views.read("pose", key), arguments.views)
    ]
    seconds = (time.perf_counter() - start) / len(rows)
    table = np.array(rows)
    print(f"{arguments.category}, {arguments.split}: {len(keys)} objects, {len(table)} views, {seconds:.2f} s a view")
    sure = table[:, 3] > CERTAIN
    for name, part in (("all", table), (f"explained > {CERTAIN}", table[sure]), ("the others", table[~sure])):
        if len(part):
            print(line(name, part))


def estimate(field: featurenerf.Field, rgba: np.ndarray, framing: str) -> PoseEstimate:
    """Estimate the camera of a view, cut out like a photo unless its framing is left as `rendered`."""
    if framing == "rendered":
        return featurenerf.estimate_pose(field, rgba)
    photo = featurenerf.prepare_photo(rgba)
    return featurenerf.estimate_pose(field, photo, sizes=(1.0,) if framing == "mean" else SIZES)


def chosen(rgba: np.ndarray, poses: np.ndarray, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield `count` views of an object that show something, at even distances, with their poses."""
    for view in np.unique(np.linspace(0, len(rgba) - 1, min(count, len(rgba))).astype(int)):
        if (rgba[view, ..., 3] >= HALF).any():
            yield rgba[view], poses[view]


def errors(found: PoseEstimate, pose: np.ndarray) -> tuple[float, float, float, float]:
    """Return the errors of azimuth, of azimuth modulo 180, and of elevation in degrees, and `explained`."""
    x, y, z = pose[:3, 3] / np.linalg.norm(pose[:3, 3])
    azimuth, elevation = np.degrees(np.arctan2(x, z)), np.degrees(np.arcsin(y))
    turn = abs((found.azimuth - azimuth + 180) % 360 - 180)
    return turn, min(turn, 180 - turn), abs(found.elevation - elevation), found.explained


def line(name: str, table: np.ndarray) -> str:
    """Say the shares and medians of some views."""
    turn, half_turn, height, explained = table.T
    return (
        f"{name:16} {len(table):4} views  azimuth within {NEAR:.0f}: {np.mean(turn <= NEAR):.1%}, modulo 180: "
        f"{np.mean(half_turn <= NEAR):.1%}, median {np.median(turn):.1f}; elevation median {np.median(height):.1f} "
        f"degrees; explained {np.median(explained):.2f}"
    )


if __name__ == "__main__":
    main()
