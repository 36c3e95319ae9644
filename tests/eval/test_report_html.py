"""The report as a file: what is in it, what it says is missing, and that it asks for nothing from elsewhere."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from eval.report.contents import Curve, Picture, PictureGroup, Training, TransferTask
from eval.report.missing import (
    NO_KEYPOINTS,
    NO_PAIRS,
    NO_PARTS,
    synthesis_gaps,
    task_gaps,
    training_gaps,
    unmeasured_lines,
)
from eval.report.report import report_html, write_report
from eval.report.verdict import NOT_COMPARED
from eval.transfer.transfer_result import TASKS
from tests.eval.example_report import empty_section, example_report
from tests.eval.small_report import BAD, CHANCE, DAISY, GOOD, INTERNAL, TASK, row, section_of, views

REPORT = example_report()
HTML = report_html(REPORT)
CHAIR = REPORT.sections[0]
VOID = {"meta", "img", "br", "line", "path", "input", "link"}


class Reader(HTMLParser):
    """Collects elements with their attributes, and text, and checks that elements close in order."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words, self.open, self.best = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open and "script" not in self.open:
            self.words.append(data)
            if "strong" in self.open:
                self.best.append(data)

    def values(self, *names):
        return [value for _, attributes in self.elements for name, value in attributes.items() if name in names]

    @property
    def tags(self):
        return [tag for tag, _ in self.elements]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


READ = Reader(HTML)


def html_of(*sections):
    return report_html(replace(REPORT, sections=sections))


def text_of(*sections):
    return Reader(html_of(*sections)).text


def test_nothing_comes_from_elsewhere():
    links = READ.values("src", "href", "srcset", "xlink:href", "action")
    assert len(links) > 30
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert not {"link", "iframe", "object", "embed", "base"} & set(READ.tags)
    policy = next(a["content"] for tag, a in READ.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")
    scripts = [attributes.get("type") for tag, attributes in READ.elements if tag == "script"]
    assert scripts.count(None) == 1
    assert set(scripts) == {None, "application/json"}
    for word in ("http:", "https:", "@import", "url(", "fetch(", "XMLHttpRequest", "import(", "WebSocket", "eval(",
                 "innerHTML"):  # fmt: skip
        assert word not in HTML
    assert not [name for _, attributes in READ.elements for name in attributes if name.startswith("on")]


def test_text_is_escaped():
    pair = replace(
        CHAIR.matches,
        titles=np.array(["<from>", "<to>"]),
        descriptors=np.array(["</script><b>", "<other>"]),
    )
    section = section_of(
        TransferTask(TASK, (replace(INTERNAL, descriptor="<internal>"),)),
        matches=pair,
        surfaces=replace(CHAIR.surfaces, titles=np.array(["<surface>", "<b>"])),
        pictures=(PictureGroup("<best>", (replace(CHAIR.pictures[0].pictures[0], alt='a "b"'),)),),
        training=(Training("<full>", 3, (), (Curve("<rgb>", ((0, 1.0), (3, 2.0))),)),),
    )
    html = report_html(replace(REPORT, title="Planes & <others>", machine=(("<cpu>", "<fast>"),), sections=(section,)))
    reader = Reader(html)
    for raw in ("<others>", "<internal>", "<best>", "<full>", "<rgb>", "<cpu>", "<fast>",
                "<fixed beforehand>", "<from>", "<to>", "<surface>", "</script><b>"):  # fmt: skip
        assert raw not in html
        assert raw in reader.text
    assert 'a "b"' in reader.values("alt")


def test_equal_reports_are_equal_bytes(tmp_path):
    write_report(tmp_path / "a" / "report.html", REPORT)
    write_report(tmp_path / "b.html", example_report())
    assert (tmp_path / "a" / "report.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_links_lead_somewhere_and_pictures_say_their_size():
    for reader in (READ, Reader(html_of(CHAIR, CHAIR))):  # one category twice has two anchors
        ids = reader.values("id")
        assert len(ids) == len(set(ids))
        assert not [one for one in ids if re.search(r"\s", one)]
        assert {value[1:] for value in reader.values("href")} <= set(ids)
    images = [attributes for tag, attributes in READ.elements if tag == "img"]
    pictures = sum(len(group.pictures) for section in REPORT.sections for group in section.pictures)
    assert len(images) == pictures + 2 * sum(section.matches is not None for section in REPORT.sections)
    assert all(int(image["width"]) > 0 and int(image["height"]) > 0 and image["alt"] for image in images)


def test_headings_descend_one_step_at_a_time():
    levels = [int(tag[1]) for tag in READ.tags if re.fullmatch("h[1-4]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_whoever_cannot_see_or_point_gets_everything():
    for tag, attributes in READ.elements:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or (attributes["role"] == "img" and attributes["aria-label"])
        if tag == "th":
            assert attributes["scope"] in {"col", "row", "colgroup"}
        if "scroll" in (attributes.get("class") or "").split():
            assert attributes["tabindex"] == "0"
            assert attributes["role"] == "region"
            assert attributes["aria-label"]
    assert READ.elements[0] == ("html", {"lang": "en"})
    assert READ.tags.count("table") == sum("scroll" in (a.get("class") or "") for t, a in READ.elements if t == "div")
    for attributes in (a for tag, a in READ.elements if a.get("role") == "application"):
        assert attributes["tabindex"] == "0"
        assert "arrow keys" in attributes["aria-label"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(scheme):
    colours = colours_of_style()[scheme]
    grounds = [("ink", "paper"), ("ink", "raised"), ("ink", "best"), ("ink", "open-ground"), ("quiet", "paper"),
               ("quiet", "raised"), ("quiet", "best"), ("accent", "paper"), ("good", "good-ground"),
               ("bad", "bad-ground")]  # fmt: skip
    for words, ground in grounds:
        assert contrast(colours[words], colours[ground]) >= 4.5, (words, ground)
    for index in range(6):
        assert contrast(colours[f"line-{index}"], colours["paper"]) >= 3


def colours_of_style():
    text = (Path(__file__).resolve().parents[2] / "eval/report/page/style.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", part)) for part in text.split("@media", 2)[:2])
    assert light.keys() == dark.keys()
    return {"light": light, "dark": dark}


def contrast(one, other):
    """WCAG 2.2: ratio of relative luminances, each plus 0.05."""

    def luminance(colour):
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_six_categories_stay_small():
    assert len(html_of(*[CHAIR] * 6).encode()) < 15e6


def test_numbers_stand_in_the_report_as_given():
    for number in (
        "62.0", "59.9 to 64.1", "58.9", "17.4", "+3.1", "1.2 to 5.0", "p = 0.002", "21.34", "0.871", "0.142",
        "3fa9c1d27be0", "stores/train/plane/3fa9c1d27be0", "388.2, fitted on 8 training objects", "21.3%", "2.11.0",
        "its <mesh> is empty", "part annotation refused: 3 points for 9 labels", "coordinate_weight: 0.25",
        "The pairs are the released ones; the poses are ours.",
    ):  # fmt: skip
        assert number in READ.text
    assert READ.best.count("62.0") == 6
    assert "57.0" not in READ.best


def test_overview_verdicts_stand_before_the_sections():
    html = HTML[: HTML.index('<section class="category"')]
    assert "Internal wins: for keypoints it is 3.1 points better than daisy map on 4 unseen objects." in html
    assert "Internal is ahead: for keypoints it is 0.4 points better than daisy map on 4 unseen objects." in html
    assert html.count(NOT_COMPARED) == 1


def test_one_section_needs_no_overview():
    html = html_of(CHAIR)
    assert 'id="overview"' not in html
    assert "side by side" not in html
    assert html.index('class="headline"') < html.index("<img") < html.index('class="answers"') < html.index("<table")


def test_the_distilled_feature_comes_first_and_is_a_warning_where_it_explains_nothing():
    whole = ("distilled", {"unseen-objects": BAD, "held-out-views": GOOD})
    ablation = ("distilled, no coordinate loss", {"unseen-objects": GOOD})
    section = section_of(TransferTask(TASK, (INTERNAL, DAISY)), distilled=(whole, ablation))
    html = html_of(section)
    verdict = "The distilled feature is no better than the constant mean feature"
    assert html.count(verdict) == 1
    warning = html[html.index('class="second') : html.index('class="answers"')]
    assert "▼ worse" in warning
    assert verdict in warning
    table = html[html.index("explains the teacher</summary>") : html.index("Task by task</h3>")]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in table.split("<tr")[3:]]
    assert " ".join(rows[1]).startswith(
        "> distilled, no coordinate loss 0.410 0.380 to 0.440 0.800 0.700 to 0.900 9000 – – –"
    )
    assert " ".join(rows[2]).startswith('class="quiet"> constant mean feature 0.000')
    good = html_of(section_of(distilled=(ablation,)))
    assert "explains 41%" in good
    assert "▼ worse" not in good


@pytest.mark.parametrize("made_up", [True, False])
def test_it_says_what_is_made_up_and_what_stands_in(made_up):
    text = Reader(report_html(replace(REPORT, made_up=made_up, sections=(replace(CHAIR, stand_in=made_up),)))).text
    assert ("Made-up objects." in text) is made_up
    assert ("Stand-in teacher. daisy" in text) is made_up


def test_all_that_is_missing_is_said():
    text = text_of(empty_section())
    for sentence in (
        "2D cross instance. Not measured: none of the 12 pairs has a keypoint or a part in common.",
        f"3D cross instance. {NO_PAIRS}",
        "Not measured: no view was rendered.",
        "No two test objects have a keypoint.",
        "There is no picture of features.",
        "Untrained: full made 0 steps; its numbers are those of the initial weights.",
        "1 of 2 values of rgb (no coordinate loss) are not finite.",
        "No statistics of the data are recorded.",
        "No statistics of the teacher are recorded.",
    ):
        assert sentence in text
    for word in ("None", "nan", "▲", "▼"):
        assert word not in text
    nothing = text_of(section_of())
    for sentence in ("No picture was drawn.", "No training is recorded.", "No task was measured.", NOT_COMPARED):
        assert nothing.count(sentence) == 1
    assert "Nothing was evaluated." in text_of()


def test_tasks_without_a_number_share_a_line_for_each_reason():
    section = section_of(
        *(TransferTask(task, (replace(row("internal", None, None), task=task), CHANCE)) for task in TASKS[:3]),
        TransferTask(TASKS[3], (row("internal", None, None, pairs=0), CHANCE)),
    )
    assert unmeasured_lines(section) == (
        (
            "2D cross instance; 2D cross instance, another camera; 2D novel view. "
            "Not measured: none of the 48 pairs has a keypoint or a part in common."
        ),
        f"3D cross instance. {NO_PAIRS}",
    )
    assert "<table" not in html_of(section)
    assert text_of(section).count("a keypoint or a part in common") == 1


def test_the_control_is_explained_once_and_its_wins_are_said():
    text = text_of(CHAIR)
    assert text.count("position is a control: it knows only where a cell lies in the image") == 1
    assert "internal − position" in text
    assert "than position" not in text
    # In the example the position is 4.8 points ahead in parts, and behind in keypoints.
    assert "Position is 4.8 points better than internal for parts on these 4 objects; too few objects" in text
    assert "is a control" not in text_of(section_of(TransferTask(TASK, (INTERNAL,))))


def test_gaps_beside_numbers_are_named():
    parts, keypoints = row("internal", None, (0.5, 0.4, 0.6)), replace(INTERNAL, iou=None)
    assert task_gaps(TransferTask(TASK, (parts, CHANCE))) == (NO_KEYPOINTS,)
    assert task_gaps(TransferTask(TASK, (keypoints, CHANCE))) == (NO_PARTS,)
    assert task_gaps(TransferTask(TASK, (INTERNAL, CHANCE))) == ()
    assert synthesis_gaps(section_of(synthesis=(views("whole field", 20.0, 0.8),))) == ("LPIPS was not measured.",)
    assert synthesis_gaps(section_of(synthesis=(views("whole field", 20.0, 0.8, 0.1),))) == ()
    assert training_gaps(Training("full", 10)) == ("No training curve was recorded for full.",)
    assert training_gaps(Training("full", 1, (), (Curve("rgb", ((1, 0.5),)),))) == ()


def test_pictures_of_a_kind_share_a_row_and_a_title_stands_once():
    def image(width):
        header = b"\x89PNG\r\n\x1a\n" + bytes(8) + width.to_bytes(4, "big") + (9).to_bytes(4, "big")
        return Picture(f"{width} wide", "a picture", header, "x0 to x1")

    html = html_of(section_of(pictures=(PictureGroup("best pairs", tuple(map(image, (792, 792, 256, 1500)))),)))
    assert re.findall(r'class="pictures (\w+)"', html) == ["large", "small", "wide"]
    assert html.count("x0 to x1") == 1
    assert "Figure 4." in html
