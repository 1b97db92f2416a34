"""The dialogs over the workbench: late replies, and the palette and Ctrl+Q while a dialog is open."""

import threading

import pytest
from textual.screen import ModalScreen
from textual.widgets import Static

from tests.patience import PATIENCE
from tests.ui.conftest import SMALL, Recorded, screen_text
from tui.config import Config
from tui.screens.dialogs import while_open


class Slow(Recorded):
    """A scripted engine that answers a search, or the list of models, only when the test lets it."""

    let = threading.Event()

    def view(self, request, report):
        if request.find:
            self.let.wait(PATIENCE)
        return super().view(request, report)

    def catalog(self, request):
        self.let.wait(PATIENCE)
        return super().catalog(request)


async def left_before_its_answer(start, *keys):
    """Press keys, leave the dialog, let the reply come, and check that the workbench works as before."""
    Slow.let.clear()
    async with start(make=Slow) as bed:
        await bed.pilot.press(*keys)
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        await bed.pilot.press("escape")
        await bed.until(lambda: bed.app.screen is bed.bench)
        Slow.let.set()
        await bed.press("n", "n")
        assert "fault" not in bed.message
        assert len(bed.drawn()) == 2


async def test_a_search_left_before_its_answer_disturbs_nothing(start):
    await left_before_its_answer(start, "slash", "a")


async def test_the_models_left_before_their_list_is_there_disturb_nothing(start):
    await left_before_its_answer(start, "m")


async def test_an_action_of_the_palette_is_done_though_it_was_opened_over_a_dialog(start):
    async with start() as bed:
        await bed.pilot.press("f1")
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        await bed.pilot.press("ctrl+p")
        await bed.until(lambda: len(bed.app.screen_stack) == 3)
        await bed.type("next seed")
        await bed.pilot.pause(0.3)
        await bed.pilot.press("enter")
        await bed.until(lambda: bed.app.screen is bed.bench and bed.state.seed == 43)


async def test_ctrl_c_asks_before_tokens_are_lost(start):
    async with start() as bed:
        await bed.press("n")
        await bed.press("ctrl+c")
        assert bed.message == "ctrl+c again ends; --resume opens it again; w saves the branch."
        await bed.press("n")
        await bed.press("ctrl+c")
        assert bed.app.is_running and len(bed.drawn()) == 2
        await bed.pilot.press("ctrl+c")
        await bed.until(lambda: not bed.app.is_running)


@pytest.mark.parametrize("resume", [True, False])
async def test_the_question_of_ctrl_c_fits_eighty_columns(start, resume):
    async with start(size=SMALL, config=Config(resume=resume)) as bed:
        await bed.press("n", "ctrl+c")
        await bed.until(lambda: "w saves the branch." in screen_text(bed.app))
        assert ("--resume" in bed.message) == resume


async def test_ctrl_c_ends_the_program_at_once_where_nothing_is_lost(start):
    async with start() as bed:
        await bed.pilot.press("ctrl+c")
        await bed.until(lambda: not bed.app.is_running)


async def test_a_dialog_does_not_keep_anybody_from_quitting(start):
    async with start() as bed:
        await bed.pilot.press("slash", "a")
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        await bed.pilot.press("ctrl+q")
        await bed.until(lambda: not bed.app.is_running)


class Opening(ModalScreen[None]):
    """A dialog with one widget."""

    def compose(self):
        yield Static(id="inside")


async def test_an_answer_that_comes_before_a_dialogs_widgets_is_shown_once_they_are_there(start):
    async with start() as bed:
        dialog, shown = Opening(), []
        answered = while_open(dialog, lambda _: shown.append(dialog.query_one("#inside").id))
        bed.app.push_screen(dialog)
        answered(1)
        assert not shown
        await bed.until(lambda: shown == ["inside"])
        dialog.dismiss(None)
        answered(2)  # its widgets go before it does
        await bed.until(lambda: not dialog.is_attached)
        answered(3)
        await bed.pilot.pause()
        assert shown == ["inside"]
