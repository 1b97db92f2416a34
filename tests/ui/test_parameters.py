"""The parameters screen: shows source and range, refuses invalid numbers in place, returns all values at once."""

import pytest

from tests.ui.bare import Bare, in_force, lines
from tui.core.stages import PARAMETERS
from tui.screens.parameters import ParametersScreen
from tui.widgets.parameter_row import ParameterRow

UNANSWERED = object()
MODEL = {"repetition_penalty": 1.1}


class Asking:
    """The parameters screen over an empty app, and its result."""

    def __init__(self, given=None, seed=None, size=(80, 24)):
        self.given = given or {}
        self.screen = ParametersScreen(in_force(self.given, MODEL), self.given, in_force({}, MODEL), seed)
        self.answer = UNANSWERED
        self.app = Bare([])
        self._running = self.app.run_test(size=size)

    async def __aenter__(self):
        self.pilot = await self._running.__aenter__()
        self.app.push_screen(self.screen, lambda answer: setattr(self, "answer", answer))
        await self.pilot.pause()
        return self

    async def __aexit__(self, *error):
        await self._running.__aexit__(*error)

    async def at(self, name, *keys):
        """Press keys on one parameter's row."""
        self.screen.query_one(f"#{name}").focus()
        await self.pilot.pause()
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def line(self, name):
        row = self.screen.query_one(f"#{name}")
        return lines(self.app)[row.region.y].strip("│ ")


async def test_every_parameter_has_a_row_and_all_of_them_fit_a_small_terminal():
    async with Asking(seed=42) as asking:
        for name in (*PARAMETERS, "max_new_tokens", "seed", "do_sample"):
            row = asking.screen.query_one(f"#{name}")
            assert row.region in asking.screen.region


async def test_a_row_says_value_source_and_range():
    async with Asking({"top_p": 0.9}) as asking:
        assert asking.line("top_p").split() == ["top-p", "0.90", "you", "above", "0", "and", "at", "most", "1"]
        assert asking.line("repetition_penalty").split() == ["repetition", "penalty", "1.10", "model", "above", "0"]
        assert asking.line("top_k").split()[:4] == ["top-k", "50", "⚑", "transformers"]
        assert asking.line("typical_p").split()[:3] == ["typical-p", "off", "transformers"]


async def test_the_answer_is_what_is_given_from_now_on():
    async with Asking({"top_p": 0.9}) as asking:
        await asking.at("typical_p", *"0.95", "enter")
        assert asking.answer == {"top_p": 0.9, "typical_p": 0.95}


async def test_numbers_typed_in_several_rows_are_all_taken():
    async with Asking() as asking:
        await asking.at("temperature", *"0.7", "down", "down", *"40")
        await asking.pilot.press("enter")
        assert asking.answer == {"temperature": 0.7, "top_k": 40}


async def test_untouched_it_gives_back_what_was_given():
    async with Asking({"top_p": 0.9, "do_sample": False}) as asking:
        await asking.pilot.press("enter")
        assert asking.answer == {"top_p": 0.9, "do_sample": False}


async def test_off_is_given_as_the_value_that_does_nothing():
    async with Asking({"top_p": 0.9}) as asking:
        await asking.at("top_k", "o")
        await asking.at("repetition_penalty", "o")
        assert asking.line("top_k").split()[:3] == ["top-k", "off", "you"]
        await asking.pilot.press("enter")
        assert asking.answer == {"repetition_penalty": 1.0, "top_k": 0, "top_p": 0.9}


async def test_back_forgets_what_the_person_set_and_shows_what_takes_its_place():
    async with Asking({"top_k": 7, "top_p": 0.9}) as asking:
        await asking.at("top_k", "b")
        assert asking.line("top_k").split()[:4] == ["top-k", "50", "⚑", "transformers"]
        await asking.pilot.press("enter")
        assert asking.answer == {"top_p": 0.9}


@pytest.mark.parametrize(
    ("name", "typed", "reason"),
    [
        ("temperature", "0", "must be above 0"),
        ("top_p", "1.5", "must be above 0 and at most 1"),
        ("top_k", "-1", "must be a whole number, 0 or more"),
        ("top_k", "2.5", "2.5 is not a whole number."),
        ("min_p", "1-", "1- is not a number."),
        ("epsilon_cutoff", "1", "must be 0 or more and below 1"),
    ],
)
async def test_a_value_out_of_range_is_refused_in_place(name, typed, reason):
    async with Asking() as asking:
        asking.screen.query_one(f"#{name}", ParameterRow).open_entry()
        await asking.at(name, *typed, "enter")
        assert reason in asking.line(name)
        assert asking.answer is UNANSWERED


async def test_submitting_goes_to_the_row_that_is_wrong():
    async with Asking() as asking:
        await asking.at("top_p", "7", "down")
        assert asking.pilot.app.focused.id == "min_p"
        assert "must be above 0 and at most 1" in asking.line("top_p")
        await asking.pilot.press("enter")
        assert asking.pilot.app.focused.id == "top_p"
        assert asking.answer is UNANSWERED
        await asking.pilot.press("backspace", *"0.7", "enter")
        assert asking.answer == {"top_p": 0.7}


async def test_escape_changes_nothing():
    async with Asking({"top_p": 0.9}) as asking:
        await asking.at("top_p", *"0.5", "escape")
        assert "0.90" in asking.line("top_p")
        assert asking.answer is UNANSWERED
        await asking.pilot.press("escape")
        assert asking.answer is None


async def test_greedy_is_switched_and_given_back():
    async with Asking() as asking:
        await asking.at("do_sample", "space")
        assert asking.line("do_sample").split()[:3] == ["greedy", "yes", "you"]
        await asking.at("do_sample", "b")
        assert asking.line("do_sample").split()[:3] == ["greedy", "no", "samplescope"]
        await asking.at("do_sample", "space", "enter")
        assert asking.answer == {"do_sample": False}


async def test_a_seed_is_in_the_answer_only_when_it_was_typed():
    async with Asking(seed=42) as asking:
        await asking.at("seed", *"-7", "enter")
        assert asking.answer == {"seed": -7}
    async with Asking(seed=42) as asking:
        await asking.pilot.press("enter")
        assert asking.answer == {}


async def test_without_knowing_the_sources_back_shows_that_they_decide():
    app = Bare([])
    screen = ParametersScreen(in_force({"top_k": 7}), {"top_k": 7})
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(screen)
        await pilot.pause()
        screen.query_one("#top_k").focus()
        await pilot.press("b")
        await pilot.pause()
        assert lines(app)[screen.query_one("#top_k").region.y].strip("│ ").split()[:3] == ["top-k", "–", "–"]
