"""llama.cpp's order of the stages keeps what a real llama.cpp server keeps, of the server's own log-probabilities."""

from __future__ import annotations

import json
import math
import urllib.request
from typing import Any

import pytest
import torch

from tests.oracle import settings_of
from tui.core.order import LLAMA_CPP, NAMED
from tui.core.origin import Origin
from tui.core.presets import UNICORNS
from tui.core.progress import quiet
from tui.core.settings import Given
from tui.core.stages import STAGES
from tui.models.backends import open_model
from tui.models.base import Model
from tui.sampling.chain import build_chain
from tui.sampling.cuts import apply_chain
from tui.sampling.scoring import score

TEXT = UNICORNS + (
    "They looked at the sky, and then at each other. 🦄 Nobody had ever seen such a thing before, and the old man said"
    " that there was a book in the town, in which all of this had been written down by his mother a long time ago. So"
    " the children went to find it. The way was long, it rained, and at night they slept under the trees and told each"
    " other stories of the sea. In the morning there was a bird on the stone; it had a ring of gold in its beak. \"Give"
    " it to me,\" said the youngest, \"and I will give you bread.\" The bird laughed, and flew away over the hills."
)  # fmt: skip
ROWS = 200
FEW = 8
SETTINGS: list[Given] = [
    {"temperature": 2.0, "top_p": 0.9},
    {"temperature": 0.7, "top_p": 0.5},
    {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05},
    {"temperature": 1.5, "min_p": 0.02},
    {"temperature": 1.0, "top_k": 20, "typical_p": 0.8},
]
NEUTRAL = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0}
"""Nothing is left to the server's own defaults."""


@pytest.fixture(scope="module")
def served(llama: str) -> Model:
    return open_model(Origin(server=llama), quiet)


def complete(address: str, ids: list[int], given: Given, seed: int) -> dict[str, Any]:
    """The server's answer to a request for one token, with the probabilities of all that its samplers left."""
    body = {
        **NEUTRAL, **given, "prompt": ids, "n_predict": 1, "n_probs": 8192, "post_sampling_probs": True, "seed": seed,
        "cache_prompt": True,
    }  # fmt: skip
    request = urllib.request.Request(f"{address}/completion", json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def theirs(address: str, ids: list[int], given: Given) -> dict[int, float]:
    """What the server left: id → probability. It tells nothing if it draws half a character: then it draws again."""
    for seed in range(50):
        if told := complete(address, ids, given, seed).get("completion_probabilities"):
            return {entry["id"]: entry["prob"] for entry in told[0]["top_probs"]}
    raise AssertionError("the server draws half a character every time")


def ours(logits: torch.Tensor, given: Given) -> dict[int, float]:
    """What our chain leaves of the server's log-probabilities."""
    chain, ids = build_chain(settings_of(**given, order=LLAMA_CPP)), torch.tensor([[0]])
    scores = apply_chain(chain, ids, score(chain, ids, logits)).scores[0]
    kept = (scores > -math.inf).nonzero()[:, 0]
    return dict(zip(kept.tolist(), torch.softmax(scores, -1)[kept].tolist(), strict=True))


def check(address: str, served: Model, rows: range, given: Given) -> None:
    text = served.tokens.encode(TEXT)
    assert len(text) >= ROWS
    for size in rows:
        ids = text[:size]
        logits = served.decoder(ids).logits(ids, lambda _length: None, quiet)
        kept, told = ours(logits, given), theirs(address, ids, given)
        assert kept.keys() == told.keys(), f"{given} after {size} tokens: {sorted(kept.keys() ^ told.keys())}"
        assert all(abs(kept[token] - told[token]) < 1e-5 for token in kept)


@pytest.mark.parametrize("given_", SETTINGS, ids=str)
def test_it_keeps_the_ids_that_the_server_keeps(llama: str, served: Model, given_: Given) -> None:
    check(llama, served, range(5, ROWS, ROWS // FEW), given_)


@pytest.mark.long
@pytest.mark.parametrize("given_", SETTINGS, ids=str)
def test_it_keeps_the_ids_that_the_server_keeps_at_200_places(llama: str, served: Model, given_: Given) -> None:
    check(llama, served, range(1, ROWS + 1), given_)


def test_the_servers_own_order_is_ours(llama: str) -> None:
    samplers = complete(llama, [100], {}, 1)["generation_settings"]["samplers"]
    known = {stage.llama: stage.name for stage in STAGES.values() if stage.llama}
    assert [known[name] for name in samplers if name in known] == [
        name for name in NAMED[LLAMA_CPP] if STAGES[name].llama
    ]
