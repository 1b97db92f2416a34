"""The candidate list's lines as text: numbers, cuts, columns, and what the border says of the next token."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from tests.handmade import settings, view
from tui.core.labels import FLAG
from tui.core.settings import OFF, Setting, Source
from tui.core.story import How, Node
from tui.protocol import Candidate, Cut, Span
from tui.widgets.candidate_columns import (
    GOES_ON,
    MISSING,
    SPECIAL,
    UNRANKED,
    WOULD_DRAW,
    bar,
    columns,
    fit,
    heading,
)
from tui.widgets.candidate_detail import detail, least_top_p
from tui.widgets.candidate_lines import Lines
from tui.widgets.candidate_messages import HELP
from tui.widgets.candidate_paint import CandidateLine, ListFormat, Painter, cut_text
from tui.widgets.cuts import CutMark, border_note, cut_marks
from tui.widgets.goes_on import drawn_with
from tui.widgets.numbers import aligned, logarithm, percent, score, significant
from tui.widgets.titles import shortened

# Numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100.0, "100"),
        (18.24, "18.2"),
        (9.138, "9.14"),
        (0.9138, "0.914"),
        (0.09138, "0.0914"),
        (0.00914, "0.0091"),
        (2.1e-9, "2.1e-9"),
        (9.999e-4, "0.0010"),
        (2.14e-4, "2.1e-4"),
        (2.14e-12, "2e-12"),
        (99.999, "100"),
        (0.0, "0"),
    ],
)
def test_numbers_have_three_significant_digits_and_tiny_ones_stay_legible(value, text):
    assert significant(value) == text


def test_only_certainty_is_a_hundred_percent():
    assert [percent(p) for p in (1.0, 0.99999999, 0.9997, 0.9994)] == ["100", "99.9999", "99.97", "99.9"]


@given(st.floats(0, 1))
def test_a_probability_never_changes_its_columns_width_or_the_place_of_its_point(probability):
    text = aligned(percent(probability), 3, 4)
    assert len(text) == 8
    assert "." not in text or text.index(".") == 3
    assert text.strip() == percent(probability)


def test_log_probabilities_are_in_nats_and_zero_is_minus_infinity():
    assert [logarithm(p) for p in (1.0, 0.5, 0.0)] == ["0.00", "-0.69", "-inf"]


# Lines


def mark(left, stage="top-k", prefix=True):
    return CutMark(stage, None, (), left, left, 10**6, "", 1.0, None, prefix, False)


@given(st.integers(1, 262_144), st.lists(st.integers(0, 300_000), max_size=9), st.data())
def test_ranks_and_lines_answer_each_other_with_up_to_nine_cuts(vocabulary, lefts, data):
    lines = Lines(vocabulary, map(mark, lefts))
    assert len(lines) == vocabulary + len(lefts)
    rank = data.draw(st.integers(1, vocabulary))
    assert lines.at(lines.line_of(rank)) == rank
    line = data.draw(st.integers(0, len(lines) - 1))
    at = lines.at(line)
    if isinstance(at, CutMark):
        last = min(at.left, vocabulary)
        assert last == 0 or lines.line_of(last) < line
        assert last == vocabulary or lines.line_of(last + 1) > line
    else:
        assert lines.line_of(at) == line


def test_cuts_stand_below_the_last_rank_they_leave_several_at_one_rank_in_chain_order():
    cuts = [mark(3, "top-k"), mark(2, "top-p"), mark(2, "min-p"), mark(1, "typical", prefix=False)]
    lines = Lines(4, cuts)
    seen = [at if isinstance(at, int) else at.stage for at in map(lines.at, range(len(lines)))]
    assert seen == [1, 2, "top-p", "min-p", 3, "top-k", 4]
    assert lines.ranks(2, 3) == range(3, 4)
    assert lines.ranks(2, 2) == range(0)


# Cuts in words


def test_a_cut_says_what_it_leaves_of_what_the_stage_before_it_left():
    viewed = view(50_257, top_k=50, top_p=0.9, temperature=0.7)
    top_k, top_p = cut_marks(viewed)
    assert top_k.texts()[0] == "top-k 50 leaves 50"
    left, alone = viewed.cuts[1].left, viewed.cuts[1].alone
    assert top_p.texts()[0] == f"top-p 0.90 leaves {left} of the 50 that top-k left · {alone} if it were the only cut"
    assert cut_text(top_p, 40).startswith(f"──── top-p 0.90 leaves {left} of 50 ──")
    assert len(cut_text(top_p, 40)) == 40
    assert cut_text(top_p, 16) == "──── top-p 0.90 "


def test_a_cut_that_is_transformers_default_carries_the_flag():
    viewed = view(500, top_k=50, sources=settings(Source.TRANSFORMERS, top_k=50))
    assert cut_marks(viewed)[0].name == "top-k 50 ⚑"
    assert cut_marks(view(500, top_k=50))[0].name == "top-k 50"


def test_a_tie_at_the_edge_is_told_in_fewer_words_where_there_is_less_room():
    viewed = view(500, cuts=[Cut("top_p", 37, 37, 0.9, (15, 7))], top_p=0.9)
    words = cut_marks(viewed)[0]
    assert "leaves 37 · 7 of 15 equal tokens kept " in cut_text(words, 70)
    assert "leaves 37 · tie 7/15 " in cut_text(words, 44)


def test_a_cut_that_removes_nothing_says_so():
    cuts = [Cut("top_k", 50, 50, 0.8), Cut("min_p", 90, 50, 0.8)]
    viewed = view(500, cuts=cuts, top_k=50, min_p=0.001)
    assert cut_marks(viewed)[1].effect == "removes nothing more"


def test_typical_p_and_all_after_it_get_no_line_but_a_note():
    cuts = [Cut("top_k", 50, 50, 0.8), Cut("typical_p", 40, 12, 0.5), Cut("epsilon_cutoff", 30, 10, 0.4)]
    marks = cut_marks(view(500, cuts=cuts, sources=settings(typical_p=0.2, epsilon_cutoff=0.01)))
    assert [mark.prefix for mark in marks] == [True, False, False]
    assert border_note(marks) == "typical 0.20 leaves 12, not the top 12 · epsilon 0.01 leaves 10, not the top 10"


def test_a_stage_seen_to_remove_from_inside_the_ranking_gets_no_line():
    viewed = view(500, cuts=[Cut("Suppress", 498, 498, 0.9)])
    inside = Candidate(7, 6, b"x", False, 0.0, 0.1, 0.1, 0.0, 0.5, "Suppress")
    assert [mark.prefix for mark in cut_marks(viewed)] == [True]
    assert [mark.prefix for mark in cut_marks(viewed, [inside])] == [False]


# Columns


@pytest.mark.parametrize("width", range(40, 121))
@pytest.mark.parametrize("draws", [0, 1000])
def test_columns_fill_every_width_from_40_to_120_exactly(width, draws):
    shown = columns(width, 262_144, 262_144, draws)
    assert sum(column.width for column in shown) == width
    names = {column.name for column in shown}
    assert names >= {"rank", "marks", "token", "final"}
    assert ("count" in names) is bool(draws)


def test_columns_go_in_the_stated_order_as_the_list_gets_narrower():
    gone = []
    for width in range(120, 30, -1):
        names = {column.name for column in columns(width, 50_257, 30, 0)}
        gone += sorted({"bytes", "id", "tempered", "bar", "cumulative", "raw"} - names - set(gone))
    assert gone == ["bytes", "id", "tempered", "bar", "cumulative", "raw"]
    assert "cumulative" in {column.name for column in columns(48, 50_257, 30, 0)}


@pytest.mark.parametrize("vocabulary", [62, 8_192, 50_257, 262_144])
def test_at_80_columns_the_bar_has_twelve_cells_and_the_bytes_wait_for_120(vocabulary):
    widths = dict(columns(79, vocabulary, 30, 0))
    assert widths["bar"] - 1 >= 12
    assert widths["token"] >= 14
    assert "bytes" not in dict(columns(119, vocabulary, 30, 0))
    assert "bytes" in dict(columns(120, vocabulary, 30, 0))


UNITS = st.sampled_from(["percent", "logprob", "logit"])
PROBABILITY = st.one_of(
    st.floats(0, 1),
    st.sampled_from([1.0, 0.999984, 0.99999999, 0.9994, 1.6e-5, 5e-324, 1e-300, 0.0]),
    st.floats(-80, 0).map(lambda power: 10.0**power),
)
SPANS = st.tuples(PROBABILITY, PROBABILITY).map(sorted).map(lambda ends: Span(*ends))
CANDIDATES = st.builds(
    Candidate,
    st.integers(0, 262_144),
    st.integers(0, 262_143),
    st.binary(min_size=1, max_size=30),
    st.booleans(),
    st.one_of(st.floats(-3.4e38, 3.4e38), st.floats(-40, 40), st.just(-math.inf), st.just(math.nan)),
    *[st.one_of(PROBABILITY, st.just(math.nan))] * 4,
    st.sampled_from(["", "", "top_p", "epsilon_cutoff", "SuppressTokensLogitsProcessor"]),
    st.integers(0, 1000),
    st.one_of(st.none(), st.tuples(SPANS, SPANS, SPANS)),
)


@given(CANDIDATES, UNITS, st.integers(48, 200), st.sampled_from([0, 1000]))
def test_neighbouring_columns_are_parted_by_a_blank_and_no_cell_is_wider_than_its_column(one, unit, width, draws):
    shown = columns(width, 262_144, 262_144, draws)
    row = CandidateLine(ListFormat(shown, unit, 0.3), one.rank, one, False, True, True)
    cells = [segment.text for segment in Painter(lambda part: Style.null()).paint(row)]
    for texts in (cells, [heading(unit, column) for column in shown]):
        assert [cell_len(text) for text in texts] == [column.width for column in shown]
        assert all(" " in (left[-1], right[0]) for left, right in pairwise(texts))
        assert "-0.00" not in [text.strip() for text in texts]


@given(PROBABILITY)
def test_a_number_is_never_cut_and_only_certainty_shows_as_its_logarithm_0(probability):
    for text, field in ((percent(probability), (3, 4)), (logarithm(probability), (4, 3))):
        assert aligned(text, *field).strip() == text
    assert (logarithm(probability) == "0.00") is (math.log(probability or 0.5) == 0)


@pytest.mark.parametrize("logit", [-99_999.99, -1e38, 3.4e38, -0.001, 12.345, -math.inf])
def test_a_logit_is_never_cut(logit):
    text = score(logit)
    assert aligned(text, 4, 3).strip() == text
    assert math.isclose(float(text), logit, rel_tol=0.05, abs_tol=0.005)


HOSTILE = [
    *(b"", b"\n", b" ", b"\x1b[31m", b"\x00", b"\xe2\x80", b"[/b]", b"[@click=app.quit]x[/]", b"\xff\xfe", b"a\tb\r"),
    *map(str.encode, ("\u202eabc", "漢字" * 5, "👩\u200d👩\u200d👧", "\u0301e", "\ufdfa", "x" * 300)),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_whatever_the_token_a_row_is_one_line_of_exactly_the_width(piece):
    row = Candidate(12, 345, piece, True, -3.0, 0.1, 0.2, 0.0, 0.9, "top_p", 7)
    for width in (40, 61, 97, 120):
        list_format = ListFormat(columns(width, 50_257, 30, 100), "percent", 0.3)
        text = Painter(lambda part: Style.null()).paint(CandidateLine(list_format, 12, row, False, True, True)).text
        assert cell_len(text) == width
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char == "\u202e" for char in text)


def test_a_wide_character_is_never_halved():
    assert fit("漢字漢字", 6) == "漢字… "
    assert fit("漢字漢字", 5) == "漢字…"
    assert fit("漢字", 4) == "漢字"


def test_bars_are_in_eighths_on_one_scale():
    assert [bar(share, 2) for share in (1.0, 0.5, 3 / 16, 0.0, 7.0)] == ["██", "█ ", "▍ ", "  ", "██"]


@pytest.mark.parametrize("rank", [2, 5, 40, 400])
@pytest.mark.parametrize("top_k", [0, 50])
def test_a_candidate_stays_with_a_top_p_above_the_one_told_and_goes_with_one_below(rank, top_k):
    told = least_top_p(view(500, top_k=top_k, window=(0, 500)).candidates[rank - 1], view(500, top_k=top_k))
    if top_k and rank > top_k:
        assert told is None
        return
    for top_p, kept in ((told + 1e-6, True), (told - 1e-6, False)):
        candidate = view(500, top_k=top_k, top_p=top_p, window=(0, 500)).candidates[rank - 1]
        assert (candidate.removed_by == "") is kept


def test_no_top_p_is_told_where_others_decide():
    own = view(500, cuts=[Cut("Suppress", 498, 498, 0.9)])
    head = view(500, cuts=[Cut("top_k", 0, 20, math.nan, None, (20, 500))])
    greedy = view(500, sources={"do_sample": Setting(False, Source.YOU)})
    assert [least_top_p(viewed.candidates[1], viewed) for viewed in (own, head, greedy)] == [None] * 3
    assert least_top_p(view(500, min_p=0.01).candidates[1], view(500, min_p=0.01)) > 0


def test_of_a_candidate_that_top_k_removes_the_top_k_is_told_that_keeps_it():
    def shown(top_k):
        viewed = view(500, top_k=top_k, window=(0, 500))
        candidate = viewed.candidates[59]
        return candidate.removed_by, detail(candidate, viewed, columns(120, 500, 30, 0))

    assert shown(59)[0] == "top_k" and "needs top-k 60" in shown(59)[1]
    assert shown(60)[0] == "" and "needs top-k" not in shown(60)[1]


# The token with which the branch goes on

BASE = {name: Setting(OFF[name], Source.TRANSFORMERS) for name in ("temperature", "top_p", "min_p")} | settings(
    Source.TRANSFORMERS, top_k=50
)


def node(how=How.SAMPLED, **more):
    return Node(13, 12, 12, 4, b" were", how=how, **{"rank": 48, "surprisal": 9.41, "seed": 42, **more})


@pytest.mark.parametrize(
    ("given", "now", "text"),
    [
        ({}, {}, ""),
        ({"temperature": 2.0, "top_k": 0}, {}, "T 2.00, k off"),
        ({}, {"top_p": 0.9}, "p off"),
        ({"top_p": 0.9}, {"top_p": 0.9}, ""),
        ({"max_new_tokens": 7}, {}, ""),
        ({"temperature": 2.0, "top_k": 0, "top_p": 0.5, "min_p": 0.1}, {}, "T 2.00, p 0.50, min-p 0.10, …"),
    ],
)
def test_a_drawn_token_says_the_settings_that_are_others_now(given, now, text):
    assert drawn_with(node(given=given), BASE | settings(**now), BASE, 42) == text


def test_a_token_that_was_taken_has_no_settings_and_another_seed_is_told():
    assert drawn_with(node(How.CHOSEN, given={"top_k": 0}), BASE, BASE, 42) == ""
    assert drawn_with(node(seed=7), BASE, BASE, 42) == "seed 7"


@given(st.lists(st.lists(st.text("ab漢 ", max_size=9), min_size=1, max_size=4), max_size=4), st.integers(0, 60))
def test_a_title_is_as_long_as_there_is_room_for(parts, width):
    parts = [sorted(part, key=cell_len, reverse=True) for part in parts]
    title = shortened(parts, width)
    longest, shortest = (" · ".join(filter(None, (part[end] for part in parts))) for end in (0, -1))
    assert cell_len(title) <= width or title == shortest
    if cell_len(longest) <= width:
        assert title == longest


def test_the_help_tells_every_mark_and_every_heading():
    shown = columns(140, 500, 30, 1000)
    headings = {heading(unit, column).split()[0] for unit in ("percent", "logprob", "logit") for column in shown[2:]}
    marks = (WOULD_DRAW, GOES_ON, SPECIAL, MISSING, UNRANKED, FLAG, "%", "ln", "·", "↵", "⟨E2⟩", "∅", "≤", "≥", "?")
    words = (
        "if it were the only cut",
        "equal tokens kept",
        "tie",
        "needs top-p",
        "bits",
        "unseen",
        "undecided",
        "with T",
    )
    told = HELP.replace("cum.", "")
    assert [mark for mark in (*headings - {"token", "cum."}, *marks, *words) if mark not in told] == []
