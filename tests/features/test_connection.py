"""Opening and switching models, and the loss and restart of engines."""

import pytest

from tests.features.conftest import Bed
from tui.core.origin import Origin
from tui.explorer.connection import Connection
from tui.explorer.prompting import Prompting
from tui.explorer.resuming import Resuming
from tui.explorer.status import EngineStatus


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def connected(**more):
    bed = Bed(**more)
    prompting = Prompting(bed.explorer)
    bed.connection = Connection(bed.explorer, prompting, Resuming(bed.explorer, prompting))
    bed.connection.start()
    return bed


def test_the_model_that_is_opened_gets_the_prompt_of_the_command_line():
    bed = connected(prompt="the herd")
    assert bed.state.status is EngineStatus.OPENING
    bed.engine.last("open").then(bed.opened())
    assert bed.engine.last("prompt").request.text == "the herd"
    assert bed.explorer.picture.opened is bed.engine.opened


def test_a_model_that_is_not_there_says_why_and_how_to_try_again():
    bed = connected(keymap={"restart": "f8"})
    bed.engine.last("open").refuse("There is no model 'x'.", "model")
    assert bed.state.status is EngineStatus.NO_MODEL
    assert bed.explorer.picture.placeholder == "There is no model 'x'. f8 tries again."


def test_a_lost_engine_says_whether_it_comes_back_by_itself():
    bed = connected()
    bed.engine.lost("It was killed.", True)
    assert (bed.state.status, bed.message) == (EngineStatus.LOST, "It was killed. Starting it again.")
    bed.engine.lost("It was killed.", False)
    assert bed.message == "It was killed. R starts it again."
    bed.connection.restart()
    assert bed.state.status is EngineStatus.STARTING
    assert bed.engine.all("restart")


def test_an_engine_that_is_back_without_a_model_opens_it_again():
    bed = connected()
    bed.engine.lost("gone", True)
    bed.engine.restored()
    assert len(bed.engine.all("open")) == 2


def test_a_prompt_that_was_under_way_when_the_engine_died_is_sent_again():
    bed = connected()
    bed.engine.last("open").then(bed.opened())
    bed.engine.lost("gone", True)
    bed.engine.restored()
    assert len(bed.engine.all("prompt")) == 2


def test_another_model_takes_the_place_of_the_first_when_it_is_ready():
    bed = connected()
    bed.engine.last("open").then(bed.opened())
    bed.engine.last("prompt").then(bed.prompted())
    bed.answer()
    bed.connection.switch(Origin(model="other"))
    assert bed.message == "Loading other; esc gives it up."
    assert bed.explorer.picture.viewed is not None
    bed.engine.switching = False
    bed.engine.last("switch").then(bed.opened())
    assert bed.explorer.picture.viewed is None
    assert bed.connection.origin == Origin(model="other")
    assert len(bed.engine.all("prompt")) == 2


def test_a_switch_is_given_up_by_the_key_that_stops():
    bed = connected()
    bed.connection.switch(Origin(model="slow"))
    assert bed.explorer.stop()
    assert (bed.engine.switching, bed.message) == (False, "The loading was given up.")


def test_a_command_that_must_ask_gets_the_plain_terminal():
    bed = connected()
    asked = []
    bed.engine.client.must_ask, bed.engine.client.ask = True, lambda: asked.append(1)
    bed.engine.lost("permission denied", False)
    assert bed.display.alerts == ["R lets it ask on the plain terminal. permission denied"]
    bed.connection.restart()
    assert asked and bed.engine.all("restart")


def test_what_is_interrupted_while_it_asks_is_told_and_nothing_starts():
    bed = connected()

    def interrupted():
        raise KeyboardInterrupt

    bed.engine.client.must_ask, bed.engine.client.ask = True, interrupted
    bed.connection.restart()
    assert bed.message.startswith("Given up.")
    assert bed.engine.all("restart") == []
