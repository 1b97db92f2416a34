"""Tokens a second of `run --top 10` written to a file, against generate() in the same process.

    python -m tests.bench.generate [--check] [--large]

The post's four settings on the demo model; `--large` adds GPT-2's shape of 124 million random weights.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator

from tests.bench.report import Figure, median
from tui.core.presets import PRESETS, UNICORNS
from tui.core.progress import Report
from tui.core.records import dumps
from tui.core.settings import Given
from tui.engine.engine import Engine, Loader, load_transformers
from tui.experiments.run import quiet, step_records
from tui.models.base import Model
from tui.protocol import Open, Prompt, Step

ROUNDS = 5
TOKENS = 100
LEAST = 0.95


def load_large(name: str | None, device: str, dtype: str, report: Report) -> Model:
    """GPT-2's 124 million parameters, random, over the demo model's tokens: speed does not look at what they say."""
    from transformers import GPT2Config, GPT2LMHeadModel

    from tui.models.loading import load
    from tui.models.transformers import TransformersModel

    _, tokenizer, _ = load(None, device, dtype, report)
    return TransformersModel(GPT2LMHeadModel(GPT2Config(eos_token_id=None)).eval(), tokenizer, "gpt2-124M")


class Race:
    """Both sides of one comparison."""

    def __init__(self, loader: Loader) -> None:
        self._engine = Engine(loader)
        self._engine.open(Open(), quiet)
        self._prompt = self._engine.prompt(Prompt(text=UNICORNS), quiet).nodes

    def ours(self, given: Given, seed: int) -> float:
        """Tokens a second through `run`'s records into a file."""
        request = Step(at=self._prompt[-1].id, given=given, seed=seed, count=None)
        started, count = time.perf_counter(), 0
        with tempfile.TemporaryFile("w") as file:
            for record in step_records(self._engine, request, top=10):
                file.write(dumps(record) + "\n")
                file.flush()
                count += record["type"] == "step"
        return count / (time.perf_counter() - started)

    def theirs(self, given: Given, seed: int) -> float:
        """Tokens a second of generate()."""
        ids = [node.token for node in self._prompt]
        started = time.perf_counter()
        count = len(self._engine.model.generate(ids, given, seed)) - len(ids)
        return count / (time.perf_counter() - started)


def figures(large: bool = False) -> Iterator[Figure]:
    """The ratio for each preset, the median of several pairs, after one that is not counted."""
    loaders: dict[str, Loader] = {"demo": load_transformers} | ({"124M": load_large} if large else {})
    for name, loader in loaders.items():
        race = Race(loader)
        for preset in PRESETS:
            given: Given = {**preset.given, "max_new_tokens": TOKENS}
            # Each seed anew: a token the story has already would be followed, not drawn.
            pairs = [(race.ours(given, seed), race.theirs(given, seed)) for seed in range(ROUNDS + 1)][1:]
            ratio = median([ours / theirs for ours, theirs in pairs])
            speed = median([ours for ours, _ in pairs])
            yield Figure(f"{name} {preset.name}: run / generate() ({speed:.0f} tokens/s)", ratio, LEAST, "", least=True)


if __name__ == "__main__":
    found = []
    for figure in figures("--large" in sys.argv):
        print(figure.line(), flush=True)
        found.append(figure)
    sys.exit("--check" in sys.argv and not all(figure.ok for figure in found))
