"""The comparison on the screen: its columns, its keys, and what comes into force."""

import pytest

from tests.scripted import HOSTILE, Gate
from tests.ui.conftest import SMALL, WIDE, Recorded, screen_text
from tests.ui.test_workbench_picture import compare
from tui import own_presets
from tui.screens.compare import CompareScreen
from tui.screens.compare_dialogs import LengthScreen, OffersScreen

SIZES = [WIDE, SMALL]


async def opened(bed):
    await bed.pilot.press("X")
    await bed.until(lambda: isinstance(bed.app.screen, CompareScreen) and full(bed.app.screen))
    return bed.app.screen


def full(screen):
    """True if every answer is there."""
    sides, tokens = screen._comparing.sides, screen._comparing.tokens
    return all(side.settled and (side.problem or set(tokens) <= set(side.listed)) for side in sides)


def line(bed, name):
    """The cells of the first line of the screen that begins with this name."""
    rows = (row.strip("│ ") for row in screen_text(bed.app).splitlines())
    return next(row for row in rows if row.startswith(name)).removeprefix(name).split()


@pytest.mark.parametrize("size", SIZES)
async def test_each_number_is_the_one_of_its_own_view(start, size):
    async with start(size=size) as bed:
        await bed.press("n", "n")
        screen = await opened(bed)
        views = [side.viewed for side in screen._comparing.sides]
        assert line(bed, "kept") == [f"{view.kept:,}" for view in views]
        assert line(bed, "overlap with A")[1:] == [f"{view.compared.overlap:.3f}" for view in views[1:]]
        assert line(bed, "entropy, final")[::2] == [f"{view.entropy.final:.3f}" for view in views]
        assert "∞" in line(bed, "KL to A") and line(bed, "kept, not in A")[1] == str(views[1].compared.only_here)
        assert line(bed, "top-k ")[:2] == ["50", "⚑"]


async def test_a_removed_token_says_what_removes_it_beside_the_others(start):
    async with start() as bed:
        await bed.press("3", "2")
        screen = await opened(bed)
        last = screen._comparing.sides[3]
        removed = [one for one in last.viewed.candidates if one.removed_by]
        assert removed
        rows = screen._shown["#compared-candidates"].plain.splitlines()
        assert rows[removed[0].rank - 1].split()[-1] in ("top-k", "top-p")


@pytest.mark.parametrize("size", SIZES)
async def test_the_chosen_settings_come_into_force_and_undo_takes_them_back(start, size):
    async with start(size=size) as bed:
        await bed.press("n")
        await opened(bed)
        await bed.pilot.press("right", "right", "left", "enter")
        await bed.until(lambda: bed.app.screen is bed.bench)
        await bed.shown()
        assert bed.state.preset_name == "hot"
        await bed.press("z")
        assert bed.state.given == {}


async def test_leaving_changes_nothing(start):
    async with start() as bed:
        before = bed.state
        await opened(bed)
        await bed.pilot.press("right", "escape")
        await bed.until(lambda: bed.app.screen is bed.bench)
        assert bed.state == before


async def test_settings_are_removed_and_others_added(start):
    async with start() as bed:
        own_presets.save("my own", {"min_p": 0.2})
        screen = await opened(bed)
        await bed.pilot.press("a")
        assert bed.app.screen is screen and "Four settings are the most" in screen_text(bed.app)
        await bed.pilot.press("delete")
        assert "these stay" in screen_text(bed.app)
        await bed.pilot.press("right", "delete", "a")
        await bed.until(lambda: isinstance(bed.app.screen, OffersScreen))
        await bed.pilot.press("down", "enter")
        await bed.until(lambda: bed.app.screen is screen and full(screen))
        await bed.pilot.pause()
        assert "D my own" in screen_text(bed.app)
        assert line(bed, "min-p ")[-1] == "0.20"


async def test_hostile_tokens_and_names_stay_text(start):
    async with start(make=lambda: Recorded(vocabulary=HOSTILE)) as bed:
        own_presets.save("[red]x[/] \\[", {"min_p": 0.2})
        screen = await opened(bed)
        await bed.pilot.press("right", "delete", "a")
        await bed.until(lambda: isinstance(bed.app.screen, OffersScreen))
        await bed.pilot.press("down", "enter")
        await bed.until(lambda: bed.app.screen is screen and full(screen))
        await bed.pilot.pause()
        assert "D [red]x[/] \\[" in screen_text(bed.app)
        assert "\x1b" not in screen_text(bed.app) and len(screen_text(bed.app).splitlines()) == WIDE[1]


async def test_a_head_that_decides_nothing_says_so(start):
    async with start(make=lambda: Recorded(head=15)) as bed:
        await opened(bed)
        assert line(bed, "overlap with A")[1:] == ["?", "?", "?"]


async def test_an_answer_after_leaving_disturbs_nothing(start):
    async with start() as bed:
        await bed.pilot.press("X", "escape")
        await bed.until(lambda: bed.app.screen is bed.bench)
        await bed.press("n")
        assert len(bed.drawn()) == 1


PICTURES = {"compare": ("n", "n"), "compare-nucleus": ("n", "4")}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("size", SIZES)
async def test_picture(start, size, name):
    await compare(start, size, name, PICTURES[name], after=opened)


# -- what each goes on to write ----------------------------------------------------------------------------------------


async def continued(bed, *typed):
    """The screen once each of the settings has continued the text."""
    screen = await opened(bed)
    await ask(bed, *typed)
    await bed.until(lambda: not screen._comparing.continuing and ready(screen))
    return screen


async def ask(bed, *typed):
    screen = bed.app.screen
    await bed.pilot.press("c")
    await bed.until(lambda: isinstance(bed.app.screen, LengthScreen))
    await bed.pilot.press(*typed, "enter")
    await bed.until(lambda: bed.app.screen is screen)


def ready(screen):
    return all(side.text is not None and side.text.ended for side in screen._comparing.sides)


def tokens(text):
    return [node.token for node in text.nodes]


async def test_each_text_is_what_stepping_draws_there_and_is_drawn_by_a_key(start):
    async with start() as bed:
        await bed.press("n", "n")
        before, length = bed.state, len(bed.story)
        screen = await continued(bed, "9")
        assert len(bed.story) == length
        text = tokens(screen._comparing.sides[2].text)
        assert len(text) == 9
        await bed.pilot.press("right", "right", "b")
        await bed.until(lambda: bed.app.screen is bed.bench and len(bed.branch) > len(bed.story.path(before.cursor)))
        await bed.shown()
        path = [node for node in bed.branch if node.how != "prompt"]
        assert [node.token for node in path[2:]] == text
        assert {node.given["temperature"] for node in path[2:]} == {0.5}
        assert bed.state.preset_name == "cool" and bed.state.cursor == path[-1].id
        await bed.press("z")
        assert (bed.state.given, bed.state.cursor) == (before.given, before.cursor)


async def test_the_length_is_typed_or_changed_by_signs(start):
    async with start() as bed:
        screen = await continued(bed, "plus", "plus", "minus")
        assert {len(side.text.nodes) for side in screen._comparing.sides} == {40}
        await bed.pilot.press("c")
        await bed.until(lambda: isinstance(bed.app.screen, LengthScreen))
        await bed.pilot.press("0", "enter")
        await bed.until(lambda: "1 to 100,000 tokens" in screen_text(bed.app))
        await bed.pilot.press("escape")
        await bed.until(lambda: bed.app.screen is screen)


@pytest.mark.parametrize("size", SIZES)
async def test_the_measures_stand_below_each_text(start, size):
    async with start(size=size) as bed:
        screen = await continued(bed)
        measures = [side.text.measures for side in screen._comparing.sides]
        assert line(bed, "mean surprisal")[::2] == [f"{one.surprisal:.3f}" for one in measures]
        assert line(bed, "perplexity") == [f"{one.perplexity:,.2f}" for one in measures]
        assert line(bed, "distinct-2") == [f"{one.distinct_2:.3f}" for one in measures]
        assert line(bed, "goes on") == ["32", "tokens"] * 4


async def test_the_first_token_that_differs_is_marked_and_numbered(start):
    async with start() as bed:
        screen = await continued(bed)
        first, *others = [tokens(side.text) for side in screen._comparing.sides]
        apart = [next(at for at, pair in enumerate(zip(first, other, strict=True)) if len(set(pair)) > 1)
                 for other in others]  # fmt: skip
        assert line(bed, "leaves A") == ["–", *(word for at in apart for word in ("at", "token", str(at + 1)))]
        shown = screen._shown["#compared-texts"]
        marked = [shown.plain[span.start : span.end] for span in shown.spans if getattr(span.style, "reverse", False)]
        pieces = [screen._comparing.sides[1 + place].text.nodes[at].piece for place, at in enumerate(apart)]
        assert sorted("".join(marked)) == sorted("".join(piece.decode().strip() for piece in pieces))


async def test_the_texts_grow_and_escape_stops_them_before_it_closes(start):
    gate = Gate(6)
    async with start(make=lambda: Recorded(before_forward=gate)) as bed:
        screen = await opened(bed)
        await ask(bed)
        await bed.until(lambda: gate.waiting.is_set() and "of 32 …" in screen_text(bed.app))
        grown = len(screen._comparing.sides[0].text.nodes)
        assert 0 < grown < 32 and "─ esc stop · " in screen_text(bed.app)
        await bed.pilot.press("escape")
        assert bed.app.screen is screen and not screen._comparing.continuing
        assert line(bed, "goes on")[:3] == [str(grown), "·", "stopped"]
        gate.let(1000)
        await bed.pilot.press("escape")
        await bed.until(lambda: bed.app.screen is bed.bench)
        await bed.press("n")
        assert len(bed.drawn()) == 1


async def test_a_text_that_was_stopped_is_drawn_as_far_as_it_had_come(start):
    gate = Gate(6)
    async with start(make=lambda: Recorded(before_forward=gate)) as bed:
        screen = await opened(bed)
        await ask(bed)
        await bed.until(lambda: gate.waiting.is_set() and len(screen._comparing.sides[0].text.nodes) > 1)
        text = tokens(screen._comparing.sides[0].text)
        await bed.pilot.press("b")
        gate.let(1000)
        await bed.until(lambda: len(bed.drawn()) == len(text))
        await bed.shown()
        assert [node.token for node in bed.branch if node.how != "prompt"] == text


async def test_closing_ends_what_grows(start):
    gate = Gate(6)
    async with start(make=lambda: Recorded(before_forward=gate)) as bed:
        screen = await opened(bed)
        await ask(bed)
        await bed.until(lambda: gate.waiting.is_set())
        await bed.pilot.press("q")
        await bed.until(lambda: bed.app.screen is bed.bench)
        gate.let(1)
        await bed.until(lambda: not screen._comparing.continuing and bed.engine.stopped.is_set())


@pytest.mark.parametrize("size", SIZES)
async def test_a_long_text_is_followed_while_it_grows_and_read_from_its_beginning(start, size):
    gate = Gate(150)
    async with start(size=size, make=lambda: Recorded(before_forward=gate)) as bed:
        screen = await opened(bed)
        await ask(bed, "1", "9", "9")
        pane = screen.query_one("VerticalScroll")
        await bed.until(lambda: gate.waiting.is_set() and pane.scroll_offset.y > 0)
        gate.let(1000)
        await bed.until(lambda: ready(screen) and not screen._comparing.continuing)
        await bed.until(lambda: pane.scroll_offset.y == 0)


async def test_candidates_and_texts_take_turns(start):
    async with start() as bed:
        screen = await opened(bed)
        await bed.pilot.press("v")
        assert "There is no text yet" in screen_text(bed.app)
        await bed.pilot.press("b")
        assert bed.app.screen is screen and "There is no text yet" in screen_text(bed.app)
        await ask(bed)
        await bed.until(lambda: ready(screen) and "distinct-2" in screen_text(bed.app))
        await bed.pilot.press("v")
        assert "distinct-2" not in screen_text(bed.app) and "final %" in screen_text(bed.app)


async def test_hostile_texts_stay_text(start):
    async with start(make=lambda: Recorded(vocabulary=HOSTILE)) as bed:
        await continued(bed, "6", "0")
        assert "\x1b" not in screen_text(bed.app) and len(screen_text(bed.app).splitlines()) == WIDE[1]


async def test_what_a_head_does_not_decide_is_said_in_its_column(start):
    async with start(make=lambda: Recorded(head=15)) as bed:
        screen = await continued(bed)
        problems = [side.text.problem for side in screen._comparing.sides]
        assert all(problems)
        assert " ".join(problems[0].split()[:2]) in screen_text(bed.app)


async def test_the_posts_four_come_by_one_key_and_the_unasked_top_k_is_loud_and_goes_by_one(start):
    async with start(size=SMALL) as bed:
        await bed.press("n", "n")
        screen = await opened(bed)
        await bed.pilot.press("p", "right", "right", "right")
        await bed.until(lambda: full(screen))
        await bed.pilot.pause()
        assert line(bed, "top-k ") == ["off", "off", "50", "50", "⚑", "unasked"]
        assert "which nobody asked for · o turns it off in D" in screen_text(bed.app)
        kept = line(bed, "kept ")[3]
        await bed.pilot.press("o")
        await bed.until(lambda: full(screen))
        await bed.pilot.pause()
        assert line(bed, "top-k ") == ["off", "off", "50", "off"] and line(bed, "kept ")[3] != kept
        assert "o puts it back" in screen_text(bed.app)
        await bed.pilot.press("o")
        await bed.until(lambda: full(screen))
        await bed.pilot.pause()
        assert line(bed, "kept ")[3] == kept
        await bed.pilot.press("left", "o")
        assert "Nothing acts here that nobody asked for" in screen_text(bed.app)


async def post(bed):
    """The post's four, the last one chosen, each continued."""
    screen = await opened(bed)
    await bed.pilot.press("p", "right", "right", "right")
    await bed.until(lambda: full(screen))
    await ask(bed)
    await bed.until(lambda: ready(screen) and not screen._comparing.continuing)


@pytest.mark.parametrize("size", SIZES)
async def test_picture_of_the_texts(start, size):
    await compare(start, size, "compare-texts", ("n", "n"), after=post)
