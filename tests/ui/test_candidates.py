"""The candidate list: ranks on lines, numbers in columns, no stale candidates, no needless repaints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from rich.cells import cell_len
from rich.style import Style

from tests.handmade import settings, view
from tests.panes import Pane
from tui.core.settings import Source
from tui.protocol import Candidate, Cut
from tui.widgets.candidate_columns import bar, columns, fit
from tui.widgets.candidate_lines import Lines
from tui.widgets.candidate_paint import CandidateLine, ListFormat, Painter, cut_text
from tui.widgets.candidates import CandidateList
from tui.widgets.cuts import CutMark, border_note, cut_marks
from tui.widgets.numbers import aligned, logarithm, percent, significant

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
    assert top_p.texts()[0] == f"top-p 0.90 leaves {left} of the 50 that top-k left · alone {alone}"
    assert cut_text(top_p, 40).startswith(f"──── top-p 0.90 leaves {left} of 50 ──")
    assert len(cut_text(top_p, 40)) == 40
    assert cut_text(top_p, 16) == "──── top-p 0.90 "


def test_the_cut_nobody_asked_for_carries_the_flag():
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
    assert "cumulative" in {column.name for column in columns(39, 50_257, 30, 0)}


HOSTILE = [
    *(b"", b"\n", b" ", b"\x1b[31m", b"\x00", b"\xe2\x80", b"[/b]", b"[@click=app.quit]x[/]", b"\xff\xfe", b"a\tb\r"),
    *map(str.encode, ("\u202eabc", "漢字" * 5, "👩\u200d👩\u200d👧", "\u0301e", "\ufdfa", "x" * 300)),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_whatever_the_token_a_row_is_one_line_of_exactly_the_width(piece):
    row = Candidate(12, 345, piece, True, -3.0, 0.1, 0.2, 0.0, 0.9, "top_p", 7)
    for width in (40, 61, 97, 120):
        list_format = ListFormat(columns(width, 50_257, 30, 100), "percent", 0.3)
        text = (
            Painter(lambda part: Style.null()).paint(CandidateLine(list_format, 12, row, False, True, True, False)).text
        )
        assert cell_len(text) == width
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char == "\u202e" for char in text)


def test_a_wide_character_is_never_halved():
    assert fit("漢字漢字", 6) == "漢字… "
    assert fit("漢字漢字", 5) == "漢字…"
    assert fit("漢字", 4) == "漢字"


def test_bars_are_in_eighths_on_one_scale():
    assert [bar(share, 2) for share in (1.0, 0.5, 3 / 16, 0.0, 7.0)] == ["██", "█ ", "▍ ", "  ", "██"]


# The widget


@pytest.fixture
def pane():
    return Pane(CandidateList())


def body(app):
    """The lines between header and detail, trailing blanks and the scroll bar left out."""
    return [line[:-1].rstrip() for line in app.lines()[1:-1]]


async def test_rows_cuts_and_marks_stand_where_they_should(pane):
    async with pane.run_test(size=(72, 20)) as pilot:
        pane.pane.viewed = view(500, top_k=6, top_p=0.8, temperature=0.7, sources=settings(top_k=6))
        pane.pane.goes_on = 4
        await pilot.pause()
        assert pane.lines()[0].split() == ["#", "token", "id", "raw", "%", "tempered", "final", "cumul."]
        lines = body(pane)
        left = pane.pane.viewed.cuts[1].left
        assert lines[0].startswith("  1   ·scientists")
        assert lines[2].startswith("  3 ▸ ·discovered")
        assert lines[4].split()[:2] == ["5", "•↵"] or lines[5].split()[:2] == ["5", "•↵"]
        assert lines[left].startswith(f"──── top-p 0.80 leaves {left} of the 6 that top-k left")
        assert lines[left - 1].split()[0] == str(left) and "top-p" not in lines[left - 1]
        assert "top-p" in lines[left + 1] and lines[left + 1].split()[0] == str(left + 1)
        assert lines[7].startswith("──── top-k 6 leaves 6 ──")
        assert "top-k" in lines[8] and lines[8].split()[0] == "7"


async def test_numbers_keep_their_places_while_a_slider_moves(pane):
    async with pane.run_test(size=(72, 20)) as pilot:
        starts, seen = {}, set()
        place = 0
        for column in columns(71, 500, 20, 0):
            starts[column.name], place = place, place + column.width
        points = {starts[name] + 3 for name in ("raw", "tempered", "final", "cumulative")}
        for temperature in (0.05, 0.3, 0.7, 1.0, 2.0, 5.0):
            pane.pane.viewed = view(500, temperature=temperature, top_p=0.9)
            await pilot.pause()
            for line in filter(lambda line: not line.startswith("─"), body(pane)[:3]):
                seen |= {place for place, char in enumerate(line) if char == "."}
        assert seen == points


async def test_the_unit_is_named_once_and_the_logit_stands_for_raw(pane):
    async with pane.run_test(size=(72, 20)) as pilot:
        pane.pane.viewed = view(500, top_p=0.9)
        first = pane.pane.viewed.candidates[0]
        for heading, raw in (
            ("raw %", percent(first.raw)),
            ("raw ln", logarithm(first.raw)),
            ("logit", f"{first.logit:.2f}"),
        ):
            await pilot.pause()
            header, row = pane.lines()[:2]
            assert heading in header
            assert header.count("%") + header.count("ln") == 1
            assert row.split()[3] == raw
            await pilot.press("u")
        assert pane.pane.unit == "percent"


async def test_draws_are_counted_beside_final(pane):
    async with pane.run_test(size=(80, 20)) as pilot:
        viewed = view(500, draws=1000)
        pane.pane.viewed = viewed
        pane.pane.add_candidates(structs.replace(viewed, candidates=[structs.replace(viewed.candidates[0], count=412)]))
        await pilot.pause()
        assert pane.lines()[0].split()[-2:] == ["drawn", "cumul."]
        assert "412" in pane.lines()[1]


async def test_rows_not_there_yet_are_dots_and_are_asked_for_once(pane):
    async with pane.run_test(size=(72, 22)) as pilot:
        pane.pane.viewed = view(50_257, window=(0, 60))
        await pilot.pause()
        assert pane.pane.wanted == (0, 60)
        assert pane.of(CandidateList.Wanted) == []
        await pilot.press("end")
        await pilot.pause()
        lines = body(pane)
        assert [line.split() for line in lines[-2:]] == [["50256", "…"], ["50257", "…"]]
        wanted = pane.of(CandidateList.Wanted)[-1]
        assert (wanted.first, wanted.count) == (50_257 - 60, 60) == pane.pane.wanted
        asked = len(pane.of(CandidateList.Wanted))
        await pilot.press("up", "down")
        assert len(pane.of(CandidateList.Wanted)) == asked
        pane.pane.add_candidates(view(50_257, window=(50_197, 60), slot="scroll"))
        await pilot.pause()
        assert body(pane)[-1].split()[:2] == ["50257", "·token50256"]


async def test_rows_of_another_place_settings_seed_or_draws_are_never_shown(pane):
    async with pane.run_test(size=(72, 22)) as pilot:
        pane.pane.viewed = view(500, window=(0, 5), top_p=0.9)
        for other in (
            view(500, top_p=0.8),
            view(500, top_p=0.9, at=13),
            view(500, top_p=0.9, seed=7),
            view(500, top_p=0.9, draws=5),
            view(500, top_p=0.9, exact=False),
        ):
            pane.pane.add_candidates(other)
        await pilot.pause()
        assert body(pane)[5].split() == ["6", "…"]
        pane.pane.add_candidates(view(500, top_p=0.9))
        await pilot.pause()
        assert body(pane)[5].split()[:2] == ["6", "·the"]
        pane.pane.viewed = view(500, top_p=0.8, window=(0, 3))
        await pilot.pause()
        assert body(pane)[5].split() == ["6", "…"]


async def test_keys_move_the_highlight_and_enter_takes_it(pane):
    async with pane.run_test(size=(72, 22)) as pilot:
        pane.pane.viewed = view(500, top_k=4, window=(0, 500))
        seen = []
        for key in ("down", "pagedown", "up", "end", "pageup", "home"):
            await pilot.press(key)
            await pilot.pause()
            seen.append(pane.pane.highlighted.rank)
        assert seen == [2, 21, 20, 500, 481, 1]
        await pilot.press("down", "enter")
        await pilot.pause()
        assert [message.token for message in pane.of(CandidateList.Take)] == [1]
        assert pane.of(CandidateList.Highlighted)[-1].candidate.rank == 2


async def test_the_highlight_is_always_in_sight_across_cut_lines(pane):
    async with pane.run_test(size=(72, 12)) as pilot:
        pane.pane.viewed = view(60, top_k=9, top_p=0.8, min_p=0.2, window=(0, 60))
        for key in ["down"] * 24 + ["up"] * 24:
            await pilot.press(key)
            assert any(line.split()[:1] == [str(pane.pane.highlighted.rank)] for line in body(pane))


async def test_a_click_highlights_and_a_click_on_the_highlighted_takes_it_once(pane):
    async with pane.run_test(size=(72, 22)) as pilot:
        pane.pane.viewed = view(500, top_k=2)
        await pilot.pause()
        await pilot.click(CandidateList, offset=(8, 2))
        assert (pane.pane.highlighted.rank, pane.of(CandidateList.Take)) == (2, [])
        await pilot.click(CandidateList, offset=(8, 3))  # the cut's line
        assert pane.pane.highlighted.rank == 2
        await pilot.click(CandidateList, offset=(8, 4), times=2)
        await pilot.pause()
        assert [message.token for message in pane.of(CandidateList.Take)] == [2]
        await pilot.click(CandidateList, offset=(8, 4), times=3)
        await pilot.pause()
        assert [message.token for message in pane.of(CandidateList.Take)] == [2, 2]


async def test_reveal_highlights_a_far_rank_in_the_middle(pane):
    async with pane.run_test(size=(72, 22)) as pilot:
        pane.pane.viewed = view(500, top_p=0.9, window=(0, 500))
        await pilot.pause()
        pane.pane.reveal(300)
        await pilot.pause()
        assert pane.pane.highlighted.token == 299
        assert 5 < next(y for y, line in enumerate(body(pane)) if line.startswith("300")) < 15


class Watched(CandidateList):
    """A list that records which lines it draws."""

    def __init__(self):
        super().__init__()
        self.drawn = []

    def render_line(self, y):
        self.drawn.append(y)
        return super().render_line(y)


async def test_only_lines_that_changed_are_drawn_again():
    pane = Pane(Watched())
    async with pane.run_test(size=(72, 22)) as pilot:
        pane.pane.viewed = view(500, top_p=0.9)
        await pilot.press("down")
        await pilot.pause()
        pane.pane.drawn.clear()
        await pilot.press("down")
        await pilot.pause()
        assert sorted(pane.pane.drawn) == [2, 3, 21]  # the old highlighted line, the new one, the detail line
        pane.pane.drawn.clear()
        pane.pane.viewed = view(500, top_p=0.9, would_draw=5)
        await pilot.pause()
        assert sorted(pane.pane.drawn) == [3, 6]
        pane.pane.drawn.clear()
        pane.pane.viewed = view(500, top_p=0.9, would_draw=5, id=2)
        await pilot.pause()
        assert pane.pane.drawn == []


async def test_another_place_begins_at_the_top_and_other_settings_stay(pane):
    async with pane.run_test(size=(72, 22)) as pilot:
        pane.pane.viewed = view(500, window=(0, 500))
        await pilot.press(*["pagedown"] * 3)
        pane.pane.viewed = view(500, top_p=0.5, window=(0, 500))
        await pilot.pause()
        assert pane.pane.highlighted.rank == 58
        pane.pane.viewed = view(500, window=(0, 500), at=13)
        await pilot.pause()
        assert pane.pane.highlighted.rank == 1
        assert body(pane)[0].split()[0] == "1"


async def test_a_vocabulary_of_262144_scrolls_to_its_end_line_for_line(pane):
    async with pane.run_test(size=(72, 22)) as pilot:
        cuts = [Cut("top_k", 50, 50, 0.6), Cut("top_p", 262_144, 37, 0.5)]
        pane.pane.viewed = structs.replace(view(100, cuts=cuts), vocabulary=262_144)
        await pilot.press("end")
        await pilot.pause()
        assert body(pane)[-1].split() == ["262144", "…"]
        assert pane.pane.max_scroll_y == 262_144 + 2 + 2 - 22
        await pilot.press("home")
        await pilot.pause()
        assert body(pane)[0].split()[0] == "1"


async def test_the_highlighted_candidates_id_and_bytes_are_always_there(pane):
    async with pane.run_test(size=(40, 14)) as pilot:
        pane.pane.viewed = view(500)
        await pilot.press("down")
        await pilot.pause()
        assert pane.lines()[-1].split("  ")[0] == " id 1"
        assert "bytes 20 75 6e 69 63 6f 72 6e" in pane.lines()[-1]


async def test_with_nothing_to_show_it_says_what_to_press(pane):
    async with pane.run_test(size=(50, 14)) as pilot:
        pane.pane.placeholder = "Press ctrl+enter to submit [/b] the prompt, and its candidates appear here.\x1b[2J"
        await pilot.pause()
        text = " ".join(" ".join(body(pane)).split())
        assert "Press ctrl+enter to submit [/b] the prompt, and its candidates appear here.␛[2J" in text


@pytest.mark.parametrize("how", ["no colour", "the terminal's colours"])
async def test_removed_rows_and_the_highlight_can_be_told_without_colour(how, monkeypatch):
    if how == "no colour":
        monkeypatch.setenv("NO_COLOR", "1")
    pane = Pane(CandidateList(), "samplescope-terminal")
    async with pane.run_test(size=(72, 20)) as pilot:
        pane.pane.viewed = view(500, top_k=3)
        await pilot.pause()
        cursor, kept, removed = ([style for text, style in pane.styles_of(y) if text.strip()][:6] for y in (1, 2, 5))
        assert all(style.reverse for style in cursor)
        assert not any(style.reverse for style in kept + removed)
        assert "top-k" in pane.lines()[5]
        if how == "no colour":
            assert all(style.dim for style in removed)
            assert not any(style.dim for style in kept)


async def test_bars_are_on_the_scale_of_the_best_though_neither_list_nor_plot_shows_it(pane):
    async with pane.run_test(size=(120, 20)) as pilot:
        pane.pane.viewed = view(500)
        await pilot.press("end")
        pane.pane.viewed = view(500, logits=[0.0] * 500, window=(440, 60), plot=None, temperature=2.0)
        await pilot.pause()
        last = next(line for line in body(pane) if "·token499 " in line)
        assert last.count("█") > 10  # all are equally probable: full bars
