"""The plot of the stages: a line for each in the order of the chain, its numbers in columns as far as they fit."""

import math
from array import array

import pytest
from rich.cells import cell_len
from textual.geometry import Size

from tests.handmade import settings, view
from tests.ui.conftest import Recorded, screen_text
from tui.core.settings import Source
from tui.protocol import Plotted, Viewed
from tui.widgets.plots.stages import Stages

NAN = math.nan
PLOT = Stages()
CHAIN = {
    "logits": (50_257, 50_257, 0.0, 6.1),
    "repetition_penalty": (50_257, 50_257, 0.0, 6.3),
    "temperature": (50_257, 50_257, 0.0, 3.05),
    "top_k": (50_257, 50, 0.139, 2.51),
    "top_p": (50, 27, 0.098, 2.2),
}


def staged(chain: dict[str, tuple[float, ...]] = CHAIN) -> Viewed:
    plot = Plotted("stages", {name: array("f", numbers).tobytes() for name, numbers in chain.items()})
    known = settings(repetition_penalty=1.3, temperature=0.7, top_p=0.9) | settings(Source.TRANSFORMERS, top_k=50)
    return view(50_257, sources=known, plot=plot)


def drawn(viewed: Viewed, size: tuple[int, int] = (60, 12), plot: Stages = PLOT) -> list[str]:
    lines = ["".join(text for _, text in line) for line in plot.draw(viewed, Size(*size))]
    assert [cell_len(line) for line in lines] == [size[0]] * size[1]
    return lines


def test_each_stage_has_its_name_value_counts_share_and_entropy_in_the_order_of_the_chain():
    lines = drawn(staged(), (72, 12))
    assert [line.split() for line in lines[:6]] == [
        ["stage", "candidates", "removed", "entropy,", "bits"],
        ["raw", "50,257", "–", "6.10", bar(lines[1])],
        ["repetition-penalty", "1.30", "50,257", "–", "6.30", bar(lines[2])],
        ["temperature", "0.70", "50,257", "–", "3.05", bar(lines[3])],
        ["top-k", "50", "⚑", "50,257", "→", "50", "13.9", "%", "2.51", bar(lines[4])],
        ["top-p", "0.90", "50", "→", "27", "9.80", "%", "2.20", bar(lines[5])],
    ]
    assert "".join(lines[6:]).strip() == ""
    longest = len(bar(lines[2]))
    assert [round(len(bar(line)) / longest, 1) for line in lines[1:6]] == [1.0, 1.0, 0.5, 0.4, 0.4]


def bar(line: str) -> str:
    return line.split()[-1]


@pytest.mark.parametrize("size", [(60, 12), (16, 4), (118, 30), (40, 8), (30, 8), (79, 9)])
def test_it_has_its_size_and_keeps_what_matters_most(size):
    lines = drawn(staged(), size)
    assert "2.20" in lines[-1] or "2.20" in "".join(lines) or "more" in lines[-1]
    assert all("raw" in line for line in lines[1:2])


def test_what_a_head_does_not_decide_is_a_question_mark_and_the_legend_says_so():
    viewed = staged({"logits": (50, 50, 0, NAN), "temperature": (50, 50, 0, NAN), "top_p": (50, NAN, NAN, NAN)})
    lines = drawn(viewed)
    assert lines[1].split() == ["raw", "50", "–", "?"]
    assert lines[3].split() == ["top-p", "0.90", "50", "→", "?", "?", "?"]
    assert Stages().legend(viewed, 60).plain == "transformers' order  ? not decided by the tokens told"
    assert Stages().legend(staged(), 60).plain == "transformers' order"


def test_a_chain_longer_than_the_pane_says_how_much_more_there_is_and_is_gone_through():
    viewed = staged()
    assert drawn(viewed, (60, 5))[-1].startswith("… 2 more: page down")
    plot = Stages().moved("right", viewed)
    assert drawn(viewed, (60, 5), plot)[1].startswith("repetition") and "top-p" in drawn(viewed, (60, 5), plot)[-1]
    assert plot.moved("left", viewed) == plot.moved("whole", viewed) == Stages()
    assert Stages().moved("left", viewed) == Stages()


def test_a_stage_of_the_model_s_own_is_named_printably_however_long():
    lines = drawn(staged({"logits": (9, 9, 0, 1.0), "\x1b[31m한국" + "x" * 99: (9, 4, 0.5, 0.5)}))
    assert "\x1b" not in "".join(lines) and "␛" in "".join(lines)


@pytest.mark.parametrize("number", [1e30, -1.0, math.inf, NAN])
def test_numbers_that_cannot_be_are_drawn_inside_the_figure(number):
    viewed = staged({"logits": (number,) * 4, "top_k": (5, number, number, number)})
    for size in ((60, 12), (16, 4), (118, 30)):
        drawn(viewed, size)


async def test_it_shows_the_step_under_the_cursor_and_follows_the_settings(start):
    async with start() as bed:
        await bed.press("V", "V", "V", "2")
        await bed.until(lambda: "temperature 0.50" in screen_text(bed.app))
        plot = bed.bench.panes.plot
        assert [line.split()[0] for line in plot.text if line.strip()] == ["stage", "raw", "temperature"]
        entropy = bed.viewed.entropy
        assert [line.split()[-2] for line in plot.text[1:3]] == [f"{entropy.raw:.2f}", f"{entropy.final:.2f}"]
        await bed.press("x", "4")
        await bed.until(lambda: any("top-p 0.90" in line for line in plot.text))
        assert f"→ {bed.viewed.kept:>4}" in next(line for line in plot.text if "top-p" in line)


async def test_of_a_server_s_head_only_what_is_certain_is_shown(start):
    async with start(make=lambda: Recorded(head=15), given={"top_k": 12, "temperature": 1.5}) as bed:
        await bed.press("V", "V", "V")
        await bed.until(lambda: "not decided by the tokens told" in screen_text(bed.app))
        lines = {line.split()[0]: line.split() for line in bed.bench.panes.plot.text if line.strip()}
        assert lines["temperature"][2:] == ["62", "–", "?"]
        assert lines["top-k"][2:5] == ["62", "→", "12"]
