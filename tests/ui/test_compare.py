"""The comparison on the screen: its columns, its keys, and what comes into force."""

import pytest

from tests.scripted import HOSTILE
from tests.ui.conftest import SMALL, WIDE, Recorded, screen_text
from tests.ui.test_workbench_picture import compare
from tui import own_presets
from tui.screens.compare import CompareScreen
from tui.screens.compare_dialogs import OffersScreen

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
