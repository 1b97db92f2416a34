"""A real vLLM server with the demo model gives transformers' log-probabilities and tokens.

Too large to be started by a test. Start one with the demo model's folder (`vllm serve tui/models/demo --max-logprobs -1
--dtype float32 --max-model-len 512`), name it in SAMPLESCOPE_VLLM, and run `pytest -m vllm -n0 -s`: it prints figures.
"""

from __future__ import annotations

import os

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.models.servers.costs import STEPS, measure
from tui.core.origin import Origin
from tui.core.presets import UNICORNS
from tui.core.progress import quiet
from tui.core.settings import Given
from tui.engine.engine import Engine
from tui.models.backends import open_model
from tui.models.base import Model
from tui.models.loading import DEMO
from tui.protocol import Open, Prompt, Step

ADDRESS = os.environ.get("SAMPLESCOPE_VLLM", "")
POSITIONS = 50
CLOSE = 1e-4
GREEDY_STEPS = 64
BYTES_A_TOKEN = 36
"""Measured: 35.6."""

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(not ADDRESS, reason="SAMPLESCOPE_VLLM names no vLLM server"),
]


@pytest.fixture(scope="module")
def served() -> Model:
    return open_model(Origin(server=ADDRESS, tokenizer=str(DEMO)), quiet)


def steps(origin: Origin, given: Given, seed: int, count: int) -> list[int]:
    engine = Engine()
    engine.open(Open(origin=origin), quiet)
    tip = engine.prompt(Prompt(text=UNICORNS), quiet).nodes[-1].id
    return [node.token for node in engine.step(Step(at=tip, given=given, seed=seed, count=count))]


def test_it_says_who_it_is_and_what_it_has(served: Model) -> None:
    info = served.info
    assert (info.backend, info.head, info.vocabulary, info.logits) == ("vLLM", None, 8192, False)


def test_all_ids_at_fifty_positions_have_transformers_log_probabilities(served: Model) -> None:
    text = UNICORNS + " They looked at the sky, and then at each other. 🦄 Nobody had ever seen such a thing before."
    ids = served.tokens.encode(text)[:POSITIONS]
    model = AutoModelForCausalLM.from_pretrained(DEMO, dtype=torch.float32)
    with torch.no_grad():
        theirs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    decoder = served.decoder(ids)
    ours = torch.stack([decoder.logits(ids[: count + 1], lambda _length: None, quiet) for count in range(POSITIONS)])
    apart = float((ours - theirs).abs().max())
    print(f"at most {apart:.1e} from transformers' log-probabilities")
    assert apart < CLOSE


def test_sixty_four_greedy_steps_are_transformers() -> None:
    greedy: Given = {"do_sample": False}
    ours = steps(Origin(server=ADDRESS, tokenizer=str(DEMO)), greedy, 42, GREEDY_STEPS)
    assert ours == steps(Origin(), greedy, 42, GREEDY_STEPS)


def test_a_seed_draws_the_same_again_and_what_it_draws_from_the_model_loaded_here() -> None:
    for seed in (1, 2):
        ours = [steps(Origin(server=ADDRESS, tokenizer=str(DEMO)), {}, seed, 16) for _ in range(2)]
        assert ours[0] == ours[1] == steps(Origin(), {}, seed, 16)


def test_a_step_is_one_request_of_the_size_that_the_readme_says(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = measure(Origin(server=ADDRESS, tokenizer=str(DEMO)), monkeypatch)
    assert cost.requests == STEPS
    assert cost.bytes_a_token == pytest.approx(BYTES_A_TOKEN, rel=0.1)
