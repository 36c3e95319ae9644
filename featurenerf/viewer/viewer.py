"""The viewer as a server: it joins the panel and the scene, and answers what the user does."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featurenerf.viewer.controls import Controls
from featurenerf.viewer.gallery import Gallery
from featurenerf.viewer.screenshot import screenshot_sheet, write_screenshot
from featurenerf.viewer.shown import Choice, Shown, show
from featurenerf.viewer.stage import Stage
from featurenerf.views_around import own_angles
from pipeline.errors import UserError

if TYPE_CHECKING:
    import viser

# The images leave before the clouds, in a message of their own: the page shows them without drawing the scene first.
_PANEL_FIRST = 0.03  # seconds
_SHOT = (600, 1000)  # height and width of the scene in a screenshot, in pixels


class Viewer:
    """One state for all browsers that are connected."""

    def __init__(self, server: viser.ViserServer, gallery: Gallery, source: str, target: str, out: Path) -> None:
        """Prepare the first two objects and show them. Raises UserError if one cannot be prepared."""
        self._server, self._gallery, self._out = server, gallery, out
        self._lock = threading.Lock()
        self._shown: tuple[Choice, Shown] | None = None
        kinds: Sequence[str] = list(gallery.get(source).features)
        self.controls = Controls(server, gallery.names, source, target, kinds)
        self._stage = Stage(server)
        self._look_as(gallery.get(source).given.pose)
        self._refresh()
        self.controls.on_choice(self._changed)
        for slider in (self.controls.azimuth, self.controls.elevation, self.controls.distance):
            slider.on_update(lambda _: self._move_camera())
        self.controls.screenshot.on_click(lambda event: self._take_screenshot(event.client))
        server.scene.on_click()(self._clicked)

    def _clicked(self, event: Any) -> None:
        """Ask for the point of the source that was clicked in 3D."""
        index = self._stage.pick(np.array(event.ray_origin), np.array(event.ray_direction))
        if index is not None:
            self.controls.place.value = f"p{index}"

    def _changed(self, event: Any) -> None:
        controls = self.controls
        if event.target is controls.place and controls.place.value and controls.colouring.value == "colour":
            controls.colouring.value = "similarity"  # which calls this again
            return
        if event.target is controls.source:
            controls.place.value = ""  # the place was one of the former source
        self._refresh()

    def _refresh(self) -> None:
        """Show the choice. A choice that is shown already is not computed again."""
        with self._lock:
            try:
                choice = self.controls.choice()
                if self._shown is not None and self._shown[0] == choice:
                    return
                source, target = (self._prepared(name) for name in (choice.source, choice.target))
                shown = show(source, target, choice)
            except UserError as error:
                self._say("Not possible", str(error))
                return
            self._shown = choice, shown
            self.controls.write(shown)
            self._server.flush()
            time.sleep(_PANEL_FIRST)
            self._stage.draw(shown, choice.threshold)

    def _prepared(self, name: str) -> Any:
        if not self._gallery.prepared(name):
            self._say("Preparing", f"The field sees {name}: some seconds.")
        return self._gallery.get(name)

    def _look_as(self, pose: np.ndarray) -> None:
        """Look at the objects from where the source's image was taken."""
        azimuth, elevation = own_angles(pose)
        self.controls.azimuth.value, self.controls.elevation.value = round(azimuth % 360), round(elevation)
        self._move_camera()

    def _move_camera(self) -> None:
        controls = self.controls
        self._stage.turn(float(controls.azimuth.value))
        place = camera_position(float(controls.elevation.value), float(controls.distance.value))
        self._server.initial_camera.position, self._server.initial_camera.look_at = place, (0.0, 0.0, 0.0)
        for client in self._server.get_clients().values():
            client.camera.position, client.camera.look_at = place, (0.0, 0.0, 0.0)

    def _take_screenshot(self, client: Any) -> None:
        with self._lock:
            shown = self._shown
        if client is None or shown is None:
            return
        scene = client.get_render(height=_SHOT[0], width=_SHOT[1])
        path, content = write_screenshot(screenshot_sheet(scene, shown[1]), self._out)
        client.send_file_download(path.name, content)
        self._say("Screenshot", f"Written to {path}, and sent to the browser.")

    def _say(self, title: str, body: str) -> None:
        for client in self._server.get_clients().values():
            client.add_notification(title=title, body=body, auto_close_seconds=5.0)


def camera_position(elevation: float, distance: float) -> tuple[float, float, float]:
    """Place the camera in front of the two objects, `elevation` degrees above the horizontal plane."""
    angle = np.radians(min(elevation, 89.0))  # straight above, the picture would have no upper side
    return 0.0, float(distance * np.sin(angle)), float(distance * np.cos(angle))
