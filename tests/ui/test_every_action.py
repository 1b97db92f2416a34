"""Every action by its key, by a click on the key line, by the palette; undone where it changes the story."""

from dataclasses import replace

import pytest

from tests.ui.conftest import screen_text
from tui import keys
from tui.palette import Actions
from tui.screens import key_line

ENDS = ("quit", "interrupt")
"""End the program, or ask to."""
UNSEEN = ("repaint",)
"""Changes nothing that a test of cells could see; tests/terminal/test_frame.py has it."""
ACTIONS = [action for action in keys.ACTIONS.values() if action.id not in (*ENDS, *UNSEEN)]


def seen(bed):
    """All that a person could notice."""
    picture, app = bed.explorer.picture, bed.app
    focused = app.screen.focused.id if app.screen.focused is not None else None
    return (picture.state.decisions, picture.message, app.theme, len(app.screen_stack), focused, screen_text(app))


def without_tip(state):
    """What was decided; a branch that has grown goes on behind the cursor."""
    return replace(state, tip=0).decisions


async def prepared(bed):
    """Two branches, the cursor inside one of them, and a setting of one's own."""
    await bed.press("n", "n", "left", "down", "enter", "n", "left", "s", "4")


async def calm(bed, state):
    """The same situation again: no dialog, no zoom, the focus in the list."""
    while len(bed.app.screen_stack) > 1:
        bed.app.pop_screen()
    bed.bench.room.unzoom()
    bed.bench.panes.candidates.focus()
    bed.explorer.go(replace(bed.state, tip=state.tip).restored(state, bed.story))
    await bed.until(lambda: bed.explorer.ready)
    await bed.shown()
    bed.explorer.say("")
    await bed.pilot.pause()


@pytest.mark.parametrize("group", keys.GROUPS)
async def test_each_key_has_an_effect_or_says_why_not_and_the_palette_does_the_same(start, group):
    async with start() as bed:
        await prepared(bed)
        before = bed.state
        for action in (action for action in ACTIONS if action.group == group):
            for press in (by_key, by_palette):
                await calm(bed, before)
                was = seen(bed)
                await press(bed, action)
                await bed.until(lambda was=was: seen(bed) != was, f"{action.id} {press.__name__}")


async def by_key(bed, action):
    await bed.pilot.press(action.keys.split(",")[0])


async def by_palette(bed, action):
    """The first hit of the search for its title."""
    if action.id == "palette":
        return await by_key(bed, action)
    hits = [hit async for hit in Actions(bed.bench).search(f"{action.group}: {action.name}")]
    best = max(hits, key=lambda hit: hit.score)
    assert str(best.match_display) == f"{action.group}: {action.name}"
    best.command()
    return None


async def test_what_a_key_changes_in_the_story_is_undone_by_one(start):
    async with start() as bed:
        await prepared(bed)
        before = bed.state
        moves = {
            "back", "forward", "start", "end", "branch", "previous_surprise", "next_surprise", "next_uncertain",
            "next_not_top", "next_unreachable", "undo", "redo",
        }  # fmt: skip
        undone = set()
        for action in ACTIONS:
            if action.id in moves or action.call:
                continue
            await calm(bed, before)
            was = bed.state.decisions
            await bed.pilot.press(action.keys.split(",")[0])
            await bed.pilot.pause()
            if len(bed.app.screen_stack) > 1 or action.id in ("edit", "restart"):
                continue
            await bed.shown()
            if bed.state.decisions != was:
                undone.add(action.id)
                bed.bench.panes.candidates.focus()
                await bed.press("z")
                assert without_tip(bed.state) == without_tip(before), action.id
        assert {"step", "run", "take", "next_seed", "redraw", "greedy", "reset", "preset_1", "submit"} <= undone


@pytest.mark.parametrize("action", ENDS)
async def test_ctrl_c_asks_and_q_ends(start, action, monkeypatch):
    async with start() as bed:
        await prepared(bed)
        ended = []
        monkeypatch.setattr(bed.app, "exit", lambda *_, **more: ended.append(more))
        await bed.pilot.press(keys.ACTIONS[action].keys)
        await bed.pilot.pause()
        assert bool(ended) == (action == "quit")
        if action == "interrupt":
            assert "again ends" in bed.message


async def test_before_there_is_a_prompt_every_key_does_something_or_says_what_is_missing(start):
    async with start(ready=False, prompt="") as bed:
        await bed.until(lambda: bed.explorer.ready)
        for action in ACTIONS:
            bed.explorer.say("")
            was = seen(bed)
            await bed.pilot.press(action.keys.split(",")[0])
            await bed.until(lambda was=was: seen(bed) != was, action.id)
            while len(bed.app.screen_stack) > 1:
                bed.app.pop_screen()
            bed.bench.panes.candidates.focus()
            await bed.pilot.pause()


async def test_a_click_on_the_key_line_does_what_the_key_does(start):
    async with start(size=(200, 50)) as bed:
        await prepared(bed)
        before = bed.state
        line = bed.bench.key_line
        left, last = key_line.items(line.here, bed.bench.keymap, line.size.width, model=True)
        assert len(left) + len(last) > 12
        starts = [(item, sum(one.width + 2 for one in left[:at])) for at, item in enumerate(left)]
        end = line.size.width - sum(item.width for item in last) - 2 * (len(last) - 1)
        starts += [(item, end + sum(one.width + 2 for one in last[:at])) for at, item in enumerate(last)]
        for item, x in starts:
            if "quit" in item.action:
                continue
            await calm(bed, before)
            was = seen(bed)
            await bed.pilot.click(line, offset=(x + 2, 0))  # behind the padding, on the key's second cell
            await bed.until(lambda was=was: seen(bed) != was, item.words)
