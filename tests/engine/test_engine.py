"""The engine on a tiny fake model: opening, prompts, and the story that its steps build."""

from __future__ import annotations

import math

import pytest
import torch

from tests.engine.looking import place
from tests.engine.walking import WIDTH, by_hand, start, tokens, walk
from tests.fake_model import FakeModel, FakeReference, fake_model, fake_row, opened
from tests.oracle import settings_of
from tui.core.origin import Origin
from tui.core.progress import Report, quiet
from tui.core.settings import Given, Source
from tui.core.story import ROOT, How, Node
from tui.engine.decide import distribution
from tui.engine.engine import Engine
from tui.errors import ModelError
from tui.protocol import Encode, Open, PlotRequest, Prompt, View
from tui.sampling.draw import DrawStream

# -- opening and the prompt ------------------------------------------------------------------------------------------


def test_opening_says_what_is_in_force_and_who_decided_it() -> None:
    _, answer = opened(fake_model(context=64, temperature=0.7))
    assert (answer.id, answer.model, answer.vocabulary, answer.context) == (1, "fake", WIDTH, 64)
    sources = {name: (setting.value, setting.source) for name, setting in answer.settings.items()}
    assert sources["temperature"] == (0.7, Source.MODEL)
    assert sources["top_k"] == (50, Source.TRANSFORMERS)
    assert sources["do_sample"] == (True, Source.SAMPLESCOPE)


def test_a_model_that_does_not_load_leaves_the_open_one_in_place() -> None:
    models = [fake_model()]

    def load(origin: Origin, report: Report) -> FakeModel:
        if not models:
            raise ModelError("There is no such model.")
        return models.pop()

    engine = Engine(load)
    engine.open(Open(), quiet)
    tip = engine.prompt(Prompt(text="ab"), quiet).nodes[-1].id
    with pytest.raises(ModelError):
        engine.open(Open(origin=Origin(model="other")), quiet)
    assert len(walk(engine, tip, count=2)[0]) == 2


def test_another_model_starts_another_story() -> None:
    engine, tip = start()
    walk(engine, tip, count=3)
    engine.open(Open(), quiet)
    assert engine.revision == 0
    assert [node.id for node in engine.prompt(Prompt(text="c"), quiet).nodes] == [1]


def test_a_prompt_is_a_branch_of_nodes_from_the_root() -> None:
    engine, _ = opened(fake_model())
    answer = engine.prompt(Prompt(id=4, text="cab"), quiet)
    assert [(n.id, n.parent, n.position, n.token) for n in answer.nodes] == [
        (1, ROOT, 0, 2), (2, 1, 1, 0), (3, 2, 2, 1),
    ]  # fmt: skip
    assert all(node.how is How.PROMPT and math.isnan(node.raw) for node in answer.nodes)
    assert (answer.id, answer.revision) == (4, 3)


def test_the_same_prompt_again_and_a_longer_one_share_their_nodes() -> None:
    engine, _ = opened(fake_model())

    def ids(text: str) -> list[int]:
        return [node.id for node in engine.prompt(Prompt(text=text), quiet).nodes]

    assert (ids("ab"), ids("ab"), ids("abc"), ids("ax"), ids("b")) == ([1, 2], [1, 2], [1, 2, 3], [1, 4], [5])


def test_a_prompt_may_be_given_as_ids() -> None:
    engine, _ = opened(fake_model())
    assert tokens(engine.prompt(Prompt(text="ignored", ids=[7, 27]), quiet).nodes) == [7, 27]


def test_special_tokens_and_bytes_are_noted_in_the_nodes() -> None:
    engine, _ = opened(fake_model(width=40))
    first, last = engine.prompt(Prompt(ids=[0, 39]), quiet).nodes
    assert (first.piece, first.special, last.piece, last.special) == (b"a", False, b"<39>", True)


def test_encode_counts_tokens() -> None:
    engine, _ = opened(fake_model())
    assert engine.encode(Encode(id=2, text="abc")).count == 3


# -- stepping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, {"temperature": 0.6, "top_k": 5}, {"top_p": 0.8, "repetition_penalty": 1.3}])
def test_a_run_draws_what_row_chain_and_luck_give(given: Given) -> None:
    engine, tip = start()
    nodes, ended = walk(engine, tip, count=12, given=given, seed=7)
    assert tokens(nodes) == by_hand([0, 1], 12, 7, {"top_k": 50} | given)
    assert (ended.tip, ended.reason) == (nodes[-1].id, "count")


def test_nodes_are_numbered_in_order_each_the_child_of_the_one_before() -> None:
    engine, tip = start()
    nodes, _ = walk(engine, tip, count=4)
    assert [node.id for node in nodes] == [3, 4, 5, 6]
    assert [node.parent for node in nodes] == [2, 3, 4, 5]
    assert [node.position for node in nodes] == [2, 3, 4, 5]
    assert engine.revision == 6


def test_a_node_records_what_was_known_when_it_was_taken() -> None:
    engine, tip = start()
    (node,), _ = walk(engine, tip, given={"temperature": 0.5, "top_k": 3}, seed=9)
    viewed = engine.view(View(slot="main", at=tip, given=node.given, seed=9, window=(0, WIDTH)))
    row = next(row for row in viewed.candidates if row.token == node.token)
    assert (node.how, node.given, node.seed) == (How.SAMPLED, {"temperature": 0.5, "top_k": 3}, 9)
    assert (node.rank, node.raw, node.tempered, node.final) == (row.rank, row.raw, row.tempered, row.final)
    assert (node.kept, node.entropy) == (3, viewed.entropy.raw)
    assert node.surprisal == pytest.approx(-math.log2(row.raw), rel=1e-5)
    assert node.token == viewed.would_draw


def test_going_back_and_drawing_again_follows_the_node_that_is_there() -> None:
    engine, tip = start()
    first, _ = walk(engine, tip, count=5)
    again, _ = walk(engine, tip, count=5)
    assert again == first
    assert engine.revision == 7


def test_one_by_one_is_the_same_as_in_one_run() -> None:
    engine, tip = start()
    at, drawn = tip, []
    for _ in range(6):
        (node,), ended = walk(engine, at, seed=5)
        drawn.append(node)
        at = ended.tip
    other, again = start()
    assert tokens(drawn) == tokens(walk(other, again, count=6, seed=5)[0])


def test_a_taken_token_is_chosen_and_uses_up_its_draw() -> None:
    engine, tip = start()
    (taken,), ended = walk(engine, tip, token=20, count=None)
    assert (taken.token, taken.how, ended.reason) == (20, How.CHOSEN, "taken")
    (after,), _ = walk(engine, taken.id, given={"top_k": 0})
    dist = distribution(place(fake_row([0, 1, 20], WIDTH), ids=[0, 1, 20]), settings_of(), 42)
    assert after.token == DrawStream(42, WIDTH).draw(dist.final, 1)


def test_a_removed_token_can_be_taken_and_has_no_final_probability() -> None:
    engine, tip = start()
    worst = int(fake_row([0, 1], WIDTH).argmin())
    (node,), _ = walk(engine, tip, token=worst, given={"top_k": 1})
    assert (node.rank, node.final, node.kept) == (WIDTH, 0.0, 1)


def test_taking_what_is_there_already_follows_it() -> None:
    engine, tip = start()
    (drawn,), _ = walk(engine, tip)
    (taken,), _ = walk(engine, tip, token=drawn.token)
    assert taken == drawn
    assert engine.revision == 3


def test_a_drawn_token_is_not_mistaken_for_a_longer_prompts() -> None:
    """One draw precedes a drawn node's children, none the longer prompt's, whose logits may have other bits."""
    engine, tip = start("ab")
    first = by_hand([0, 1], 3, 42, {"top_k": 50})
    engine.prompt(Prompt(ids=[0, 1, first[0]]), quiet)
    nodes, _ = walk(engine, tip, count=3)
    assert tokens(nodes) == first
    assert nodes[0].how is How.SAMPLED


def test_a_prompt_is_not_mistaken_for_a_drawn_token() -> None:
    engine, tip = start("ab")
    (drawn,), _ = walk(engine, tip)
    last = engine.prompt(Prompt(ids=[0, 1, drawn.token]), quiet).nodes[-1]
    assert (last.how, last.id) == (How.PROMPT, drawn.id + 1)
    assert tokens(walk(engine, last.id, count=2)[0]) == by_hand([0, 1, drawn.token], 2, 42, {"top_k": 50})


def test_greedy_takes_the_best_each_time() -> None:
    engine, tip = start()
    nodes, _ = walk(engine, tip, count=3, given={"do_sample": False})
    assert [node.how for node in nodes] == [How.GREEDY] * 3
    assert [node.rank for node in nodes] == [1, 1, 1]


def test_a_row_seen_already_costs_no_forward() -> None:
    model = fake_model()
    engine, tip = start(model=model)
    walk(engine, tip, count=3)
    seen = len(model.forwards)
    walk(engine, tip, count=3)
    for at in (tip, tip + 1, tip + 2):
        engine.view(View(slot="main", at=at))
    assert len(model.forwards) == seen == 3


def test_the_models_own_stages_run() -> None:
    def never_a_vowel(_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        scores[:, [0, 4, 8, 14, 20]] = -math.inf
        return scores

    model = fake_model()
    model.reference = FakeReference({"suppress_tokens": never_a_vowel})
    engine, tip = start(model=model)
    nodes, _ = walk(engine, tip, count=40, given={"temperature": 5.0})
    assert not {0, 4, 8, 14, 20} & set(tokens(nodes))
    assert engine.view(View(slot="main", at=tip)).cuts[0].stage == "suppress_tokens"


# -- the hook for a journal ------------------------------------------------------------------------------------------


def test_each_node_is_told_once_in_order() -> None:
    told: list[Node] = []
    engine, tip = start(accepted=told.append)
    walk(engine, tip, count=3)
    walk(engine, tip, count=4)
    walk(engine, tip, token=int(fake_row([0, 1], WIDTH).argmin()))
    engine.prompt(Prompt(text="ab"), quiet)
    assert told == list(engine.story)
    assert [node.id for node in told] == list(range(1, 8))


# -- taking over a story ---------------------------------------------------------------------------------------------


def test_a_story_taken_over_keeps_its_numbers_and_its_rows_come_back() -> None:
    engine, tip = start()
    nodes, _ = walk(engine, tip, count=4, given={"top_k": 5}, seed=3)
    branch, _ = walk(engine, nodes[1].id, token=9)
    other, _ = opened(fake_model(), Open(story=list(engine.story)))
    assert list(other.story) == list(engine.story)
    for node in (*nodes, *branch):
        asked = View(slot="main", at=node.id, window=(0, WIDTH), plot=PlotRequest("cumulative", 30))
        assert other.view(asked) == engine.view(asked)
    (new,), _ = walk(other, branch[0].id)
    assert new.id == branch[0].id + 1
    assert walk(other, tip, count=4, given={"top_k": 5}, seed=3)[0] == nodes


def test_rows_past_the_budget_give_the_same_view() -> None:
    engine, tip = start()
    small, _ = opened(fake_model(), Open(logits_budget=1))
    small.prompt(Prompt(text="ab"), quiet)
    walk(engine, tip, count=5)
    walk(small, tip, count=5)
    for at in range(2, 8):
        assert small.view(View(slot="main", at=at, window=(0, 5))) == engine.view(
            View(slot="main", at=at, window=(0, 5))
        )
