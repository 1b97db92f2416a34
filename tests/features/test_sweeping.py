"""A sweep in the background: it lets go before anything else, goes on by itself, and can be paused and given up."""

import msgspec
import pytest

from tests.features.conftest import SETTINGS
from tui.client.client import EngineFailed
from tui.core.grid import MEASURES, Measured
from tui.core.story import Story
from tui.explorer.comparing import Comparing
from tui.explorer.status import EngineStatus
from tui.explorer.stepping import Stepping
from tui.explorer.sweep_run import Draft, Phase
from tui.explorer.sweeping import Sweeping
from tui.explorer.tuning import Tuning

STOPPED = EngineFailed("stopped", "The job was given up.")
DRAFT = Draft("temperature=0.5,1,2", samples="2", length="3")


@pytest.fixture
def sweeping(bed):
    return Sweeping(bed.explorer)


def measured(number):
    """The measures of one setting, as the engine sends them."""
    numbers = {**dict.fromkeys(MEASURES, 0.5), "mean_logprob": -1.0}
    return msgspec.to_builtins(Measured(number=number, settings=SETTINGS, samples=2, tokens=6, seed=42, **numbers))


def tell(bed, number):
    bed.engine.last("job").part(measured(number))


def asked_from(bed):
    """How many settings each job so far was told to leave out."""
    return [one.request[1]["finished"] for one in bed.engine.all("job")]


def test_what_else_is_asked_goes_first_and_the_rest_is_measured_after_it(bed, sweeping):
    run = sweeping.begin(DRAFT)
    tell(bed, 0)
    bed.engine.make_way()
    assert bed.engine.stops == 1
    bed.engine.last("job").then(STOPPED)
    assert asked_from(bed) == [0, 1] and run.phase is Phase.RUNNING


def test_it_waits_until_the_run_that_it_made_way_for_has_ended(bed, sweeping):
    sweeping.begin(DRAFT)
    bed.engine.make_way()
    bed.explorer.begin(EngineStatus.RUN)
    bed.engine.last("job").then(STOPPED)
    assert asked_from(bed) == [0]
    bed.explorer.begin(EngineStatus.IDLE)
    bed.display.rest()
    assert asked_from(bed) == [0, 0]


def test_compared_settings_that_continue_the_text_go_first(bed, sweeping):
    sweeping.begin(DRAFT)
    comparing = Comparing(bed.explorer, Tuning(bed.explorer), Stepping(bed.explorer))
    comparing.begin([])
    comparing.continue_each(5)
    assert bed.engine.stops == 1
    assert [one.request[0] for one in bed.engine.all("job")] == ["sweep", "continue"]


def test_a_paused_one_stays_so_until_it_is_told_to_go_on(bed, sweeping):
    run = sweeping.begin(DRAFT)
    tell(bed, 0)
    sweeping.pause(run)
    bed.engine.last("job").then(STOPPED)
    assert (run.phase, asked_from(bed), bed.engine.stops) == (Phase.PAUSED, [0], 1)
    sweeping.go_on(run)
    assert asked_from(bed) == [0, 1]


def test_the_stop_key_pauses_it(bed, sweeping):
    run = sweeping.begin(DRAFT)
    assert bed.explorer.stop() and run.phase is Phase.PAUSED
    assert not bed.explorer.stop()


def test_a_lost_engine_pauses_it_with_the_reason(bed, sweeping):
    run = sweeping.begin(DRAFT)
    bed.engine.last("job").then(EngineFailed("lost", "The engine is gone."))
    assert (run.phase, run.why) == (Phase.PAUSED, "The engine is gone.")


def test_one_of_another_models_story_is_not_asked_for(bed, sweeping):
    sweeping.begin(DRAFT)
    bed.engine.story = Story()
    bed.engine.last("job").then(STOPPED)
    assert asked_from(bed) == [0]
    assert sweeping.run is None
