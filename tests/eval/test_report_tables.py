import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from eval.report.contents import Curve, LossTerm, Training, TransferTask
from eval.report.overview import overviews
from eval.report.plots import line_styles, pck_plot, training_plots
from eval.report.tables import (
    Cell,
    Row,
    Table,
    difference_table,
    loss_table,
    synthesis_difference_table,
    synthesis_table,
    transfer_table,
)
from eval.statistics.summary import Difference
from eval.synthesis.synthesis_summary import SynthesisDifference
from eval.table_text import table_text
from tests.eval.small_report import CHANCE, DAISY, INTERNAL, POSITION, TASK, difference, row, section_of, views

NAN = math.nan


def texts(table):
    return [(one.name, [cell.text for cell in one.cells]) for one in table.rows]


def test_the_transfer_table_by_hand():
    table = transfer_table(TASK, (INTERNAL, DAISY, POSITION, CHANCE))
    assert table.heads == ("Descriptor", "5 px", "10 px", "IoU", "all", "keypoints", "parts")
    assert texts(table) == [
        ("internal", ["30.0", "62.0", "50.0", "48", "46", "40"]),
        ("daisy map", ["31.0", "58.9", "50.0", "48", "46", "40"]),
        ("position", ["20.0", "40.0", "45.0", "48", "46", "40"]),
        ("chance", ["2.0", "5.0", "10.0", "48", "46", "40"]),
    ]
    assert table.rows[0].cells[1].small == ("59.8 to 64.4",)
    assert table.rows[3].cells[1].small == ()
    # What reads the same as the best is marked too: 50.0 and 50.04.
    assert [[cell.best for cell in one.cells[:3]] for one in table.rows[:3]] == [
        [False, True, True],
        [True, False, True],
        [False, False, False],
    ]
    assert [one.quiet for one in table.rows] == [False, False, True, True]
    assert sum(span for _, span in table.groups) == len(table.heads)


@pytest.mark.parametrize("other", [row("daisy map", None, None), replace(INTERNAL, descriptor="twin")])
def test_nothing_is_best_alone_or_among_equals(other):
    table = transfer_table(TASK, (INTERNAL, other))
    assert not [cell for one in table.rows for cell in one.cells if cell.best]
    assert (table.rows[1].cells[0].text == "–") is (other.pck is None)


def test_what_is_no_number_is_not_best_and_reads_so():
    broken = replace(DAISY, descriptor="broken", iou=replace(DAISY.iou, mean=NAN))
    worse = replace(DAISY, descriptor="worse", iou=replace(DAISY.iou, mean=0.1))
    table = transfer_table(TASK, (broken, INTERNAL, worse))
    assert [(one.cells[2].text, one.cells[2].best) for one in table.rows] == [
        ("nan", False), ("50.0", True), ("10.0", False),
    ]  # fmt: skip


def test_the_difference_table_by_hand():
    table = difference_table(TASK, (difference((-0.031, -0.05, -0.012, 0.0004)),))
    assert table.heads == ("Difference", "5 px", "10 px", "IoU", "Pairs")
    assert texts(table) == [("internal − daisy map", ["+50.0", "−3.1", "–", "48"])]
    assert table.rows[0].cells[1].small == ("−5.0 to −1.2", "p < 0.001")


def test_the_overview_has_categories_in_columns_and_descriptors_in_rows():
    chair = section_of(TransferTask(TASK, (CHANCE, POSITION, INTERNAL, DAISY)))
    plane = replace(section_of(TransferTask(TASK, (DAISY, CHANCE))), category="plane")
    other = replace(section_of(TransferTask(TASK, (row("internal", None, None), CHANCE))), teacher="lite0")
    held = overviews((chair, plane, replace(chair, teacher="dino"), other))
    assert [title for title, _ in held] == [f"2D cross instance, taught by {name}" for name in ("daisy", "dino")]
    table = held[0][1]
    assert table.groups == (("", 1), ("chair", 2), ("plane", 2))
    assert table.heads == ("Descriptor", "PCK 10 px", "IoU", "PCK 10 px", "IoU")
    assert texts(table) == [
        ("internal", ["62.0", "50.0", "–", "–"]),
        ("daisy map", ["58.9", "50.0", "58.9", "50.0"]),
        ("position", ["40.0", "45.0", "–", "–"]),
        ("chance", ["5.0", "10.0", "5.0", "10.0"]),
    ]
    assert [cell.best for cell in table.rows[0].cells] == [True, True, False, False]


def test_less_lpips_is_better_and_intervals_are_in_the_unit_of_the_mean():
    table = synthesis_table((views("whole field", 20.0, 0.8, 0.2, 3), views("copy", 100.0, 1.0, 0.1, 3)))
    assert table.heads == ("Views from", "PSNR, dB", "SSIM", "LPIPS", "views")
    assert texts(table)[1] == ("copy", ["100.00", "1.000", "0.100", "3"])
    assert [cell.best for cell in table.rows[1].cells] == [True, True, True, False]
    assert [cell.small for cell in table.rows[0].cells[:2]] == [("18.00 to 22.00",), ("0.720 to 0.880",)]
    assert "LPIPS" not in synthesis_table((views("whole field", 20.0, 0.8),)).heads


def test_differences_of_views_have_a_sign_and_a_unit():
    psnr, ssim = Difference(0.256, -0.1, 0.6, 0.2), Difference(-0.01, -0.02, -0.001, 0.0004)
    (told,) = synthesis_difference_table((SynthesisDifference("whole field − pixelnerf", 24, psnr, ssim, None),)).rows
    assert [cell.text for cell in told.cells] == ["+0.26", "\u22120.010", "24"]
    assert told.cells[0].small == ("\u22120.10 to 0.60", "p = 0.2")
    assert told.cells[1].small == ("\u22120.020 to \u22120.001", "p < 0.001")


def test_shares_of_the_loss_by_hand():
    # 1 x 0.03 and 0.25 x 0.04 make 0.04: three quarters and one.
    table = loss_table(Training("full", 9, (LossTerm("rgb", 1.0, 0.112, 0.03), LossTerm("feature", 0.25, 0.9, 0.04))))
    assert [cells[-2:] for _, cells in texts(table)] == [["0.03", "75.0"], ["0.01", "25.0"]]


def test_a_table_as_text_widens_the_last_column_of_a_group_with_a_long_name():
    table = Table(("name", "a", "b"), (Row("x", (Cell("1"), Cell("2"))),), (("", 1), ("a long name", 2)))
    assert table_text(table) == "      a long name\nname   a        b\nx     1        2"


def test_pck_is_drawn_from_zero_and_chance_is_set_back():
    curves = (Curve("internal", ((0.0, 0.0), (5.0, 0.3), (10.0, 0.6))), Curve("chance", ((0.0, 0.0), (10.0, 0.1))))
    plot = pck_plot(TransferTask(TASK, (INTERNAL,), (), curves))
    assert (plot.ends_name, plot.ends) == ("at 10 px", ("60.0%", "10.0%"))
    assert [line.style for line in plot.drawn.lines] == [0, None]
    assert plot.drawn.y_ticks[0] == (plot.drawn.bottom, "0")
    assert plot.alt == "PCK over the threshold in pixels: internal up to 60.0%, chance up to 10.0%"
    assert pck_plot(TransferTask(TASK)) is None


def test_lines_differ_in_more_than_colour():
    styles = line_styles(["internal", "position", "chance", "daisy map"])
    assert styles == {"internal": 0, "daisy map": 1, "position": None, "chance": None}
    curves = tuple(Curve(str(number), ((0.0, 0.0), (1.0, 1.0))) for number in range(6))
    assert len({line.sample for line in pck_plot(TransferTask(TASK, curves=curves)).drawn.lines}) == 6
    text = (Path(__file__).resolve().parents[2] / "eval/report/page/style.css").read_text(encoding="utf-8")
    assert len(set(re.findall(r"\.line\.style-[^}]*stroke-dasharray: ([\d. ]+);", text))) == 6


def test_variants_share_the_plot_of_a_value():
    first = Training("full", 9, (), (Curve("rgb", ((0, 1.0), (9, 0.5))), Curve("coordinate", ((0, 1.0), (9, 0.5)))))
    second = Training("bare", 9, (), (Curve("rgb", ((0, 2.0), (9, 0.7))), Curve("empty", ())))
    plots = training_plots(section_of(training=(first, second)))
    assert [(plot.title, plot.ends) for plot in plots] == [
        ("rgb", ("1 to 0.5", "2 to 0.7")),
        ("coordinate", ("1 to 0.5",)),
    ]
