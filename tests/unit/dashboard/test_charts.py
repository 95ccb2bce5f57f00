"""Charts put values where they belong."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cobi.dashboard.charts.columns import Stack, column_chart
from cobi.dashboard.charts.intervals import Measured, interval_chart
from cobi.dashboard.charts.lines import Note, Point, Series, line_chart
from cobi.dashboard.charts.scales import HEIGHT, rounded, spread
from cobi.dashboard.wording import AS_NUMBERS, Words, short

VALUES = st.lists(st.floats(0, 1e9, allow_nan=False), min_size=1, max_size=40)


@given(VALUES)
@example([5e-324])
def test_a_scale_holds_its_values_between_round_marks(values: Sequence[float]) -> None:
    scale, marks = rounded(values)
    assert scale.least <= 0 <= max(values) <= scale.most * (1 + 1e-9)
    assert 2 <= len(marks) <= 7
    assert [scale.down(marks[0]), scale.down(marks[-1])] == [HEIGHT, 0]


@pytest.mark.parametrize(
    ("values", "marks"), [([7], [0, 2, 4, 6, 8]), ([93], [0, 25, 50, 75, 100]), ([], [0, 0.25])]
)
def test_marks_are_round_numbers(values: Sequence[float], marks: Sequence[float]) -> None:
    assert rounded(values)[1][: len(marks)] == pytest.approx(marks)


@given(st.integers(1, 400))
def test_labels_are_few_and_begin_with_the_first(number: int) -> None:
    ticks = spread([str(at) for at in range(number)])
    assert 1 <= len(ticks) <= 7
    assert ticks[0].label == "0"
    assert all(0 <= tick.at <= 100 for tick in ticks)


def test_a_line_is_broken_where_there_is_nothing_to_show_and_a_lonely_value_is_a_dot() -> None:
    points = [Point(1.0), Point(2.0), Point(None), Point(4.0)]
    chart = line_chart("", "", list("abcd"), [Series("x", points)], AS_NUMBERS)
    [line] = chart.lines
    assert line.path.count("M") == 2
    assert line.dots == [(100.0, 0.0)]
    assert [row[1] for row in chart.table] == ["1", "2", "–", "4"]


def test_a_band_runs_from_the_upper_ends_back_along_the_lower() -> None:
    points = [Point(2.0, 1.0, 3.0), Point(2.0, 0.0, 4.0)]
    [line] = line_chart("", "", ["a", "b"], [Series("x", points)], AS_NUMBERS).lines
    ends = [tuple(map(float, spot.split())) for spot in re.findall(r"[\d.]+ [\d.]+", line.band)]
    assert [x for x, _ in ends] == [0, 1000, 1000, 0]
    assert ends[0][1] < ends[3][1]
    assert line.band.endswith("Z")


def test_one_wild_interval_does_not_press_everything_flat() -> None:
    points = [Point(0.1, 0.09, 0.11), Point(0.1, 0.0, 1.0)]
    chart = line_chart("", "", ["a", "b"], [Series("x", points)], Words("{:.2f}".format, "{:.2f}".format))
    assert chart.down[-1].label == "0.30"


def test_a_note_stands_at_its_place() -> None:
    chart = line_chart("", "", list("abc"), [Series("x", [Point(1)] * 3)], AS_NUMBERS, [Note(1, "launch")])
    assert [(mark.at, mark.text) for mark in chart.marks] == [(50.0, "launch")]


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=30))
def test_columns_stand_on_each_other_and_on_the_ground(values: Sequence[tuple[int, int]]) -> None:
    stacks = [Stack("a", [low for low, _ in values], "1"), Stack("b", [high for _, high in values], "2")]
    chart = column_chart("", "", [""] * len(values), stacks, short)
    assert len(chart.blocks) == sum(value > 0 for pair in values for value in pair)
    for block in chart.blocks:
        assert block.y >= -1e-6
        assert block.y + block.height <= HEIGHT + 1.01
        assert 0 <= block.x <= block.x + block.width <= 100


def test_intervals_are_drawn_on_one_scale_that_holds_zero() -> None:
    rows = [Measured("a", 5, -5, 15), Measured("b", None), Measured("c", 20)]
    chart = interval_chart("", "", rows, AS_NUMBERS)
    first, second, third = chart.rows
    assert chart.zero is not None
    assert (first.low or 0) < chart.zero < (first.at or 0) < (first.high or 0) <= (third.at or 0)
    assert (second.at, second.told) == (None, "–")
    assert (first.told, third.low) == ("5 (−5 to 15)", None)
