"""`python -m benchmarks.coordinate_error FOLDER [--category plane]`: whether the coordinate head knows where a ray is.

In the FOLDER that `benchmarks.findings` left, with the same `--configuration`: of each whole field of the category the
coordinate loss in training over the last hundred steps whose rays lay in the object's box, and on the fixed batch of
the val split, whose rays lie there too. Beside them what answering the origin always would give: the mean square of
the coordinates of the rays' middles, over every pixel of the box in every view of the val split.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.findings.__main__ import CONFIGURATION
from benchmarks.findings.configuration import read_configuration
from pipeline.artifacts.project import Project
from pipeline.artifacts.runs import run_fingerprint
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.names import WHOLE_FIELD
from pipeline.config.settings import Camera
from train.rays import pixel_rays
from train.run.curves import read_curves

NAME = "coordinate_coarse"  # its samples are spread evenly: their mean is the ray's middle


def main() -> None:
    """Print the loss in training, on the val split, and of answering the origin."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--configuration", type=Path, default=CONFIGURATION)
    parser.add_argument("--category", default="plane")
    arguments = parser.parse_args()
    configuration = read_configuration(arguments.configuration)
    os.chdir(arguments.folder)
    fields = [
        seeded
        for seeded in configuration.fields
        if (seeded.field.category, seeded.field.variant) == (arguments.category, WHOLE_FIELD)
    ]
    if not fields:
        parser.error(f"{arguments.configuration} trains no whole field of {arguments.category}")
    root, last = Path(configuration.settings.storage.root), configuration.settings.train.bounding_box_steps
    for seeded in fields:
        stored = Project(configuration.settings).stored_views(arguments.category, seeded.field.teacher)
        run = run_fingerprint(configuration.seeded(seeded.seed).train, configuration.settings.camera, stored)
        curves = read_curves(root / "runs" / seeded.field.instance / run / "curves")
        in_box = np.mean([value for step, value in curves[NAME] if last - 100 < step <= last])
        print(
            f"{seeded.name}: steps {last - 99} to {last} {in_box:.4f}; "
            f"val split, at the end {curves[f'validation_{NAME}'][-1][1]:.4f}"
        )
    print(f"answering the origin: {np.mean(list(squares(stored, configuration.settings.camera))):.4f}")


def squares(stored: StoredViews, camera: Camera) -> Iterator[float]:
    """Yield the mean square of the ray middles' coordinates, for each view of the val split."""
    for key in stored.keys("val"):
        for rgba, pose, intrinsics in zip(stored.rgba(key), stored.pose(key), stored.intrinsics(key), strict=True):
            rows, columns = np.nonzero(rgba[..., 3])
            box = np.mgrid[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].reshape(2, -1).T
            poses = torch.from_numpy(pose).expand(1, len(box), 4, 4)
            rays = pixel_rays(torch.from_numpy(box)[None], poses, torch.from_numpy(intrinsics))
            middle = rays.origin + rays.direction * (camera.near + camera.far) / 2
            yield float(middle.square().mean())


if __name__ == "__main__":
    main()
