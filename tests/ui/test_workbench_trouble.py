"""Dying engines, hostile vocabularies, small screens."""

import threading

import pytest

from tests.scripted import HOSTILE, Gate
from tests.ui.conftest import SMALL, WIDE, Gated, Recorded, screen_text
from tui.core.printable import printable_bytes
from tui.errors import ModelError
from tui.explorer.status import EngineStatus
from tui.protocol import Stepped
from tui.widgets.candidates import CandidateList
from tui.widgets.controls import Controls

# -- the engine dies -------------------------------------------------------------------------------------


async def test_a_dead_engine_comes_back_once_by_itself_and_the_story_is_as_it_was(start):
    async with start() as bed:
        await bed.press("n", "n")
        cursor, drawn = bed.state.cursor, bed.drawn()
        bed.engines.die()
        await bed.until(lambda: len(bed.engines.served) == 2)
        await bed.shown()
        assert (bed.state.cursor, bed.drawn()) == (cursor, drawn)
        assert [node.id for node in bed.engine.opened_with[0].story] == [node.id for node in bed.story]
        await bed.press("n")
        assert bed.drawn()[:2] == drawn
        assert len(bed.drawn()) == 3


async def test_a_second_death_waits_for_a_key_and_says_so(start):
    async with start() as bed:
        await bed.press("n")
        bed.engines.die()
        await bed.until(lambda: len(bed.engines.served) == 2)
        await bed.shown()
        rows = bed.bench.query_one(CandidateList).highlighted
        bed.engines.die()
        await bed.until(lambda: bed.state.status is EngineStatus.LOST)
        assert "R starts it again" in bed.message
        assert bed.bench.query_one(CandidateList).highlighted == rows
        await bed.pilot.press("n", "left", "4")
        await bed.pilot.press("R")
        await bed.until(lambda: len(bed.engines.served) == 3)
        await bed.shown()
        await bed.press("n")


async def test_an_engine_that_dies_in_a_step_loses_nothing(start):
    gate = Gate(permits=2)
    async with start(make=lambda: Gated(gate)) as bed:
        await bed.press("n", "n")
        drawn = bed.drawn()
        await bed.pilot.press("n")
        await bed.until(gate.waiting.is_set)
        bed.engines.die()
        await bed.until(lambda: len(bed.engines.served) == 2)
        gate.let(20)
        await bed.shown()
        assert bed.drawn() == drawn


async def test_an_engine_that_dies_while_it_loads_is_loaded_again(start):
    opening = threading.Event()

    class Slow(Recorded):
        def open(self, request, report):
            if not opening.is_set():
                opening.set()
                threading.Event().wait()
            return super().open(request, report)

    async with start(make=Slow, ready=False) as bed:
        await bed.until(opening.is_set)
        bed.engines.die()
        await bed.until(lambda: len(bed.engines.served) == 2)
        await bed.shown()
        await bed.press("n")


async def test_without_any_model_the_program_ends_as_after_bad_input(start):
    class Without(Recorded):
        def open(self, request, report):
            raise ModelError("There is no model 'nosuch' here.", "Check the name.")

    async with start(make=Without, ready=False) as bed:
        await bed.until(lambda: bed.state.status is EngineStatus.NO_MODEL)
        assert "R tries again" in screen_text(bed.app)
        await bed.pilot.press("q")
        await bed.until(lambda: bed.app._exit)
    assert bed.app.return_code == 2


async def test_a_server_that_is_waited_for_in_a_step_counts_down_on_the_screen_and_can_be_given_up(start):
    asked = threading.Event()

    class Waits(Recorded):
        def step(self, request, report):
            while not self.stopped.is_set():
                report("server: trying again in 7 s", 1.0, 8.0, "s")
                asked.wait(0.01)
            yield from ()
            return Stepped(id=request.id, tip=request.at, reason="stopped")

    async with start(make=Waits) as bed:
        await bed.pilot.press("n")
        await bed.until(lambda: "server: trying again in 7 s" in screen_text(bed.app))
        await bed.pilot.press("escape")
        await bed.until(lambda: bed.state.status is EngineStatus.IDLE)
        await bed.until(lambda: "trying again" not in screen_text(bed.app))


async def test_a_fault_in_what_is_made_of_an_answer_is_logged_and_told_and_ends_nothing(start, caplog):
    async with start() as bed:
        viewed = bed.viewed
        bed.bench.deliver(lambda: 1 / 0)
        await bed.until(lambda: "A fault in samplescope: ZeroDivisionError." in bed.message)
        assert bed.viewed is viewed
        assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]
        caplog.clear()
        await bed.press("n")
        assert len(bed.drawn()) == 1


# -- hostile vocabularies, small screens -----------------------------------------------------------------


async def test_a_hostile_vocabulary_harms_nothing(start):
    async with start(make=lambda: Recorded(vocabulary=HOSTILE), prompt="[/b] \x1b[2J [@click=app.exit(3)]") as bed:
        for _ in range(6):
            await bed.press("n")
        for token in range(len(HOSTILE)):
            bed.bench.stepping.take(token)
            await bed.shown()
            said = printable_bytes(bed.branch[-1].piece)
            bed.explorer.say(said)
            if token % 8 == 0:
                bed.bench.alert(said)
        await bed.pilot.press("slash", "left_square_bracket")
        await bed.pilot.pause()
        text = screen_text(bed.app)
        acting = [char for char in text if char != "\n" and (ord(char) < 32 or 0x7F <= ord(char) < 0xA0)]
        assert acting == []
        assert not {"\u202e", "\u2066", "\u200b"} & set(text)
        assert len(bed.drawn()) == 6 + len(HOSTILE)


@pytest.mark.parametrize("size", [(120, 40), (100, 30), (80, 40), SMALL, (60, 15), (40, 10), (1, 1), (200, 60)])
async def test_every_size_works(start, size):
    async with start(size=size) as bed:
        await bed.press("n", "left", "4")
        text = screen_text(bed.app)
        small = size[0] < 60 or size[1] < 15
        assert ("Candidates" in text) is not small
        assert ("Cumulative" in text) is (size[1] >= 36 or size == (100, 30))
        if small and size[0] > 30:
            assert "samplescope needs at least 60x15" in text


async def test_a_small_screen_opens_the_controls_when_they_are_gone_to(start):
    async with start(size=SMALL) as bed:
        assert bed.bench.query_one(Controls).compact
        await bed.pilot.press("comma")
        await bed.until(lambda: not bed.bench.query_one(Controls).compact)
        await bed.press("right")
        assert "temperature" in bed.state.given
        bed.bench.query_one(CandidateList).focus()
        await bed.until(lambda: bed.bench.query_one(Controls).compact)


async def test_a_plot_shown_again_is_that_of_the_settings_changed_meanwhile(start):
    async with start(size=WIDE) as bed:
        await bed.press("v", "4", "v")
        await bed.until(lambda: "rank (log)" in screen_text(bed.app) and "left by top-p 0.90" in screen_text(bed.app))


async def test_a_small_screen_shows_the_plot_on_demand(start):
    async with start(size=SMALL) as bed:
        await bed.pilot.press("v")
        await bed.until(lambda: "rank (log)" in screen_text(bed.app))
        await bed.pilot.press("v")
        await bed.until(lambda: "Candidates" in screen_text(bed.app))
