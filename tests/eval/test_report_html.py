import dataclasses
import math
from html.parser import HTMLParser

import numpy as np
import pytest

from eval.evaluate import TransferSummary
from eval.image_metrics import ImageMetrics
from eval.pictures.canvas import enlarged, png_bytes
from eval.report.contents import Counts, Curve, LossTerm, Picture, Report, Section, StoreLine
from eval.report.curve_plot import curve_plot
from eval.report.report import report_html, write_report
from eval.report.sentences import standing, synthesis_sentence, transfer_sentences
from eval.report.tables import Cell, compared, loss_table, overview_table, percent, transfer_table
from eval.view_synthesis import SynthesisSummary

INTERNAL = TransferSummary("internal", 48, (2.5, 10.0), (0.1234, 0.6), 46, 0.5, 40)
TEACHER = TransferSummary("daisy's own map", 48, (2.5, 10.0), (0.2, 0.5551), 46, 0.5004, 40)
PNG = png_bytes(enlarged(np.zeros((3, 5, 3), np.uint8), 5))

SECTION = Section(
    category="plane",
    teacher="daisy",
    stand_in=True,
    counts=Counts((("train", 8), ("test", 3)), 50, (("02691156/x", "its <mesh> is empty"),)),
    transfer=(INTERNAL, TEACHER),
    subject="internal",
    baseline="daisy's own map",
    synthesis=SynthesisSummary(24, ImageMetrics(21.341, 0.871), ImageMetrics(16.2, 0.9)),
    losses=(LossTerm("rgb", 1.0, 0.112, 0.03), LossTerm("feature", 0.25, 0.9, 0.04)),
    curves=(Curve("rgb", ((0, 0.5), (10, 0.2), (20, 0.1))),),
    pictures=(Picture("A view & its <parts>", 'Parts of a "plane"', PNG),),
    stores=(StoreLine("views", "stores/views/plane/3fa9", "3fa9c1d27be0"),),
)
REPORT = Report("Planes & <others>", True, ("The poses are ours.",), (SECTION,), "train:\n  steps: 600  # <b>\n")
NOTHING = dataclasses.replace(
    SECTION,
    transfer=tuple(dataclasses.replace(one, pck=None, iou=None, keypoint_pairs=0) for one in SECTION.transfer),
    synthesis=SynthesisSummary(0, None, None),
)
VOID = {"meta", "img", "br", "line", "path", "input", "link"}


class Reader(HTMLParser):
    """Collects attributes and text, and checks that elements close in order."""

    def __init__(self, html):
        super().__init__()
        self.attributes, self.words, self.open, self.tags = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def test_numbers_sentences_and_counts_stand_in_the_report():
    text = Reader(report_html(REPORT)).text
    for number in ("12.3", "60.0", "55.5", "46 of 48", "40 of 48", "21.34", "16.20", "0.871", "3fa9c1d27be0"):
        assert number in text
    assert "The poses are ours." in text
    for sentence in transfer_sentences(SECTION):
        assert sentence in text


def test_nothing_comes_from_elsewhere():
    html = report_html(REPORT)
    reader = Reader(html)
    links = [value for name, value in reader.attributes if name in {"src", "href", "srcset", "xlink:href", "action"}]
    assert len(links) >= 3
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert not {"script", "link", "iframe"} & set(reader.tags)
    assert "http" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_text_is_escaped():
    html = report_html(REPORT)
    reader = Reader(html)
    for raw in ("<others>", "<mesh>", "<parts>"):
        assert raw not in html
        assert raw in reader.text
    assert ("alt", 'Parts of a "plane"') in reader.attributes


def test_pictures_say_their_size_and_links_lead_somewhere():
    attributes = Reader(report_html(REPORT)).attributes
    assert ("width", "5") in attributes
    assert ("height", "3") in attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for name, value in attributes if name == "href"} <= set(ids)


def test_undefined_metrics_are_said_to_be_so():
    text = Reader(report_html(dataclasses.replace(REPORT, sections=(NOTHING,)))).text
    assert "no pair shows a common keypoint" in text
    assert "no pair shows a common part" in text
    assert "no view was rendered" in text
    assert "0 of 48" in text
    assert "ahead" not in text
    assert "None" not in text
    assert "nan" not in text


@pytest.mark.parametrize("made_up", [True, False])
def test_it_says_what_is_made_up_and_what_stands_in(made_up):
    section = dataclasses.replace(SECTION, stand_in=made_up)
    text = Reader(report_html(dataclasses.replace(REPORT, made_up=made_up, sections=(section,)))).text
    assert ("Made-up objects." in text) is made_up
    assert ("Stand-in teacher. daisy" in text) is made_up


def test_equal_reports_are_equal_bytes(tmp_path):
    write_report(tmp_path / "a" / "report.html", REPORT)
    write_report(tmp_path / "b.html", REPORT)
    assert (tmp_path / "a" / "report.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_words_follow_the_numbers():
    keypoints, parts = transfer_sentences(SECTION)
    assert "ahead at 1 of 2 thresholds, level at 0, behind at 1" in keypoints
    assert keypoints.endswith("PCK below 10 px 60.0% against 55.5%, 4.5 points ahead.")
    assert parts.endswith("mean IoU 50.0% against 50.0%, level.")
    swapped = dataclasses.replace(SECTION, subject=SECTION.baseline, baseline=SECTION.subject)
    assert "4.5 points behind" in transfer_sentences(swapped)[0]
    sentence = synthesis_sentence(SECTION.synthesis)
    assert "5.14 dB ahead; SSIM 0.871 against 0.900, 0.029 behind" in sentence


def test_an_exact_copy_is_endlessly_ahead():
    assert standing("∞", "20.00", " dB") == "∞ dB ahead"
    assert standing("20.00", "∞", " dB") == "∞ dB behind"
    assert standing("∞", "∞", " dB") == "level"


def test_the_best_of_a_row_is_marked_with_what_reads_the_same():
    assert compared([0.5, 0.50001, 0.4, None], percent) == (
        Cell("50.0", True),
        Cell("50.0", True),
        Cell("40.0"),
        Cell("–"),
    )
    assert not any(cell.best for cell in compared([0.5, 0.5], percent))
    assert not any(cell.best for cell in compared([0.5, None], percent))


def test_the_tables_by_hand():
    table = transfer_table(SECTION.transfer)
    assert table.heads == ("Metric", "internal", "daisy's own map", "Pairs")
    assert table.rows[0] == ("PCK below 2.5 px, %", (Cell("12.3"), Cell("20.0", True), Cell("46 of 48")))
    # 1 x 0.03 and 0.25 x 0.04 make 0.04: three quarters and one.
    assert [[cell.text for cell in cells[-2:]] for _, cells in loss_table(SECTION.losses).rows] == [
        ["0.03", "75.0"],
        ["0.01", "25.0"],
    ]
    overview = overview_table((SECTION, NOTHING))
    assert [cell.text for cell in overview.rows[0][1]] == ["60.0", "55.5", "50.0", "50.0", "21.34", "16.20"]
    assert {cell.text for cell in overview.rows[1][1]} == {"–"}
    assert sum(span for _, span in overview.groups) == len(overview.heads)


def test_a_curve_by_hand():
    plot = curve_plot(Curve("rgb", ((0, 0.0), (50, 1.0), (100, 0.5))))
    assert not plot.logarithmic
    places = [tuple(map(float, piece.split())) for piece in plot.path.lstrip("M").split("L")]
    (x0, y0), (x1, y1), (x2, y2) = places
    assert (x0, x2) == (plot.left, plot.right)
    assert x1 == pytest.approx((x0 + x2) / 2)
    assert y2 == pytest.approx((y0 + y1) / 2, abs=0.1)
    assert y1 < y0 < plot.bottom
    assert plot.x_ticks == tuple((round(x0 + (x2 - x0) * step / 100, 1), f"{step}") for step in (0, 50, 100))


def test_a_falling_curve_gets_a_logarithmic_axis():
    plot = curve_plot(Curve("rgb", ((0, 1.0), (1, 0.1), (2, 0.01))))
    assert plot.logarithmic
    places = [float(piece.split()[1]) for piece in plot.path.lstrip("M").split("L")]
    assert places[1] == pytest.approx((places[0] + places[2]) / 2, abs=0.1)
    assert [label for _, label in plot.y_ticks] == ["0.01", "0.1", "1"]


def test_values_that_are_no_numbers_leave_a_gap():
    plot = curve_plot(Curve("rgb", ((0, 1.0), (1, math.nan), (2, 3.0))))
    assert plot.path.count("M") == 2
    assert "nan" not in plot.path
    assert curve_plot(Curve("rgb", ())) is None


@pytest.mark.parametrize("points", [((5, 2.0),), ((0, 3.0), (1, 3.0)), ((0, 0.0), (9, 0.0))])
def test_flat_and_single_curves_are_drawn(points):
    plot = curve_plot(Curve("rgb", points))
    assert plot.path.startswith("M")
    assert plot.y_ticks
