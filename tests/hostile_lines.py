"""Hostile command lines, made at random from options and the values that break careless programs."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS, SEED

NUMBERS = (
    "", " ", "0", "-1", "1", "nan", "inf", "-inf", "1e-320", "1e-39", "1e39", "1e400", "2.5", "0x10", "1_0", "٣", "½",
    "1,5", str(2**31), str(2**63), str(2**64), "9" * 5000, "True", "None", "\x1b[31m", "caf\udce9", "--seed", "-",
)  # fmt: skip
TEXTS = (
    "", " ", ".", "..", "/", "/dev/null", "~", "a/b", "a/b/c", "../..", "http://", "http://[::1", "localhost:1",
    ":99999",
    "x" * 300, "x" * 5000, "x/" * 3000, "\x1b]0;x\x07", "caf\udce9", "\ufeff", "\u202e", "[/INST]", "{}",
    "{--greedy}", "%s",
    "$(true)", "'", '"', "\\", "-", "--", "-m", "🦄", "a\nb", "gpt2 ", "file:///etc/passwd",
)  # fmt: skip
TEXT_OPTIONS = (
    "-m", "--model", "--revision", "--server", "--tokenizer", "-p", "--prompt", "--prompt-file", "--system", "--device",
    "--dtype", "--device-map",
)  # fmt: skip
NUMBER_OPTIONS = (*(record.flag for record in (*PARAMETERS.values(), SEED, MAX_NEW_TOKENS)), "--top")
SWITCHES = ("--greedy", "--chat", "--allow-pickle", "--trust-remote-code", "-h", "--help", "--version")
ODD = (
    "",
    "--",
    "-",
    "-z",
    "--nothing",
    "--temperature=",
    "--top-k=3=4",
    "surplus",
    "run",
    "verify",
    "engine2",
    "\udcff",
)


def worst() -> Iterator[list[str]]:
    """Every option with each of the values that have broken it before."""
    for option in TEXT_OPTIONS:
        yield from (["run", option, value] for value in ("caf\udce9", "x" * 5000, "x/" * 3000, ""))
    for option in NUMBER_OPTIONS:
        yield from (["verify", option, value] for value in ("caf\udce9", "9" * 5000, "nan"))
    yield ["run", "--device", "privateuseone"]


def lines(count: int, seed: int = 1) -> Iterator[list[str]]:
    """Command lines after `run` or `verify`; each has at least one odd word."""
    chance = random.Random(seed)
    for number in range(count):
        words = [("run", "verify")[number % 2]]
        for _ in range(chance.randint(1, 3)):
            words += _part(chance)
        yield words


def _part(chance: random.Random) -> list[str]:
    kind = chance.random()
    if kind < 0.45:
        return [chance.choice(TEXT_OPTIONS), chance.choice(TEXTS)]
    if kind < 0.85:
        return [chance.choice(NUMBER_OPTIONS), chance.choice(NUMBERS)]
    return [chance.choice(SWITCHES if kind < 0.92 else ODD)]
