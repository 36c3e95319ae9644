"""How well the colour backends agree: `python -m benchmarks.agreement --backends raycast,pyrender,cycles`.

For each object the silhouette of each backend (alpha of half or more) against rays, as intersection over union: 16 rays
a pixel and 81 rays at other points; and in dB how far shaded views are from the ray caster's, over the pixels that
either shows. Each is the mean of the views and the worst view. tests/render/test_backend_agreement.py holds them.

`--samples FOLDER` adds the real objects; `--picture FILE` shows a view of each made-up object by each backend.
"""

import argparse
import importlib.util
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
from jaxtyping import Float64, UInt8

from eval.pictures.canvas import enlarged, over_checker
from eval.pictures.grid import Tile, grid
from pipeline.config.settings import Render
from pipeline.synthetic.synthesize import synthesize_category
from render.backends.backend import make_backend
from tests.render.subjects import (
    CAMERA,
    EVERY_CATEGORY,
    GRID,
    POSES,
    REAL,
    SETTINGS,
    Subject,
    coverage_of_views,
    made_up_of,
    mesh_of,
    real_of,
)
from tests.render.test_backend_agreement import FINER, iou, psnr

ENGINES = ("cycles", "workbench", "eevee")
TILE = 192


def main() -> None:
    """Draw everything with every backend, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--backends", default="raycast,pyrender" + (",cycles" if importlib.util.find_spec("bpy") else "")
    )
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--samples", type=Path, help="the folder that holds shapenet_v1 and shapenet_v2")
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for category in EVERY_CATEGORY:
            synthesize_category(category, 1, 0, Path(folder), lambda _: None)
        subjects = {f"made-up {name}": made_up_of(name, Path(folder) / "ShapeNetCore.v2") for name in EVERY_CATEGORY}
        made_up = len(subjects)
        if arguments.samples is not None:
            subjects |= {f"{name[0][-2:]} {name[2][:8]}": real_of(name, arguments.samples) for name in REAL}
        drawn = {name: _drawn(name, list(subjects.values()), arguments.views) for name in arguments.backends.split(",")}
        reference = drawn.get("raycast") or _drawn("raycast", list(subjects.values()), arguments.views)
        print(f"{'':18}{'':12}{'16 rays':>16}{'81 rays':>16}{'dB':>14}")
        for number, (label, subject) in enumerate(subjects.items()):
            for name, images in drawn.items():
                print(f"{label:18}{name:12}" + _line(images[number], reference[number], subject))
    if arguments.picture is not None:
        _write_picture(arguments.picture, {name: images[:made_up] for name, images in drawn.items()})


def _drawn(name: str, subjects: list[Subject], views: int) -> list[UInt8[np.ndarray, "views h w 4"]]:
    with closing(make_backend(CAMERA, _render(name))) as backend:
        return [backend.draw(mesh_of(subject), POSES[:views]) for subject in subjects]


def _render(name: str) -> Render:
    render = SETTINGS.render
    if name not in ENGINES:
        return render.model_copy(update={"backend": name})
    return render.model_copy(
        update={"backend": "blender", "blender": render.blender.model_copy(update={"engine": name})}
    )


def _line(
    images: UInt8[np.ndarray, "views h w 4"], reference: UInt8[np.ndarray, "views h w 4"], subject: Subject
) -> str:
    text = ""
    for rays in (GRID, FINER):
        overlap = iou(images[..., 3], coverage_of_views(subject, rays, len(images)))
        text += f"{overlap.mean():>9.4f} {overlap.min():.4f}"
    if images is not reference:
        apart: Float64[np.ndarray, " views"] = np.array([psnr(a, b) for a, b in zip(images, reference, strict=True)])
        text += f"{apart.mean():>9.1f} {apart.min():.1f}"
    return text


def _write_picture(path: Path, drawn: dict[str, list[UInt8[np.ndarray, "views h w 4"]]]) -> None:
    rows = [
        [
            Tile(enlarged(over_checker(images[0]), TILE), name if column == 0 else "")
            for column, images in enumerate(row)
        ]
        for name, row in drawn.items()
    ]
    grid(rows).save(path)


if __name__ == "__main__":
    main()
