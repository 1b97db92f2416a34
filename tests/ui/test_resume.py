"""The workbench with a kept session: the same nodes, branch and settings; refusals in place; the engine's restart."""

from contextlib import asynccontextmanager

import pytest

from tests.scripted import WORDS
from tests.ui.conftest import SMALL, WIDE, Recorded, screen_text
from tui import paths, session
from tui.config import Config
from tui.explorer.status import EngineStatus
from tui.widgets.prompt import PromptEditor


async def kept(start, **options):
    """Two branches drawn with settings of their own, and kept; the session."""
    async with start(prompt="the herd", **options) as bed:
        await bed.press("1", "n", "n", "n", "left", "S")
        await bed.press("left")
        await bed.pilot.press("e")
        await bed.type(" now")
        await bed.pilot.press("escape")
        assert bed.bench.resuming.keep()
    return session.read(paths.session_file())


@asynccontextmanager
async def resumed(start, there, **more):
    async with start(
        session=there, prompt=there.text, given=there.given, seed=there.seed, origin=there.origin, **more
    ) as bed:
        yield bed


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_the_workbench_comes_up_as_it_was_left(start, size):
    there = await kept(start, size=size)
    async with resumed(start, there, size=size) as bed:
        await bed.until(lambda: bed.state.cursor == there.cursor)
        await bed.shown()
        assert [node.id for node in bed.story] == [node.id for node in there.story]
        assert (bed.state.tip, bed.state.seed, bed.state.given) == (there.tip, there.seed, there.given)
        assert (bed.state.preset, bed.state.preset_name) == (frozenset(there.preset), "hot")
        assert bed.bench.query_one(PromptEditor).text == "the herd now"
        assert bed.bench.query_one(PromptEditor).has_class("-edited")
        assert "The session goes on: 4 tokens drawn." in screen_text(bed.app)
        await bed.press("n")
        assert bed.branch[-1].id in {node.id for node in bed.story}


async def test_its_story_survives_a_restart_of_the_engine_too(start):
    there = await kept(start)
    async with resumed(start, there) as bed:
        await bed.press("n")
        ids = [node.id for node in bed.story]
        bed.engines.die()
        await bed.until(lambda: "the story is as it was" in bed.message)
        assert [node.id for node in bed.engine.opened_with[-1].story] == ids
        await bed.press("right")


async def test_an_engine_started_again_is_told_the_vocabulary_that_the_story_is_of(start):
    async with start() as bed:
        await bed.press("n")
        bed.engines.die()
        await bed.until(lambda: "the story is as it was" in bed.message)
        assert bed.engine.opened_with[-1].story_vocabulary == len(WORDS)


async def test_a_model_that_has_other_tokens_now_says_what_to_do_and_the_session_stays(start):
    there = await kept(start)
    before = paths.session_file().read_bytes()
    async with start(make=lambda: Recorded(WORDS[:50]), session=there, ready=False) as bed:
        await bed.until(lambda: bed.state.status is EngineStatus.NO_MODEL)
        assert "The story was drawn from" in bed.explorer.picture.placeholder
        assert bed.bench.resuming.keep() == ""
    assert paths.session_file().read_bytes() == before


async def test_the_app_keeps_the_session_when_it_ends_unless_config_says_no(start):
    async with start() as bed:
        await bed.press("n")
        assert [task() for task in bed.app.exit_tasks] == ["samplescope --resume goes on where you stopped."]
    paths.session_file().unlink()
    async with start(config=Config(resume=False)) as bed:
        await bed.press("n")
        assert [task() for task in bed.app.exit_tasks] == [""]
    assert not paths.session_file().exists()
