"""The 3D side of the viewer: two clouds beside each other, and marks for what was asked and its match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Float64, UInt8
from scipy.spatial.transform import Rotation

from featurenerf.viewer.answer import Answer
from featurenerf.viewer.cloud import Cloud
from featurenerf.viewer.picking import pick_point
from featurenerf.viewer.picture_panel import MARKED
from featurenerf.viewer.shown import Shown

if TYPE_CHECKING:
    import viser

SIDES = ("source", "target")
_APART = 0.38  # world units from the middle to each object
_MARK = 0.025  # the radius of a mark in world units
_LARGER = 1.25  # points are drawn larger than their cells, so that no gap is seen from the side


@dataclass(eq=False)
class _Side:
    """One object in the scene: its nodes and what they show."""

    name: str
    frame: Any
    mark: Any
    centre: Float64[np.ndarray, "3"]
    node: Any = None
    cloud: Cloud | None = None
    count: int = 0


class Stage:
    """The scene of a server. The source stands at the left, the target at the right; both turn together."""

    def __init__(self, server: viser.ViserServer) -> None:
        """Add the nodes that stay."""
        self._server = server
        self._turn = 0.0
        server.scene.set_up_direction("+y")
        server.scene.world_axes.visible = False
        # Points have their own colours: lights, shadows and reflections would cost time and change nothing.
        server.scene.configure_default_lights(enabled=False)
        server.scene.configure_environment_map(None)
        self._sides = [self._side(name, at) for name, at in zip(SIDES, (-_APART, _APART), strict=True)]

    def draw(self, shown: Shown, threshold: float) -> None:
        """Show the clouds in their colours, and the marks."""
        clouds = shown.source.cloud, shown.target.cloud
        with self._server.atomic():
            for side, cloud, painted in zip(self._sides, clouds, shown.painted, strict=True):
                self._draw_cloud(side, cloud, painted.points, cloud.above(threshold))
            self._draw_marks(shown.answer)

    def turn(self, azimuth: float) -> None:
        """Turn both objects so that they are seen from an azimuth in degrees, as the cameras of views have it."""
        self._turn = -np.radians(azimuth)
        for side in self._sides:
            side.frame.wxyz = (np.cos(self._turn / 2), 0.0, np.sin(self._turn / 2), 0.0)

    def pick(self, origin: Float[np.ndarray, "3"], direction: Float[np.ndarray, "3"]) -> int | None:
        """Return the point of the source that a ray of the scene meets."""
        side = self._sides[0]
        if side.cloud is None:
            return None
        back = Rotation.from_euler("y", -self._turn)
        ray = back.apply(origin - side.centre), back.apply(direction)
        return pick_point(side.cloud.points[: side.count], *ray, side.cloud.cell)

    def _side(self, name: str, at: float) -> _Side:
        scene = self._server.scene
        frame = scene.add_frame(f"/{name}", show_axes=False, position=(at, 0.0, 0.0))
        mark = scene.add_point_cloud(
            f"/{name}/mark",
            points=np.zeros((1, 3), np.float32),
            colors=MARKED,
            point_size=_MARK,
            point_shape="circle",
            point_shading="flat",
            visible=False,
        )
        return _Side(name, frame, mark, np.array([at, 0.0, 0.0]))

    def _draw_cloud(self, side: _Side, cloud: Cloud, rgb: UInt8[np.ndarray, "n 3"], count: int) -> None:
        if side.cloud is cloud and side.count == count:
            side.node.colors = rgb[:count]
            return
        side.cloud, side.count = cloud, count
        side.node = self._server.scene.add_point_cloud(
            f"/{side.name}/cloud",
            points=cloud.points[:count],
            colors=rgb[:count],
            point_size=_LARGER * cloud.cell / 2,
            point_shape="square",
            point_shading="flat",
        )

    def _draw_marks(self, answer: Answer | None) -> None:
        nowhere = np.full(3, np.nan)
        points = (nowhere, nowhere) if answer is None else (answer.asked.point, answer.match.point)
        for side, point in zip(self._sides, points, strict=True):
            there = bool(np.isfinite(point).all())
            if there:
                side.mark.position = tuple(point.tolist())
            if side.mark.visible != there:
                side.mark.visible = there
