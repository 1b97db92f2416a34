"""generate() itself, called with what a person gave: what numbers are compared with. Does not import the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

OVERRIDES: dict[str, Any] = {
    "guidance_scale": None, "max_time": None, "use_cache": True, "cache_implementation": None, "cache_config": None,
    "prefill_chunk_size": None, "compile_config": None, "num_beams": 1, "num_beam_groups": 1,
    "num_return_sequences": 1, "constraints": None, "force_words_ids": None, "penalty_alpha": None,
    "dola_layers": None, "prompt_lookup_num_tokens": None, "assistant_early_exit": None, "use_mtp": None,
    "speculation_type": None, "token_healing": False,
}  # fmt: skip
"""What the design overrides on both sides: what a generation_config may ask that is no sampling of one sequence."""
DEFAULT_MAX_NEW_TOKENS = 128


@dataclass
class Generated:
    """One generate() call: prompt ids, new ids, and a row [V] float32 of logits and of scores for each new id."""

    prompt: list[int]
    ids: list[int]
    logits: list[Tensor]
    scores: list[Tensor]
    reasons: set[str]
    """Why it may have ended: more than one where that cannot be told from outside."""


@lru_cache(maxsize=6)
def load(folder: Path, dtype: str) -> tuple[Any, Any]:
    """(model, tokenizer) as from_pretrained gives them."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def prompt_ids(tokenizer: Any, text: str) -> list[int]:
    """A prompt's ids; one BOS for an empty one, as generate() without inputs starts."""
    ids: list[int] = tokenizer(text)["input_ids"]
    return ids or [tokenizer.bos_token_id]


def generate(folder: Path, dtype: str, text: str, options: dict[str, Any], seed: int) -> Generated:
    """`torch.manual_seed(seed); model.generate(ids, attention_mask=ones, **options)`, with do_sample and the length."""
    model, tokenizer = load(folder, dtype)
    prompt = prompt_ids(tokenizer, text)
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    asked = options.get("max_new_tokens", DEFAULT_MAX_NEW_TOKENS)
    room = asked if context is None else min(asked, context - len(prompt))
    if room < 1:
        return Generated(prompt, [], [], [], {"context"})
    arguments = {**OVERRIDES, "do_sample": True, **options, "max_new_tokens": room}
    if model.generation_config.stop_strings is not None:
        arguments["tokenizer"] = tokenizer
    output = _call(model, prompt, seed, arguments)
    ids = output.sequences[0, len(prompt) :].tolist()
    reasons = _reasons(model, ids, asked, full=context is not None and len(prompt) + len(ids) >= context)
    return Generated(prompt, ids, [row[0] for row in output.logits], [row[0] for row in output.scores], reasons)


def _call(model: Any, prompt: Sequence[int], seed: int, arguments: dict[str, Any]) -> Any:
    ids = torch.tensor([list(prompt)], device=model.device)
    torch.manual_seed(seed)
    more = {"return_dict_in_generate": True, "output_logits": True, "output_scores": True}
    return model.generate(ids, attention_mask=torch.ones_like(ids), **{**arguments, **more})


def _reasons(model: Any, ids: list[int], asked: int, full: bool) -> set[str]:
    eos = model.generation_config.eos_token_id
    if ids[-1] in (eos if isinstance(eos, list) else [eos]):
        return {"eos"}
    stop = {"stop_string"} if model.generation_config.stop_strings else set()
    if len(ids) == asked:
        return stop | {"max_new_tokens"}
    return stop | {"context"} if full else stop


class _Forced:
    """A logits processor after which only one token can be drawn: the next of a given sequence."""

    def __init__(self, tokens: Sequence[int], start: int) -> None:
        self._tokens, self._start = tokens, start

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        forced = torch.full_like(scores, -torch.inf)
        forced[:, self._tokens[input_ids.shape[1] - self._start]] = 0.0
        return forced


def rows_along(folder: Path, dtype: str, prompt: Sequence[int], tokens: Sequence[int]) -> list[Tensor]:
    """The rows [V] a fresh generate() has before each of `tokens` and after the last."""
    return rows_of(load(folder, dtype)[0], prompt, tokens)


def rows_of(model: Any, prompt: Sequence[int], tokens: Sequence[int]) -> list[Tensor]:
    """The rows [V] that generate() has along `tokens`, made to take exactly them."""
    from transformers import LogitsProcessorList

    path = [*tokens, 0]
    forced = LogitsProcessorList([_Forced(path, len(prompt))])
    arguments = {**OVERRIDES, "do_sample": False, "max_new_tokens": len(path), "logits_processor": forced}
    arguments |= {"eos_token_id": None, "pad_token_id": 0}
    return [row[0] for row in _call(model, prompt, 0, arguments).logits]
