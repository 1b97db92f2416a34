"""`score` against transformers' own forward, and against the settings' own cuts."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from tests.commands import Command
from tests.fake_model import fake_model
from tests.models import checkpoints
from tui.core.origin import Origin
from tui.core.progress import quiet
from tui.engine.engine import Engine
from tui.errors import InputError
from tui.experiments import score
from tui.launch import LaunchOptions
from tui.models.transformers import TransformersModel

TEXT = "It was a dark and stormy night; the rain fell in torrents"
SCORE_KEYS = ["type", "version", "model", "dtype", "settings", "seed", "text", "tokens", "notes"]
TOKEN_KEYS = [
    "type", "index", "id", "text", "bytes", "special", "rank", "raw", "surprisal_bits", "entropy_bits", "reachable",
    "removed_by",
]  # fmt: skip
END_KEYS = ["type", "reason", "scored", "unreachable", "mean_logprob", "perplexity", "seconds"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def scored(command: Command, *argv: object) -> list[dict]:
    status, out, err = command("score", *argv, "--json")
    assert (status, err) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="module")
def theirs() -> tuple[list[int], torch.Tensor]:
    """The text's ids, and the logits [n, V] of transformers' own forward over them."""
    model = TransformersModel.load(Origin(), quiet)
    ids = model.tokens.encode(TEXT)
    with torch.no_grad():
        return ids, model._shared.model(torch.tensor([ids])).logits[0].float()


def test_ranks_and_bits_are_those_of_transformers_own_forward(command: Command, theirs) -> None:
    ids, logits = theirs
    head, *tokens, end = scored(command, "-p", TEXT)
    assert (list(head), list(end)) == (SCORE_KEYS, END_KEYS)
    assert [list(token) for token in tokens] == [TOKEN_KEYS] * len(ids)
    assert [token["id"] for token in tokens] == ids
    log_probs = logits.log_softmax(-1)
    for token, row, logprobs in zip(tokens[1:], logits, log_probs, strict=False):
        assert token["rank"] == 1 + int((row > row[token["id"]]).sum())
        assert token["raw"] == pytest.approx(float(logprobs[token["id"]].exp()), rel=1e-4)
        assert token["surprisal_bits"] == pytest.approx(-float(logprobs[token["id"]]) / math.log(2), rel=1e-4)
        assert token["entropy_bits"] == pytest.approx(-float((logprobs.exp() * logprobs).sum()) / math.log(2), rel=1e-4)
    loss = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(ids[1:]))
    assert end["perplexity"] == pytest.approx(float(loss.exp()), rel=1e-4)
    assert end["mean_logprob"] == pytest.approx(-float(loss), rel=1e-4)
    assert (end["reason"], end["scored"]) == ("done", len(ids) - 1)


def test_a_token_is_out_of_reach_where_the_settings_cut_it_and_the_stage_is_named(command: Command, theirs) -> None:
    ids, logits = theirs
    _, _, *tokens, end = scored(command, "-p", TEXT, "--top-k", 20, "--top-p", 0.5)
    for token, row in zip(tokens, logits, strict=False):
        probabilities, order = row.softmax(-1).sort(descending=True)
        rank = order.tolist().index(token["id"]) + 1
        left = probabilities[:20] / probabilities[:20].sum()
        inside = int((left.cumsum(0) < 0.5).sum()) + 1
        expected = "top_k" if rank > 20 else "top_p" if rank > inside else None
        assert (token["removed_by"], token["reachable"]) == (expected, expected is None)
    assert end["unreachable"] == sum(token["removed_by"] is not None for token in tokens)
    assert 0 < end["unreachable"] < len(ids) - 1


def test_without_cuts_every_token_is_within_reach(command: Command) -> None:
    *_, end = scored(command, "-p", TEXT, "--top-k", 0)
    assert end["unreachable"] == 0


def test_greedy_reaches_the_best_token_only(command: Command) -> None:
    _, _, *tokens, _ = scored(command, "-p", TEXT, "--greedy")
    assert all(token["removed_by"] == (None if token["rank"] == 1 else "greedy") for token in tokens)


def test_penalties_see_the_text_before_the_token_only(command: Command) -> None:
    """The second `the` repeats a token; the first does not."""
    _, *tokens, _ = scored(command, "-p", " the herd and the herd", "--no-repeat-ngram-size", 1, "--top-k", 0)
    removed = {token["index"]: token["removed_by"] for token in tokens if token["removed_by"]}
    ids = [token["id"] for token in tokens]
    assert removed == {i: "no_repeat_ngram_size" for i, token in enumerate(ids) if token in ids[:i]} != {}


def test_the_first_token_has_nothing_before_it(command: Command) -> None:
    _, first, *_ = scored(command, "-p", TEXT)
    assert [first[name] for name in TOKEN_KEYS[6:]] == [None] * 6


def test_of_one_token_there_is_no_perplexity(command: Command) -> None:
    _, token, end = scored(command, "-p", "")
    assert (token["index"], end["scored"], end["perplexity"]) == (0, 0, None)
    status, out, _ = command("score", "-p", "")
    assert status == 0 and "nothing to score" in out


def test_a_file_as_a_table(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text(TEXT + "\x1b]0;x\x07")
    status, out, _ = command("score", "--prompt-file", file, "--top-k", 20)
    head, *lines, end = out.splitlines()
    assert status == 0 and head.split() == ["#", "id", "rank", "raw", "bits", "entropy", "removed", "by", "token"]
    assert "\x1b" not in out and lines[1].endswith("·was")
    assert "perplexity" in end and "could not have been drawn" in end


def test_a_text_longer_than_the_context_is_one_line(command: Command) -> None:
    said = command.refused("score", "-p", " the" * 1500)
    assert "tokens, and the model's context ends at 1,024" in said


def test_a_text_that_fills_the_context_is_scored(command: Command, checkpoint: Path) -> None:
    *_, end = scored(command, "-m", checkpoint, "-p", " the" * checkpoints.CONTEXT)
    assert end["scored"] == checkpoints.CONTEXT - 1


def test_a_server_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(load=lambda *_: fake_model(head=5))
    monkeypatch.setattr("tui.experiments.run.Engine", lambda: engine)
    with pytest.raises(InputError, match="cannot be asked for what stands inside a text"):
        list(score.score_records(LaunchOptions(prompt="abc", given={"top_k": 3})))
