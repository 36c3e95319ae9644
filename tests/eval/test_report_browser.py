"""The report in a real browser, from disk and without a network. What it guards has facts in test_report_html too."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from benchmarks.chromium import installed_browser
from eval.report.report import report_html
from tests.eval.driven_browser import DrivenBrowser
from tests.eval.example_report import empty_section
from tests.eval.test_report_html import REPORT

pytestmark = pytest.mark.browser

UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
# What sticks out of the page and scrolls nowhere.
FAR = """[...document.querySelectorAll("body *")]
  .filter(each => !each.closest(".scroll, .skip, .contents"))
  .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(each => each.tagName + "." + each.className).slice(0, 5).join(" ")"""
BROKEN = "[...document.images].filter(each => !each.complete || !each.naturalWidth).length"
SCROLL = "document.documentElement.scrollWidth"
HEIGHT = "document.documentElement.scrollHeight"


@pytest.fixture(scope="module")
def browser():
    if installed_browser() is None:
        pytest.skip("no browser of the Chromium family is installed")
    with DrivenBrowser() as driven:
        yield driven


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


def written(folder, name, *sections):
    path = folder / f"{name}.html"
    path.write_text(report_html(dataclasses.replace(REPORT, sections=sections)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def page(folder):
    """A report of one section, as the demo's."""
    return written(folder, "one", REPORT.sections[0])


@pytest.fixture(scope="module")
def many(folder):
    return written(folder, "many", *REPORT.sections)


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("name", ["page", "many"])
def test_no_message_no_request_and_no_sideways_scrolling(browser, request, name, width):
    path = request.getfixturevalue(name)
    browser.open(path, width)
    browser.evaluate(UNFOLD)
    browser.settle()
    assert browser.evaluate(FAR) == ""
    assert browser.evaluate(SCROLL) == width
    assert browser.evaluate(BROKEN) == 0
    assert browser.messages == []
    assert [url for url in browser.requests if not url.startswith("data:")] == [path.as_uri()]


def test_a_page_that_is_too_wide_or_fails_would_be_noticed(browser, page, folder):
    bad = '<div class="wide" style="width: 500px">x</div><img src="gone.png"><script>null.x</script>'
    copy = folder / "bad.html"
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{bad}</body>"), encoding="utf-8")
    browser.open(copy, 360)
    browser.settle()
    assert "DIV.wide" in browser.evaluate(FAR)
    assert browser.evaluate(SCROLL) > 360
    assert browser.evaluate(BROKEN) == 1
    assert len(browser.messages) >= 2


def test_the_verdict_and_the_pictures_stand_on_the_first_screen(browser, page):
    browser.open(page, 1440, 900)
    assert browser.evaluate(HEIGHT) <= 12000
    for selector in (".headline", ".glance img", ".answers"):
        bottom = f"document.querySelector('{selector}').getBoundingClientRect().bottom"
        assert 0 < browser.evaluate(bottom) <= 900, selector


def test_the_contents_stay_in_sight(browser, page):
    for width in (360, 1440):
        browser.open(page, width)
        browser.evaluate("window.scrollTo(0, 1500)")
        browser.settle()
        assert 0 <= browser.evaluate("document.querySelector('.contents').getBoundingClientRect().top") < 60
        assert browser.evaluate("document.querySelectorAll('.contents [aria-current]').length") == 1


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (360, True)])
def test_it_is_drawn_in_light_and_in_dark(browser, page, folder, width, dark):
    browser.open(page, width, 800, dark=dark)
    shot = folder / f"shot-{width}-{dark}.png"
    browser.write_screenshot(shot)
    assert browser.messages == []
    picture = np.asarray(Image.open(shot).convert("L"))
    assert picture.shape[1] == width
    ground = picture[-2, 2]
    assert (ground < 60) == dark
    # Words and rules cover a part of the page, but no more.
    assert 0.005 < (np.abs(picture.astype(int) - int(ground)) > 60).mean() < 0.5


TOLD = "document.querySelector('.told').textContent"


def drawn(selector):
    return f"document.querySelector('{selector}').toDataURL()"


def cell_place(browser, number):
    """Where on the window the middle of a source cell lies."""
    left, top, width, height = browser.box(".matcher .source .frame")
    pair = REPORT.sections[0].matches
    row, column = pair.source_cells[number]
    rows, columns = (length / int(pair.step) for length in pair.source_image.shape[:2])
    return left + width * (column + 0.5) / columns, top + height * (row + 0.5) / rows


def test_the_mouse_on_a_source_place_shows_its_match_and_the_heat(browser, page):
    pair = REPORT.sections[0].matches
    browser.open(page, 1440)
    heats = []
    for number in (0, len(pair.source_cells) - 1):
        browser.mouse("mouseMoved", *cell_place(browser, number))
        browser.settle()
        row, column = pair.source_cells[number]
        to_row, to_column = pair.target_cells[pair.match[0, number]]
        assert browser.evaluate(TOLD) == (
            f"internal: row {row}, column {column} matches row {to_row}, column {to_column}; "
            f"cosine {pair.cosine[0, number]:.2f}."
        )
        heats.append(browser.evaluate(drawn(".matcher .target canvas")))
    assert heats[0] != heats[1]
    # The match is red, the least similar cell is clear.
    row, column = pair.target_cells[int(pair.heat[0, number].argmin())]
    alpha = (
        "(() => { const c = document.querySelector('.matcher .target canvas');"
        f"const s = c.width / {pair.target_image.shape[1] / int(pair.step)};"
        f"return c.getContext('2d').getImageData(s * {column + 0.5}, s * {row + 0.5}, 1, 1).data[3]; }})()"
    )
    assert browser.evaluate(alpha) < 20
    browser.click_on(".matcher label:nth-of-type(2)")
    assert browser.evaluate(TOLD).startswith("daisy map: ")
    assert browser.messages == []


def test_a_tap_and_the_arrow_keys_do_what_the_mouse_does(browser, page):
    browser.open(page, 360)
    before = browser.evaluate(TOLD)
    x, y = cell_place(browser, 3)
    point = [{"x": x, "y": y}]
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=point)
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    browser.settle()
    tapped = browser.evaluate(TOLD)
    assert tapped != before
    browser.evaluate("document.querySelector('.matcher .source .frame').focus()")
    for _ in range(6):
        browser.key("ArrowDown")
    assert browser.evaluate(TOLD) != tapped


def test_the_surfaces_turn_by_the_mouse_and_by_keys(browser, page):
    browser.open(page, 1440)
    views = [browser.evaluate(drawn(".orbit canvas"))]
    left, top, width, height = browser.box(".orbit canvas")
    middle = left + width / 2, top + height / 2
    browser.drag(middle, (middle[0] + 60, middle[1] + 10))
    views.append(browser.evaluate(drawn(".orbit canvas")))
    browser.mouse("mouseMoved", *middle)  # no button: nothing turns
    browser.settle()
    assert browser.evaluate(drawn(".orbit canvas")) == views[-1]
    browser.evaluate("document.querySelector('.orbit canvas').focus()")
    browser.key("ArrowLeft")
    views.append(browser.evaluate(drawn(".orbit canvas")))
    browser.click_on(".orbit label:nth-of-type(2)")
    views.append(browser.evaluate(drawn(".orbit canvas")))
    assert len(set(views)) == 4
    assert browser.messages == []


def seen(selector):
    """Whether an element is drawn, and lies in the window."""
    return (
        f"(() => {{ const e = document.querySelector('{selector}');"
        "const b = e && e.getBoundingClientRect();"
        "return Boolean(b && b.height && e.checkVisibility() && b.top < innerHeight && b.bottom > 0); })()"
    )


@pytest.mark.parametrize(
    ("question", "answer", "aim"),
    [
        ("Which descriptor wins?", "internal: best in 8 of 8 scores", "[id$=-scores] + .table table"),
        ("Is it sure?", "In 4 of 8 scores against daisy map", "[id$=-tasks]"),
        ("What goes wrong?", "internal: mean error 9.4 px", "[id$=-worst] img"),
        ("Did training converge?", "Loss levelled off", "[id$=-training] + .training"),
        ("Which settings?", "600 steps, 8 training objects", "#settings + details pre"),
    ],
)
def test_a_question_is_answered_on_the_first_screen_and_one_click_leads_to_the_rest(
    browser, page, question, answer, aim
):
    browser.open(page, 1440, 900)
    questions = browser.evaluate("[...document.querySelectorAll('.answers dt')].map(each => each.textContent)")
    number = questions.index(question) + 1
    entry = f".answers div:nth-child({number})"
    assert browser.evaluate(seen(entry))
    assert answer in browser.evaluate(f"document.querySelector('{entry} dd').textContent")
    assert not browser.evaluate(seen(aim))
    browser.click_on(f"{entry} a")
    assert browser.evaluate(seen(aim))


def test_a_section_without_numbers_is_short_and_quiet(browser, folder):
    browser.open(written(folder, "empty", empty_section()), 1440)
    assert browser.messages == []
    assert browser.evaluate(HEIGHT) < 3000
