"""Is what samplescope shows what generate() does? Bit for bit, from outside; the package is not imported here.

    python tests/parity/parity.py            550 runs, and going back and branching on eleven models
    python tests/parity/parity.py --fast      22 runs of them: what the ordinary suite runs

A run compares `samplescope run`'s JSON with `model.generate()` given only the person's options: the ids, why it ended,
and at every step the drawn token's and the ten best candidates' probabilities, and how many were kept. A branching
drives `samplescope engine`: 40 tokens, past the sliding window, back 20, another token, 20 more, back to the first
branch and 20 more, after a verify, after the engine was killed; every row against a fresh generate() on that path.

GPT-2's tokenizer is read from the folder in SAMPLESCOPE_GPT2_TOKENIZER. Exit status: 0 all equal, 1 not, 2 without it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import branches
import compare
import families
from cases import Case, Models, cases
from command import Warm

REPOSITORY = Path(__file__).resolve().parents[2]
TOKENIZER = "SAMPLESCOPE_GPT2_TOKENIZER"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fast", action="store_true", help="22 runs, and no branching")
    parser.add_argument("--only", default="", help="comma-separated: only cases whose name holds one of these")
    parser.add_argument("--package", type=Path, default=REPOSITORY, help="the folder that holds tui/")
    parser.add_argument("--models", type=Path, help="keep the models in this folder, or find them there")
    parser.add_argument("--plain", action="store_true", help="start every run in an interpreter of its own")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    return parser.parse_args()


class Runs:
    """Runs cases on a few warm processes, a little ahead of the comparison."""

    def __init__(self, package: Path, jobs: int, plain: bool, fast: bool) -> None:
        self._fast = fast
        self._pool = ThreadPoolExecutor(jobs)
        self._idle: SimpleQueue[Warm] = SimpleQueue()
        self._all = [Warm(package, plain) for _ in range(jobs)]
        for warm in self._all:
            self._idle.put(warm)

    def of(self, wanted: list[Case]) -> Iterator[tuple[Case, Future[Any]]]:
        """Each case with its outcome to come."""
        ahead = [(case, self._pool.submit(self._one, case)) for case in wanted]
        yield from ahead

    def _one(self, case: Case) -> Any:
        warm = self._idle.get()
        try:
            # The first of each model's runs (of the fast ones: the demo's) is the command as a person starts it.
            return warm.run(case.argv(), plain="/00 " in case.name and (case.demo or not self._fast))
        finally:
            self._idle.put(warm)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        for warm in self._all:
            warm.close()


def _compare_runs(wanted: list[Case], runs: Runs) -> tuple[list[str], compare.Seen]:
    """What is wrong, one line a run, and what was seen."""
    wrong: list[str] = []
    seen = compare.Seen()
    for done, (case, outcome) in enumerate(runs.of(wanted), start=1):
        if complaint := compare.run(case, *outcome.result(), seen):
            wrong.append(f"{case.name}: {complaint}")
            print(f"DIFFERENT {wrong[-1]}", flush=True)
        if done % 20 == 0:
            print(f"{done} of {len(wanted)} runs compared, {len(wrong)} different", flush=True)
    return wrong, seen


def _edges(wanted: list[Case]) -> list[Case]:
    """The cases, with top-p put exactly on a cumulative probability where that is what is tried."""
    return [compare.on_the_edge(case) if case.kind == "edge" else case for case in wanted]


def _report(wanted: list[Case], wrong: list[str], seen: compare.Seen, minutes: float) -> None:
    kinds = Counter(case.kind for case in wanted)
    equal = len(wanted) - len(wrong)
    print(f"{equal} of {len(wanted)} runs equal to generate(), {seen.steps:,} steps, {minutes:.1f} min")
    print("  " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    print(f"  {seen.bf16} runs in bf16 ({seen.bf16 / max(1, len(wanted)):.0%})")
    if len(seen.entropies) > 1:
        cuts = statistics.quantiles(seen.entropies, n=20)
        share = sum(2 <= bits <= 10 for bits in seen.entropies) / len(seen.entropies)
        print(
            f"  entropy of the random models' rows: {min(seen.entropies):.1f} to {max(seen.entropies):.1f} bits, "
            f"5 % to 95 %: {cuts[0]:.1f} to {cuts[-1]:.1f}; {share:.1%} between 2 and 10"
        )
        if share < 0.95:
            wrong.append(f"only {share:.1%} of the rows have 2 to 10 bits of entropy")


def _without_spinning() -> None:
    """Start over so that OpenMP's threads sleep while they wait: on a busy machine spinning makes a step ten times as
    long. How many threads there are, and so every bit, stays as it is.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
        os.execv(sys.executable, [sys.executable, *sys.argv])


def main() -> int:
    options = _arguments()
    _without_spinning()
    tokenizer = os.environ.get(TOKENIZER)
    if not tokenizer:
        print(f"skipped: {TOKENIZER} does not name a folder with GPT-2's tokenizer.json")
        return 2
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="parity-models-") as scratch:
        folder = options.models or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        models = Models(folder, Path(tokenizer), REPOSITORY / "tui" / "models" / "demo")
        return _run(options, models, started)


def _run(options: argparse.Namespace, models: Models, started: float) -> int:
    words = [word for word in options.only.split(",") if word]
    wanted = [
        case for case in cases(models)
        if (case.fast or not options.fast) and (not words or any(word in case.name for word in words))
    ]  # fmt: skip
    print(f"the models are there after {time.monotonic() - started:.0f} s", flush=True)
    runs = Runs(options.package, options.jobs, options.plain, options.fast)
    try:
        wanted = _edges(wanted)
        wrong, seen = _compare_runs(wanted, runs)
    finally:
        runs.close()
    _report(wanted, wrong, seen, (time.monotonic() - started) / 60)
    plans = [
        plan for plan in branches.plans(models, ("demo", *families.FAMILIES))
        if not options.fast and (not words or any(word in plan.name for word in words))
    ]  # fmt: skip
    for plan in plans:
        complaint = branches.run(plan, options.package)
        print(f"{'DIFFERENT' if complaint else 'equal'} {plan.name}{': ' + complaint if complaint else ''}", flush=True)
        wrong += [f"{plan.name}: {complaint}"] if complaint else []
    print(f"{'FAILED, ' + str(len(wrong)) + ' different' if wrong else 'PASSED'}: {len(wanted)} runs, "
          f"{len(plans)} branchings, {(time.monotonic() - started) / 60:.1f} min")  # fmt: skip
    assert not any(name.split(".")[0] == "tui" for name in sys.modules), "the package must not be imported here"
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
