"""The picture of a swapped texture."""

from __future__ import annotations

from pathlib import Path

from eval.pictures.canvas import as_bytes, enlarged, png_bytes
from eval.pictures.grid import Tile, grid
from featurenerf.answers import RenderedView
from featurenerf.editing.painted_object import PaintedObject
from featurenerf.seen_object import SeenObject
from featurenerf.view_pictures import colour_picture
from featurenerf.views_around import TURNS, poses_around
from pipeline.progress import counted
from pipeline.stores.atomic_files import write_bytes

TILE = 256


def write_swap(source: SeenObject, painted: PaintedObject, path: Path) -> None:
    """Write a picture: both objects as the field sees them, and the target without and with the new texture."""
    views = views_before_and_after(painted)
    titles = ["from TRG's camera", *(f"turned by {turn} degrees" for turn in TURNS)]
    rows = [
        [(as_bytes(seen.image), name) for seen, name in ((source, "SRC"), (painted.seen, "TRG"))],
        [(colour_picture(before), title) for (before, _), title in zip(views, titles, strict=True)],
        [(colour_picture(after), "with SRC's texture") for _, after in views],
    ]
    write_bytes(path, png_bytes(grid([[Tile(enlarged(rgb, TILE), title) for rgb, title in row] for row in rows])))


def views_before_and_after(painted: PaintedObject) -> list[tuple[RenderedView, RenderedView]]:
    """Render the object without and with its paint, from its own camera and from three others at the same height."""
    seen = painted.seen
    around = poses_around(seen.pose, TURNS, seen.camera.radius)
    cameras = [seen.chosen_camera(pose, None, None, None) for pose in (None, *around)]
    return [painted.before_and_after(*camera) for camera in counted(cameras, "swap-texture", "views")]
