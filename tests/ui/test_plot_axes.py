"""Axes and labels of the plots: values to cells, ticks on their values, labels that never collide."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.plots.axes import CountAxis, LogAxis, ShareAxis, rank_axis, rank_ticks, short_count
from tui.widgets.plots.frame import x_axis
from tui.widgets.plots.labels import GAP, Label, place_all, place_centred, place_right

# Probabilities


@pytest.mark.parametrize("rows", range(1, 60))
@pytest.mark.parametrize("least", [0.0, 0.001, 0.3, 0.5, 0.64, 0.8, 0.93, 0.985, 1.0])
def test_ticks_lie_on_their_values_evenly_spaced_and_nothing_is_cut_off(rows, least):
    axis = ShareAxis.of(least, rows)
    ticks = axis.ticks()
    assert axis.low <= least
    assert [axis.row(float(tick.label)) for tick in ticks] == [tick.cell for tick in ticks]
    assert all(0 <= tick.cell < rows for tick in ticks)
    assert len({after.cell - before.cell for before, after in pairwise(ticks)}) <= 1
    assert ticks[-1].label.startswith("1.0")
    assert rows - 1 - ticks[-1].cell <= max(1, rows // 6)  # what stays unused above 1.00


@pytest.mark.parametrize(
    ("rows", "least", "labels"),
    [
        (9, 0.1, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (11, 0.1, ["0.00", "0.20", "0.40", "0.60", "0.80", "1.00"]),
        (6, 0.1, ["0.00", "0.50", "1.00"]),
        (2, 0.1, ["0.00", "1.00"]),
        (9, 0.6, ["0.50", "0.75", "1.00"]),
        (9, 0.83, ["0.80", "0.85", "0.90", "0.95", "1.00"]),
        (9, 0.91, ["0.90", "0.95", "1.00"]),
        (9, 0.999, ["0.980", "0.985", "0.990", "0.995", "1.000"]),
    ],
)
def test_the_floor_follows_the_data_in_coarse_steps(rows, least, labels):
    assert [tick.label for tick in ShareAxis.of(least, rows).ticks()] == labels


def test_the_axis_is_the_same_while_the_least_value_moves_by_a_little():
    axes = [ShareAxis.of(number / 100, 9) for number in range(100)]
    assert len(set(axes)) == 5


# Ranks


@pytest.mark.parametrize("columns", [10, 34, 66, 188])
@pytest.mark.parametrize("vocabulary", [1, 2, 62, 500, 8192, 50_257, 262_144])
def test_ranks_go_from_the_first_column_to_the_last_and_ticks_lie_on_theirs(columns, vocabulary):
    axis = rank_axis(columns, vocabulary)
    assert (axis.column(1), axis.column(max(2, vocabulary))) == (0, columns - 1)
    values = {"k": 1000, "M": 10**6}
    for tick in rank_ticks(axis):
        text = tick.label.replace(",", "")
        rank = int(text[:-1]) * values[text[-1]] if text[-1] in values else int(text)
        assert tick.cell == axis.column(rank)


def named(vocabulary: int, columns: int) -> list[str]:
    return x_axis(rank_ticks(rank_axis(columns, vocabulary)), ("rank (log)", "rank"), columns, 12)[-1][0][1].split()


def test_powers_and_the_last_rank_are_named_where_there_is_room():
    assert named(50_257, 66) == ["1", "10", "100", "1k", "10k", "50,257"]
    assert named(50_257, 40) == ["1", "10", "100", "1k", "10k"]
    assert named(62, 66) == ["1", "2", "5", "10", "20", "62"]
    assert named(10_000, 66) == ["1", "10", "100", "1k", "10k"]
    assert named(1, 40) == ["1", "2"]


@pytest.mark.parametrize(("count", "text"), [(1, "1"), (200, "200"), (1000, "1k"), (50_000, "50k"), (2 * 10**6, "2M")])
def test_round_counts_are_short(count, text):
    assert short_count(count) == text


@pytest.mark.parametrize("columns", [10, 34, 66, 188])
def test_the_title_of_the_ranks_stands_in_the_axis_or_before_its_labels(columns):
    ticks = rank_ticks(rank_axis(columns, 50_257))
    tall = x_axis(ticks, ("rank (log)", "rank"), columns, 12)
    assert ("rank" in tall[0][0][1]) is True
    assert x_axis(ticks, ("rank (log)", "rank"), columns, 8)[0][0][1].startswith(" rank 1")


def test_marked_ticks_stand_over_their_labels():
    axis = LogAxis(66, 1, 50_257)
    line, labels = (runs[0][1] for runs in x_axis(rank_ticks(axis), ("rank",), 66, 12))
    for at in (index for index, cell in enumerate(line) if cell == "┬"):
        assert labels[max(0, at - 1) : at + 2].strip()


# Counts


@pytest.mark.parametrize("most", [1, 9, 60, 5000, 50_257, 262_144])
@pytest.mark.parametrize("rows", range(1, 40))
def test_a_count_of_one_is_seen_the_most_fits_and_ticks_lie_where_bars_end(most, rows):
    axis = CountAxis.of(most, rows)
    assert axis.eighths(0) == 0
    assert axis.eighths(1) == 8
    assert axis.eighths(most) <= 8 * rows
    ticks = axis.ticks(most)
    powers = [tick for tick in ticks if tick.label.startswith("1")]
    assert len({after.cell - before.cell for before, after in pairwise(powers)}) <= 1
    assert all(8 * tick.cell < axis.eighths(int(tick.label.replace("k", "000"))) <= 8 * tick.cell + 8 for tick in ticks)
    assert len(ticks) > 1 or most == 1 or rows < 8 or most > 9


# Labels


@given(
    st.lists(st.tuples(st.integers(0, 59), st.integers(3, 30), st.integers(2, 6)), max_size=6),
    st.lists(st.tuples(st.integers(0, 59), st.integers(3, 12)), max_size=3),
)
def test_labels_never_collide_stay_inside_and_touch_their_columns(needed, spared):
    wanted = [Label(column, ("x" * (short + long), "x" * short)) for column, long, short in needed]
    more = [Label(column, ("y" * length,)) for column, length in spared]
    placed = place_all(wanted, more, 60)
    taken = sorted(placed.values())
    assert all(one.start >= 0 and one.end <= 60 for one in taken)
    assert all(left.end + GAP <= right.start for left, right in pairwise(taken))
    assert all(one.start - 1 <= label.column <= one.end for label, one in placed.items())
    assert not wanted or wanted[0] in placed  # the most important one always has a place


def texts(needed: list[Label], spared: list[Label], width: int) -> list[str]:
    return [one.text for one in sorted(place_all(needed, spared, width).values())]


def test_labels_are_in_the_order_of_their_lines_and_as_long_as_all_of_them_can_be():
    k, p = Label(24, ("top-k 50", "k 50")), Label(17, ("18 left by top-p 0.90", "18 by p"))
    alone = Label(50, ("top-p alone 4,184", "alone 4,184"))
    assert texts([p, k], [alone], 66) == ["18 left by top-p 0.90", "top-k 50", "top-p alone 4,184"]
    assert texts([p, k], [alone], 52) == ["18 left by top-p 0.90", "top-k 50", "top-p alone 4,184"]
    assert texts([Label(3, p.texts), Label(9, k.texts)], [], 30) == ["18 by p", "k 50"]
    assert texts([Label(3, p.texts), Label(5, k.texts)], [], 10) == ["18 by p"]


def test_labels_may_reach_into_the_margin():
    labels = [Label(1, ("1 left by top-p 0.30", "1 by p")), Label(9, ("top-k 50", "k 50"))]
    assert [one.start for one in sorted(place_all(labels, [], 40).values())] == [0, 8]
    assert sorted(place_all(labels, [], 40, margin=13).values())[0] == (-13, "1 left by top-p 0.30")


def test_what_has_no_room_over_its_tick_is_left_out():
    labels = [Label(0, ("1",)), Label(9, ("10",)), Label(19, ("62",)), Label(11, ("12",))]
    assert [label.texts[0] for label in place_centred(labels, 20)] == ["1", "10", "62"]


@pytest.mark.parametrize(
    ("busy", "width", "found"),
    [
        (set(), 20, (10, "long words")),
        ({8, 30}, 40, (19, "long words")),
        ({8, 19}, 20, (13, "short")),
        ({3, 8, 14}, 16, None),
    ],
)
def test_a_label_in_a_row_keeps_clear_of_what_stands_there_and_goes_far_right(busy, width, found):
    assert place_right(["long words", "short"], busy, width) == found
