"""Facts that the render stage records of an object's views."""

from typing import Any

import numpy as np
from jaxtyping import Bool


def view_facts(seen: Bool[np.ndarray, "views h w"]) -> dict[str, Any]:
    """Return the share of foreground, and the views in which the image's edge cuts the object."""
    edge = seen[:, 0].any(1) | seen[:, -1].any(1) | seen[:, :, 0].any(1) | seen[:, :, -1].any(1)
    return {"foreground": float(seen.mean()), "cut_views": np.flatnonzero(edge).tolist()}
