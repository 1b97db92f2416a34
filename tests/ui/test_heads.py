"""The panes with a distribution of which only the head is known."""

from __future__ import annotations

import math

import msgspec
import pytest

from tests.handmade import view
from tests.panes import Pane
from tests.ui.bare import alone, lines
from tests.ui.conftest import Recorded, screen_text
from tui.core.story import How
from tui.protocol import Candidate, Cut, Entropy, Span, Tail, Viewed
from tui.screens.find import match_line
from tui.widgets.candidates import CandidateList
from tui.widgets.cuts import cut_marks
from tui.widgets.numbers import between
from tui.widgets.plots.pane import PlotPane
from tui.widgets.status import StatusLine

TOLD, VOCABULARY = 8, 500
UNSEEN = Candidate(0, 77, b" herd", False, math.nan, math.nan, math.nan, math.nan, math.nan, "", 0,
             (Span(0.0, 0.01), Span(0.0, 0.02), Span(0.6, 1.0)))  # fmt: skip


def tail(**more: object) -> Tail:
    fields = {
        "told": TOLD, "count": VOCABULARY - TOLD, "mass": 0.4, "tempered": Span(0.5, 0.6), "kept": (20, 500),
        "kept_mass": Span(0.61, 0.93), "entropy": (Span(4.1, 5.3), Span(4.6, 5.9), Span(2.9, 5.9)),
        "undecided": "top-k 20 leaves 20 tokens.", "remedy": "A top-k of 7 or less decides it.",
    }  # fmt: skip
    return Tail(**(fields | more))


def head(*, mine: Tail | None = None, **more: object) -> Viewed:
    """A view with a head of 8 of 500 tokens and a temperature that leaves every tempered number between bounds."""
    whole = view(VOCABULARY, window=(0, TOLD), temperature=1.5, width=3)
    spans = [(Span(row.tempered * 0.8, row.tempered), Span(row.final * 0.5, row.final), Span(0.1, 0.4))
             for row in whole.candidates]  # fmt: skip
    rows = [
        Candidate(row.rank, row.token, row.piece, False, row.logit, row.raw, math.nan, math.nan, math.nan, "", 0, span)
        for row, span in zip(whole.candidates, spans, strict=True)
    ]
    fields: dict[str, object] = {
        "cuts": [Cut("top_k", 0, 20, math.nan, None, (20, 500))], "kept": 0, "kept_mass": math.nan,
        "entropy": Entropy(math.nan, math.nan, math.nan), "would_draw": None, "tail": mine or tail(),
    }  # fmt: skip
    whole = view(VOCABULARY, temperature=1.5, top_k=20)
    return msgspec.structs.replace(whole, **(fields | {"candidates": rows} | more))


# -- the list --------------------------------------------------------------------------------------------------------


async def shown(viewed: Viewed, size: tuple[int, int] = (76, 20)) -> list[str]:
    pane = CandidateList()
    async with Pane(pane).run_test(size=size) as pilot:
        pane.viewed = viewed
        await pilot.pause()
        return pilot.app.lines()


async def test_the_tail_has_a_line_after_the_last_rank_with_its_count_and_mass() -> None:
    line = next(line for line in await shown(head()) if "unseen" in line)
    assert "492 unseen" in line
    assert line.split()[0] == "–"
    assert " 40.0 " in line and " 50–60 " in line


async def test_a_number_that_is_not_decided_stands_as_the_two_it_lies_between() -> None:
    first = next(line for line in await shown(head()) if line.split()[:1] == ["1"])
    low, high = head().candidates[0].spans[0].low, head().candidates[0].spans[0].high
    assert between(low, high, 7) in first
    assert "nan" not in "".join(await shown(head()))


async def test_a_cut_in_the_tail_says_in_words_that_it_is_not_decided_and_stands_after_it() -> None:
    seen = await shown(head())
    cut = next(index for index, line in enumerate(seen) if "top-k 20 leaves 20 or more: undecided" in line)
    assert "unseen" in seen[cut - 1]


async def test_a_cut_between_two_ranks_says_between_which() -> None:
    seen = await shown(head(cuts=[Cut("top_p", 0, 5, math.nan, None, (5, 7))]))
    cut = next(index for index, line in enumerate(seen) if "leaves 5 to 7: undecided" in line)
    assert seen[cut - 1].split()[0] == "5"


async def test_the_border_says_how_many_are_told_and_that_nothing_can_be_drawn() -> None:
    pane = CandidateList()
    async with Pane(pane).run_test(size=(76, 20)) as pilot:
        pane.viewed = head(draws=1000)
        await pilot.pause()
        border = f"{pane.border_title} {pane.border_subtitle}"
        assert "8 of 500" in border and "n cannot draw: undecided" in border
        assert "drawn" not in "".join(pilot.app.lines()) + border


async def test_the_tails_line_can_be_reached_and_says_why() -> None:
    pane = CandidateList()
    async with Pane(pane).run_test(size=(90, 20)) as pilot:
        pane.viewed = head()
        await pilot.press("end")
        assert pane.highlighted is None
        assert "top-k 20 leaves 20 tokens. A top-k of 7 or less decides it." in "".join(pilot.app.lines())
        await pilot.press("enter")
        assert not pilot.app.of(CandidateList.Take)


async def test_a_token_of_the_tail_stands_in_its_line_and_can_be_taken() -> None:
    pane = CandidateList()
    async with Pane(pane).run_test(size=(76, 20)) as pilot:
        pane.viewed = head()
        pane.reveal_unseen(UNSEEN)
        await pilot.pause()
        line = next(line for line in pilot.app.lines() if "herd (unseen)" in line)
        assert " 77 " in line and "≤" in line
        await pilot.press("enter")
        assert [take.token for take in pilot.app.of(CandidateList.Take)] == [77]
        pane.viewed = head(at=13)
        await pilot.pause()
        assert "herd (unseen)" not in "".join(pilot.app.lines())


@pytest.mark.parametrize("size", [(30, 8), (50, 12), (120, 40)])
@pytest.mark.parametrize("keys", ["", "u", "uu"])
async def test_no_unit_and_no_size_shows_a_number_that_is_none(size: tuple[int, int], keys: str) -> None:
    pane: CandidateList = CandidateList()
    async with Pane(pane).run_test(size=size) as pilot:
        pane.viewed = head()
        await pilot.press(*keys)
        await pilot.pause()
        text = "\n".join(pilot.app.lines())
        assert "nan" not in text.lower()
        assert all(len(line) == size[0] for line in text.split("\n"))


async def test_a_list_that_has_all_its_rows_asks_for_none() -> None:
    pane = CandidateList()
    async with Pane(pane).run_test(size=(76, 20)) as pilot:
        pane.viewed = head()
        await pilot.pause()
        pilot.app.sent.clear()
        await pilot.press("end", "home", "end")
        assert not pilot.app.of(CandidateList.Wanted)


# -- words and numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.0812, 0.0937, "8.1–9.4"),
        (0.12, 0.14, "12–14"),
        (0.849, 1.0, "≥84.9"),
        (0.0, 0.0124, "≤1.24"),
        (0.0, 1e-7, "≤1e-5"),
        (0.99951, 0.99968, "99–100"),
        (2.1e-9, 3e-4, "≤0.03"),
        (0.0, 1.0, "?"),
    ],
)
def test_an_interval_is_rounded_outwards_in_as_many_digits_as_fit(low: float, high: float, text: str) -> None:
    assert between(low, high, 7).replace("1.0e-5", "1e-5") == text


def test_a_cut_after_an_undecided_one_is_not_measured_by_it() -> None:
    cuts = [Cut("top_k", 0, 20, math.nan, None, (20, 500)), Cut("top_p", 0, 3, math.nan)]
    unsure, sure = cut_marks(head(cuts=cuts))
    assert unsure.effect == "leaves 20 or more: undecided"
    assert sure.texts()[0].endswith("leaves 3")


def test_find_says_that_a_token_is_in_the_unseen_tail() -> None:
    text = match_line(UNSEEN, roomy=True).plain
    assert text.rstrip().endswith("unseen tail")
    assert text.split()[0] == "–"
    assert "nan" not in text


async def test_the_status_line_has_intervals() -> None:
    status = StatusLine()
    status.viewed = head()
    async with alone(status, size=(140, 3)) as pilot:
        text = " ".join(lines(pilot.app)[0].split())
    assert text.startswith(
        "next: entropy 4.1–5.3 → 2.9–5.9 bits · kept 20–500 of 500 (61.0–93.0 %) · unseen 492 (40.0 %)"
    )


async def test_the_status_line_says_what_is_exact_as_ever() -> None:
    status = StatusLine()
    exact = tail(kept=(7, 7), kept_mass=Span(0.55, 0.55), entropy=(Span(4.1, 4.14), Span(4, 4), Span(2.5, 2.5)))
    status.viewed = head(mine=exact)
    async with alone(status, size=(140, 3)) as pilot:
        text = " ".join(lines(pilot.app)[0].split())
    assert text.startswith("next: entropy 4.10–4.14 → 2.50 bits · kept 7 of 500 (55.0 %) ·")


async def test_the_curve_ends_where_the_telling_ends_and_says_so() -> None:
    plot = PlotPane()
    async with alone(plot, size=(80, 16)) as pilot:
        plot.viewed = head(plot=view(TOLD, temperature=1.5).plot)
        await pilot.pause()
        seen = lines(pilot.app)
        legend = str(plot.border_title)  # alone it has no lower border
    assert "8 told" in seen[0]
    end = seen[0].index("8 told") + len("8 told")
    assert all(not set(line[end:]) & set(map(chr, range(0x2801, 0x2900))) for line in seen)
    assert "tempered, at least" in legend and "unseen 40.0 %" in legend
    assert "│" not in "".join(line[6:] for line in seen[1:-2])  # an undecided cut has no line in the plot


# -- the workbench ---------------------------------------------------------------------------------------------------


def server() -> Recorded:
    return Recorded(head=15)


async def test_n_says_why_nothing_is_drawn_and_the_story_stays(start) -> None:
    async with start(make=server) as bed:
        before = len(bed.story)
        await bed.pilot.press("n")
        await bed.until(lambda: "15 of 62 tokens are told" in screen_text(bed.app))
        assert len(bed.story) == before
        await bed.shown()


async def test_a_token_of_the_tail_is_found_and_taken(start) -> None:
    async with start(make=server) as bed:
        shown = {row.token for row in bed.viewed.candidates}
        token = next(token for token in range(1, 62) if token not in shown)
        await bed.pilot.press("slash")
        await bed.pilot.press("number_sign", *str(token))
        await bed.until(lambda: "unseen tail" in screen_text(bed.app))
        await bed.pilot.press("enter")
        await bed.until(lambda: "(unseen)" in screen_text(bed.app))
        await bed.pilot.press("enter")
        await bed.until(lambda: bed.drawn())
        await bed.shown()
        node = bed.branch[-1]
        assert (node.token, node.how, node.rank) == (token, How.CHOSEN, 0)
        assert math.isnan(node.raw)


async def test_a_thousand_draws_where_none_is_certain_count_nothing(start) -> None:
    async with start(make=server) as bed:
        await bed.press("d")
        assert "drawn" not in screen_text(bed.app).replace("nothing drawn yet", "")
