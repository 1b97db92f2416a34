"""Every source of a prompt; bad input as one line on stderr, nothing on stdout, and an exit code; and `verify`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from tests.commands import Command
from tests.models import checkpoints
from tests.models.conftest import broken, checkpoint
from tui import cli
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS, SEED
from tui.launch import LaunchOptions

__all__ = ["broken", "checkpoint"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


# -- where the prompt comes from ---------------------------------------------------------------------------------------


def test_a_prompt_from_stdin(command: Command, checkpoint: Path) -> None:
    head = command.run("-m", checkpoint, "--prompt-file", "-", "--max-new-tokens", 1, stdin="«é»\n".encode())[0]
    assert head["prompt"] == "«é»\n"


def test_a_prompt_from_a_file(command: Command, checkpoint: Path, tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("two\nlines", encoding="utf-8")
    assert command.run("-m", checkpoint, "--prompt-file", file, "--max-new-tokens", 1)[0]["prompt"] == "two\nlines"


def test_a_file_that_is_not_utf8(command: Command, checkpoint: Path, tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_bytes(b"caf\xe9 au lait")
    said = command.refused("run", "-m", checkpoint, "--prompt-file", file)
    assert "not UTF-8" in said and "byte 4" in said


def test_stdin_that_is_not_utf8(command: Command, checkpoint: Path) -> None:
    assert "not UTF-8" in command.refused("run", "-m", checkpoint, "--prompt-file", "-", stdin=b"\xff\xfe")


@pytest.mark.parametrize("given", ["file", "stdin", "text"])
def test_a_byte_order_mark_is_no_text(command: Command, checkpoint: Path, tmp_path: Path, given: str) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("Hello \ufeff world", encoding="utf-8-sig")
    prompt = {"file": ["--prompt-file", file], "stdin": ["--prompt-file", "-"], "text": ["-p", file.read_text("utf-8")]}
    argv = ["-m", checkpoint, "--max-new-tokens", 1, *prompt[given]]
    assert command.run(*argv, stdin=file.read_bytes())[0]["prompt"] == "Hello \ufeff world"


def test_a_file_in_utf16_is_told_as_that(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("Hello", encoding="utf-16")
    assert "UTF-16" in command.refused("run", "--prompt-file", file)


def test_a_prompt_file_without_end_is_not_read_to_its_end(command: Command) -> None:
    assert "more than 16 MiB" in command.refused("run", "--prompt-file", "/dev/zero")


def test_a_closed_stdin_is_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["samplescope", "run", "--prompt-file", "-"])
    monkeypatch.setattr(sys, "stdin", None)
    assert cli.main() == 2


@pytest.mark.parametrize(
    "option", ["--prompt", "--model", "--server", "--tokenizer", "--revision", "--system", "--device", "--dtype"]
)
@pytest.mark.parametrize("command_name", ["run", "verify"])
def test_an_argument_that_is_not_utf8(command: Command, command_name: str, option: str) -> None:
    assert command.refused(command_name, option, "caf\udce9") == (
        f"samplescope: {option} is not UTF-8 text (character 4 of 4).\n"
    )


def test_an_engine_command_that_is_not_utf8(command: Command) -> None:
    assert "--engine is not UTF-8 text" in command.refused("--engine", "ssh caf\udce9")


def test_a_file_name_may_be_any_bytes(command: Command, checkpoint: Path, tmp_path: Path) -> None:
    file = tmp_path / "caf\udce9"
    file.write_text("Hello")
    assert command.run("-m", checkpoint, "--prompt-file", file, "--max-new-tokens", 1)[0]["prompt"] == "Hello"


# -- the model's name --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a" * 5000, "a/" + "b" * 300, "/" + "c" * 300])
def test_a_model_whose_name_is_longer_than_a_file_name_may_be(command: Command, name: str) -> None:
    said = command.refused("run", "-m", name)
    assert "There is no folder" in said and len(said) < 400


@pytest.mark.parametrize(("folder", "name"), [(".", "m"), ("sub/..", "m"), ("../m/", "m"), ("./sub/../../m", "m")])
def test_a_folder_has_its_own_name(
    command: Command, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, name: str
) -> None:
    (checkpoints.copy(checkpoint, tmp_path / "m") / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "m")
    assert command.run("-m", folder, "--max-new-tokens", 1, "--top", 0)[0]["model"] == name


def test_an_empty_model_is_not_the_folder_one_is_in(
    command: Command, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkpoint)
    assert "--model is empty" in command.refused("run", "-m", "")


@pytest.mark.parametrize("device", ["privateuseone", "xla", "meta", "cuda:99", "mps", "hpu", "vulkan", "", "🦄"])
def test_a_device_that_is_not_there(command: Command, checkpoint: Path, device: str) -> None:
    said = command.refused("run", "-m", checkpoint, "--device", device)
    assert repr(device) in said and "--device cpu" in said


# -- the options -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PARAMETERS, "seed", "max_new_tokens"])
def test_every_parameter_is_an_option_with_its_records_sentence(name: str, command: Command) -> None:
    parameter = {**PARAMETERS, SEED.name: SEED, MAX_NEW_TOKENS.name: MAX_NEW_TOKENS}[name]
    status, out, _ = command("run", "--help")
    kind = "int" if parameter.integer else "float"
    assert status == 0
    assert f"{parameter.flag} <{kind}> {parameter.help}" in " ".join(out.split())


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--temperature", "0"], "--greedy"),
        (["--temperature", "-1"], "--temperature"),
        (["--temperature", "nan"], "--temperature"),
        (["--temperature", "inf"], "--temperature"),
        (["--temperature", "warm"], "--temperature"),
        (["--top-p", "0"], "--top-p"),
        (["--top-p", "1.01"], "--top-p"),
        (["--top-k", "-1"], "--top-k"),
        (["--top-k", "2.5"], "--top-k"),
        (["--min-p", "1.5"], "--min-p"),
        (["--typical-p", "0"], "--typical-p"),
        (["--epsilon-cutoff", "1"], "--epsilon-cutoff"),
        (["--eta-cutoff", "-0.1"], "--eta-cutoff"),
        (["--top-h", "0"], "--top-h"),
        (["--repetition-penalty", "0"], "--repetition-penalty"),
        (["--no-repeat-ngram-size", "-1"], "--no-repeat-ngram-size"),
        (["--max-new-tokens", "0"], "--max-new-tokens"),
        (["--seed", str(2**64)], "--seed"),
        (["--top", "-2"], "top"),
        (["--prompt", "a", "--prompt-file", "b"], "not both"),
        (["--prompt-file", "/no/such/file"], "/no/such/file"),
        (["--prompt-file", "/"], "/"),
        (["--device", "nonsense"], "nonsense"),
        (["--dtype", "float8"], "--dtype"),
        (["--model", "/no/such/model"], "/no/such/model"),
        (["--no-such-option"], "--no-such-option"),
        (["surplus"], "surplus"),
    ],
)
def test_bad_input_is_one_line_and_nothing_else(command: Command, argv: list[str], said: str) -> None:
    assert said in command.refused("run", *argv)


def test_verify_refuses_the_same(command: Command) -> None:
    assert "--greedy" in command.refused("verify", "--temperature", 0)


def test_an_unknown_command(command: Command) -> None:
    assert "rnu" in command.refused("rnu")


def test_a_prompt_longer_than_the_context(command: Command, checkpoint: Path) -> None:
    said = command.refused("run", "-m", checkpoint, "-p", " the" * (checkpoints.CONTEXT + 9))
    assert str(checkpoints.CONTEXT) in said and str(checkpoints.CONTEXT + 9) in said


def test_an_empty_prompt_without_a_bos(command: Command, broken: Path) -> None:
    checkpoints.edit_json(broken / "tokenizer_config.json", lambda config: config.pop("bos_token"))
    checkpoints.edit_json(broken / "generation_config.json", lambda config: config.pop("bos_token_id"))
    assert "BOS" in command.refused("run", "-m", broken, "-p", "")


def test_a_missing_tensor(command: Command, broken: Path) -> None:
    checkpoints.edit_weights(broken, lambda tensors: tensors.pop("model.norm.weight"))
    assert "model.norm.weight" in command.refused("run", "-m", broken)


def test_what_is_refused_cannot_write_to_the_terminal(command: Command) -> None:
    said = command.refused("run", "-m", "/tmp/\x1b[31mred\x9b")
    assert "\x1b" not in said and "\x9b" not in said


# -- failing on the way ------------------------------------------------------------------------------------------------


def test_rows_that_are_not_finite_end_in_an_error_record(command: Command, broken: Path) -> None:
    checkpoints.edit_weights(broken, lambda tensors: tensors["lm_head.weight"][5:8].fill_(torch.nan))
    status, out, err = command("run", "-m", broken, "--max-new-tokens", 3)
    records = [json.loads(line) for line in out.splitlines()]
    assert (status, err.count("\n")) == (3, 1)
    assert [record["type"] for record in records] == ["run", "error"]
    assert records[-1]["message"] in err and "--dtype float32" in records[-1]["remedy"]
    assert list(records[-1]) == ["type", "kind", "message", "remedy"]
    assert records[-1]["message"].startswith(f"3 of the model's {checkpoints.TOKENS + checkpoints.UNUSED:,} logits")


def test_a_temperature_that_overflows_is_an_error_record(command: Command, checkpoint: Path) -> None:
    status, out, _ = command("run", "-m", checkpoint, "--temperature", "1e-44")
    last = json.loads(out.splitlines()[-1])
    assert (status, last["type"]) == (3, "error")
    assert "temperature" in last["message"] and "--greedy" in last["remedy"]


def test_verify_of_rows_that_are_not_finite(command: Command, broken: Path) -> None:
    checkpoints.edit_weights(broken, lambda tensors: tensors["lm_head.weight"][5:8].fill_(torch.nan))
    status, out, err = command("verify", "-m", broken, "--max-new-tokens", 3)
    assert (status, out) == (3, "")
    assert "not finite" in err and err.count("\n") == 1


# -- verify ------------------------------------------------------------------------------------------------------------


def test_verify_agrees_with_generate(command: Command, checkpoint: Path) -> None:
    status, out, err = command("verify", "-m", checkpoint, "-p", "The", "--max-new-tokens", 9, "--top-p", 0.9)
    assert (status, err) == (0, "")
    assert "9 tokens" in out


@pytest.mark.parametrize("argv", [[], ["--max-new-tokens", 20]])
def test_verify_where_the_context_has_little_room_or_none(command: Command, checkpoint: Path, argv: list) -> None:
    for room in (2, 0):
        status, out, _ = command("verify", "-m", checkpoint, "-p", " the" * (checkpoints.CONTEXT - room), *argv)
        assert (status, f"{room} tokens" in out) == (0, True)


def test_verify_with_an_empty_prompt(command: Command, checkpoint: Path) -> None:
    assert command("verify", "-m", checkpoint, "-p", "", "--max-new-tokens", 3)[0] == 0


def test_verify_shows_both_sides_and_where_they_part(
    command: Command, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.models.decoding import TransformersDecoder

    _, *steps, _ = command.run("-m", checkpoint, "-p", "The", "--max-new-tokens", 6, "--greedy")
    third = int(steps[2]["id"])
    logits = TransformersDecoder.logits

    def wrong(self, ids, known, *more):
        """Make another token the best from the third new token on."""
        right = logits(self, ids, known, *more).clone()
        if len(ids) >= len(self._prompt) + 2:
            right[third] -= 20.0
        return right

    monkeypatch.setattr(TransformersDecoder, "logits", wrong)
    status, out, err = command("verify", "-m", checkpoint, "-p", "The", "--max-new-tokens", 6, "--greedy")
    assert (status, err) == (1, "")
    first, ours, theirs = out.splitlines()
    assert "token 3" in first and "20" in first
    assert theirs.split()[1:] == [str(step["id"]) for step in steps]
    assert ours.split()[1:3] == theirs.split()[1:3]
    assert ours.split()[3] != theirs.split()[3]


# -- an engine somewhere else ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ssh gpubox samplescope engine", ["ssh", "gpubox", "samplescope", "engine"]),
        ("ssh -o 'ProxyCommand=nc %h %p' gpubox 'cd x; samplescope engine'",
         ["ssh", "-o", "ProxyCommand=nc %h %p", "gpubox", "cd x; samplescope engine"]),
    ],
)  # fmt: skip
def test_the_engines_command_is_cut_as_a_shell_would(
    command: Command, monkeypatch: pytest.MonkeyPatch, line: str, words: list[str]
) -> None:
    started: list[LaunchOptions] = []
    monkeypatch.setattr(cli, "explore", lambda options: started.append(options) or 0)
    assert command("--engine", line, "--seed", 7)[0] == 0
    assert command()[0] == 0
    assert [options.engine for options in started] == [words, None]
    assert started[0].seed == 7


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--engine", ""], "--engine names no command"),
        (["--engine", "  "], "--engine names no command"),
        (["--engine", "ssh 'gpubox"], "no closing quotation"),
        (["--engine", "ssh gpubox samplescope engine", "run"], "--engine is for the explorer only"),
        (["run", "--engine", "ssh gpubox samplescope engine"], "--engine"),
    ],
)
def test_an_engines_command_that_cannot_be_meant(command: Command, argv: list[str], said: str) -> None:
    assert said in command.refused(*argv)
