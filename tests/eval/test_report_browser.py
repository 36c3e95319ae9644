"""The report in a real browser, from disk and without a network. What it guards has facts in test_report_html too."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eval.report.report import report_html
from tests.eval.example_report import example_report

pytestmark = pytest.mark.browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Tells the page around it what it measures. `far` are elements that stick out of the page and scroll nowhere.
MEASURE = """<script>addEventListener("load", () => {
  const wide = document.documentElement.clientWidth;
  const scrolls = element => element.closest(".scroll, .skip");
  const far = [...document.querySelectorAll("body *")]
    .filter(element => !scrolls(element) && element.getBoundingClientRect().right > wide + 1)
    .map(element => element.tagName + "." + element.className);
  const broken = [...document.images].filter(image => !image.complete || !image.naturalWidth).length;
  parent.postMessage(`window ${innerWidth} scroll ${document.documentElement.scrollWidth} `
    + `images ${document.images.length} broken ${broken} far [${far.slice(0, 5).join(" ")}]`, "*");
});</script>"""
# A browser's window is no narrower than 500 pixels, a frame is. The title is where --dump-dom shows what was measured.
FRAME = """<!doctype html><title>nothing</title><iframe src="{name}" style="width: {width}px; height: 800px; border: 0">
</iframe><script>addEventListener("message", event => {{ document.title = event.data; }});</script>"""


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser is installed: looked for {', '.join(BROWSERS)}")
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report_html(example_report()), encoding="utf-8")
    return path


def run(browser, page, width, *options, dark=False):
    """What the browser writes, and its log. No name can be resolved: whatever is fetched fails and is logged."""
    profile = page.parent / f"profile-{page.stem}-{width}-{dark}"
    done = subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
            f"--user-data-dir={profile}",
            f"--window-size={width},800",
            *(["--blink-settings=preferredColorScheme=0"] if dark else []),
            *options,
            page.as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


def console(log):
    """Messages of the page; those of the browser's own parts are not ours."""
    return [line for line in log.splitlines() if "CONSOLE" in line]


def measure(browser, page, width, extra=""):
    """The title that the measured copy of the page gives itself, and the console's messages."""
    copy, frame = (page.with_name(f"{name}-{width}-{len(extra)}.html") for name in ("copy", "frame"))
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{extra}{MEASURE}</body>"), encoding="utf-8")
    frame.write_text(FRAME.format(name=copy.name, width=width), encoding="utf-8")
    dom, log = run(browser, frame, 1600, "--dump-dom")
    return re.search(r"<title>(.*)</title>", dom).group(1), console(log)


@pytest.mark.parametrize("width", [360, pytest.param(1440, marks=pytest.mark.long)])
def test_no_error_and_no_sideways_scrolling(browser, page, width):
    images = page.read_text(encoding="utf-8").count("<img ")
    expected = f"window {width} scroll {width} images {images} broken 0 far []"
    assert measure(browser, page, width) == (expected, [])


def test_a_page_that_is_too_wide_or_fails_would_be_noticed(browser, page):
    bad = '<div class="wide" style="width: 500px">x</div><img src="gone.png"><script>null.x</script>'
    title, messages = measure(browser, page, 360, bad)
    assert "DIV.wide" in title
    assert "broken 1" in title
    assert "scroll 360" not in title
    assert messages


@pytest.mark.parametrize(
    ("width", "dark"),
    [
        (1440, False),
        (360, True),
        pytest.param(360, False, marks=pytest.mark.long),
        pytest.param(1440, True, marks=pytest.mark.long),
    ],
)
def test_it_is_drawn_in_light_and_in_dark(browser, page, width, dark):
    shot = Path(page.with_name(f"shot-{width}-{dark}.png"))
    _, log = run(browser, page, width, f"--screenshot={shot}", dark=dark)
    assert console(log) == []
    picture = np.asarray(Image.open(shot).convert("L"))
    assert picture.shape[1] == width
    ground = picture[2, 2]
    assert (ground < 60) == dark
    # Words and rules cover a part of the page, but no more.
    assert 0.005 < (np.abs(picture.astype(int) - int(ground)) > 60).mean() < 0.5
