"""The status line: the view's numbers, the engine's state, and the parts dropped in narrow terminals."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.ui.bare import alone, lines
from tui.core.story import How, Node
from tui.protocol import Entropy, Opened, Progress, Span, Tail, Viewed
from tui.widgets.figures import Part, bits, figure, fitting, last_parts, next_parts, perplexity, share, width
from tui.widgets.status import FACTS_DROPPED_FIRST, HELP, NUMBERS_DROPPED_FIRST, StatusLine


def opened(**more):
    known = {"model": "demo", "vocabulary": 50_257, "context": 1024, "device": "cpu", "dtype": "float32"}
    return Opened(id=1, exact=True, settings={}, **{**known, **more})


def viewed(final=2.9, kept=37, mass=0.902):
    return Viewed(id=1, slot="main", at=3, revision=1, settings={}, kept=kept, kept_mass=mass, vocabulary=50_257,
                  entropy=Entropy(4.1, 3.8, final))  # fmt: skip


def token(surprisal, how=How.SAMPLED, **more):
    fields = {"piece": b" were", "ms": 6.9, "rank": 48, **more}
    return Node(5, 4, 4, 4, how=how, surprisal=surprisal, **fields)


def make(**more):
    status = StatusLine()
    for name, value in {
        "opened": opened(),
        "viewed": viewed(),
        "node": token(2.12),
        "perplexity": 9.81,
        **more,
    }.items():
        setattr(status, name, value)
    return status


def squeezed(pilot):
    return [" ".join(line.split()) for line in lines(pilot.app) if line]


# -- the numbers -----------------------------------------------------------------------------------------------------


async def test_two_groups_say_what_comes_next_and_what_was_drawn_last():
    async with alone(make(), size=(160, 5)) as pilot:
        assert squeezed(pilot)[0] == (
            "next: entropy 4.10 → 2.90 bits · kept 37 of 50,257 (90.2 %) · like 7.5 equal choices"
            " │ last: ·were 2.1 bits, rank 48 · text perplexity 9.8"
        )


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (
            130,
            "next: entropy 4.10 → 2.90 bits · kept 37 of 50,257 (90.2 %)"
            " │ last: ·were 2.1 bits, rank 48 · text perplexity 9.8",
        ),
        (80, "next: entropy 4.10 → 2.90 bits · kept 37 (90.2 %) │ last: 2.1 bits, rank 48"),
        (60, "next: entropy 4.10 → 2.90 bits · kept 37 │ last: 2.1 bits"),
        (50, "next: entropy 4.10 → 2.90 bits · kept 37"),
        (20, ""),
    ],
)  # fmt: skip
async def test_in_a_narrower_terminal_parts_go_whole_in_the_stated_order(width, line):
    async with alone(make(), size=(width, 5)) as pilot:
        assert " ".join(lines(pilot.app)[0].split()) == line


@pytest.mark.parametrize("order", [NUMBERS_DROPPED_FIRST, FACTS_DROPPED_FIRST])
@pytest.mark.parametrize("room", range(0, 130, 7))
def test_what_is_left_fits_and_is_in_place(room, order):
    parts = [Part(name, f"{name} ", "12.3") for name in reversed(order)]
    left = fitting(parts, room, order)
    assert width(left) <= room or not left
    assert left == [part for part in parts if part in left]
    gone = [name for name in order if name not in {part.name for part in left}]
    assert gone == list(order[: len(gone)])


@pytest.mark.parametrize("columns", [80, 120, 200])
async def test_the_groups_keep_their_places_while_a_slider_moves(columns):
    status, places = make(), set()
    async with alone(status, size=(columns, 5)) as pilot:
        for final, kept, mass in ((2.9, 37, 0.902), (9.99, 1_234, 0.05), (9.999, 9, 0.99996), (15.6, 50_257, 1.0)):
            status.viewed = viewed(final, kept, mass)
            await pilot.pause()
            line = lines(pilot.app)[0]
            assert re.search(r"\S  +\S", line.split("│")[0].rstrip() + "│") is None  # no holes inside a group
            places.add((line.index("→"), line.index("kept"), line.index("│") if columns > 80 else 0))
        assert len(places) == 1


@pytest.mark.parametrize(
    ("mass", "text"),
    [(1, "100"), (0.99996, "99.99"), (0.9994, "99.9"), (0.9999999, "99.99"), (0.86, "86.0"), (0, "0"), (1e-9, "1e-7")],
)
def test_a_share_short_of_all_never_reads_as_all(mass, text):
    assert share(mass) == text


@given(st.floats(0, 1))
def test_a_share_is_short_and_as_near_as_it_says(mass):
    text = share(mass)
    assert len(text) <= 6
    assert (text == "100") is (mass >= 1) and (text == "0") is (mass <= 0)
    assert math.isclose(float(text), 100 * mass, rel_tol=0.5, abs_tol=0.06)


@given(st.floats(0, 19))
def test_bits_always_take_four_cells(value):
    assert len(bits(value)) == 4


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1.0"), (99.94, "99.9"), (99.96, "100"), (9830, "9,830"), (2e30, "2e30")]
)
def test_figures_have_one_decimal_where_it_tells_something(value, text):
    assert figure(value) == text


def test_where_only_the_head_is_known_numbers_are_bounds():
    tail = Tail(told=8, count=492, mass=0.4, tempered=Span(0.5, 0.6), kept=(20, 500), kept_mass=Span(0.61, 0.93),
                entropy=(Span(4.1, 5.3), Span(4.6, 5.9), Span(2.9, 2.9)))  # fmt: skip
    shown = "".join(part.after + part.label + part.value for part in next_parts(head_of(tail)))
    assert shown == " · entropy 4.1–5.3 → 2.90 bits · kept 20–500 of 50,257 (61.0–93.0 %) · unseen 492 (40.0 %)"


def head_of(tail):
    return Viewed(id=1, slot="main", at=3, revision=1, settings={}, vocabulary=50_257, tail=tail)


@pytest.mark.parametrize(
    ("node", "perplexity", "text"),
    [
        (None, None, ""),
        (Node(5, 4, 4, 4, b"x"), None, "nothing drawn yet"),
        (token(3.25, How.PROMPT, rank=7), None, "·were 3.2 bits, rank 7"),
        (token(9.41), 14.2, "·were 9.4 bits, rank 48 · text perplexity 14.2"),
        (token(math.inf, piece=b"x" * 40), 14.2, "text perplexity 14.2"),
        (token(1.0, piece=b"[/b]\x1b" * 9), None, "[/b]␛[/b]␛[/b]␛… 1.0 bits, rank 48"),
    ],
)
def test_an_empty_group_is_not_filled_with_dashes(node, perplexity, text):
    parts = last_parts(node, perplexity)
    assert (
        "".join((part.after if number else "") + part.label + part.value for number, part in enumerate(parts)) == text
    )


async def test_before_there_is_anything_nothing_is_said():
    async with alone(make(viewed=None, node=None, perplexity=None), size=(120, 5)) as pilot:
        assert squeezed(pilot) == ["demo · cpu · float32"]


def test_the_help_explains_every_number_and_mark():
    tail = Tail(told=8, count=2, mass=0.4, tempered=Span(0.5, 0.6), kept=(2, 5), kept_mass=Span(0.61, 0.93),
                entropy=(Span(4.1, 5.3),) * 3)  # fmt: skip
    every = [*next_parts(viewed()), *next_parts(head_of(tail)), *last_parts(token(1.0), 2.0)]
    for label in {part.label.strip() for part in every} - {""}:
        assert label in HELP
    for word in ("next", "last", "→", "bits", "rank", "perplexity", "note", "ms a step", "–"):
        assert word in HELP.replace("milliseconds for the last step", "ms a step")


# -- the engine and what it says -------------------------------------------------------------------------------------


async def test_the_engines_line_says_what_it_is_and_does():
    async with alone(make(running="running", message="Press r to stop."), size=(120, 5)) as pilot:
        assert squeezed(pilot)[1] == "demo · cpu · float32 · 6.9 ms a step │ running · Press r to stop."


async def test_another_machine_is_named_and_its_name_is_text_like_any_other():
    status = make(host="gpubox")
    async with alone(status, size=(120, 5)) as pilot:
        assert squeezed(pilot)[1] == "demo · on gpubox · cpu · float32 · 6.9 ms a step"
        status.host = "[/b]\x1b" + "x" * 60
        await pilot.pause()
        assert squeezed(pilot)[1] == "demo · on [/b]␛" + "x" * 22 + "… · cpu · float32 · 6.9 ms a step"


async def test_what_a_server_does_not_tell_is_left_out_and_trust_is_said():
    served = opened(backend="vLLM", dtype="", trusted=True)
    async with alone(make(opened=served), size=(120, 5)) as pilot:
        assert squeezed(pilot)[1] == "demo · vLLM · its code is trusted · 6.9 ms a step"


SENTENCE = "Inside the prompt nothing was drawn: only the distribution after its end is generate()'s own, bit for bit."


@pytest.mark.parametrize("columns", [70, 80, 100, 120, 130])
async def test_a_message_is_never_cut(columns):
    notes = opened(notes=["num_beams 4"])
    async with alone(make(message=SENTENCE, opened=notes, running="running"), size=(columns, 5)) as pilot:
        shown = squeezed(pilot)
        said = " ".join(shown) if columns < 130 else shown[1]
        assert f"running · {SENTENCE}" in said
        assert said.endswith("1 note")
        assert len(shown) == 2
        assert ("entropy" in shown[0]) is (columns >= 130)


async def test_a_message_that_is_too_long_for_both_lines_ends_in_an_ellipsis_before_the_notes():
    async with alone(make(message=f"{SENTENCE} {SENTENCE}", opened=opened(notes=["x", "y"])), size=(60, 5)) as pilot:
        first, second = squeezed(pilot)
        assert first == "Inside the prompt nothing was drawn: only the distribution"
        assert second.endswith("… · 2 notes")


async def test_the_facts_give_way_to_a_message_one_by_one():
    async with alone(make(message="m" * 50), size=(80, 5)) as pilot:
        assert squeezed(pilot)[1] == "demo · 6.9 ms a step │ " + "m" * 50


async def test_on_one_line_what_happens_comes_first():
    status = make(message="No such token.")
    status.styles.height = 1
    async with alone(status, size=(80, 5)) as pilot:
        assert squeezed(pilot) == ["No such token."]
        status.message = ""
        await pilot.pause()
        assert squeezed(pilot)[0].startswith("next: entropy 4.10 → 2.90 bits")


async def test_progress_is_a_share_where_the_whole_is_known_and_a_count_where_not():
    status = make(running="opening", progress=Progress(of=1, stage="weights", done=50, total=100))
    async with alone(status, size=(120, 5)) as pilot:
        assert "weights ━━━━━━────── 50 %" in squeezed(pilot)[1]
        status.progress = Progress(of=1, stage="downloading", done=1 << 29, total=1 << 30, unit="bytes")
        await pilot.pause()
        assert "downloading ━━━━━━────── 50 % of 1 GB" in squeezed(pilot)[1]
        status.progress = Progress(of=1, stage="weights", done=1234, unit="tensors")
        await pilot.pause()
        assert "weights 1,234 tensors" in squeezed(pilot)[1]
        assert "loading" not in squeezed(pilot)[1]  # the progress's stage replaces it


async def test_what_the_model_asked_and_did_not_get_is_counted():
    async with alone(make(opened=opened(notes=["num_beams 4", "guidance_scale 2"])), size=(120, 5)) as pilot:
        assert "2 notes" in squeezed(pilot)[1]


async def test_names_and_messages_from_elsewhere_are_harmless():
    status = make(opened=opened(model="[/b]\x1b[2J"), message="[bold]\x1b]52;c;\x07")
    async with alone(status, size=(120, 5)) as pilot:
        text = "".join(lines(pilot.app))
        assert "[/b]␛[2J" in text
        assert "[bold]␛]52;c;␇" in text
        assert text.isprintable()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
async def test_nothing_is_wider_than_the_terminal(width):
    status = make(running="running", message="m漢" * 150, progress=Progress(of=1, stage="s" * 50, done=1, total=3))
    async with alone(status, size=(width, 5)) as pilot:
        assert all(cell_len(line) <= width - 2 for line in status.render().plain.splitlines())
        await pilot.pause()


def test_perplexity_is_two_to_the_mean_surprisal_of_the_generated_tokens():
    nodes = [Node(1, 0, 0, 1, b"p"), token(1.0), token(3.0, How.CHOSEN), token(math.nan)]
    assert perplexity(nodes) == 4.0
    assert perplexity(nodes[:1]) is None
