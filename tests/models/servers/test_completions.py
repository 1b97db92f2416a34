"""vLLM and other servers with /v1/completions: whole vocabularies, and heads that claim no more than is certain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.models.servers.fake_completions import (
    CONTEXT,
    WIDTH,
    Completions,
    certain,
    fake_row,
    stripped_text,
    text_or_bytes,
    vocabulary,
)
from tests.models.servers.faulty import Faulty, Handler, serving
from tui.core.origin import Origin
from tui.core.progress import quiet
from tui.errors import InputError, ModelError
from tui.models.backends import open_model
from tui.models.base import Model
from tui.models.loading import DEMO
from tui.models.servers.completions import text_bytes
from tui.models.servers.faults import ServerError
from tui.models.servers.limits import Limits

PROMPT = [5, 6, 700]
HALF = 173
"""A token that is the byte F0 alone."""
ONCE = Limits(pauses=())


@pytest.fixture
def server() -> Iterator[Faulty]:
    with serving() as faulty_server:
        faulty_server.where = "/v1/completions"
        yield faulty_server


def opened(server: Faulty, fake: Completions, tokenizer: str = str(DEMO)) -> Model:
    server.answer = fake.answer
    return open_model(Origin(server=server.address, tokenizer=tokenizer), quiet, ONCE)


def row(model: Model, ids: list[int] = PROMPT) -> torch.Tensor:
    return model.decoder(ids).logits(ids, lambda _length: None, quiet)


def same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return torch.equal(one.nan_to_num(nan=7.0), other.nan_to_num(nan=7.0))


def best(ids: list[int], count: int) -> list[int]:
    return [int(token) for token in torch.topk(fake_row(ids), count).indices]


def whole() -> Completions:
    return Completions(most=WIDTH, by_id=True, owner="vllm")


# -- vLLM --------------------------------------------------------------------------------------------------------------


def test_vllm_tells_the_whole_vocabulary_and_nothing_of_it_is_lost(server: Faulty) -> None:
    model = opened(server, whole(), tokenizer="")  # the server's folder exists on this machine too
    info = model.info
    assert (info.backend, info.head, info.vocabulary, info.context) == ("vLLM", None, WIDTH, CONTEXT - 1)
    assert torch.equal(row(model), fake_row(PROMPT))
    assert model.info.eos == {0}
    assert model.tokens.piece(HALF) == b"\xf0"


def test_vllm_applies_no_settings_of_its_own(server: Faulty) -> None:
    row(opened(server, whole()))
    sent = server.asked("/v1/completions")[-1].body
    neutral = {"temperature": 1.0, "top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "max_tokens": 1}
    assert neutral.items() <= sent.items()
    assert sent["prompt"] == PROMPT


def test_vllm_started_without_max_logprobs_is_a_head_and_says_what_it_takes(server: Faulty) -> None:
    model = opened(server, Completions(most=20, by_id=True, owner="vllm"))
    assert model.info.head == 20
    assert any("--max-logprobs -1" in note for note in model.info.notes)
    assert same(row(model), certain(fake_row(PROMPT), best(PROMPT, 20)))


def test_another_tokenizer_than_vllms_is_refused(server: Faulty) -> None:
    fake = whole()

    def answer(path: str, body: Any) -> Any:
        return {"tokens": [1, 2, 3]} if path == "/tokenize" else fake.answer(path, body)

    server.answer = answer
    with pytest.raises(ModelError, match="is not the one the server's model has"):
        open_model(Origin(server=server.address), quiet, ONCE)


def test_a_prompt_past_vllms_context_is_refused_here(server: Faulty) -> None:
    with pytest.raises(InputError, match=f"context ends at {CONTEXT - 1}"):
        opened(server, whole()).decoder([5] * CONTEXT)


def edited(change: Callable[[dict[str, Any]], Any]) -> Callable[[Handler, Any], None]:
    def fault(handler: Handler, said: Any) -> None:
        change(said["choices"][0]["logprobs"]["top_logprobs"][0])
        handler.say(200, json.dumps(said).encode())

    return fault


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda tops: tops.pop("token_id:17"), f"lacks 1 of {WIDTH:,} tokens, such as 17"),
        (lambda tops: tops.update({"token_id:8192": -9.0}), "names token 8192"),
        (lambda tops: tops.update({"token_id:017": -9.0}), "more than once, such as 17"),
        (lambda tops: tops.update({"the": -9.0}), "does not name tokens by id"),
        (lambda tops: tops.update({"token_id:3": None}), "got `null`"),
        (lambda tops: tops.update({"token_id:3": float("nan")}), "no whole JSON"),
        (lambda tops: tops.update({"token_id:3": float("-inf")}), "no whole JSON"),
        (lambda tops: tops.update(dict.fromkeys(tops, -1.0)), "add up to"),
        (lambda tops: tops.clear(), "lacks 8,192"),
    ],
)
def test_a_row_that_is_not_whole_is_not_shown_as_one(
    server: Faulty, change: Callable[[dict[str, Any]], Any], says: str
) -> None:
    model = opened(server, whole())
    server.fail(edited(change), times=1)
    with pytest.raises(ServerError, match=says):
        row(model)
    assert torch.equal(row(model), fake_row(PROMPT))


# -- heads -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clamps", [False, True])
@pytest.mark.parametrize("sampled_too", [False, True])
@pytest.mark.parametrize("by_id", [False, True])
def test_a_head_is_the_best_the_server_tells_and_not_the_token_it_drew(
    server: Faulty, by_id: bool, sampled_too: bool, clamps: bool
) -> None:
    fake = Completions(most=5, by_id=by_id, clamps=clamps, sampled_too=sampled_too, text=text_or_bytes)
    model = opened(server, fake)
    assert (model.info.backend, model.info.head, model.info.vocabulary) == ("OpenAI-compatible", 5, WIDTH)
    assert same(row(model), certain(fake_row(PROMPT), best(PROMPT, 5)))


def test_a_head_ends_before_a_token_that_is_not_told(server: Faulty) -> None:
    """U+FFFD may be any half character: of the tokens below it nobody knows that no unseen token is better."""
    given = torch.full((WIDTH,), -30.0)
    given[[300, 301, HALF, 302, 303]] = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0])
    given = given.log_softmax(-1)
    model = opened(server, Completions(most=5, rows={tuple(PROMPT): given}, sampled_too=False))
    assert same(row(model), certain(given, [300, 301]))


def test_two_half_characters_that_became_one_entry_end_the_head_where_the_first_stood(server: Faulty) -> None:
    given = torch.full((WIDTH,), -30.0)
    given[[300, HALF, 301, HALF + 1, 302]] = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0])
    given = given.log_softmax(-1)
    assert vocabulary().piece(HALF + 1) not in (b"", b" ")
    model = opened(server, Completions(most=5, rows={tuple(PROMPT): given}, sampled_too=False))
    assert same(row(model), certain(given, [300]))


def test_a_head_of_which_nothing_is_certain_is_an_error(server: Faulty) -> None:
    given = torch.full((WIDTH,), -30.0)
    given[HALF] = 5.0
    model = opened(server, Completions(most=5, rows={tuple(PROMPT): given.log_softmax(-1)}, sampled_too=False))
    with pytest.raises(ServerError, match="most probable token cannot be told"):
        row(model)


def test_texts_that_do_not_add_up_are_no_names(server: Faulty) -> None:
    with pytest.raises(ModelError, match="texts that do not add up"):
        opened(server, Completions(most=5, text=stripped_text))


def test_without_a_tokenizer_it_is_said_what_is_needed(server: Faulty) -> None:
    with pytest.raises(ModelError, match=r"the model's tokenizer is needed\. Name it with --tokenizer"):
        opened(server, Completions(most=5), tokenizer="")


def test_a_tokenizer_that_is_not_there_is_said(server: Faulty, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"The tokenizer in .* cannot be loaded"):
        opened(server, Completions(most=5), tokenizer=str(tmp_path))


def test_a_server_that_tells_no_log_probabilities_is_refused(server: Faulty) -> None:
    fake = Completions(most=5)

    def answer(path: str, body: Any) -> Any:
        return {"choices": [{"text": "x", "logprobs": None}]} if body else fake.answer(path, body)

    server.answer = answer
    with pytest.raises(ModelError, match="tells no log-probabilities"):
        open_model(Origin(server=server.address, tokenizer=str(DEMO)), quiet, ONCE)


def test_a_server_for_chats_only_is_refused(server: Faulty) -> None:
    fake = Completions(most=5)
    server.answer = lambda path, body: fake.answer(path, body) if path == "/v1/models" else None
    with pytest.raises(ModelError, match=r"has no /v1/completions \(404\)"):
        open_model(Origin(server=server.address, tokenizer=str(DEMO)), quiet, ONCE)


def test_one_of_several_models_is_chosen_by_name(server: Faulty) -> None:
    fake = whole()

    def answer(path: str, body: Any) -> Any:
        said = fake.answer(path, body)
        if path == "/v1/models":
            said["data"].append({"id": "org/other", "owned_by": "vllm"})
        return said

    server.answer = answer
    with pytest.raises(ModelError, match=r"has 2 models\. Choose one with --model: org/fake, org/other"):
        open_model(Origin(server=server.address), quiet, ONCE)
    assert open_model(Origin(server=server.address, model="org/fake"), quiet, ONCE).info.name == "fake"


@pytest.mark.parametrize(
    ("text", "piece"), [(" the", b" the"), ("bytes:\\xf0\\x9f", b"\xf0\x9f"), ("é", "é".encode()), ("\n", b"\n")]
)
def test_a_tokens_text_is_its_bytes(text: str, piece: bytes) -> None:
    assert text_bytes(text) == piece
