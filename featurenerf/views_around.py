"""Views of an object from cameras around it, and what their rays met."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int64

from eval.pictures.canvas import LEAST_OPACITY
from featurenerf.answers import RenderedView
from featurenerf.matching import LEAST_OPACITY as SOLID
from featurenerf.seen_object import SeenObject
from pipeline.errors import UserError
from pipeline.progress import counted
from render.cameras import orbit_pose

TURNS = (90, 180, 270)  # degrees of azimuth from the object's own camera to the others


def own_angles(pose: Float[np.ndarray, "4 4"]) -> tuple[float, float]:
    """Return azimuth and elevation, in degrees, of where a camera stands."""
    x, y, z = pose[:3, 3] / np.linalg.norm(pose[:3, 3])
    return float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(y)))


def poses_around(
    pose: Float[np.ndarray, "4 4"], turns: Sequence[float], radius: float
) -> list[Float[np.ndarray, "4 4"]]:
    """Turn a camera around the vertical axis by some degrees of azimuth; the new ones look at the origin."""
    azimuth, elevation = own_angles(pose)
    return [orbit_pose(azimuth + turn, elevation, radius).astype(np.float32) for turn in turns]


def render_around(seen: SeenObject, label: str) -> list[RenderedView]:
    """Render the object from its own camera and from three others at the same height. `label` is for the progress."""
    poses = [None, *poses_around(seen.pose, TURNS, seen.camera.radius)]
    return [seen.render(pose) for pose in counted(poses, label, "views")]


def solid_pixels(views: Sequence[RenderedView]) -> list[Int64[np.ndarray, "_ 2"]]:
    """List (row, column) of the opaque pixels of each view. Raises UserError if no view has one."""
    solid = [np.argwhere(view.opacity > SOLID) for view in views]
    if not any(map(len, solid)):
        raise UserError(
            "the field renders nothing solid from any side: is the photo of the category it was trained on?"
        )
    return solid


def met(view: RenderedView, name: str) -> Float[np.ndarray, "h w c"]:
    """Divide the array `name`, composited over black, by the opacity: the mean of what each ray meets."""
    values: np.ndarray = getattr(view, name) / np.maximum(view.opacity, LEAST_OPACITY)[..., None]
    return values
