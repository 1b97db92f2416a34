"""The 550 runs that are compared: eleven models, fifty runs each. Does not import the package."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import families

UNICORNS = (
    "In a shocking finding, scientist discovered a herd of unicorns living in a remote, previously unexplored valley, "
    "in the Andes Mountains. Even more surprising to the researchers was the fact that the unicorns spoke perfect "
    "English."
)
PROMPTS = (
    "The",
    "Once upon a time there was a small dog who wanted to read",
    UNICORNS,
    "def main(argv):\n    print('héllo, wörld', 3.14159)\n",
    "«Où est-il?» 東京は夜の七時 — 🦄🦄 naïve café",
    "one two three four five six seven eight nine ten " * 4,
    "[/INST] <b>not markup</b> \\n \t tabs and   blanks ",
    "zzz",
)
RUNS = 50
"""Of each model."""
BF16_EVERY = 3
BITS = {"gpt2": 7.2, "llama": 6.8, "gemma2": 8.3, "gemma3": 7.5}
"""Mean entropy of a family's rows where it is not 7: Gemma 2's tied embeddings make single rows far more certain."""
SEEDS = (0, 1, 42, -7, 2**31 - 1, 2**63, 1234567)


@dataclass(frozen=True)
class Case:
    """One run: a model, what a person gives, and what of it the comparison must know."""

    name: str
    kind: str
    """nothing, config, greedy, sampling, context, empty, edge."""
    folder: Path
    demo: bool
    dtype: str
    """What --dtype says; auto is left out."""
    prompt: str
    seed: int
    options: dict[str, Any] = field(default_factory=dict)
    """As generate() takes them."""
    seen: bool = False
    """True if ranks are by the plain logits: nothing re-ranks."""
    fast: bool = False

    def argv(self) -> list[str]:
        """The command line a person would type."""
        argv = ["run", "-p", self.prompt, "--seed", str(self.seed)]
        argv += [] if self.demo and self.kind != "config" else ["-m", str(self.folder)]
        argv += [] if self.dtype == "auto" else ["--dtype", self.dtype]
        for name, value in self.options.items():
            if name == "do_sample":
                argv.append("--greedy")
            else:
                argv += ["--" + name.replace("_", "-"), repr(value)]
        return argv


def generation_configs(vocabulary: int) -> list[dict[str, Any]]:
    """What a filled generation_config.json may ask; ids are spread so widely that each matters."""
    ends = list(range(3, vocabulary, 40))
    last = vocabulary - 1
    return [
        {"temperature": 0.7, "top_k": 20, "top_p": 0.9, "repetition_penalty": 1.2, "eos_token_id": last},
        {"suppress_tokens": list(range(0, vocabulary, 7)), "begin_suppress_tokens": list(range(1, vocabulary, 5)),
         "bad_words_ids": [*([token] for token in range(2, vocabulary, 11)), [5, 6]], "min_new_tokens": 8,
         "eos_token_id": ends},
        {"forced_eos_token_id": last, "exponential_decay_length_penalty": [3, 1.3], "eos_token_id": last,
         "top_k": 0},
        {"sequence_bias": [[[token], 1.5] for token in range(0, vocabulary, 13)], "no_repeat_ngram_size": 2,
         "typical_p": 0.8, "min_length": 30, "eos_token_id": ends},
        {"stop_strings": ["ing", " the", "e"], "eos_token_id": last, "temperature": 1.2},
        {"min_p": 0.02, "epsilon_cutoff": 3e-4, "eta_cutoff": 2e-3, "renormalize_logits": True,
         "remove_invalid_values": True, "eos_token_id": last, "top_k": 300},
        {"encoder_repetition_penalty": 1.3, "encoder_no_repeat_ngram_size": 2, "top_h": 0.6, "eos_token_id": ends},
        {"num_beams": 4, "num_return_sequences": 2, "do_sample": False, "early_stopping": True, "max_time": 0.001,
         "use_cache": False, "length_penalty": 0.5, "guidance_scale": 1.5, "eos_token_id": last,
         "output_attentions": False, "pad_token_id": 0},
        {"watermarking_config": {"greenlist_ratio": 0.3, "bias": 2.0, "hashing_key": 15485863,
                                 "seeding_scheme": "lefthash", "context_width": 1},
         "top_k": 0, "top_p": 0.95, "eos_token_id": last},
        {"max_length": 12, "max_new_tokens": 9, "temperature": 1.3, "forced_bos_token_id": 7, "penalty_alpha": 0.6,
         "prompt_lookup_num_tokens": 3, "prefill_chunk_size": 4, "cache_implementation": "static", "top_k": 100,
         "eos_token_id": last, "dola_layers": "low"},
    ]  # fmt: skip


def _options(chance: random.Random, greedy: bool) -> dict[str, Any]:
    """What a person might set: one to four parameters."""
    choices = {
        "temperature": lambda: round(chance.uniform(0.3, 2.0), 3),
        "top_k": lambda: chance.choice([0, 1, 5, 40, 500]),
        "top_p": lambda: chance.choice([0.5, 0.9, 0.95, 1.0, 0.123]),
        "min_p": lambda: chance.choice([0.0, 0.01, 0.1, 0.5]),
        "typical_p": lambda: chance.choice([0.2, 0.9]),
        "epsilon_cutoff": lambda: chance.choice([3e-4, 1e-3]),
        "eta_cutoff": lambda: chance.choice([3e-4, 2e-3]),
        "top_h": lambda: chance.choice([0.3, 0.8]),
        "repetition_penalty": lambda: chance.choice([1.1, 1.5, 0.9]),
        "no_repeat_ngram_size": lambda: chance.choice([1, 2, 3]),
    }
    names = chance.sample(list(choices), chance.randint(1, 4))
    if chance.random() < 0.5 and "top_p" not in names:
        names.append("top_p")
    if greedy:
        names = [name for name in names if name in ("repetition_penalty", "no_repeat_ngram_size")]
    return {name: choices[name]() for name in names} | ({"do_sample": False} if greedy else {})


KINDS = ["nothing"] * 5 + ["config"] * 5 + ["greedy"] * 5 + ["context"] * 2 + ["empty"] + ["edge"] * 2
FAST = {
    "demo": {0, 5, 7, 15, 18}, "gpt2": {5, 9, 17}, "llama": {8, 9, 10}, "qwen2": {6, 20}, "gemma2": {6, 22},
    "mistral": {7, 8}, "mamba2": {20}, "falcon_h1": {10}, "qwen3": {20}, "gemma3": {20}, "qwen3_moe": {22},
}  # fmt: skip
"""The numbers of the runs that the ordinary suite makes: every model, every kind, each of the ten configurations."""


class Models:
    """The folders the cases run on, made once in a scratch folder."""

    def __init__(self, scratch: Path, tokenizer: Path, demo: Path) -> None:
        self._scratch, self._tokenizer, self.demo = scratch, tokenizer, demo

    def folder(self, family: str) -> Path:
        """A family's checkpoint. Qwen 2's weights are stored in bf16, so that `auto` is bf16 there."""
        if family == "demo":
            return self.demo
        folder = self._scratch / family
        if not (folder / "config.json").exists():
            bits = BITS.get(family, 7.0)
            dtype = "bfloat16" if family == "qwen2" else "float32"
            families.save(families.build(family, bits=bits), folder, self._tokenizer, dtype)
        return folder

    def variant(self, family: str, number: int) -> Path:
        """The same checkpoint with a filled generation_config.json."""
        base = self.folder(family)
        vocabulary = json.loads((base / "config.json").read_text())["vocab_size"]
        folder = self._scratch / f"{family}-config{number}"
        if not folder.exists():
            folder.mkdir()
            for file in base.iterdir():
                if file.suffix in (".json", ".safetensors") and file.name != "generation_config.json":
                    (folder / file.name).symlink_to(file.resolve())
            asked = generation_configs(vocabulary)[number]
            (folder / "generation_config.json").write_text(json.dumps(asked))
        return folder

    def forget(self) -> None:
        """Delete what was made."""
        shutil.rmtree(self._scratch, ignore_errors=True)


def cases(models: Models) -> Iterator[Case]:
    """All 550."""
    for place, family in enumerate(("demo", *families.FAMILIES)):
        for number in range(RUNS):
            yield _case(models, place, family, number)


def _case(models: Models, place: int, family: str, number: int) -> Case:
    chance = random.Random(f"{family} {number}")
    kind = KINDS[number] if number < len(KINDS) else "sampling"
    folder, name, options = models.folder(family), f"{family}/{number:02d} {kind}", {}
    prompt = "" if kind == "empty" else PROMPTS[(number + place) % len(PROMPTS)]
    if kind == "config":
        which = (5 * place + number) % 10
        folder, name = models.variant(family, which), f"{name} {which}"
        options = _options(chance, False) if number % 2 else {}
    elif kind in ("greedy", "sampling"):
        options = _options(chance, kind == "greedy")
    elif kind == "context":
        # 8 tokens short of the context (the demo's is longer), and then none at all.
        prompt = " a" * ((1024 if family == "demo" else families.CONTEXT) - (8 if number % 2 else 0))
    elif kind == "edge":
        options = {"top_k": 0}
    if kind != "nothing":
        options["max_new_tokens"] = chance.choice([1, 8, 24, 40]) if kind == "sampling" else 24
    return Case(
        name=name, kind=kind, folder=folder, demo=family == "demo", prompt=prompt, options=options,
        dtype="bfloat16" if number % BF16_EVERY == place % BF16_EVERY else "auto",
        seed=chance.choice(SEEDS) if number % 4 else chance.randrange(10**6),
        seen=kind != "config" and not {"repetition_penalty", "no_repeat_ngram_size"} & set(options),
        fast=number in FAST[family],
    )  # fmt: skip
