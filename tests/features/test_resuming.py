"""What is kept of a session, and how one goes on, between a fake engine and a fake display."""

import os

import msgspec
import pytest

from tests.features.conftest import PROMPT, Bed, node
from tui import paths, session
from tui.core.origin import Origin
from tui.explorer.connection import Connection
from tui.explorer.prompting import Prompting
from tui.explorer.resuming import Resuming
from tui.explorer.status import EngineStatus

GOES_ON = "samplescope --resume goes on where you stopped."


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def started(keeping=True, **options):
    """An explorer whose model is being opened."""
    bed = Bed(**options)
    bed.prompting = Prompting(bed.explorer)
    bed.resuming = Resuming(bed.explorer, bed.prompting, keeping=keeping)
    bed.connection = Connection(bed.explorer, bed.prompting, bed.resuming)
    bed.connection.start()
    return bed


def drawn(**options):
    """An explorer in which two branches were drawn; the cursor stands before the end of the second one."""
    bed = started(**options)
    bed.engine.last("open").then(bed.opened())
    bed.engine.last("prompt").then(bed.prompted())
    second = (msgspec.structs.replace(one, position=one.position - 2) for one in (node(5, 2, 7), node(6, 5, 8)))
    bed.engine.story.add([node(3, 2, 5), node(4, 3, 6), *second])
    bed.explorer.go(bed.state.visit(bed.explorer.story, 5))
    bed.explorer.go(bed.state.use_preset("hot", {"temperature": 2.0, "top_k": 0}).change({"top_k": 3}).with_seed(7))
    bed.prompting.text = "written, not submitted"
    return bed


def resumed(kept, **options):
    return started(session=kept, prompt=kept.text, given=dict(kept.given), seed=kept.seed, **options)


def test_all_that_is_needed_to_go_on_is_kept():
    bed = drawn(prompt="the herd", origin=Origin(model="m", trust_remote_code=True))
    assert bed.resuming.keep() == GOES_ON
    kept = session.read(paths.session_file())
    assert kept.origin == Origin(model="m")
    assert [one.id for one in kept.story] == [1, 2, 3, 4, 5, 6]
    assert (kept.cursor, kept.tip, kept.seed) == (5, 6, 7)
    assert (kept.given, kept.preset, kept.preset_name) == ({"temperature": 2.0, "top_k": 3}, ["temperature"], "hot")
    assert (kept.text, kept.submitted) == ("written, not submitted", "the herd")


def test_it_goes_on_with_the_same_nodes_cursor_branch_and_settings():
    kept = drawn(prompt="the herd").resuming.session()
    bed = resumed(kept)
    assert bed.explorer.picture.submitted == "the herd"
    assert bed.engine.opened_with == (kept.story, 99)
    bed.engine.story.add(kept.story)
    bed.engine.last("open").then(bed.opened())
    assert bed.engine.all("prompt") == []
    assert (bed.state.cursor, bed.state.tip, bed.state.status) == (5, 6, EngineStatus.IDLE)
    assert [one.id for one in bed.explorer.picture.branch] == [1, 2, 5, 6]
    assert bed.engine.last("view").request.at == 5
    assert bed.message == "The session goes on: 4 tokens drawn."
    assert repr(bed.resuming.session()) == repr(kept)  # not ==: NaN is unequal to itself


def test_a_prompt_submitted_while_the_model_loads_follows():
    bed = resumed(drawn().resuming.session())
    bed.prompting.text = "another"
    bed.prompting.submit()
    bed.engine.story.add(drawn().explorer.story)
    bed.engine.last("open").then(bed.opened())
    assert bed.engine.last("prompt").request.text == "another"


def test_settings_changed_while_the_model_loads_stay():
    bed = resumed(drawn().resuming.session())
    bed.explorer.go(bed.state.change({"top_p": 0.5}).with_seed(99))
    bed.engine.story.add(drawn().explorer.story)
    bed.engine.last("open").then(bed.opened())
    assert (bed.state.given["top_p"], bed.state.seed) == (0.5, 99)


def test_another_try_to_open_the_model_has_the_story_too():
    kept = drawn().resuming.session()
    bed = resumed(kept)
    bed.engine.last("open").refuse("no memory", "model")
    assert bed.state.status is EngineStatus.NO_MODEL
    bed.engine.lost("gone", True)
    bed.engine.restored()
    assert len(bed.engine.all("open")) == 2
    assert bed.engine.opened_with == (kept.story, 99)


def test_another_model_chosen_instead_begins_anew():
    bed = resumed(drawn().resuming.session())
    bed.engine.last("open").refuse("no such model", "model")
    bed.connection.switch(Origin(model="other"))
    bed.engine.last("switch").then(bed.opened())
    assert bed.engine.last("prompt").request.text == "written, not submitted"
    assert bed.state.cursor == 0


def test_a_session_without_a_drawn_token_does_not_take_the_place_of_one():
    assert drawn().resuming.keep() == GOES_ON
    before = paths.session_file().read_bytes()
    bed = started()
    assert bed.resuming.keep() == ""
    bed.engine.last("open").then(bed.opened())
    bed.engine.last("prompt").then(bed.prompted())
    assert [one.id for one in bed.explorer.story] == [one.id for one in PROMPT]
    assert bed.resuming.keep() == ""
    assert paths.session_file().read_bytes() == before


def test_nothing_is_kept_where_nothing_shall_be():
    bed = drawn(keeping=False)
    bed.prompting.submit()
    assert bed.resuming.keep() == ""
    assert not paths.session_file().exists()
    assert not paths.prompts_file().exists()


def test_the_line_has_the_command_that_starts_the_engine():
    bed = drawn(engine=["ssh", "gpu box", "samplescope", "engine"])
    assert bed.resuming.keep() == (
        """samplescope --engine 'ssh '"'"'gpu box'"'"' samplescope engine' --resume goes on where you stopped."""
    )


def test_half_a_character_in_the_editor_costs_nobody_the_session():
    bed = drawn()
    bed.prompting.text = "half \ud800"
    assert bed.resuming.keep() == GOES_ON
    assert session.read(paths.session_file()).text == "half ?"


def test_what_could_not_be_kept_is_said_in_a_line(monkeypatch):
    bed = drawn()
    monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert bed.resuming.keep() == "samplescope: the session could not be kept: No space left on device."
