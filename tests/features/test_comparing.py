"""Settings side by side: which are compared, what is asked for each, and which come into force."""

import msgspec
import pytest

from tests.features.conftest import node
from tui.client.client import EngineFailed
from tui.core.continuing import AHEAD, TextMeasures, TextPart
from tui.core.presets import PRESETS, Preset
from tui.core.settings import Source
from tui.errors import InputError
from tui.explorer.comparing import Comparing
from tui.explorer.offers import NOW
from tui.explorer.status import EngineStatus
from tui.explorer.stepping import Stepping
from tui.explorer.tuning import Tuning
from tui.explorer.undoing import Undoing
from tui.protocol import Candidate, Stepped

OWN = Preset("mine", "mine", {"min_p": 0.1}, "", "")


@pytest.fixture
def comparing(bed):
    return Comparing(bed.explorer, Tuning(bed.explorer), Stepping(bed.explorer))


def names(comparing):
    return [side.offer.name for side in comparing.sides]


def asked(bed):
    """The newest view of each slot of the comparison."""
    found = {one.request.slot: one for one in bed.engine.all("view") if one.request.slot.startswith("compare")}
    return [found[slot] for slot in sorted(found)]


def candidate(rank, token):
    return Candidate(rank, token, b"t%d" % token, False, 0.0, 0.1, 0.1, 0.1, 0.1, "")


def answer(bed, one, *tokens):
    """Answer a view: these are the best tokens, in this order; listed is what was asked for."""
    request = one.request
    one.then(
        bed.viewed(
            slot=request.slot, given=request.given, at=request.at,
            candidates=[candidate(rank, token) for rank, token in enumerate(tokens, 1)],
            listed=[candidate(50, token) for token in request.tokens],
        )
    )  # fmt: skip


def test_the_settings_on_screen_come_first_and_then_presets_that_differ_from_them(bed, comparing):
    comparing.begin([OWN])
    assert names(comparing) == [NOW, *(PRESETS[at].title for at in (0, 1, 3))], "top-k 50 is in force already"
    assert [one.request.given for one in asked(bed)] == [side.offer.state.given for side in comparing.sides]
    assert [one.request.slot for one in asked(bed)] == ["compare.1", "compare.2", "compare.3", "compare.4"]


def test_every_other_setting_is_compared_with_the_first_on_the_step_at_the_cursor(bed, comparing):
    Tuning(bed.explorer).change("top_p", 0.5)
    comparing.begin([])
    assert [one.request.against for one in asked(bed)] == [None, *[{"top_p": 0.5}] * 3]
    assert {(one.request.at, one.request.seed) for one in asked(bed)} == {(bed.state.cursor, 42)}


def test_a_token_that_only_one_column_lists_is_asked_for_in_the_others(bed, comparing):
    comparing.begin([])
    first, *others = asked(bed)
    answer(bed, first, 5, 6)
    answer(bed, others[0], 7, 5)
    answer(bed, others[1], 5, 6)
    assert not any(one.request.tokens for one in asked(bed)), "not before all are there"
    answer(bed, others[2], 5, 6)
    assert [one.request.tokens for one in asked(bed)] == [[7], [6], [7], [7]]
    assert comparing.tokens == [5, 7, 6]
    for one in asked(bed):
        answer(bed, one)
    assert all(set(side.listed) == {5, 6, 7} for side in comparing.sides)
    assert [one.rank for one in comparing.sides[0].viewed.candidates] == [1, 2]


def test_another_column_is_asked_about_when_it_is_added_and_the_others_stay(bed, comparing):
    comparing.begin([OWN])
    for one in asked(bed):
        answer(bed, one, 5)
    assert comparing.remove(1) and not comparing.full
    offered = {offer.name: offer for offer in comparing.offers()}
    assert list(offered) == [PRESETS[0].title, "mine"]
    comparing.add(offered["mine"])
    assert names(comparing) == [NOW, PRESETS[1].title, PRESETS[3].title, "mine"] and comparing.full
    assert [side.viewed is None for side in comparing.sides] == [False, False, False, True]
    assert asked(bed)[3].request.given == {"min_p": 0.1}


def test_a_column_that_moves_up_before_its_answer_is_asked_about_in_its_new_slot(bed, comparing):
    comparing.begin([])
    moved = comparing.sides[2]
    comparing.remove(1)
    assert asked(bed)[1].request.given == moved.offer.state.given
    answer(bed, asked(bed)[1], 5)
    assert moved.viewed is not None


def test_the_first_column_stays(bed, comparing):
    comparing.begin([])
    assert not comparing.remove(0) and not comparing.remove(4)
    assert len(comparing.sides) == 4


def test_the_columns_are_those_of_the_last_time(bed, comparing):
    comparing.begin([OWN])
    comparing.remove(3)
    comparing.add(comparing.offers()[-1])
    before = names(comparing)
    comparing.begin([OWN])
    assert names(comparing) == before == [NOW, PRESETS[0].title, PRESETS[1].title, "mine"]


def test_a_branch_offers_the_settings_that_it_was_drawn_under(bed, comparing):
    bed.grow(node(3, 2, 12, given={"top_k": 3}))
    comparing.begin([])
    (offer,) = [offer for offer in comparing.offers() if offer.preset is None]
    assert (offer.name, offer.state.given) == ("branch 1", {"top_k": 3})
    comparing.remove(3)
    comparing.add(offer)
    comparing.use(3)
    assert bed.state.given == {"top_k": 3} and not bed.state.preset
    Undoing(bed.explorer).undo()
    assert bed.state.given == {}


def test_a_preset_comes_into_force_as_a_preset_and_undo_takes_it_back(bed, comparing):
    Tuning(bed.explorer).change("top_p", 0.5)
    comparing.begin([])
    comparing.use(1)
    assert bed.state.preset_name == "hot" and bed.state.given["temperature"] == 2.0
    Undoing(bed.explorer).undo()
    assert bed.state.given == {"top_p": 0.5}


def test_the_first_column_in_use_changes_nothing(bed, comparing):
    comparing.begin([])
    before = bed.state
    comparing.use(0)
    assert bed.state == before


def test_where_the_first_cannot_be_computed_the_others_are_shown_without_it(bed, comparing):
    comparing.begin([])
    for one in asked(bed):
        one.refused(EngineFailed("run", "Scores overflow."))
    assert comparing.sides[0].problem == "Scores overflow."
    assert [one.request.against for one in asked(bed)] == [None] * 4
    for one in asked(bed)[1:3]:
        answer(bed, one, 5)
    asked(bed)[3].refused(EngineFailed("run", "Scores overflow."))
    assert [side.problem for side in comparing.sides] == ["Scores overflow.", "", "", "Scores overflow."]


def test_whoever_shows_the_columns_is_told_of_each_answer(bed, comparing):
    told = []
    comparing.changed = lambda: told.append(len([side for side in comparing.sides if side.settled]))
    comparing.begin([])
    for one in asked(bed):
        answer(bed, one, 5)
    assert told == [1, 2, 3, 4]


# -- what each goes on to write, and what nobody asked for -------------------------------------------------------------


def grown(bed, text, *tokens, reason="", **more):
    """Let the newest job tell of a text's tokens."""
    nodes = [node(AHEAD, 2, token) for token in tokens]
    part = TextPart(text=text, nodes=nodes, measures=TextMeasures(1.0, 2.0, 0.5), reason=reason, **more)
    bed.engine.last("job").part(msgspec.to_builtins(part, builtin_types=(bytes,)))


def texts(comparing):
    return [None if side.text is None else [one.token for one in side.text.nodes] for side in comparing.sides]


def test_each_side_continues_from_the_cursor_under_its_own_settings_with_the_same_seed(bed, comparing):
    comparing.begin([])
    comparing.continue_each(5)
    asked = bed.engine.last("job").request
    given = [side.offer.state.given for side in comparing.sides]
    assert asked == ("continue", {"at": 2, "given": given, "seed": 42, "length": 5})
    grown(bed, 0, 7)
    grown(bed, 1, 8)
    grown(bed, 0, 9)
    assert texts(comparing) == [[7, 9], [8], [], []]
    assert comparing.continuing and comparing.sides[0].text.measures.perplexity == 2.0


def test_texts_are_shown_once_a_frame_and_at_their_end(bed, comparing):
    comparing.begin([])
    comparing.continue_each(5)
    told = []
    comparing.changed = lambda: told.append(texts(comparing)[0])
    grown(bed, 0, 7)
    grown(bed, 0, 8)
    assert not told
    bed.display.rest()
    assert told == [[7, 8]]
    grown(bed, 0, reason="count")
    bed.engine.last("job").then({})
    assert len(told) == 2 and not comparing.continuing


def test_a_stop_leaves_the_texts_as_they_are_and_what_comes_late_is_not_taken(bed, comparing):
    comparing.begin([])
    comparing.continue_each(5)
    grown(bed, 0, 7)
    assert comparing.stop() and bed.engine.stops == 1
    grown(bed, 0, 8)
    bed.engine.last("job").refuse("It was given up.", "stopped")
    assert texts(comparing)[0] == [7]
    assert [(side.text.reason, side.text.problem) for side in comparing.sides] == [("stopped", "")] * 4
    assert not comparing.stop() and bed.engine.stops == 1


def test_a_side_that_cannot_go_on_says_why_and_a_lost_engine_ends_all(bed, comparing):
    comparing.begin([])
    comparing.continue_each(5)
    grown(bed, 0, message="It is not decided.", remedy="A smaller {--top-k} decides it.")
    assert comparing.sides[0].text.problem == "It is not decided. A smaller top-k decides it."
    grown(bed, 1, 7)
    bed.engine.last("job").refuse("The engine is gone.", "lost")
    assert not comparing.continuing
    assert [side.text.problem for side in comparing.sides[1:]] == ["The engine is gone."] * 3


def test_a_part_of_no_text_is_refused(bed, comparing):
    comparing.begin([])
    comparing.continue_each(5)
    with pytest.raises(ValueError, match="text 4"):
        grown(bed, 4, 7)


def test_a_length_out_of_range_is_refused_and_nothing_begins(bed, comparing):
    comparing.begin([])
    for length in (0, 100_001):
        with pytest.raises(InputError):
            comparing.continue_each(length)
    assert not bed.engine.all("job") and texts(comparing) == [None] * 4


def test_a_text_is_drawn_by_as_many_steps_under_its_settings_and_one_undo_takes_it_back(bed, comparing):
    comparing.begin([])
    comparing.continue_each(5)
    grown(bed, 1, 7, 8, 9)
    comparing.stop()
    comparing.draw(1)
    step = bed.engine.last("step").request
    assert (step.at, step.seed, step.count) == (2, 42, 3)
    assert step.given == comparing.sides[1].offer.state.given == bed.state.given
    bed.grow(node(3, 2, 7), node(4, 3, 8))
    bed.engine.last("step").then(Stepped(id=1, tip=4, reason="count"))
    Undoing(bed.explorer).undo()
    assert (bed.state.cursor, bed.state.given) == (2, {})


def test_nothing_is_drawn_while_a_run_draws_or_where_there_is_no_text(bed, comparing):
    comparing.begin([])
    comparing.draw(1)
    comparing.continue_each(5)
    grown(bed, 1, 7)
    bed.explorer.go(bed.state.begin(EngineStatus.RUN))
    comparing.draw(1)
    assert not bed.engine.all("step") and bed.state.given == {}


def test_the_posts_four_are_compared_with_the_first_of_them(bed, comparing):
    comparing.begin([])
    comparing.compare_the_posts_four()
    assert names(comparing) == [preset.title for preset in PRESETS]
    assert [one.request.against for one in asked(bed)] == [None, *[comparing.sides[0].offer.state.given] * 3]
    assert [side.offer.unasked for side in comparing.sides] == [(), (), (), ("top_k",)]


def test_the_top_k_that_nobody_asked_for_goes_and_comes_back_in_its_column_alone(bed, comparing):
    comparing.begin([])
    comparing.compare_the_posts_four()
    for one in asked(bed):
        answer(bed, one, 5)
    nucleus = comparing.sides[3].offer
    assert comparing.switch_unasked(3)
    assert asked(bed)[3].request.given == {**nucleus.state.given, "top_k": 0}
    assert [side.viewed is None for side in comparing.sides] == [False, False, False, True]
    assert comparing.sides[3].offer.state.settings()["top_p"].source is Source.PRESET
    assert comparing.switch_unasked(3) and comparing.sides[3].offer == nucleus
    assert not comparing.switch_unasked(0), "nothing is unasked there"


def test_what_is_turned_off_in_the_first_column_is_what_the_others_are_compared_with(bed, comparing):
    comparing.begin([])
    for one in asked(bed):
        answer(bed, one, 5)
    assert comparing.switch_unasked(0)
    assert [one.request.against for one in asked(bed)] == [None, *[{"top_k": 0}] * 3]
    assert all(side.viewed is None for side in comparing.sides)
    comparing.use(0)
    assert bed.state.given == {"top_k": 0}


def test_a_preset_without_the_unasked_top_k_comes_into_force_so_and_is_remembered_so(bed, comparing):
    comparing.begin([])
    comparing.switch_unasked(3)
    comparing.use(3)
    assert (bed.state.preset_name, bed.state.given["top_k"], bed.state.given["top_p"]) == ("nucleus", 0, 0.9)
    Undoing(bed.explorer).undo()
    assert bed.state.given == {}
    comparing.begin([])
    assert comparing.sides[3].offer.without == ("top_k",)
