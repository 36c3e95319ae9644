"""Section `source.co3d`."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.setting_types import Above0, Section, Share

SetListName = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,127}$")]


class Co3d(Section):
    """Sequences and frames of CO3D to use, and their place in the world.

    The manifest records every dropped sequence with its reason. A score that is null in the files counts as too low
    where a least score is set. [co3d.md](co3d.md) says more.
    """

    set_list: SetListName | None = None
    """A set list such as `fewview_dev`, whose frames and splits are used; null: all frames, seeded splits."""
    min_viewpoint_quality: float | None = None
    """Least `viewpoint_quality_score` of a sequence; null: any."""
    min_point_cloud_quality: float | None = None
    """Least `quality_score` of a sequence's point cloud; null: any, or no cloud."""
    min_mask: Share = 0.01
    """Least share of a photograph that its mask covers, by the file's `mass`; frames without a mask are dropped."""
    normalise: Literal["cameras", "points"] = "cameras"
    """Source of a sequence's centre and scale: its `cameras`, or the `points` of its cloud."""
    distance: Above0 = 1.3
    """World units from the object to the median camera, by `cameras`; as `camera.radius`."""
    longest_edge: Above0 = 0.7
    """World units of the object's longest edge, by `points`; as `manifest.longest_edge`."""
    context: Above0 | None = 1.6
    """Side of the square that is cut out, in longest edges of the mask's box; null: the photograph's shorter side."""
