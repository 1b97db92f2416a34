"""Editing, submitting and giving up prompts; finding tokens."""

import msgspec
import pytest

from tests.scripted import EOS, WORDS, Gate
from tests.ui.conftest import Gated, Recorded, screen_text
from tui.explorer.status import EngineStatus
from tui.widgets.candidates import CandidateList
from tui.widgets.prompt import PromptEditor

# -- the prompt ------------------------------------------------------------------------------------------


async def test_letters_type_into_the_prompt_and_reach_the_model_only_when_submitted(start):
    async with start() as bed:
        forwards = bed.engine.forwards
        await bed.pilot.press("e")
        editor = bed.bench.query_one(PromptEditor)
        await bed.until(lambda: editor.has_focus)
        editor.text = ""
        await bed.type("the quiet herd, 1 n r s q")
        assert editor.text == "the quiet herd, 1 n r s q"
        assert (bed.engine.forwards, bed.engine.steps, bed.state.given) == (forwards, [], {})
        await bed.until(lambda: editor.count == 9)
        await bed.pilot.press("f2")
        await bed.until(lambda: len(bed.branch) == 9)
        await bed.shown()
        assert bed.engine.forwards == forwards + 1


async def test_escape_leaves_the_editor(start):
    async with start() as bed:
        await bed.pilot.press("e")
        await bed.until(lambda: bed.bench.query_one(PromptEditor).has_focus)
        await bed.pilot.press("escape")
        await bed.until(lambda: bed.bench.query_one(CandidateList).has_focus)


async def test_a_new_prompt_is_a_new_branch_and_the_old_one_stays(start):
    async with start() as bed:
        await bed.press("n")
        old = bed.state.tip
        bed.submit("The herd")
        await bed.until(lambda: len(bed.branch) == 2)
        await bed.press("a")
        assert bed.state.tip == old


async def test_a_prompt_too_long_is_refused_with_a_line_and_nothing_is_lost(start):
    async with start(make=lambda: Recorded(context=50)) as bed:
        before = bed.branch
        bed.submit("herd " * 60)
        await bed.until(lambda: "The prompt has" in bed.message)
        assert bed.branch == before
        await bed.press("n")
        assert len(bed.drawn()) == 1


async def test_a_long_prompt_can_be_given_up(start):
    gate = Gate(permits=1)
    async with start(make=lambda: Recorded(before_forward=gate)) as bed:
        before = bed.branch
        bed.submit("The herd")
        await bed.until(gate.waiting.is_set)
        assert bed.state.status is EngineStatus.PROMPT
        await bed.pilot.press("escape")
        assert bed.state.status is EngineStatus.IDLE
        assert bed.engine.stopped.is_set()
        gate.let(5)
        await bed.press("n")
        assert bed.branch[:-1] == before


async def test_of_two_prompts_submitted_the_second_is_gone_to(start):
    gate = Gate(permits=1)
    async with start(make=lambda: Recorded(before_forward=gate)) as bed:
        bed.submit("The herd")
        await bed.until(gate.waiting.is_set)
        bed.submit("A herd of unicorns")
        gate.let(5)
        await bed.until(lambda: bed.state.status is EngineStatus.IDLE)
        assert [node.piece for node in bed.branch] == [b"A", b" herd", b" of", b" unicorns"]


async def test_a_prompt_submitted_during_a_run_ends_the_run(start):
    gate = Gate(permits=3)
    async with start(make=lambda: Gated(gate)) as bed:
        await bed.pilot.press("r")
        await bed.until(gate.waiting.is_set)
        bed.submit("The herd")
        gate.let(100)
        await bed.until(lambda: bed.state.status is EngineStatus.IDLE)
        assert [node.piece for node in bed.branch] == [b"The", b" herd"]


async def test_a_candidate_that_another_prompt_goes_on_with_is_taken_and_not_followed_into_it(start):
    """Prompt nodes are not shared with drawn or taken ones: the number of draws before them differs."""
    async with start(prompt="The") as bed:
        await bed.press("n")
        bed.submit("The herd studied")
        await bed.until(lambda: [node.piece for node in bed.branch] == [b"The", b" herd", b" studied"])
        await bed.shown()
        await bed.press("a", "less_than_sign")
        before = bed.state.cursor
        bed.bench.stepping.take(WORDS.index(b" herd"))
        await bed.until(lambda: bed.state.cursor != before)
        taken = bed.story[bed.state.cursor]
        assert (taken.piece, taken.how, taken.parent) == (b" herd", "chosen", before)


# -- find ------------------------------------------------------------------------------------------------


async def test_a_token_is_found_by_its_text_and_shown_in_the_list(start):
    async with start() as bed:
        await bed.pilot.press("slash")
        await bed.type("unicorn")
        await bed.until(lambda: "unicorns" in screen_text(bed.app).split("Find a token")[1])
        await bed.pilot.press("enter")
        candidates = bed.bench.query_one(CandidateList)
        await bed.until(lambda: candidates.highlighted is not None and b"unicorns" in candidates.highlighted.piece)


async def test_a_token_is_found_by_its_id_with_what_removes_it(start):
    async with start(given={"top_k": 3}) as bed:
        await bed.pilot.press("slash")
        await bed.type(f"#{EOS}")
        await bed.until(lambda: "<|end|>" in screen_text(bed.app).split("Find a token")[1])
        assert "top-k" in screen_text(bed.app).split("Find a token")[1]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_while_a_prompt_is_written_the_keys_on_offer_are_those_that_work(start, size):
    def offered():
        return screen_text(bed.app).rstrip().rsplit("\n", 1)[-1]

    async with start(size=size) as bed:
        assert "⏎ take" in offered()
        await bed.pilot.press("e")
        await bed.until(lambda: "f2 submit" in offered() and "esc leave" in offered())
        assert "take" not in offered() and "find" not in offered()
        await bed.pilot.press("n")
        await bed.until(
            lambda: "edited · F2 submits" in screen_text(bed.app) or "edited · f2 submits" in screen_text(bed.app)
        )
        await bed.pilot.press("f2")
        await bed.shown()
        assert isinstance(bed.app.focused, CandidateList)
        assert "⏎ take" in offered()


async def test_a_model_with_nothing_to_say_says_nothing_and_a_second_branch_says_how_to_go_back(start):
    class Plain(Recorded):
        def open(self, request, report):
            return msgspec.structs.replace(super().open(request, report), notes=[])

    async with start(make=Plain) as bed:
        assert bed.message == ""
        bed.submit("The herd")
        await bed.shown()
        assert "a goes to the one before" in bed.message


# -- chat templates --------------------------------------------------------------------------------------


def chatty():
    return Recorded(chat=True)


async def test_the_chat_template_is_switched_with_a_key_and_the_prompt_read_again(start):
    async with start(make=chatty, prompt="the herd") as bed:
        plain = [node.piece for node in bed.branch]
        await bed.press("C")
        templated = [node.piece for node in bed.branch]
        assert (plain, templated) == ([b"the", b" herd"], [b".", b" the", b" herd", b" She", b" said"])
        await bed.until(lambda: "chat · 5 tokens" in screen_text(bed.app))
        await bed.press("C")
        assert [node.piece for node in bed.branch] == plain


async def test_a_system_prompt_is_written_and_taken_back(start):
    async with start(make=chatty, prompt="the herd") as bed:
        await bed.pilot.press("Y")
        await bed.type("A river")
        await bed.pilot.press("enter")
        await bed.until(lambda: [node.piece for node in bed.branch][:2] == [b"A", b" river"])
        await bed.shown()
        await bed.pilot.press("Y")
        await bed.pilot.press(*["backspace"] * 10, "enter")
        await bed.until(lambda: [node.piece for node in bed.branch][:1] == [b"."])


async def test_without_a_chat_template_the_key_says_so(start):
    async with start() as bed:
        before = bed.branch
        await bed.pilot.press("C")
        assert "no chat template" in bed.message
        await bed.shown()
        assert bed.branch == before


async def test_a_chat_from_the_command_line_is_a_chat_from_the_first_prompt_on(start):
    async with start(make=chatty, prompt="the herd", chat=True, system="A river") as bed:
        assert [node.piece for node in bed.branch][:3] == [b"A", b" river", b"."]
        await bed.until(lambda: "chat · 7 tokens" in screen_text(bed.app))
