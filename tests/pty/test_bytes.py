"""How many bytes a change costs over SSH: 120×40, truecolor, the real engine on the demo model."""

from __future__ import annotations

import statistics

import pytest

from tests.pty.explorer import Explorer

UP, DOWN, RIGHT = "\x1b[A", "\x1b[B", "\x1b[C"
QUIET = 0.6


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    with Explorer(tmp_path_factory.mktemp("bytes"), SSH_CONNECTION="1 2 3 4") as explorer:
        explorer.open()
        explorer.press("n", "1 new")
        yield explorer


def cost(explorer, *keys):
    """The median number of bytes that one of the keys makes the program write, whatever it paints and how often."""
    counts = []
    for key in keys:
        explorer.until_quiet(QUIET)
        mark = explorer.mark()
        explorer.send(key)
        explorer.until(lambda screen, mark=mark: len(explorer.bytes_since(mark)) > 0)
        explorer.until_quiet(QUIET)
        counts.append(len(explorer.bytes_since(mark)))
    print(keys[0].encode(), counts)
    return statistics.median(counts)


def test_a_step_and_back_with_the_plot(explorer):
    assert cost(explorer, *"nnnnn") < 10_000
    assert cost(explorer, *"hhh") < 8_000


def test_a_step_without_the_plot(explorer):
    cost(explorer, "v")
    assert cost(explorer, *"nnnnn") < 4_000
    cost(explorer, "v")


def test_a_line_down(explorer):
    assert cost(explorer, DOWN, DOWN, UP) < 1_000


def test_a_slider_by_one(explorer):
    cost(explorer, ",")
    assert cost(explorer, *[RIGHT] * 5) < 8_000
    cost(explorer, "\x1b[27u")


def test_a_key_in_the_prompt_and_nothing_at_all(explorer):
    cost(explorer, "e")
    assert cost(explorer, *"unicorn") < 1_000
    mark = explorer.mark()
    explorer.until_quiet(3)
    assert len(explorer.bytes_since(mark)) <= 60


def test_repaint_paints_what_something_else_wrote_over(explorer):
    explorer.until_quiet(QUIET)
    before = explorer.screen()
    with explorer._changed:
        explorer._screen.erase_in_display(2)
    explorer.send("\x0c")
    assert explorer.until(lambda screen: screen.strip()) and explorer.until(lambda screen: screen == before)
