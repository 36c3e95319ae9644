import base64
import io
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from featurenerf.viewer.picture_panel import Mark, PanelImage, panel_html, panel_images
from featurenerf.viewer.shown import Choice, show
from tests.featurenerf.viewer.planted_objects import one_hot, planted

PICTURE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


class Reader(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


def written(title="a", note="n", marks=()):
    return panel_html(PanelImage(title, PICTURE, marks), PanelImage("b", PICTURE, ()), note, 5)


def test_the_images_are_the_pictures_pixel_by_pixel() -> None:
    images = Reader(written()).all("image")
    assert len(images) == 2
    for image in images:
        data = base64.b64decode(image["href"].removeprefix("data:image/png;base64,"))
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), PICTURE)


def test_only_the_source_can_be_clicked_and_says_its_pixels() -> None:
    left, right = Reader(written()).all("svg")
    assert "onclick" not in right
    assert "r.height*2" in left["onclick"] and "r.width*3" in left["onclick"]
    assert left["onclick"].count("{") == left["onclick"].count("}")


def test_a_keypoint_says_its_number() -> None:
    viewed = planted("a", one_hot(np.arange(16).reshape(4, 4)), one_hot([0]), keypoints=[(7, 1, 2)])
    shown = show(viewed, viewed, Choice("a", "a", "internal", "colour", 0, None))
    (circle,) = Reader(panel_html(*panel_images(shown), "n", 1)).all("circle")
    assert (circle["cx"], circle["cy"]) == ("2.25", "1.25")
    assert "place='k7'" in circle["onclick"]


def test_other_marks_let_clicks_through() -> None:
    marks = [Mark(np.array([1.0, 1.0]), (1, 2, 3), 2), Mark(np.array([1.0, 1.0]), (1, 2, 3), 2, ring=True)]
    for circle in Reader(written(marks=marks)).all("circle"):
        assert circle["pointer-events"] == "none" and "onclick" not in circle


def test_names_are_text_and_no_markup() -> None:
    bad = "<img src=x onerror=\"alert('x')\">"
    html = written(title=bad, note=bad)
    assert Reader(html).all("img") == []
    assert not [tag for tag, attributes in Reader(html).tags if "onerror" in attributes]
    assert Reader(html).tags[0][1]["data-answer"] == "5"
