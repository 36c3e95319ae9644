"""The side panel of the viewer: what can be chosen, and the two images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast, get_args

from featurenerf.matching import Feature
from featurenerf.viewer.colouring import Colouring
from featurenerf.viewer.picture_panel import PLACE_LABEL, panel_html, panel_images
from featurenerf.viewer.place import parse_place
from featurenerf.viewer.shown import Choice, Shown

if TYPE_CHECKING:
    import viser

THRESHOLD = 0.5  # of an object's largest density
DISTANCE = 1.45  # world units from the camera to the middle


class Controls:
    """The fields of the panel. Their values are the user's choice.

    Handles of viser are untyped here: it declares their values read-only.
    """

    def __init__(
        self, server: viser.ViserServer, names: Sequence[str], source: str, target: str, kinds: Sequence[str]
    ) -> None:
        """Add the fields in the order of the panel."""
        gui = server.gui
        self._answers = 0
        self._pictures: Any = gui.add_html("")
        self.place: Any = gui.add_text(PLACE_LABEL, "", hint="row,column of the left image, or a keypoint such as k7")
        self.colouring: Any = gui.add_dropdown("colours", get_args(Colouring), initial_value="colour")
        self.feature: Any = gui.add_dropdown("feature", tuple(kinds), initial_value=kinds[0])
        self.source: Any = gui.add_dropdown("source", tuple(names), initial_value=source)
        self.target: Any = gui.add_dropdown("target", tuple(names), initial_value=target)
        self.threshold: Any = gui.add_slider(
            "density",
            0.02,
            1,
            0.01,
            THRESHOLD,
            hint="Show points of at least this share of the object's largest density.",
        )
        self.azimuth: Any = gui.add_slider("azimuth", 0, 360, 1, 0, hint="Turn both objects; 180 shows their front.")
        self.elevation: Any = gui.add_slider("elevation", -30, 90, 1, 0)
        self.distance: Any = gui.add_slider("distance", 0.8, 4.0, 0.05, DISTANCE)
        self.screenshot: Any = gui.add_button("screenshot")

    def on_choice(self, act: Callable[[Any], None]) -> None:
        """Call `act` when anything changes that changes the answer or the colours."""
        for field in (self.place, self.colouring, self.feature, self.source, self.target, self.threshold):
            field.on_update(act)

    def choice(self) -> Choice:
        """Return what is chosen. Raises UserError if the place cannot be read."""
        place = str(self.place.value).strip()
        return Choice(
            source=str(self.source.value),
            target=str(self.target.value),
            feature=cast("Feature", self.feature.value),
            colouring=cast("Colouring", self.colouring.value),
            threshold=float(self.threshold.value),
            place=parse_place(place) if place else None,
        )

    def write(self, shown: Shown) -> None:
        """Show the images of an answer."""
        self._answers += 1
        self._pictures.content = panel_html(*panel_images(shown), shown.note, self._answers)
