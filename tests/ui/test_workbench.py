"""The workbench over a scripted engine: starting, stepping, taking, branches."""

import pytest

from tests.scripted import Gate
from tests.ui.conftest import Gated, Recorded, screen_text
from tui.core.origin import Origin
from tui.core.presets import UNICORNS
from tui.core.settings import Setting, Source
from tui.core.story import How
from tui.explorer.status import EngineStatus
from tui.explorer.stepping import MOST_WAITING
from tui.widgets.candidates import CandidateList
from tui.widgets.prompt import PromptEditor
from tui.widgets.text import StoryText

# -- starting --------------------------------------------------------------------------------------------


async def test_the_unicorn_prompt_s_candidates_appear_by_themselves(start):
    async with start() as bed:
        assert bed.bench.query_one(PromptEditor).text == UNICORNS
        assert b"".join(node.piece for node in bed.branch).decode() == UNICORNS
        assert bed.bench.query_one(CandidateList).highlighted.rank == 1
        assert bed.engine.steps == []


async def test_the_first_picture_waits_for_nothing(start):
    gate = Gate()
    async with start(make=lambda: Recorded(before_forward=gate), ready=False) as bed:
        await bed.until(lambda: bed.engines.served)
        assert "In a shocking finding" in screen_text(bed.app)
        assert "Candidates" in screen_text(bed.app)
        gate.let()
        await bed.shown()


async def test_a_prompt_and_settings_of_the_command_line_are_taken(start):
    async with start(prompt="The herd", given={"top_p": 0.5}, seed=7) as bed:
        assert [node.piece for node in bed.branch] == [b"The", b" herd"]
        assert bed.viewed.given == {"top_p": 0.5}
        assert bed.viewed.seed == 7
        assert bed.state.settings()["top_p"] == Setting(0.5, Source.YOU)


async def test_a_model_that_is_not_there_is_said_and_the_program_stays(start):
    async with start(ready=False, origin=Origin(model="missing/model")) as bed:
        await bed.until(lambda: "missing/model" in bed.message)
        assert "Give a folder or a Hugging Face id." in bed.message
        assert bed.bench.panes.candidates.placeholder.endswith("Give a folder or a Hugging Face id. R tries again.")
        assert bed.state.status is EngineStatus.NO_MODEL
        await bed.pilot.press("n", "r", "slash", "4", "d", "a", "w", "left", "s", "enter")
        assert bed.app.is_running


# -- stepping --------------------------------------------------------------------------------------------


async def test_a_step_draws_the_token_that_was_announced_and_moves_on(start):
    async with start() as bed:
        would, place = bed.viewed.would_draw, bed.state.cursor
        await bed.press("n")
        node = bed.story[bed.state.cursor]
        assert (node.token, node.parent, node.how) == (would, place, How.SAMPLED)
        assert bed.viewed.at == node.id
        assert bed.bench.query_one(StoryText).path[-1].id == node.id


async def test_step_back_step_draws_the_same_token(start):
    async with start() as bed:
        await bed.press("n", "n", "n")
        first = bed.drawn()
        await bed.press("left", "left", "n", "n")
        assert bed.drawn() == first
        assert len(bed.story.children(bed.branch[-3].id)) == 1


async def test_a_step_along_the_branch_leaves_what_follows_in_place(start):
    async with start() as bed:
        await bed.press("n", "n", "n")
        first, tip = bed.drawn(), bed.state.tip
        await bed.press("left", "left", "left", "n")
        assert (bed.drawn(), bed.state.tip) == (first, tip)
        assert bed.state.cursor == bed.branch[-3].id


async def test_a_second_step_is_not_made_where_the_person_went_meanwhile(start):
    gate = Gate(permits=2)
    async with start(make=lambda: Gated(gate)) as bed:
        await bed.press("n", "n")
        await bed.pilot.press("n", "n")
        await bed.until(gate.waiting.is_set)
        await bed.pilot.press("left")
        gate.let(5)
        await bed.shown()
        assert len(bed.engine.steps) == 3
        assert bed.state.cursor == bed.branch[-3].id


async def test_back_and_forward_compute_nothing(start):
    async with start() as bed:
        await bed.press("n", "n", "n")
        forwards, steps = bed.engine.forwards, len(bed.engine.steps)
        await bed.press("left", "left", "right", "less_than_sign", "greater_than_sign", "h", "l")
        assert (bed.engine.forwards, len(bed.engine.steps)) == (forwards, steps)
        assert bed.state.cursor == bed.state.tip


async def test_back_ends_at_the_prompt(start):
    async with start() as bed:
        await bed.press("n", "left", "left", "left")
        assert bed.story[bed.state.cursor].how is How.PROMPT


async def test_the_token_with_which_the_branch_goes_on_is_marked(start):
    async with start() as bed:
        await bed.press("n", "left")
        assert bed.bench.query_one(CandidateList).goes_on.node == bed.branch[-1]
        await bed.press("right")
        assert bed.bench.query_one(CandidateList).goes_on is None


@pytest.mark.parametrize(("presses", "drawn"), [(4, 4), (30, 1 + MOST_WAITING)])
async def test_steps_asked_for_while_one_is_under_way_wait_their_turn(start, presses, drawn):
    gate = Gate()
    async with start(make=lambda: Gated(gate)) as bed:
        await bed.pilot.press(*"n" * presses)
        await bed.until(gate.waiting.is_set)
        gate.let(100)
        await bed.until(lambda: len(bed.engine.steps) == drawn)
        await bed.shown()
        assert len(bed.drawn()) == drawn


async def test_steps_that_wait_are_given_up_with_the_one_under_way(start):
    gate = Gate()
    async with start(make=lambda: Gated(gate)) as bed:
        await bed.pilot.press("n", "n", "n", "escape")
        await bed.until(gate.waiting.is_set)
        gate.let(100)
        await bed.shown()
        assert len(bed.engine.steps) == 1


async def test_the_screen_is_live_while_a_step_is_under_way(start):
    gate = Gate(permits=1)
    async with start(make=lambda: Gated(gate)) as bed:
        await bed.press("n")
        await bed.pilot.press("n")
        await bed.until(gate.waiting.is_set)
        await bed.pilot.press("4")
        await bed.until(lambda: bed.viewed.given.get("top_p") == 0.9)
        await bed.pilot.press("left")
        await bed.until(lambda: bed.viewed.at == bed.state.cursor)
        assert bed.state.status is EngineStatus.STEP
        gate.let(5)


@pytest.mark.parametrize("key", ["r", "escape", "ctrl+c"])
async def test_a_run_streams_until_it_is_paused(start, key):
    gate = Gate(permits=3)
    async with start(make=lambda: Gated(gate)) as bed:
        await bed.pilot.press("r")
        await bed.until(gate.waiting.is_set)
        await bed.until(lambda: len(bed.drawn()) == 3)
        assert bed.state.cursor == bed.state.tip
        assert bed.state.status is EngineStatus.RUN
        await bed.pilot.press(key)
        await bed.until(bed.engine.stopped.is_set)
        gate.let(1)
        await bed.shown()
        assert 3 <= len(bed.drawn()) <= 4
        assert bed.message == "Paused."


async def test_a_run_ends_by_itself_and_says_why(start):
    async with start(given={"max_new_tokens": 5}) as bed:
        await bed.press("r")
        assert len(bed.drawn()) == 5
        assert bed.message == "max new tokens reached."


async def test_a_run_goes_on_without_the_cursor_that_was_moved_back(start):
    gate = Gate(permits=3)
    async with start(make=lambda: Gated(gate)) as bed:
        await bed.pilot.press("r")
        await bed.until(gate.waiting.is_set)
        await bed.until(lambda: len(bed.drawn()) == 3)
        await bed.pilot.press("left")
        place = bed.state.cursor
        gate.let(2)
        await bed.until(lambda: len(bed.drawn()) >= 5)
        assert bed.state.cursor == place
        await bed.pilot.press("escape")
        gate.let(5)
        await bed.shown()
        assert bed.state.cursor == place


# -- taking and branches ---------------------------------------------------------------------------------


async def test_taking_a_candidate_makes_a_chosen_token(start):
    async with start() as bed:
        await bed.pilot.press("down", "down")
        row = bed.bench.query_one(CandidateList).highlighted
        await bed.press("enter")
        node = bed.branch[-1]
        assert (node.token, node.how, row.rank) == (row.token, How.CHOSEN, 3)


async def test_a_removed_candidate_can_be_taken_too(start):
    async with start(given={"top_k": 2}) as bed:
        await bed.pilot.press("end")
        await bed.until(lambda: bed.bench.query_one(CandidateList).highlighted is not None)
        row = bed.bench.query_one(CandidateList).highlighted
        assert row.removed_by == "top_k"
        await bed.press("enter")
        assert bed.branch[-1].token == row.token


async def test_a_token_that_is_there_already_is_followed_not_doubled(start):
    async with start() as bed:
        await bed.press("n", "n")
        tip = bed.state.tip
        await bed.press("left", "left")
        token = bed.bench.query_one(CandidateList).goes_on.node.token
        steps = len(bed.engine.steps)
        await bed.pilot.press("f")
        await bed.until(lambda: bed.bench.query_one(CandidateList).highlighted.token == token)
        await bed.press("enter")
        assert bed.story[bed.state.cursor].token == token
        assert bed.state.tip == tip
        assert len(bed.engine.steps) == steps


async def test_branches_stay_and_can_be_gone_to(start):
    async with start() as bed:
        await bed.press("n", "n")
        first = bed.drawn()
        await bed.press("left", "left")
        fork = bed.state.cursor
        other = 2 if bed.bench.query_one(CandidateList).goes_on.node.token != bed.viewed.candidates[1].token else 3
        for _ in range(other - 1):
            await bed.pilot.press("down")
        await bed.press("enter")
        second = bed.drawn()
        assert first[0] != second[0]
        await bed.press("a")
        assert (bed.drawn(), bed.state.cursor) == (first, fork)
        await bed.press("a")
        assert (bed.drawn(), bed.state.cursor) == (second, fork)


async def test_the_last_token_is_drawn_again_with_the_next_seed_beside_the_old_one(start):
    async with start() as bed:
        await bed.press("n")
        parent = bed.story[bed.state.cursor].parent
        await bed.press("S")
        assert bed.state.seed == 43
        assert bed.engine.steps[-1].at == parent
        assert bed.engine.steps[-1].seed == 43
        assert bed.story[bed.state.cursor].parent == parent


async def test_a_click_on_a_token_goes_there(start):
    async with start() as bed:
        await bed.press("n", "n", "n")
        wanted = bed.branch[-3].id
        bed.bench.query_one(StoryText).post_message(StoryText.Clicked(wanted))
        await bed.pilot.pause()
        await bed.shown()
        assert bed.state.cursor == wanted
        assert len(bed.drawn()) == 3


async def test_jumping_by_number(start):
    async with start() as bed:
        await bed.press("n", "n", "n")
        await bed.pilot.press("number_sign", *str(len(bed.branch) - 1), "enter")
        await bed.shown()
        assert bed.state.cursor == bed.branch[-2].id
        assert f"Candidates for token {len(bed.branch)} " in screen_text(bed.app)
        await bed.pilot.press("number_sign", "9", "9", "9", "enter")
        await bed.until(lambda: "There is no token 999" in screen_text(bed.app))
        await bed.pilot.press("escape")
        assert bed.state.cursor == bed.branch[-2].id


async def test_what_was_said_goes_when_what_it_was_about_has_changed(start):
    async with start() as bed:
        await bed.press("n", "0")
        assert bed.message == "Every parameter is back to its source; the seed stays 42."
        await bed.press("h")
        assert bed.message == ""


async def test_the_cursor_goes_into_the_prompt_and_shows_what_the_model_makes_of_it(start):
    async with start() as bed:
        await bed.press("left")
        prompt = [node for node in bed.branch if node.how == "prompt"]
        assert bed.state.cursor == prompt[-2].id
        await bed.until(lambda: all(node.rank for node in bed.branch[1:]))
        assert " of the prompt · " in screen_text(bed.app)
        assert "Inside the prompt" in bed.message
        assert bed.bench.query_one(CandidateList).goes_on.node.token == prompt[-1].token
        assert bed.bench.panes.status.node.rank > 0
        await bed.press("less_than_sign")
        assert bed.state.cursor == prompt[-1].id
        assert " of the prompt · " not in screen_text(bed.app)
