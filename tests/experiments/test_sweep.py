"""The sweep as a job and as a command: what it measures, tells, refuses, and how it is stopped and goes on."""

from __future__ import annotations

import csv
import io
import json
import signal
import sys
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from tests.commands import Command, process
from tests.models.tiny import PROMPT, source
from tests.patience import PATIENCE
from tests.ptyrun import Terminal
from tui.core.grid import MEASURES, Measured
from tui.core.progress import quiet
from tui.engine.engine import Engine
from tui.errors import InputError, StoppedError
from tui.experiments import self_bleu
from tui.experiments.jobs import JOBS
from tui.experiments.metrics import distinct
from tui.protocol import Job, Open, Prompt, Step

ROOT = Path(__file__).parents[2]
SMALL = ("--samples", 4, "--max-new-tokens", 6, "--top-k", 0)
KEYS = ["type", "settings", *MEASURES, "samples", "tokens", "seed"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def opened() -> tuple[Engine, int]:
    model = source("llama")
    engine = Engine(load=lambda *_: model, jobs=JOBS)
    engine.open(Open(), quiet)
    return engine, engine.prompt(Prompt(ids=PROMPT), quiet).nodes[-1].id


def job(engine: Engine, report=quiet, **parameters: object) -> tuple[list[Measured], dict]:
    told: list[Measured] = []
    small = {"given": {"max_new_tokens": 6, "top_k": 0}, "samples": 4}
    asked = Job(kind="sweep", parameters=small | parameters)
    result = engine.job(asked, report, lambda part: told.append(msgspec.convert(part, Measured))).result
    return told, result


# -- the job -----------------------------------------------------------------------------------------------------------


def test_each_setting_is_told_as_soon_as_it_is_measured() -> None:
    engine, tip = opened()
    told, result = job(engine, at=tip, grid={"temperature": [0.5, 2.0], "top_p": [0.9, 1.0]})
    assert [one.number for one in told] == [0, 1, 2, 3]
    values = [(one.settings["temperature"].value, one.settings["top_p"].value) for one in told]
    assert values == [(0.5, 0.9), (0.5, 1.0), (2.0, 0.9), (2.0, 1.0)]
    assert {(one.samples, one.tokens, len(one.texts), one.seed) for one in told} == {(4, 24, 4, 42)}
    assert result["settings"] == 4
    assert (self_bleu.MISSING in result["notes"]) is not self_bleu.available()


def test_the_measures_are_of_the_runs_with_these_seeds() -> None:
    engine, tip = opened()
    (one,), _ = job(engine, at=tip, seed=7)
    given = {"max_new_tokens": 6, "top_k": 0}
    runs = [list(engine.step(Step(at=tip, given=given, seed=seed, count=None))) for seed in range(7, 11)]
    nodes = [node for run in runs for node in run]
    assert one.distinct_2 == distinct([[node.token for node in run] for run in runs], 2)
    assert one.perplexity == pytest.approx(2 ** (sum(node.surprisal for node in nodes) / 24), rel=1e-4)
    assert one.entropy_bits == pytest.approx(sum(node.entropy for node in nodes) / 24, rel=1e-4)


def test_from_any_node_it_is_the_prompt_that_is_continued() -> None:
    engine, tip = opened()
    last = list(engine.step(Step(at=tip, count=3)))[-1].id
    assert job(engine, at=last)[0][0].texts == job(engine, at=tip)[0][0].texts


def test_a_sweep_adds_nothing_to_the_story() -> None:
    engine, tip = opened()
    before = engine.revision
    job(engine, at=tip)
    assert engine.revision == before


def test_one_that_was_stopped_goes_on_after_the_settings_that_are_finished() -> None:
    engine, tip = opened()
    grid = {"temperature": [0.5, 1.0, 2.0]}
    whole, _ = job(engine, at=tip, grid=grid)
    told: list[dict] = []

    def told_then_stopped(part: dict) -> None:
        told.append(part)
        engine.stop()

    with pytest.raises(StoppedError):
        parameters = {"at": tip, "grid": grid, "given": {"max_new_tokens": 60}, "samples": 30}
        engine.job(Job(kind="sweep", parameters=parameters), quiet, told_then_stopped)
    assert [part["number"] for part in told] == [0]
    rest, _ = job(engine, at=tip, grid=grid, finished=len(told))
    assert [(one.number, one.texts) for one in rest] == [(one.number, one.texts) for one in whole[1:]]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "no sweep"),
        ({"at": "here"}, "no sweep"),
        ({"at": 999}, "no node 999"),
        ({"at": 1, "grid": {"warmth": [1]}}, "no parameter"),
        ({"at": 1, "grid": {"temperature": ["hot"]}}, "must be above 0"),
        ({"at": 1, "samples": 0}, "--samples"),
    ],
)
def test_what_is_no_sweep_is_refused(parameters: dict, said: str) -> None:
    engine, _ = opened()
    with pytest.raises(InputError, match=said):
        engine.job(Job(kind="sweep", parameters=parameters), quiet)


# -- the post's claim --------------------------------------------------------------------------------------------------


def falls_and_rises(samples: int, tokens: int, command: Command) -> None:
    argv = ("--grid", "temperature=0.5,1,2", "--top-k", 0, "--samples", samples, "--max-new-tokens", tokens, "--json")
    status, out, _ = command("sweep", *argv)
    rows = [json.loads(line) for line in out.splitlines()]
    assert (status, len(rows)) == (0, 3)
    for colder, hotter in pairwise(rows):
        assert colder["mean_logprob"] > hotter["mean_logprob"]
        assert colder["distinct_2"] < hotter["distinct_2"]


def test_hotter_is_less_accurate_and_more_diverse_at_every_step(command: Command) -> None:
    falls_and_rises(8, 24, command)


@pytest.mark.long
def test_hotter_is_less_accurate_and_more_diverse_at_full_size(command: Command) -> None:
    falls_and_rises(32, 64, command)


# -- the command -------------------------------------------------------------------------------------------------------


def rows_of(command: Command, *argv: object) -> list[dict]:
    status, out, _ = command("sweep", *SMALL, *argv, "--json")
    assert status == 0
    return [json.loads(line) for line in out.splitlines()]


def test_json_is_one_object_a_setting_with_who_decided_each_value(command: Command) -> None:
    rows = rows_of(command, "--grid", "temperature=0.5,1", "--seed", 9)
    assert [list(row) for row in rows] == [KEYS] * 2
    assert rows[0]["settings"]["temperature"] == {"value": 0.5, "source": "you"}
    assert rows[0]["settings"]["top_p"] == {"value": 1.0, "source": "transformers"}
    assert {(row["type"], row["samples"], row["tokens"], row["seed"]) for row in rows} == {("setting", 4, 24, 9)}
    assert (rows[0]["self_bleu_4"] is None) is not self_bleu.available()


def test_texts_are_those_of_run_with_the_seed_plus_the_index(command: Command) -> None:
    (row,) = rows_of(command, "--texts", "--temperature", 0.7)
    for index, text in enumerate(row["texts"]):
        end = command.run("--max-new-tokens", 6, "--top-k", 0, "--temperature", 0.7, "--seed", 42 + index)[-1]
        assert text == end["text"]


def test_csv_has_every_setting_s_value_and_the_same_numbers(command: Command) -> None:
    argv = ("--grid", "min_p=off,0.1", "--texts")
    rows = rows_of(command, *argv)
    status, out, _ = command("sweep", *SMALL, *argv, "--csv")
    table = list(csv.DictReader(io.StringIO(out)))
    assert (status, len(table)) == (0, 2)
    assert [line["min_p"] for line in table] == ["", "0.1"]
    for line, row in zip(table, rows, strict=True):
        assert float(line["mean_logprob"]) == row["mean_logprob"]
        assert json.loads(line["texts"]) == row["texts"]
        assert line["do_sample"] == "true"


def test_without_either_it_is_a_table_of_what_varies(command: Command) -> None:
    status, out, _ = command("sweep", *SMALL, "--grid", "top_p=0.8,off", "--grid", "temperature=1")
    head, *lines = out.splitlines()
    assert (status, len(lines)) == (0, 2)
    assert head.split()[:3] == ["top_p", "mean", "ln"]
    assert [line.split()[0] for line in lines] == ["0.8", "1"]
    assert len({len(line) for line in [head, *lines]}) == 1


def test_texts_in_a_table_are_harmless_lines(command: Command) -> None:
    _, out, _ = command("sweep", *SMALL, "--texts", "--temperature", 3.0)
    assert len(out.splitlines()) == 2 + 4
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--grid", "temperature"), "has no values"),
        (("--grid", "warmth=1"), "no parameter 'warmth'"),
        (("--grid", "temperature=1,1"), "twice"),
        (("--grid", "temperature=0"), "above 0"),
        (("--grid", "top_k=1", "--top-k", 3), "one value and a grid"),
        (("--json", "--csv"), "not both"),
        (("--samples", 0), "--samples must be 1 or more"),
        (("--batch", 0), "--batch must be 1 or more"),
    ],
)
def test_bad_input_is_one_line_before_the_model_is_loaded(command: Command, argv: tuple, said: str) -> None:
    assert said in command.refused("sweep", *argv, "-m", "/no/such/model")


def test_a_setting_that_fails_leaves_those_before_it_and_an_error_line(command: Command) -> None:
    argv = ("--grid", "temperature=1,1e-40", "--samples", 2, "--max-new-tokens", 3)
    status, out, err = command("sweep", *argv, "--json")
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["setting", "error"]
    assert status == 3
    assert "scores overflow" in err.splitlines()[-1]
    status, out, err = command("sweep", *argv, "--csv")
    assert (status, len(out.splitlines())) == (3, 2)


def test_help_says_what_a_batch_may_change(command: Command) -> None:
    status, out, _ = command("sweep", "--help")
    assert status == 0
    assert "In 32 bits this changes no token, in 16 it may" in " ".join(out.replace("│", " ").split())


# -- as a process ------------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_it_within_the_setting_under_way_and_those_before_it_are_whole() -> None:
    many = "temperature=" + ",".join(f"{0.5 + n / 1000:g}" for n in range(1000))
    with process("sweep", "--samples", 2, "--json", "--max-new-tokens", 40, "--grid", many) as running:
        first = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert [line for line in err.splitlines() if not line.startswith("note: ")] == []
    lines = [first, *out.splitlines(keepends=True)]
    assert all(json.loads(line)["type"] == "setting" and line.endswith("\n") for line in lines)
    assert len(lines) < 10


def test_progress_is_a_line_on_a_terminal_that_is_gone_at_the_end() -> None:
    argv = ["sweep", *SMALL, "--grid", "temperature=0.5,1,2", "--json"]
    with Terminal([sys.executable, "-m", "tui", *map(str, argv)], cwd=ROOT) as terminal:
        assert terminal.wait() == 0
        seen = bytes(terminal.raw).decode()
    assert "setting 1 of 3: 0 of 24 tokens" in seen
    assert "setting" not in seen.rpartition("\x1b[K")[2]
