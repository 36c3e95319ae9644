import math

import pytest

from eval.report.line_plot import Line, line_plot


def line(*points, label="rgb", style=0):
    return Line(label, tuple((float(x), float(y)) for x, y in points), style)


def places(drawn):
    return [tuple(map(float, piece.split())) for piece in drawn.path.lstrip("M").split("L")]


def test_a_line_by_hand():
    plot = line_plot([line((0, 0), (50, 1), (100, 0.5))])
    assert not plot.logarithmic
    (x0, y0), (x1, y1), (x2, y2) = places(plot.lines[0])
    assert (x0, x2) == (plot.left, plot.right)
    assert x1 == pytest.approx((x0 + x2) / 2)
    assert y2 == pytest.approx((y0 + y1) / 2, abs=0.1)
    assert y1 < y0 < plot.bottom
    assert [label for _, label in plot.x_ticks] == ["0", "50", "100"]
    assert (plot.lines[0].first, plot.lines[0].last) == (0, 0.5)
    assert plot.lines[0].marks == ""


def test_two_lines_share_their_axes_and_have_marks():
    low, high = line_plot([line((0, 0), (10, 1)), line((0, 1), (10, 2), label="other", style=1)]).lines
    assert places(low)[1][1] == places(high)[0][1]
    assert low.marks
    assert low.sample != high.sample


def test_a_falling_line_gets_a_logarithmic_axis_unless_it_begins_at_zero():
    falling = line((0, 1.0), (1, 0.1), (2, 0.01))
    plot = line_plot([falling])
    assert plot.logarithmic
    heights = [y for _, y in places(plot.lines[0])]
    assert heights[1] == pytest.approx((heights[0] + heights[2]) / 2, abs=0.1)
    assert [label for _, label in plot.y_ticks] == ["0.01", "0.1", "1"]
    assert not line_plot([falling], from_zero=True).logarithmic


def test_values_that_are_no_numbers_leave_a_gap_and_lonely_points_a_mark():
    plot = line_plot([line((0, 1), (1, math.nan), (2, 3), (3, 4))])
    drawn = plot.lines[0]
    assert drawn.path.count("M") == 2
    assert "nan" not in drawn.path
    assert drawn.marks.startswith(f"M{plot.left:g} ")
    assert drawn.marks.count("z") == 1
    assert line_plot([line()]) is None
    assert line_plot([line((0, math.nan)), line((0, math.inf))]) is None


def test_a_long_line_stays_short():
    drawn = line_plot([line(*((step, math.sin(step)) for step in range(100_000)))]).lines[0]
    assert 2500 < drawn.path.count("L") < 3000


@pytest.mark.parametrize("points", [((5, 2.0),), ((0, 3.0), (1, 3.0)), ((0, 0.0), (9, 0.0))])
@pytest.mark.parametrize("from_zero", [False, True])
def test_flat_and_single_lines_are_drawn(points, from_zero):
    plot = line_plot([line(*points)], from_zero)
    assert plot.lines[0].path.startswith("M")
    assert plot.y_ticks
