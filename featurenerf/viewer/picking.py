"""The point of a cloud that a click in 3D means."""

import numpy as np
from jaxtyping import Float, Float64


def pick_point(
    points: Float[np.ndarray, "n 3"], origin: Float[np.ndarray, "3"], direction: Float[np.ndarray, "3"], radius: float
) -> int | None:
    """Return the first point that a ray passes within `radius`, or None if it passes all of them.

    `origin`, `direction` and the points share one frame; `radius` is in its units. Points behind the origin do not
    count. Of the points that the ray passes, those within `radius` in depth of the first are equally near: the one
    that lies closest to the ray is returned.
    """
    along = direction / np.linalg.norm(direction)
    offset = points.astype(np.float64) - origin
    depth: Float64[np.ndarray, " n"] = offset @ along
    aside = np.linalg.norm(offset - depth[:, None] * along, axis=1)
    passed = (depth > 0) & (aside <= radius)
    if not passed.any():
        return None
    near = passed & (depth <= depth[passed].min() + radius)
    return int(np.where(near, aside, np.inf).argmin())
