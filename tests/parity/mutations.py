"""Six ways to be wrong that must not go unnoticed: each is patched into a copy of the package, and parity.py must fail.

    python tests/parity/mutations.py [--models FOLDER] [NAME …]

Prints what the parity script said of each. Exit status 0 if all six were caught.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


@dataclass(frozen=True)
class Mutation:
    """A text replaced in one file (each replacement must be found), and the cases that are tried."""

    name: str
    file: str
    replacements: tuple[tuple[str, str], ...]
    cases: str


PREFILL = "            outputs = model._prefill(prepared.ids"
MUTATIONS = (
    Mutation(
        "logits_to_keep dropped",
        "tui/models/decoding.py",
        ((PREFILL, '            self._kwargs.pop("logits_to_keep", None)\n' + PREFILL),),
        "llama/10,gpt2/20,mistral/21",
    ),
    Mutation(
        "prefill in two pieces",
        "tui/models/decoding.py",
        ((PREFILL, "            prepared.config.prefill_chunk_size = max(1, len(self._prompt) // 2)\n" + PREFILL),),
        "llama/10,gpt2/20,mistral/21",
    ),
    Mutation(
        "draw from the sorted row",
        "tui/sampling/draw.py",
        (
            (
                "        token = int(torch.multinomial(probabilities, num_samples=1, generator=self._generator))",
                "        ranked, order = probabilities.sort(descending=True)\n"
                "        token = int(order[0, torch.multinomial(ranked, num_samples=1, generator=self._generator)])",
            ),
        ),
        "llama/20,gpt2/20,mistral/21",
    ),
    Mutation(
        "top_k default 0",
        "tui/models/decoding.py",
        (("    return defaults\n", '    return defaults | {"top_k": 0}\n'),),
        "llama/00,gpt2/01",
    ),
    Mutation(
        "< for <= in top-p",
        "tui/sampling/stages.py",
        ((".cumsum(dim=-1) <= (1 - p)", ".cumsum(dim=-1) < (1 - p)"),),
        "edge",
    ),
    Mutation(
        "one-piece recompute on going back",
        "tui/models/decoding.py",
        (
            ("                self._go_back(_common_length(self._fed, ids))\n",
             "                self._in_one_piece(ids[: _common_length(self._fed, ids)])\n"),
            ("    def _prefill(self, report: Report) -> None:\n",
             "    def _in_one_piece(self, kept: list[int]) -> None:\n"
             "        self._fresh, prompt = prepare(self._shared.model, kept, self._arguments), self._prompt\n"
             "        self._prompt = kept\n"
             "        self._prefill(quiet)\n"
             "        self._prompt = prompt\n\n"
             "    def _prefill(self, report: Report) -> None:\n"),
        ),
        "branch llama float32,branch mistral bfloat16",
    ),
)  # fmt: skip


def caught(mutation: Mutation, models: Path | None = None) -> str:
    """What the parity script said against the mutated package; '' if it found nothing."""
    with tempfile.TemporaryDirectory(prefix="mutated-") as scratch:
        shutil.copytree(REPOSITORY / "tui", Path(scratch, "tui"), ignore=shutil.ignore_patterns("__pycache__"))
        _patch(Path(scratch, mutation.file), mutation)
        command = [sys.executable, str(HERE / "parity.py"), "--package", scratch, "--only", mutation.cases]
        command += [] if models is None else ["--models", str(models)]
        outcome = subprocess.run(command, capture_output=True, text=True)
        said = [line for line in outcome.stdout.splitlines() if line.startswith("DIFFERENT")]
        if outcome.returncode not in (0, 1):
            raise RuntimeError(outcome.stdout[-1000:] + outcome.stderr[-2000:])
        return "\n".join(said) if outcome.returncode == 1 else ""


def _patch(file: Path, mutation: Mutation) -> None:
    text = file.read_text()
    for old, new in mutation.replacements:
        if text.count(old) != 1:
            raise RuntimeError(f"{mutation.name}: {mutation.file} has {text.count(old)} times {old!r}")
        text = text.replace(old, new)
    file.write_text(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only the mutations whose name holds one of these")
    parser.add_argument("--models", type=Path, help="parity.py's")
    options = parser.parse_args()
    missed = 0
    for mutation in MUTATIONS:
        if options.names and not any(name in mutation.name for name in options.names):
            continue
        said = caught(mutation, options.models)
        missed += not said
        print(f"{'caught' if said else 'MISSED'}: {mutation.name}\n{said}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
