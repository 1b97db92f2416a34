"""The candidate list: ranks on lines, numbers in columns, no stale candidates, no needless repaints."""

import math
import re

import pytest
from msgspec import structs

from tests.handmade import settings, view
from tests.panes import Pane
from tui.core.story import How, Node
from tui.protocol import Cut
from tui.widgets.candidate_columns import columns
from tui.widgets.candidates import CandidateList
from tui.widgets.goes_on import GoesOn
from tui.widgets.numbers import logarithm, percent


@pytest.fixture
def pane():
    return Pane(CandidateList())


def body(app):
    """The lines between header and detail, trailing blanks and the scroll bar left out."""
    return [line[:-1].rstrip() for line in app.lines()[1:-1]]


async def test_rows_cuts_and_marks_stand_where_they_should(pane):
    async with pane.run_test(size=(76, 20)) as pilot:
        pane.pane.viewed = view(500, top_k=6, top_p=0.8, temperature=0.7, sources=settings(top_k=6))
        pane.pane.goes_on = GoesOn(Node(13, 12, 12, 4, b"\n", how=How.SAMPLED))
        await pilot.pause()
        heads = [" ".join(head.split()) for head in re.split(" {2,}| (?=cumul|tempered)", pane.lines()[0].strip())]
        assert heads == ["#", "token", "id", "raw %", "temp. %", "final %", "cumul. %", "tempered"]
        lines = body(pane)
        left = pane.pane.viewed.cuts[1].left
        assert lines[0].startswith("  1    ·scientists")
        assert lines[2].startswith("  3 ▸  ·discovered")
        assert lines[4].split()[:3] == ["5", "•", "↵"] or lines[5].split()[:3] == ["5", "•", "↵"]
        assert lines[left].startswith(f"──── top-p 0.80 leaves {left} of the 6 that top-k left")
        assert lines[left - 1].split()[0] == str(left) and "top-p" not in lines[left - 1]
        assert "top-p" in lines[left + 1] and lines[left + 1].split()[0] == str(left + 1)
        assert lines[7].startswith("──── top-k 6 leaves 6 ──")
        assert "top-k" in lines[8] and lines[8].split()[0] == "7"


async def test_numbers_keep_their_places_while_a_slider_moves(pane):
    async with pane.run_test(size=(76, 20)) as pilot:
        starts, seen = {}, set()
        place = 0
        for column in columns(75, 500, 20, 0):
            starts[column.name], place = place, place + column.width
        points = {starts[name] + 4 for name in ("raw", "tempered", "final", "cumulative")}
        for temperature in (0.05, 0.3, 0.7, 1.0, 2.0, 5.0):
            pane.pane.viewed = view(500, temperature=temperature, top_p=0.9)
            await pilot.pause()
            for line in filter(lambda line: not line.startswith("─"), body(pane)[:3]):
                seen |= {place for place, char in enumerate(line) if char == "."}
        assert seen == points


async def test_every_number_says_its_unit_and_the_logit_stands_for_raw(pane):
    async with pane.run_test(size=(76, 20)) as pilot:
        pane.pane.viewed = view(500, top_p=0.9)
        first = pane.pane.viewed.candidates[0]
        for headings, raw in (
            (("raw %", "temp. %", "final %", "cumul. %"), percent(first.raw)),
            (("raw ln", "temp. ln", "final ln", "cum. ln"), logarithm(first.raw)),
            (("logit", "temp. ln", "final ln", "cum. ln"), f"{first.logit:.2f}"),
        ):
            await pilot.pause()
            header, row = pane.lines()[:2]
            assert all(heading in header for heading in headings)
            assert row.split()[3] == raw
            await pilot.press("u")
        assert pane.pane.unit == "percent"


async def test_draws_are_counted_beside_final(pane):
    async with pane.run_test(size=(82, 20)) as pilot:
        viewed = view(500, draws=1000)
        pane.pane.viewed = viewed
        pane.pane.add_candidates(structs.replace(viewed, candidates=[structs.replace(viewed.candidates[0], count=412)]))
        await pilot.pause()
        assert pane.lines()[0].split()[-5:] == ["%", "drawn", "cumul.", "%", "tempered"]
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


async def test_the_line_below_the_list_says_what_the_row_lacks(pane):
    viewed = view(50_257, pieces=[b" a", b" longer than its column" + b"\n" * 3, *[b"x"] * 50_255])
    one = viewed.candidates[1]
    bits = f"{-math.log2(one.raw):.1f} bits"
    need = f"needs top-p > {math.ceil(100 * viewed.candidates[0].cumulative) / 100:g}"
    async with pane.run_test(size=(140, 14)) as pilot:
        pane.pane.viewed = viewed
        await pilot.press("down")
        await pilot.pause()
        assert "·longer·than·its·column↵↵↵" not in pane.lines()[2]
        assert pane.lines()[-1].rstrip() == f" ·longer·than·its·column↵↵↵ · {bits} · {need}"
        await pilot.resize_terminal(80, 14)
        await pilot.pause()
        assert pane.lines()[-1].startswith(f" ·longer·than·its·column↵↵↵ · {bits} · {need} · bytes 20 ")
        await pilot.press("up")
        assert (
            pane.lines()[-1].rstrip()
            == f" {-math.log2(viewed.candidates[0].raw):.1f} bits · stays at any top-p · bytes 20 61"
        )


def node(how=How.SAMPLED, **more):
    return Node(13, 12, 12, 4, b" were", how=how, **{"rank": 48, "surprisal": 9.41, "seed": 42, **more})


@pytest.mark.parametrize(
    ("goes_on", "text"),
    [
        (GoesOn(node(), "T 2.00"), "• ‹·were›: drawn at rank 48, 9.4 bits, with T 2.00"),
        (GoesOn(node(How.CHOSEN)), "• ‹·were›: taken by you at rank 48, 9.4 bits"),
        (GoesOn(node(How.PROMPT)), "• ‹·were›: in the prompt at rank 48, 9.4 bits"),
        (GoesOn(node(How.PROMPT, rank=0, surprisal=math.nan)), "• ‹·were›: in the prompt"),
    ],
)
async def test_the_border_says_how_the_branchs_next_token_came_to_stand_there(pane, goes_on, text):
    pane.pane.styles.border = ("round", "white")
    async with pane.run_test(size=(120, 14)) as pilot:
        pane.pane.viewed, pane.pane.caption = view(8_192), "for token 14"
        pane.pane.goes_on = goes_on
        await pilot.pause()
        assert pane.pane.border_title == "Candidates for token 14 · 8,192 tokens"
        assert pane.lines()[-1].endswith(f" {text} ─╯")
        await pilot.resize_terminal(25, 14)
        await pilot.pause()
        assert text not in pane.lines()[-1] and "• ‹·were›" in pane.lines()[-1]


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
