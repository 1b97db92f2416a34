"""Going back and branching, driven through `samplescope engine`, every row against a fresh generate() along its path.

Does not import the package: requests are frames made in command.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import reference
from cases import PROMPTS, Models
from command import Engine

SEED = 11
GIVEN = {"top_k": 0, "top_p": 0.98}
HEAD, WHOLE = 40, 10**6
ID, PARENT, TOKEN, HOW = 0, 1, 3, 6
"""Where these stand in a node."""
ROW_TOKEN, ROW_LOGIT = 1, 4


@dataclass(frozen=True)
class Plan:
    """One model to branch on."""

    name: str
    folder: Path
    dtype: str


def plans(models: Models, names: Sequence[str]) -> Iterator[Plan]:
    """Every family in float32, and half of them in bf16 as well."""
    for place, family in enumerate(names):
        for dtype in ("float32", "bfloat16"):
            if dtype == "float32" or place % 2:
                yield Plan(f"branch {family} {dtype}", models.folder(family), dtype)


class _Explorer:
    """What a person does at the workbench, as requests."""

    def __init__(self, plan: Plan, package: Path) -> None:
        self._plan, self._package = plan, package
        self._engine = Engine(package)
        self._open([])
        self.nodes: dict[int, list[Any]] = {}

    def _open(self, story: list[Any]) -> None:
        self._engine.ask("Open", origin={"model": str(self._plan.folder), "dtype": self._plan.dtype}, story=story)

    def prompt(self, text: str) -> int:
        """The prompt's last node."""
        nodes = self._engine.ask("Prompt", text=text)["nodes"]
        self.nodes |= {node[ID]: node for node in nodes}
        return int(nodes[-1][ID])

    def step(self, at: int, count: int | None = 1, token: int | None = None) -> int:
        """The tip after stepping."""
        tip = self._engine.ask("Step", at=at, given=GIVEN, seed=SEED, count=count, token=token)["tip"]
        self.nodes |= {node[ID]: node for node in self._engine.grown}
        return int(tip)

    def logits(self, at: int, count: int) -> dict[int, float]:
        """token → logit of the `count` best rows after a node."""
        rows = self._engine.ask("View", slot="main", at=at, given=GIVEN, seed=SEED, window=[0, count])["candidates"]
        return {row[ROW_TOKEN]: row[ROW_LOGIT] for row in rows}

    def would_draw(self, at: int) -> int:
        return int(self._engine.ask("View", slot="main", at=at, given=GIVEN, seed=SEED)["would_draw"])

    def verify(self, at: int) -> bool:
        parameters = {"at": at, "given": {**GIVEN, "max_new_tokens": 12}, "seed": SEED + 1}
        return bool(self._engine.ask("Job", kind="verify", parameters=parameters)["result"]["equal"])

    def kill_and_restart(self) -> None:
        """What the client does when the engine dies: a new one, with the story it mirrored."""
        self._engine.kill()
        self._engine = Engine(self._package)
        self._open(list(self.nodes.values()))

    def path(self, at: int) -> list[list[Any]]:
        nodes = []
        while at:
            nodes.append(self.nodes[at])
            at = self.nodes[at][PARENT]
        return nodes[::-1]

    def close(self) -> None:
        self._engine.kill()


def run(plan: Plan, package: Path) -> str:
    """The first thing that is not generate()'s, or ''."""
    explorer = _Explorer(plan, package)
    try:
        return _walk(plan, explorer)
    except RuntimeError as error:
        return str(error)
    finally:
        explorer.close()


def _walk(plan: Plan, explorer: _Explorer) -> str:
    start = explorer.prompt(PROMPTS[1])
    first = explorer.step(start, 40)
    middle = explorer.path(first)[-21][ID]
    drawn = explorer.path(first)[-20][TOKEN]
    other = explorer.step(middle, token=(drawn + 1) % 1000)
    second = explorer.step(other, 20)
    first = explorer.step(first, 20)
    if wrong := _check(plan, explorer, [first, second]):
        return wrong
    if explorer.step(middle) != explorer.path(first)[len(explorer.path(middle))][ID]:
        return "step, back, step draws another token"
    if not explorer.verify(first):
        return "verify on the same model object found a difference"
    again = explorer.step(explorer.step(middle, token=(drawn + 2) % 1000), 10)
    second = explorer.step(second, 5)
    before = {at: explorer.logits(at, HEAD) for at in (start, middle, first, second)}
    explorer.kill_and_restart()
    if any(explorer.logits(at, HEAD) != rows for at, rows in before.items()):
        return "a row has other bits after the engine was killed and restarted"
    first = explorer.step(first, 5)
    return _check(plan, explorer, [first, second, again])


def _check(plan: Plan, explorer: _Explorer, tips: Sequence[int]) -> str:
    """Every row of these branches against generate() along them; the tips' rows whole."""
    for tip in tips:
        path = explorer.path(tip)
        tokens = [node[TOKEN] for node in path]
        prompt = sum(node[HOW] == "prompt" for node in path)
        rows = reference.rows_along(plan.folder, plan.dtype, tokens[:prompt], tokens[prompt:])
        for index, node in enumerate(path[prompt - 1 :]):
            shown = explorer.logits(node[ID], WHOLE if node[ID] == tip else HEAD)
            wrong = [token for token, logit in shown.items() if logit != float(rows[index][token])]
            if wrong or len(shown) < HEAD:
                ours, theirs = shown[wrong[0]], float(rows[index][wrong[0]])
                return (
                    f"the row after {index} new tokens has {len(wrong)} of {len(shown)} logits with other bits, "
                    f"token {wrong[0]}: {ours!r} here, {theirs!r} in generate()"
                )
    return ""
