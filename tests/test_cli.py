"""What `run` prints is a contract: the records, their keys, why it ended; and how it ends as a process."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.commands import Command, process
from tests.models import checkpoints
from tests.models.conftest import broken, checkpoint
from tests.models.tokenizers_at_hand import framed
from tests.patience import PATIENCE
from tui.core.records import dumps

__all__ = ["broken", "checkpoint"]


# fmt: off
RUN_KEYS = [
    "type", "version", "model", "backend", "device", "dtype", "vocab_size", "settings", "seed", "prompt", "prompt_ids",
    "notes",
]
STEP_KEYS = [
    "type", "index", "id", "text", "bytes", "special", "how", "rank", "raw", "tempered", "final", "kept", "kept_mass",
    "entropy_bits", "final_entropy_bits", "surprisal_bits", "cutoffs", "candidates",
]
CANDIDATE_KEYS = ["rank", "id", "text", "bytes", "raw", "tempered", "final", "cumulative", "removed_by"]
END_KEYS = ["type", "reason", "ids", "text", "steps", "seconds"]
# fmt: on


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


# -- what a run prints -------------------------------------------------------------------------------------------------


def test_a_run_is_one_run_line_its_steps_and_an_end(command: Command, checkpoint: Path) -> None:
    head, *steps, end = command.run("-m", checkpoint, "-p", "The", "--max-new-tokens", 4, "--top-p", 0.9)
    assert list(head) == RUN_KEYS
    assert (head["type"], head["version"], head["backend"], head["seed"]) == ("run", 1, "transformers", 42)
    assert (head["prompt"], head["vocab_size"]) == ("The", checkpoints.TOKENS + checkpoints.UNUSED)
    assert [list(step) for step in steps] == [STEP_KEYS] * 4
    assert [step["index"] for step in steps] == [0, 1, 2, 3]
    assert list(end) == END_KEYS
    assert end["ids"] == [step["id"] for step in steps]
    assert (end["reason"], end["steps"]) == ("max_new_tokens", 4)
    assert end["text"] == b"".join(bytes.fromhex(step["bytes"]) for step in steps).decode("utf-8", "replace")


def test_every_setting_says_who_decided_it(command: Command, checkpoint: Path) -> None:
    settings = command.run("-m", checkpoint, "--max-new-tokens", 1, "--top-p", 0.9)[0]["settings"]
    assert settings["top_p"] == {"value": 0.9, "source": "you"}
    assert settings["top_k"] == {"value": 50, "source": "transformers"}
    assert settings["do_sample"] == {"value": True, "source": "samplescope"}


def test_the_order_is_among_the_settings_and_decides_what_is_kept(command: Command, checkpoint: Path) -> None:
    options = ("-m", checkpoint, "--temperature", 3, "--top-k", 0, "--top-p", 0.9, "--max-new-tokens", 1)
    hot, step, _ = command.run(*options)
    llama, other, _ = command.run(*options, "--order", "llama.cpp")
    assert hot["settings"]["order"] == {"value": "transformers", "source": "transformers"}
    assert llama["settings"]["order"] == {"value": "llama.cpp", "source": "you"}
    assert other["kept"] < step["kept"]
    assert other["candidates"][0]["cumulative"] > step["candidates"][0]["cumulative"]
    assert [row["tempered"] for row in other["candidates"]] == [row["tempered"] for row in step["candidates"]]


def test_verify_refuses_an_order_that_generate_does_not_have(command: Command) -> None:
    assert "generate() has transformers' order only" in command.refused("verify", "--order", "llama.cpp")


def test_a_step_says_what_each_stage_left(command: Command, checkpoint: Path) -> None:
    step = command.run("-m", checkpoint, "--max-new-tokens", 1, "--top-k", 40, "--top-p", 0.8)[1]
    cutoffs = step["cutoffs"]
    assert list(cutoffs) == ["top_k", "top_p"]
    assert cutoffs["top_k"]["alone"] == cutoffs["top_k"]["left"] == 40
    assert cutoffs["top_p"]["left"] == step["kept"] < 40
    assert cutoffs["top_p"]["mass"] == pytest.approx(step["kept_mass"])
    assert list(cutoffs["top_k"]) == ["alone", "left", "mass"]


def test_candidates_come_best_first_with_what_removed_them(command: Command, checkpoint: Path) -> None:
    step = command.run("-m", checkpoint, "--max-new-tokens", 1, "--top-k", 3, "--top", 5)[1]
    assert [list(row) for row in step["candidates"]] == [CANDIDATE_KEYS] * 5
    assert [row["rank"] for row in step["candidates"]] == [1, 2, 3, 4, 5]
    assert [row["removed_by"] for row in step["candidates"]] == [None, None, None, "top_k", "top_k"]
    assert [row["final"] for row in step["candidates"]][3:] == [0.0, 0.0]
    assert step["candidates"][-1]["cumulative"] == pytest.approx(sum(row["tempered"] for row in step["candidates"]))


@pytest.mark.parametrize(("top", "count"), [(0, 0), (1, 1), (-1, checkpoints.TOKENS + checkpoints.UNUSED)])
def test_how_many_candidates(command: Command, checkpoint: Path, top: int, count: int) -> None:
    step = command.run("-m", checkpoint, "--max-new-tokens", 1, "--top", top)[1]
    assert len(step["candidates"]) == count


def test_all_candidates_hold_every_token_once(command: Command, checkpoint: Path) -> None:
    """Ids that the tokenizer does not use are listed too."""
    rows = command.run("-m", checkpoint, "--max-new-tokens", 1, "--top", -1)[1]["candidates"]
    assert sorted(row["id"] for row in rows) == list(range(checkpoints.TOKENS + checkpoints.UNUSED))
    assert rows[-1]["cumulative"] == pytest.approx(1)
    unused = next(row for row in rows if row["id"] == checkpoints.TOKENS)
    assert (unused["text"], unused["bytes"]) == ("", "")  # shown as ⟨unused⟩ on a screen, but no text of the model's


def test_greedy_steps_are_called_so(command: Command, checkpoint: Path) -> None:
    _, *steps, _ = command.run("-m", checkpoint, "--greedy", "--max-new-tokens", 3)
    assert {(step["how"], step["rank"], step["kept"], step["final"]) for step in steps} == {("greedy", 1, 1, 1.0)}


def test_an_eos_is_a_step_like_any_other_and_the_last(command: Command, broken: Path) -> None:
    every = list(range(checkpoints.TOKENS + checkpoints.UNUSED))
    checkpoints.edit_json(broken / "generation_config.json", lambda config: config.update(eos_token_id=every))
    _, *steps, end = command.run("-m", broken, "--max-new-tokens", 5)
    assert (len(steps), end["reason"], end["steps"]) == (1, "eos", 1)
    assert end["ids"] == [steps[0]["id"]]


def test_a_stop_string_ends_a_run(command: Command, broken: Path) -> None:
    letters = {"stop_strings": [chr(code) for code in range(97, 123)]}
    checkpoints.edit_json(broken / "generation_config.json", lambda config: config.update(letters))
    *_, end = command.run("-m", broken, "--max-new-tokens", 40)
    assert end["reason"] == "stop_string"


def test_the_context_ends_a_run(command: Command, checkpoint: Path) -> None:
    head, *_, end = command.run("-m", checkpoint, "-p", " the" * (checkpoints.CONTEXT - 3), "--max-new-tokens", 40)
    assert len(head["prompt_ids"]) + end["steps"] == checkpoints.CONTEXT
    assert end["reason"] == "context"


def test_a_prompt_that_fills_the_context_ends_at_once(command: Command, checkpoint: Path) -> None:
    records = command.run("-m", checkpoint, "-p", " the" * checkpoints.CONTEXT)
    assert [record["type"] for record in records] == ["run", "end"]
    assert (records[1]["reason"], records[1]["ids"], records[1]["text"]) == ("context", [], "")


def test_an_empty_prompt_is_one_bos(command: Command, checkpoint: Path) -> None:
    head = command.run("-m", checkpoint, "-p", "", "--max-new-tokens", 1)[0]
    assert (head["prompt"], head["prompt_ids"]) == ("", [0])


def test_numbers_that_are_not_finite_are_null() -> None:
    assert json.loads(dumps({"type": "step", "raw": float("nan"), "surprisal_bits": float("inf")})) == {
        "type": "step", "raw": None, "surprisal_bits": None,
    }  # fmt: skip


def test_a_token_of_no_probability_has_no_number_that_json_lacks(command: Command, broken: Path) -> None:
    """A suppressed token's score is −inf: null in JSON."""
    asked = {"suppress_tokens": list(range(100)), "eos_token_id": 5000}
    checkpoints.edit_json(broken / "generation_config.json", lambda config: config.update(asked))
    status, out, _ = command("run", "-m", broken, "--max-new-tokens", 1, "--top", -1)
    assert status == 0
    assert not {"NaN", "Infinity", "-Infinity"} & set(out.replace(",", " ").replace(":", " ").split())
    rows = {row["id"]: row for row in json.loads(out.splitlines()[1])["candidates"]}
    assert {rows[token]["removed_by"] for token in range(100)} == {"suppress_tokens"}


# -- as a process ------------------------------------------------------------------------------------------------------


@pytest.fixture
def endless(broken: Path) -> Path:
    """A model whose context is never full."""
    checkpoints.edit_json(broken / "config.json", lambda config: config.update(max_position_embeddings=10**6))
    return broken


def test_interrupted_it_ends_after_the_step_under_way(endless: Path) -> None:
    with process("run", "-m", endless, "--max-new-tokens", 10**5, "--top", 0) as running:
        head = [running.stdout.readline() for _ in range(3)]
        running.send_signal(signal.SIGINT)
        out, err = running.stdout.read(), running.stderr.read()  # communicate() would lose what readline() read ahead
        code = running.wait(timeout=PATIENCE)
    records = [json.loads(line) for line in [*head, *out.splitlines()]]
    assert (code, err) == (130, "")
    assert [record["type"] for record in records] == ["run", *["step"] * (len(records) - 2), "end"]
    assert records[-1]["reason"] == "interrupted"
    assert records[-1]["ids"] == [record["id"] for record in records[1:-1]]


def test_a_closed_stdout_ends_it_quietly(endless: Path) -> None:
    with process("run", "-m", endless, "--max-new-tokens", 10**5, "--top", 0) as running:
        assert json.loads(running.stdout.readline())["type"] == "run"
        running.stdout.close()
        err = running.stderr.read()
        assert (running.wait(timeout=PATIENCE), err) == (141, "")


def test_each_line_is_there_as_soon_as_its_step_is_done(endless: Path) -> None:
    with process("run", "-m", endless, "--max-new-tokens", 10**5, "--top", 0) as running:
        assert [json.loads(running.stdout.readline())["type"] for _ in range(4)] == ["run", "step", "step", "step"]
        running.kill()


def test_the_module_is_the_command() -> None:
    with process("run", "--temperature", 0) as running:
        out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (2, "")
    assert err == (
        "samplescope: --temperature must be above 0, not 0.0. For the most probable token every time use --greedy.\n"
    )


def test_help_and_version_go_to_stdout(command: Command) -> None:
    status, out, err = command("--version")
    assert (status, err) == (0, "") and out.startswith("samplescope ")
    status, out, err = command("run", "--help")
    assert (status, err) == (0, "") and "--repetition-penalty" in out


# -- a prompt's frame --------------------------------------------------------------------------------------------------


def test_an_odd_prompt_is_told_on_stderr_and_in_the_record(command: Command, broken: Path) -> None:
    framed().save_pretrained(broken)
    options = ("run", "-m", broken, "-p", "<s>hello", "--max-new-tokens", 1)
    notes = ["the prompt begins with <s> twice", "the tokenizer ends the prompt with </s>"]
    _, out, err = command(*options)
    head = json.loads(out.splitlines()[0])
    assert head["notes"][-2:] == notes
    assert [f"note: {note}" for note in notes] == err.splitlines()[-2:]
    _, out, err = command(*options, "--no-special-tokens")
    assert json.loads(out.splitlines()[0])["prompt_ids"] == head["prompt_ids"][1:-1]
    assert "twice" not in err and "ends" not in err


def test_a_template_and_no_special_tokens_are_not_for_one_prompt(command: Command) -> None:
    assert "Leave --no-special-tokens out" in command.refused("run", "--chat", "--no-special-tokens")
