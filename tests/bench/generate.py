"""Tokens a second of `run --top 10` written to a file, against generate() in the same process.

    python -m tests.bench.generate [--large] [--device=cuda]

The post's four settings on the demo model; `--large` adds GPT-2's shape of 124 million random weights.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator

from tests.bench.report import Figure, median, show
from tui.core.origin import Origin
from tui.core.presets import PRESETS, UNICORNS
from tui.core.progress import Report, quiet
from tui.core.records import dumps
from tui.core.settings import Given
from tui.engine.engine import Engine, Loader
from tui.experiments.run import step_records
from tui.models.backends import open_model
from tui.models.base import Model
from tui.protocol import Open, Prompt, Step

ROUNDS = 9
TOKENS = 100
LEAST = 0.95


def load_large(origin: Origin, report: Report) -> Model:
    """GPT-2's 124 million parameters, random, over the demo model's tokens: speed does not look at what they say."""
    from transformers import GPT2Config, GPT2LMHeadModel

    from tui.models.loading import load
    from tui.models.transformers import TransformersModel

    demo = load(origin, report)
    model = GPT2LMHeadModel(GPT2Config(eos_token_id=None)).eval().to(demo.model.device)
    return TransformersModel(model, demo.tokenizer, "gpt2-124M")


class Race:
    """Both sides of one comparison."""

    def __init__(self, loader: Loader, device: str) -> None:
        self._engine = Engine(loader)
        self._engine.open(Open(origin=Origin(device=device)), quiet)
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
        count = len(self._engine.model.reference.generate(ids, given, seed)) - len(ids)
        return count / (time.perf_counter() - started)


def figures(large: bool = False, device: str = "auto") -> Iterator[Figure]:
    """The ratio for each preset, the median of several pairs, after one that is not counted."""
    loaders: dict[str, Loader] = {"demo": open_model} | ({"124M": load_large} if large else {})
    for name, loader in loaders.items():
        race = Race(loader, device)
        for preset in PRESETS:
            given: Given = {**preset.given, "max_new_tokens": TOKENS}
            # Each seed anew: a token the story has already would be followed, not drawn.
            pairs = [(race.ours(given, seed), race.theirs(given, seed)) for seed in range(ROUNDS + 1)][1:]
            ratio = median([ours / theirs for ours, theirs in pairs])
            ours, theirs = (1000 / median([pair[side] for pair in pairs]) for side in (0, 1))
            shown = f"{name} {preset.name}: run / generate() ({ours:.2f} / {theirs:.2f} ms a step)"
            yield Figure(shown, ratio, LEAST, "", least=True)


if __name__ == "__main__":
    devices = [one.removeprefix("--device=") for one in sys.argv if one.startswith("--device=")]
    show(figures("--large" in sys.argv, *devices))
