"""The viewer in a real browser: a mouse asks, and the page shows the answer."""

import io
import re
import time

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("viser", reason='viser is absent: pip install -e ".[view]"')

from benchmarks.chromium import Chromium, installed_browser
from benchmarks.viewer import BOX, READY

pytestmark = pytest.mark.browser
IMAGE = f"{BOX}(document.querySelector('[data-answer] svg'))"
TEXT = "document.querySelector('[data-answer]').innerText"


@pytest.fixture
def page(server, viewer):
    if installed_browser() is None:
        pytest.skip("no browser is installed")
    with Chromium(f"http://127.0.0.1:{server.get_port()}", 1000, 500) as page:
        page.wait_for(READY)
        stand_still(page)
        yield page


def stand_still(page):
    """Wait until the panel has moved to its place: a click before that would miss the image."""
    places = [None, page.evaluate(IMAGE)]
    while places[-1] != places[-2]:
        time.sleep(1)
        places.append(page.evaluate(IMAGE))


def test_a_click_on_the_left_image_asks_for_the_pixel_under_the_mouse(page, viewer) -> None:
    left, top, width, height = page.evaluate(IMAGE)
    # The image has 32 x 32 pixels; this is the middle of the pixel in row 15 and column 17.
    page.click(left + width * 17.5 / 32, top + height * 15.5 / 32)
    text = page.wait_for(f"{TEXT}.includes('→') && {TEXT}")
    assert "pixel in row 15, column 17 → row" in text
    assert viewer.controls.place.value == "15,17"


def test_a_click_on_the_left_object_asks_for_a_point(page, viewer) -> None:
    left, top, width, height = page.evaluate(f"{BOX}(document.querySelector('canvas'))")
    for across in np.linspace(0.2, 0.4, 5):
        page.click(left + width * across, top + height * 0.5)
        if re.fullmatch(r"p\d+", viewer.controls.place.value):
            break
    assert "point (" in page.wait_for(f"{TEXT}.includes('→') && {TEXT}")


def test_the_scene_shows_both_objects(page) -> None:
    left, top, width, height = (round(value) for value in page.evaluate(f"{BOX}(document.querySelector('canvas'))"))
    page.wait_for("new Promise(done => setTimeout(() => done(true), 1500))")
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"), dtype=int)
    scene = picture[top : top + height, left : left + width]
    drawn = np.abs(scene - scene[5, 5]) > 20
    assert drawn[:, : width // 2].mean() > 0.02 and drawn[:, width // 2 :].mean() > 0.02
