"""A real llama.cpp server with the demo model gives the demo model's logits and tokens."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.models.servers import unicorn
from tests.models.servers.costs import STEPS, measure
from tests.models.servers.llama_process import CONTEXT
from tui.core.origin import Origin
from tui.core.presets import UNICORNS
from tui.core.progress import quiet
from tui.core.tokens import decode_incrementally, join_text
from tui.engine.engine import Engine
from tui.errors import InputError, ModelError
from tui.experiments.verify import verify
from tui.models.backends import open_model
from tui.models.base import Model
from tui.models.loading import DEMO
from tui.models.servers import llama as backend
from tui.models.servers.faults import ServerError
from tui.models.transformers import TransformersModel
from tui.protocol import Open, Prompt, Step, View

POSITIONS = 50
CLOSE = 1e-3
"""Measured: 3e-5, with a float32 KV cache and without flash attention, which rounds to float16."""
TOP = 50
EDGE = 1e-2
BYTES_A_TOKEN = 89
"""Measured: 89.3."""


@pytest.fixture(scope="module")
def served(llama: str) -> Model:
    return open_model(Origin(server=llama), quiet)


@pytest.fixture(scope="module")
def local() -> TransformersModel:
    return TransformersModel.load(Origin(), quiet)


def row(model: Model, ids: list[int]) -> torch.Tensor:
    return model.decoder(ids).logits(ids, lambda _length: None, quiet)


@pytest.fixture(scope="module")
def rows(served: Model, local: TransformersModel) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities [50, V] at 50 positions: the server's and transformers'."""
    text = UNICORNS + " They looked at the sky, and then at each other. 🦄 Nobody had ever seen such a thing before."
    ids = local.tokens.encode(text)[:POSITIONS]
    assert len(ids) == POSITIONS
    model = AutoModelForCausalLM.from_pretrained(DEMO, dtype=torch.float32)
    with torch.no_grad():
        theirs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return torch.stack([row(served, ids[: count + 1]) for count in range(POSITIONS)]), theirs


def test_all_ids_at_fifty_positions_have_transformers_log_probabilities(rows) -> None:
    ours, theirs = rows
    assert ours.shape == theirs.shape
    assert float((ours - theirs).abs().max()) < CLOSE


def test_what_is_in_one_of_the_two_top_fifties_only_stands_at_the_edge_of_both(rows) -> None:
    for ours, theirs in zip(*rows, strict=True):
        tops = [set(torch.topk(one, TOP).indices.tolist()) for one in (ours, theirs)]
        edge = float(torch.topk(theirs, TOP).values[-1])
        assert all(abs(float(theirs[token]) - edge) < EDGE for token in tops[0] ^ tops[1])


def test_it_says_who_it_is_and_what_it_has(served: Model) -> None:
    info = served.info
    assert (info.backend, info.head, info.vocabulary, info.chat) == ("llama.cpp", None, 8192, False)
    assert info.context == CONTEXT - 1
    assert served.reference is None and not info.logits
    assert any("temperature 0.8" in note and "not used" in note for note in info.notes)


def test_every_tokens_bytes_are_those_of_the_tokenizer_half_characters_too(
    served: Model, local: TransformersModel
) -> None:
    everything = range(served.info.vocabulary)
    assert [served.tokens.piece(token) for token in everything] == [local.tokens.piece(token) for token in everything]
    assert [served.tokens.special(token) for token in everything] == [
        local.tokens.special(token) for token in everything
    ]
    halves = [token for token in everything if served.tokens.piece(token) in (b"\xf0", b"\x9f", b"\xa6")]
    assert len(halves) == 3


@pytest.mark.parametrize("text", [UNICORNS, "🦄 naïve\n\n  \t<|endoftext|>x", "", "\ud800"])
def test_a_prompt_becomes_the_ids_that_the_tokenizer_gives(served: Model, local: TransformersModel, text: str) -> None:
    theirs = local.tokens.encode(text.encode("utf-8", "replace").decode())
    assert served.tokens.encode(text) == theirs


def test_a_text_ends_where_the_servers_model_ends_it(served: Model) -> None:
    assert served.info.eos == {0}


def test_the_same_seed_draws_what_it_draws_from_the_model_loaded_here(llama: str) -> None:
    """Log-probabilities differ by less than a thousandth, so that draws differ only if they fall on an edge."""
    texts = []
    for origin in (Origin(), Origin(server=llama)):
        engine = Engine()
        engine.open(Open(origin=origin), quiet)
        tip = engine.prompt(Prompt(text=UNICORNS), quiet).nodes[-1].id
        texts.append([[node.token for node in engine.step(Step(at=tip, seed=seed, count=12))] for seed in range(3)])
    assert texts[0] == texts[1]


def test_branches_and_taken_tokens_work_as_anywhere(llama: str) -> None:
    engine = Engine()
    engine.open(Open(origin=Origin(server=llama)), quiet)
    tip = engine.prompt(Prompt(text=UNICORNS), quiet).nodes[-1].id
    first = [node.token for node in engine.step(Step(at=tip, count=4))]
    taken = next(engine.step(Step(at=tip, token=100)))
    list(engine.step(Step(at=taken.id, count=2)))
    assert [node.token for node in engine.step(Step(at=tip, count=4))] == first
    assert engine.view(View(slot="main", at=taken.id, window=(0, 3))).candidates[0].rank == 1


def test_a_step_is_one_request_of_the_size_that_the_readme_says(llama: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cost = measure(Origin(server=llama), monkeypatch)
    assert cost.requests == STEPS
    assert cost.bytes_a_token == pytest.approx(BYTES_A_TOKEN, rel=0.1)


def test_a_penalty_that_needs_logits_is_refused_in_a_line(llama: str) -> None:
    engine = Engine()
    opened = engine.open(Open(origin=Origin(server=llama)), quiet)
    assert not opened.logits
    with pytest.raises(InputError, match=r"repetition_penalty .*log-probabilities only"):
        engine.settings({"repetition_penalty": 1.1})
    assert engine.settings({"repetition_penalty": 1.0})["repetition_penalty"].value == 1.0


def test_verify_says_that_there_is_no_generate_to_compare_with(llama: str) -> None:
    engine = Engine()
    engine.open(Open(origin=Origin(server=llama)), quiet)
    tip = engine.prompt(Prompt(text="Once"), quiet).nodes[-1].id
    with pytest.raises(InputError, match=r"llama\.cpp has no generate"):
        verify(engine, tip, {"max_new_tokens": 1}, 42, quiet)


def test_the_context_ends_where_the_server_says(served: Model) -> None:
    ids = [100] * (CONTEXT - 1)
    assert row(served, ids).isfinite().all()
    with pytest.raises(InputError, match="context ends at 511"):
        served.decoder([*ids, 100])


def test_another_model_than_the_servers_is_refused_with_those_it_has(llama: str) -> None:
    with pytest.raises(ModelError, match=r"has no model 'gpt2'. It has .*demo\.gguf"):
        open_model(Origin(server=llama, model="gpt2"), quiet)


# -- half characters --------------------------------------------------------------------------------------------------


def test_an_emoji_is_generated_byte_by_byte_and_shown_whole(unicorns: str) -> None:
    engine = Engine()
    engine.open(Open(origin=Origin(server=unicorns)), quiet)
    prompted = engine.prompt(Prompt(text=" "), quiet)
    nodes = list(engine.step(Step(at=prompted.nodes[-1].id, given={"do_sample": False}, count=4)))
    pieces = [node.piece for node in nodes]
    assert pieces == [bytes([byte]) for byte in unicorn.EMOJI.encode()]
    assert join_text(pieces) == unicorn.EMOJI
    assert decode_incrementally(pieces) == ["", "", "", unicorn.EMOJI]


def test_it_takes_the_bias_to_be_told_what_follows_when_half_a_character_is_drawn(
    unicorns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the bias llama.cpp sends no probabilities for half a character; if that changes, the bias can go."""
    model = open_model(Origin(server=unicorns), quiet)
    blank = model.tokens.encode(" ")
    best = int(row(model, blank).argmax())
    assert model.tokens.piece(best) == b"\xf0"
    monkeypatch.setattr(backend, "BIAS", 0.0)
    with pytest.raises(ServerError, match="completion_probabilities"):
        row(model, blank)
