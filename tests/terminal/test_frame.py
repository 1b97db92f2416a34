"""What is written is the difference from what the terminal shows, and the terminal then shows the frame."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from tui.terminal.frame import GAP, ShownFrame, cells, changes, steady, turn

PIECE, PIECES, LINES = 10, 3, 4
SIZE = Size(PIECE * PIECES, LINES)
CONSOLE = Console(color_system="truecolor", force_terminal=True)
TEXTS = ("abc", " ", "│", "⠋⠙", "한국", "x" * 9, "שלום", "1.5", "─┬─")
STYLES = (
    Style(), Style(color="#ff0000"), Style(color="#00ff00", bgcolor="#101010"), Style(bold=True),
    Style(color="#ff0000", bgcolor="#101010"), Style(bgcolor="#101010"), Style(reverse=True, color="red"),
)  # fmt: skip

segments = st.tuples(st.sampled_from(TEXTS), st.sampled_from(STYLES)).map(lambda pair: Segment(*pair))


@st.composite
def strip(draw: st.DrawFn) -> Strip:
    """A strip as wide as a piece."""
    width, kept = 0, []
    for segment in draw(st.lists(segments, max_size=6)):
        if width + cell_len(segment.text) <= PIECE:
            width += cell_len(segment.text)
            kept.append(segment)
    return Strip([*kept, Segment(set_cell_size("", PIECE - width), draw(st.sampled_from(STYLES)))], PIECE)


frames = st.lists(st.lists(strip(), min_size=PIECES, max_size=PIECES), min_size=LINES, max_size=LINES)
parts = st.lists(st.tuples(st.integers(0, LINES - 1), st.integers(0, PIECES - 1)), min_size=1, max_size=5)


def layout(frame: list[list[Strip]]) -> LayoutUpdate:
    return LayoutUpdate(frame, Region(0, 0, *SIZE))


def chops(frame: list[list[Strip]], part: list[tuple[int, int]]) -> ChopsUpdate:
    """An update of some pieces, each a span of its own."""
    lines = [{PIECE * at: strip for at, strip in enumerate(line)} for line in frame]
    spans = sorted({(y, PIECE * at, PIECE * (at + 1)) for y, at in part})
    return ChopsUpdate(lines, spans, [[PIECE * (at + 1) for at in range(PIECES)]] * LINES)


class Shows:
    """A terminal, and the frame it shows."""

    def __init__(self) -> None:
        self.shown = ShownFrame()
        self.screen = pyte.Screen(*SIZE)
        self.stream = pyte.Stream(self.screen)

    def take(self, update: ChopsUpdate | LayoutUpdate) -> str:
        text = self.shown.change(update, SIZE).render_segments(CONSOLE)
        self.stream.feed(text)
        return text

    def picture(self) -> list[list[object]]:
        return [[self.screen.buffer[y][x] for x in range(SIZE.width)] for y in range(SIZE.height)]


def painted(frame: list[list[Strip]]) -> list[list[object]]:
    """The picture of a terminal to which textual wrote the frame whole."""
    shows = Shows()
    shows.stream.feed(layout(frame).render_segments(CONSOLE))
    return shows.picture()


@given(st.lists(frames, min_size=2, max_size=4), parts)
def test_the_terminal_shows_each_frame(sequence, part) -> None:
    shows = Shows()
    for frame in sequence:
        shows.take(layout(frame))
        assert shows.picture() == painted(frame)
    changed = [list(line) for line in sequence[-1]]
    for y, at in part:
        changed[y][at] = sequence[0][y][at]
    shows.take(chops(changed, part))
    assert shows.picture() == painted(changed)
    assert shows.take(layout(changed)) == ""


def line(*texts: str) -> Strip:
    return Strip([Segment(text, Style(color="#ff0000")) for text in texts])


def test_one_digit_costs_one_digit() -> None:
    shows = Shows()
    shows.take(layout([[line("temperature 1.00  "), line("──────○─────")]] * LINES))
    assert shows.take(layout([[line("temperature 1.05  "), line("──────○─────")]] * LINES)).count("5") <= 6 * LINES
    written = shows.take(layout([[line("temperature 1.06  "), line("──────○─────")]] * LINES))
    assert written == "\x1b[1;16H\x1b[38;2;255;0;0m6\x1b[2;16H6\x1b[3;16H6\x1b[4;16H6\x1b[0m"


def test_colours_are_written_one_after_the_other() -> None:
    shows = Shows()
    two = Strip([Segment("ab", Style(color="#ff0000")), Segment("cd", Style(color="#00ff00")), Segment("  ")])
    assert shows.take(layout([[two]] * 2)) == (
        "\x1b[1;1H\x1b[38;2;255;0;0mab\x1b[2;1Hab\x1b[1;3H\x1b[38;2;0;255;0mcd\x1b[2;3Hcd\x1b[1;5H\x1b[39m  \x1b[2;5H  "
    )


def test_after_a_resize_everything_is_written_again() -> None:
    shows = Shows()
    frame = [[line("x" * 30)]] * LINES
    whole = shows.take(layout(frame))
    assert shows.take(layout(frame)) == ""
    shows.shown.forget()
    assert shows.take(layout(frame)) == whole


def test_a_frame_for_a_larger_terminal_than_this_is_cut() -> None:
    shows = Shows()
    shows.take(LayoutUpdate([[line("x" * 50), line("y" * 9)]] * (LINES + 3), Region(0, 0, 59, LINES + 3)))
    assert shows.screen.display == ["x" * 30] * LINES


@pytest.mark.parametrize(
    ("before", "after", "spans"),
    [
        ("abc", "abc", []),
        ("abc", "aBc", [(1, 2)]),
        ("a" * 20, "B" + "a" * 18 + "B", [(0, 1), (19, 20)]),
        ("a" * 9, "B" + "a" * GAP + "Ba", [(0, GAP + 2)]),
        ("한국 a", "한국 b", [(0, 6)]),
        ("abcdef", "한국 b", [(0, 6)]),
    ],
)
def test_only_what_differs_is_a_change(before, after, spans) -> None:
    old, new = (cells(Strip([Segment(text)]), ColorSystem.TRUECOLOR) for text in (before, after))
    assert changes(old, new) == spans


@pytest.mark.parametrize(
    ("text", "sure"), [("a│⠋▸", True), ("é", True), ("e\u0301", False), ("한", False), ("ש", False)]
)
def test_a_steady_text_has_a_cell_a_character_on_every_terminal(text, sure) -> None:
    assert steady(text) is sure


@pytest.mark.parametrize(
    ("before", "after", "sequence"),
    [
        ("", "", ""),
        ("38;2;1;2;3;48;5;7", "38;2;1;2;4;48;5;7", "\x1b[38;2;1;2;4m"),
        ("31;40", "31", "\x1b[49m"),
        ("31", "97;100", "\x1b[97;100m"),
        ("38;5;9", "", "\x1b[39m"),
        ("1;31", "31", "\x1b[0;31m"),
        ("1", "", "\x1b[0m"),
        ("", "1;4;31", "\x1b[0;1;4;31m"),
    ],
)
def test_a_turn_is_as_short_as_it_can_be(before, after, sequence) -> None:
    assert turn(before, after) == sequence
