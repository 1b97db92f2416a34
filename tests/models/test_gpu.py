"""On a CUDA device samplescope gives generate()'s tokens and logits. This command runs the tests:

    python -m pytest -m gpu -n0 -s tests/models/test_gpu.py

torch lists CUDA's `cumsum` and others as nondeterministic, so generate() is first compared with itself: a difference
counts as samplescope's only where two calls of generate() agree. With SAMPLESCOPE_TEST_DEVICE=cpu the same comparisons
run without a GPU.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
import transformers

from tests.models.tiny import PROMPT, tokenizer
from tests.parity import families
from tests.parity.reference import OVERRIDES, rows_of
from tui.core.origin import Origin
from tui.core.progress import quiet
from tui.engine.engine import Engine
from tui.models.transformers import TransformersModel
from tui.protocol import Open, Prompt, Step

DEVICE = os.environ.get("SAMPLESCOPE_TEST_DEVICE", "cuda")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(DEVICE == "cuda" and not torch.cuda.is_available(), reason="there is no CUDA device"),
]
FAMILIES = (
    "gpt2", "llama", "qwen2", "qwen3", "gemma2", "gemma3", "mistral", "qwen3_moe", "mamba2", "falcon_h1",
)  # fmt: skip
DTYPES = ("float32", "bfloat16")
RUNS = 10
"""Runs of each family in each dtype: 100."""
TOKENS = 24
LEAST_STEADY = 0.9
"""The largest share of runs in which generate() may disagree with itself: with more, nothing was compared."""
GIVEN: tuple[dict[str, Any], ...] = (
    {}, {"top_k": 0}, {"top_p": 0.95}, {"top_k": 0, "top_p": 0.9}, {"temperature": 1.7, "min_p": 0.02},
    {"typical_p": 0.9, "top_k": 0}, {"repetition_penalty": 1.3, "top_p": 0.98}, {"do_sample": False},
    {"epsilon_cutoff": 3e-4, "eta_cutoff": 2e-3}, {"top_h": 0.5, "no_repeat_ngram_size": 2},
)  # fmt: skip


@dataclass
class Counted:
    """The results of the runs, printed at the end."""

    steady: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DTYPES, 0))
    runs: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DTYPES, 0))


@pytest.fixture(scope="module")
def counted() -> Iterator[Counted]:
    count = Counted()
    yield count
    where = torch.cuda.get_device_name() if DEVICE == "cuda" else DEVICE
    for dtype in DTYPES:
        print(
            f"\n{where}, torch {torch.__version__}, transformers {transformers.__version__}, {dtype}: "
            f"generate() agreed with itself in {count.steady[dtype]} of {count.runs[dtype]} runs, and so did the engine"
        )


@pytest.fixture(scope="module", params=[(name, dtype) for dtype in DTYPES for name in FAMILIES], ids="-".join)
def model(request: pytest.FixtureRequest) -> Any:
    """A family's tiny model at GPT-2's real vocabulary, on the device."""
    family, dtype = request.param
    return families.build(family, bits=7.0).to(getattr(torch, dtype)).to(DEVICE)


def engine_on(model: Any) -> Engine:
    engine = Engine(load=lambda *_: TransformersModel(model, tokenizer(), "tiny"))
    engine.open(Open(origin=Origin(device=DEVICE)), quiet)
    return engine


def generated(model: Any, prompt: list[int], given: dict[str, Any], seed: int) -> tuple[list[int], list[torch.Tensor]]:
    """(new ids, the logits [V] of each) of generate() itself."""
    ids = torch.tensor([prompt], device=DEVICE)
    arguments = {**OVERRIDES, "do_sample": True, "max_new_tokens": TOKENS, **given}
    torch.manual_seed(seed)
    output = model.generate(
        ids, attention_mask=torch.ones_like(ids), return_dict_in_generate=True, output_logits=True, **arguments
    )
    return output.sequences[0, len(prompt) :].tolist(), [row[0].cpu() for row in output.logits]


def same(first: tuple[list[int], list[torch.Tensor]], second: tuple[list[int], list[torch.Tensor]]) -> bool:
    return first[0] == second[0] and all(map(torch.equal, first[1], second[1]))


def shown(engine: Engine, prompt: list[int], given: dict[str, Any], seed: int) -> tuple[list[int], list[torch.Tensor]]:
    """(new ids, the logits [V] of each) of the engine."""
    start = engine.prompt(Prompt(ids=prompt), quiet).nodes[-1].id
    given = {"max_new_tokens": TOKENS, **given}
    nodes = list(engine.step(Step(at=start, given=given, seed=seed, count=None)))
    places = [start, *(node.id for node in nodes[:-1])]
    return [node.token for node in nodes], [engine.places.at(place, given).logits.cpu() for place in places]


def test_the_engine_does_what_generate_does(model: Any, counted: Counted) -> None:
    """Compare ids and logits, in ten runs of each family."""
    dtype = str(model.dtype).removeprefix("torch.")
    chance, engine, wrong, steady = random.Random(dtype), engine_on(model), [], 0
    for given in GIVEN:
        prompt = [chance.randrange(families.GPT2_VOCABULARY) for _ in range(chance.randint(1, 40))]
        seed = chance.randrange(10**6)
        theirs = generated(model, prompt, given, seed)
        counted.runs[dtype] += 1
        if not same(theirs, generated(model, prompt, given, seed)):
            continue
        steady += 1
        if not same(theirs, shown(engine, prompt, given, seed)):
            wrong.append((given, seed))
    counted.steady[dtype] += steady
    assert len(GIVEN) == RUNS and steady >= LEAST_STEADY * RUNS
    assert wrong == []


def test_going_back_and_branching_gives_the_rows_of_generate(model: Any) -> None:
    """40 tokens, past a sliding window, back 20, another token, 10 more, and the first branch again."""
    engine, given = engine_on(model), {"top_k": 0, "top_p": 0.98}
    start = engine.prompt(Prompt(ids=PROMPT), quiet).nodes[-1].id

    def step(at: int, count: int, token: int | None = None) -> int:
        return list(engine.step(Step(at=at, given=given, seed=5, count=count, token=token)))[-1].id

    first = step(start, 40)
    middle = engine.story.path(first)[-21].id
    other = step(step(middle, 1, token=17), 10)
    for tip in (other, step(first, 5)):
        path = engine.story.path(tip)[len(PROMPT) - 1 :]
        tokens = [node.token for node in path[1:]]
        theirs, again = (_rows_on_device(model, PROMPT, tokens) for _ in range(2))
        for node, row, twin in zip(path, theirs, again, strict=True):
            if torch.equal(row, twin):
                assert torch.equal(engine.places.at(node.id, given).logits.cpu(), row), f"after node {node.position}"


def _rows_on_device(model: Any, prompt: list[int], tokens: list[int]) -> list[torch.Tensor]:
    return [row.cpu() for row in rows_of(model, prompt, tokens)]


def test_the_step_is_measured_against_generate(model: Any) -> None:
    """The times are printed; the only assertion is that both gave as many tokens."""
    engine, prompt = engine_on(model), PROMPT
    ours, theirs = [], []
    for seed in range(4):
        started = time.perf_counter()
        ids, _ = generated(model, prompt, {"top_k": 50}, seed)
        theirs.append((time.perf_counter() - started) / len(ids))
        start = engine.prompt(Prompt(ids=prompt), quiet).nodes[-1].id
        started = time.perf_counter()
        request = Step(at=start, given={"top_k": 50, "max_new_tokens": TOKENS}, seed=seed, count=None)
        count = len(list(engine.step(request)))
        ours.append((time.perf_counter() - started) / count)
        assert count == len(ids)
    print(
        f"\n{type(model).__name__} {model.dtype}: {1000 * statistics.median(ours[1:]):.2f} ms a step, "
        f"generate() {1000 * statistics.median(theirs[1:]):.2f}"
    )
