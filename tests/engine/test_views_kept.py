"""What a viewer keeps between views, and which tokens of the text could still be drawn."""

from __future__ import annotations

import math

import pytest
import torch

from tests.engine.looking import WIDTH, place, viewer
from tests.fake_model import FakeModel, fake_model, opened
from tests.oracle import settings_of
from tui.core.progress import quiet as report
from tui.core.settings import Settings
from tui.core.story import How, Node
from tui.engine import views
from tui.engine.engine import Engine
from tui.engine.places import Place
from tui.engine.views import Viewer, reached
from tui.errors import InputError
from tui.protocol import Prompt, Step, View, Viewed
from tui.sampling.stages import FUNCTIONS, StageContext, Values

# -- rankings are kept -----------------------------------------------------------------------------------------------


@pytest.fixture
def sorted_rows(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    made: list[int] = []

    class Counting(views.Ranking):
        def __init__(self, *arguments: object) -> None:
            made.append(1)
            super().__init__(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(views, "Ranking", Counting)
    return made


def see(one: Viewer, at: Place, **given: float) -> Viewed:
    return one.view(View(slot="main", at=at.node, given=dict(given)), at, settings_of(**given), 1)


def test_a_slider_that_keeps_the_order_never_sorts_again(sorted_rows: list[int]) -> None:
    one, at = viewer(), place()
    see(one, at)
    for given in ({"temperature": 0.5}, {"top_k": 3}, {"top_p": 0.5}, {"min_p": 0.1}, {"typical_p": 0.5}):
        see(one, at, **given)
    assert len(sorted_rows) == 1
    see(one, at, repetition_penalty=1.5)
    see(one, at, no_repeat_ngram_size=2)
    see(one, place(node=6))
    assert len(sorted_rows) == 4


def test_a_forced_end_that_moves_with_max_new_tokens_is_seen_at_once(sorted_rows: list[int]) -> None:
    def forced(_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        only = torch.full_like(scores, -math.inf)
        only[0, 8] = 0.0
        return only

    def free(_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores

    one = viewer()
    assert see(one, place(processors={"forced_eos_token_id": free}), max_new_tokens=9).kept == WIDTH
    assert see(one, place(processors={"forced_eos_token_id": forced}), max_new_tokens=3).kept == 1


def test_rankings_are_given_up_oldest_first(sorted_rows: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    one = viewer()
    see(one, place(node=1))
    monkeypatch.setattr(views, "RANKINGS_BYTES", 2 * next(iter(one._rankings.values())).nbytes)
    see(one, place(node=2))
    see(one, place(node=1))
    see(one, place(node=3))
    assert [key[0] for key in one._rankings] == [1, 3]
    assert len(sorted_rows) == 3


# -- which tokens of the text could still be drawn -------------------------------------------------------------------


def drawn_engine(count: int) -> tuple[Engine, FakeModel, list[Node]]:
    model = fake_model(width=28)
    engine, _ = opened(model)
    tip = engine.prompt(Prompt(text="ab"), report).nodes[-1].id
    return engine, model, list(engine.step(Step(at=tip, count=count, given={"top_k": 0, "temperature": 2.0})))


def test_reach_names_the_stage_that_would_remove_each_token() -> None:
    engine, _, nodes = drawn_engine(6)
    answers: dict[int, str] = {}
    while wanted := [node.id for node in nodes if node.id not in answers]:
        view = View(slot="reach", at=nodes[-1].id, given={"top_k": 4, "top_p": 0.5}, reach=wanted)
        answers |= engine.view(view).reached
    for node in nodes:
        one = View(slot="main", at=node.parent, given={"top_k": 4, "top_p": 0.5}, window=(0, 28))
        assert (
            answers[node.id] == next(row for row in engine.view(one).candidates if row.token == node.token).removed_by
        )
    assert len(set(answers.values())) > 1


def test_under_greedy_only_the_best_is_in_reach() -> None:
    engine, _, nodes = drawn_engine(6)
    places = engine.places
    found = reached(nodes, lambda at: places.at(at, {}), settings_of(do_sample=False), 42, seconds=60)
    assert found == {node.id: "" if node.rank == 1 else "greedy" for node in nodes}


def test_a_slice_of_time_that_ends_gives_a_part_of_the_answer() -> None:
    _, _, nodes = drawn_engine(4)
    asked: list[int] = []

    def place_of(node: int) -> Place:
        asked.append(node)
        return place()

    settings: Settings = settings_of()
    assert list(reached(nodes, place_of, settings, 42, seconds=0)) == [nodes[0].id]
    assert asked == [nodes[0].parent]
    assert list(reached(nodes, place_of, settings, 42, seconds=60)) == [node.id for node in nodes]


def test_a_prompts_first_token_and_a_node_that_is_none_are_not_looked_up() -> None:
    engine, model, nodes = drawn_engine(1)
    first = next(node.id for node in engine.story if node.how is How.PROMPT)
    before = len(model.forwards)
    view = View(slot="reach", at=nodes[-1].id, given={"top_k": 1}, reach=[first, 999])
    assert engine.view(view).reached == {first: ""}
    assert len(model.forwards) == before


def test_a_view_of_no_node_is_an_error_with_a_remedy() -> None:
    engine, _, _ = drawn_engine(1)
    for at in (0, 77):
        with pytest.raises(InputError, match=f"no node {at}.*prompt first"):
            engine.view(View(slot="main", at=at))


def test_a_view_a_step_and_reach_give_a_stage_that_draws_the_same_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that draws keeps one of the two best: the view, the step and `reach` agree on which."""

    def one_of_two(scores: torch.Tensor, _values: Values, context: StageContext) -> torch.Tensor:
        kept = scores.topk(2).indices[0, int(context.noise.uniform("one_of_two") * 2)]
        return torch.full_like(scores, -math.inf).index_copy(1, kept[None], scores[:, kept[None]])

    monkeypatch.setitem(FUNCTIONS, "top_h", one_of_two)
    engine, _, _ = drawn_engine(0)
    tip, given, ranks = max(node.id for node in engine.story), {"top_k": 0, "top_h": 0.5}, set()
    for seed in range(12):
        seen = engine.view(View(slot="main", at=tip, given=dict(given), seed=seed, window=(0, 2)))
        (node,) = engine.step(Step(at=tip, count=1, given=dict(given), seed=seed))
        kept = [row.rank for row in seen.candidates if not row.removed_by]
        assert (kept, seen.would_draw) == ([node.rank], node.token)
        ranks.add(node.rank)
        reach = View(slot="reach", at=node.id, given=dict(given), seed=seed, reach=[node.id])
        assert engine.view(reach).reached == {node.id: ""}
    assert ranks == {1, 2}
