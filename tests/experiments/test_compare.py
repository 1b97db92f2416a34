"""`compare`: numbers of each setting against torch's, and continuations against generate()."""

from __future__ import annotations

import json
import math

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, LogitsProcessorList
from transformers.generation import logits_process as hf

from tests.commands import Command
from tests.engine.walking import start
from tests.fake_model import fake_model
from tui.core.choices import Choice, choices
from tui.core.presets import POST_MAX_LENGTH, PRESETS, UNICORNS
from tui.core.progress import quiet
from tui.core.settings import Source
from tui.engine.engine import Engine
from tui.experiments.compare import Comparison, compare
from tui.models.loading import DEMO
from tui.protocol import Open, Prompt

KEYS = [
    "name", "settings", "cutoffs", "kept", "kept_mass", "entropy_bits", "tempered_entropy_bits", "final_entropy_bits",
    "overlap", "kl_bits", "kept_only_here",
]  # fmt: skip


@pytest.fixture(scope="module")
def opened() -> tuple[Engine, list[int], int]:
    """An engine on the demo model, the post's prompt, and its last node."""
    engine = Engine()
    engine.open(Open(), quiet)
    nodes = engine.prompt(Prompt(text=UNICORNS), quiet).nodes
    return engine, [node.token for node in nodes], nodes[-1].id


@pytest.fixture(scope="module")
def model():
    return AutoModelForCausalLM.from_pretrained(DEMO, dtype=torch.float32)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def side_by_side(opened, *texts: str, length: int = 0, top: int = 5) -> Comparison:
    engine, _, tip = opened
    return compare(engine, tip, choices(texts, presets=False, base={}), 42, top, length)


def warped(model, ids: list[int], warpers: list) -> tuple[Tensor, Tensor]:
    """(probabilities [V] float64 after transformers' warpers, the model's own)."""
    inputs = torch.tensor([ids])
    with torch.no_grad():
        logits = model(inputs).logits[:, -1].float()
    scores = LogitsProcessorList(warpers)(inputs, logits)
    return scores[0].double().softmax(-1), logits[0].double().softmax(-1)


WARPERS = {
    "temperature=2,top_k=0": [hf.TemperatureLogitsWarper(2.0)],
    "top_k=50,top_p=0.9": [hf.TopKLogitsWarper(50), hf.TopPLogitsWarper(0.9)],
    "top_k=20": [hf.TopKLogitsWarper(20)],
    "temperature=0.5,top_k=0,min_p=0.1": [hf.TemperatureLogitsWarper(0.5), hf.MinPLogitsWarper(0.1)],
}


def test_every_number_is_the_one_computed_from_transformers_own_warpers(opened, model) -> None:
    compared = side_by_side(opened, *WARPERS)
    finals = [warped(model, opened[1], warpers)[0] for warpers in WARPERS.values()]
    first = finals[0] > 0
    for side, final in zip(compared.sides, finals, strict=True):
        kept = final > 0
        assert side.kept == int(kept.sum())
        assert side.entropy.final == pytest.approx(float(torch.special.entr(final).sum()) / math.log(2), rel=1e-4)
        assert side.overlap == pytest.approx(float((kept & first).sum() / (kept | first).sum()))
        divergence = float((final[kept] * (final[kept] / finals[0][kept]).log2()).sum())
        assert side.divergence == pytest.approx(divergence, rel=1e-4, abs=1e-6)
        assert side.only_here == 0
    for row in compared.rows:
        theirs = [float(final[row.token]) for final in finals]
        assert [one.final for one in row.standings] == pytest.approx(theirs, rel=1e-4)


def test_the_best_of_every_setting_are_there_each_once_under_all(opened) -> None:
    compared = side_by_side(opened, "top_k=3", "temperature=2", "repetition_penalty=2", top=4)
    tokens = [row.token for row in compared.rows]
    assert len(tokens) == len(set(tokens)) >= 4
    for place in range(3):
        best = sorted(compared.rows, key=lambda row: row.standings[place].rank)[:4]
        assert [row.standings[place].rank for row in best] == [1, 2, 3, 4]
    assert [row.standings[0].removed_by for row in compared.rows][:4] == ["", "", "", "top_k"]


def test_kl_is_infinite_where_the_first_removes_what_is_kept_here_and_says_how_much(opened) -> None:
    few, many = side_by_side(opened, "top_k=5", "top_k=12").sides
    assert (few.divergence, few.overlap, few.only_here) == (0.0, 1.0, 0)
    assert (many.divergence, many.overlap, many.only_here) == (math.inf, pytest.approx(5 / 12), 7)


def test_a_probability_too_small_for_a_number_is_not_a_removed_token(opened) -> None:
    cold, plain = side_by_side(opened, "temperature=0.01,top_k=0", "temperature=1,top_k=0").sides
    assert cold.kept == plain.kept == 8192
    assert (plain.overlap, plain.only_here) == (1.0, 0)
    assert math.isfinite(plain.divergence)


def test_greedy_keeps_one(opened) -> None:
    plain, greedy = side_by_side(opened, "top_k=8", "greedy").sides
    assert (greedy.kept, greedy.overlap, greedy.entropy.final) == (1, pytest.approx(1 / 8), 0)
    assert greedy.divergence == pytest.approx(-math.log2(side_by_side(opened, "top_k=8").rows[0].standings[0].final))
    assert plain.divergence == 0.0


def test_orders_are_compared_like_any_other_setting(opened) -> None:
    hot = "temperature=2,top_k=0,top_p=0.9"
    llama, ours = side_by_side(opened, f"{hot},order=llama.cpp", hot).sides
    assert llama.kept < ours.kept
    assert ours.only_here == ours.kept - llama.kept
    assert llama.settings["order"].source is Source.YOU


def test_the_posts_four_go_on_as_four_calls_of_generate(command: Command, model) -> None:
    status, out, _ = command("compare", "--presets", "--continue", 67, "--json")
    record = json.loads(out)
    assert (status, len(record["prompt_ids"]) + 67) == (0, POST_MAX_LENGTH)
    ids = torch.tensor([record["prompt_ids"]])
    for preset, side in zip(PRESETS, record["compared"], strict=True):
        torch.manual_seed(42)
        theirs = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=True, max_length=POST_MAX_LENGTH, **preset.given
        )
        assert side["continuation"]["ids"] == theirs[0, ids.shape[1] :].tolist()
    assert record["compared"][3]["settings"]["top_k"] == {"value": 50, "source": "transformers"}
    assert record["compared"][3]["settings"]["top_p"] == {"value": 0.9, "source": "preset"}


# -- the command -------------------------------------------------------------------------------------------------------


def test_json_is_one_object_with_every_setting_and_null_for_what_is_infinite(command: Command) -> None:
    status, out, err = command(
        "compare", "--set", "top_k=5", "--set", "top_k=12", "--temperature", 0.5, "--top", 3, "--json"
    )
    record = json.loads(out)
    assert (status, out.count("\n"), record["type"]) == (0, 1, "comparison")
    first, second = record["compared"]
    assert list(first) == KEYS
    assert first["settings"]["temperature"] == second["settings"]["temperature"] == {"value": 0.5, "source": "you"}
    assert (second["kl_bits"], second["kept_only_here"]) == (None, 7)
    assert "kl_bits of top_k=12 is infinite: it keeps 7 tokens that top_k=5 removes" in record["notes"]
    assert "is infinite" in err
    assert [len(row["compared"]) for row in record["candidates"]] == [2, 2, 2]


def test_the_table_has_a_column_a_setting_and_the_texts_below(command: Command) -> None:
    status, out, _ = command("compare", "--presets", "--continue", 5, "--top", 2)
    lines = out.splitlines()
    assert status == 0
    assert lines[:4] == [f"{letter}  {preset.title}" for letter, preset in zip("ABCD", PRESETS, strict=True)]
    rows = {line[:22].strip(): line[22:].split() for line in lines}
    assert rows["kept"] == ["8,192", "8,192", "50", "36"]
    assert rows["top-k"] == ["off", "off", "50", "50", "⚑"]
    assert rows["left by top-p"] == ["–", "–", "–", "36", "(71)"]
    assert [line for line in lines if line.endswith("5 tokens, max new tokens")] == [
        f"{letter}  5 tokens, max new tokens" for letter in "ABCD"
    ]
    assert all(line == line.rstrip("\x1b") and line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "nothing to compare"),
        (("--set", "warmth=1"), "not 'warmth=1'"),
        (("--presets", "--set", "top_k=1"), "Up to 4 settings"),
        (("--set", "order=sideways"), "no order 'sideways'"),
        (("--order", "sideways", "--presets"), "no order 'sideways'"),
    ],
)
def test_bad_input_is_one_clear_line(command: Command, argv: tuple[str, ...], said: str) -> None:
    assert said in command.refused("compare", *argv)


def test_what_a_head_does_not_decide_is_not_compared() -> None:
    engine, at = start(model=fake_model(head=10))
    chosen = [Choice("few", {"top_k": 3}), Choice("many", {"temperature": 2.0, "top_p": 0.9})]
    few, many = compare(engine, at, chosen, 42, top=3).sides
    assert (few.kept, few.overlap, few.divergence) == (3, 1.0, 0.0)
    assert (many.kept, many.overlap, many.divergence, many.only_here) == (None, None, None, None)
