"""The keywords that generate() is called with: a person's settings and overrides; and the names of its processors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.core.settings import OWN_DEFAULTS, Given, Refusal, for_generate


@dataclass(frozen=True, slots=True)
class Asked:
    """The settings of a model's generation_config."""

    values: Mapping[str, Any]
    """The values as they are written in the file, of any type."""
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    """The sampling parameters among them that generate() refuses, by name."""


OVERRIDES: Mapping[str, Any] = {
    "guidance_scale": None,
    "max_time": None,
    "use_cache": True,
    "cache_implementation": None,
    "cache_config": None,
    "prefill_chunk_size": None,
    "compile_config": None,
    "num_beams": 1,
    "num_beam_groups": 1,
    "num_return_sequences": 1,
    "constraints": None,
    "force_words_ids": None,
    "penalty_alpha": None,
    "dola_layers": None,
    "prompt_lookup_num_tokens": None,
    "assistant_early_exit": None,
    "use_mtp": None,
    "speculation_type": None,
    "token_healing": False,
    "return_dict_in_generate": False,
}
"""Values for settings with which generate() would not sample one sequence step by step.

They override the model's generation_config, in the explorer and in `verify`'s generate() alike; a note says so.
"""

PROCESSOR_NAMES = {
    "SequenceBiasLogitsProcessor": "sequence_bias",
    "EncoderRepetitionPenaltyLogitsProcessor": "encoder_repetition_penalty",
    "RepetitionPenaltyLogitsProcessor": "repetition_penalty",
    "NoRepeatNGramLogitsProcessor": "no_repeat_ngram_size",
    "EncoderNoRepeatNGramLogitsProcessor": "encoder_no_repeat_ngram_size",
    "NoBadWordsLogitsProcessor": "bad_words_ids",
    "MinLengthLogitsProcessor": "min_length",
    "MinNewTokensLengthLogitsProcessor": "min_new_tokens",
    "ForcedBOSTokenLogitsProcessor": "forced_bos_token_id",
    "ForcedEOSTokenLogitsProcessor": "forced_eos_token_id",
    "InfNanRemoveLogitsProcessor": "remove_invalid_values",
    "ExponentialDecayLengthPenalty": "exponential_decay_length_penalty",
    "SuppressTokensLogitsProcessor": "suppress_tokens",
    "SuppressTokensAtBeginLogitsProcessor": "begin_suppress_tokens",
    "TemperatureLogitsWarper": "temperature",
    "TopHLogitsWarper": "top_h",
    "TopKLogitsWarper": "top_k",
    "TopPLogitsWarper": "top_p",
    "MinPLogitsWarper": "min_p",
    "TypicalLogitsWarper": "typical_p",
    "EpsilonLogitsWarper": "epsilon_cutoff",
    "EtaLogitsWarper": "eta_cutoff",
    "WatermarkLogitsProcessor": "watermarking_config",
    "LogitNormalization": "renormalize_logits",
}
"""generate()'s processor classes → the parameter that adds them; any other processor goes by its class name."""


def arguments(prompt: Sequence[int], given: Given, context: int | None) -> dict[str, Any]:
    """The keywords for generate(): `given`, samplescope's own defaults and the overrides.

    max_new_tokens is capped so that the sequence fits into the context.
    """
    keywords: dict[str, Any] = {**OVERRIDES, **OWN_DEFAULTS, **for_generate(given)}
    if context is not None:
        keywords["max_new_tokens"] = max(1, min(keywords["max_new_tokens"], context - len(prompt)))
    return keywords


def is_overridden(name: str, value: object) -> bool:
    """True if a setting of a generation_config is overridden, for both sides of a comparison."""
    return name in OVERRIDES or is_synthid(name, value)


def is_synthid(name: str, value: object) -> bool:
    """True for the settings of SynthID's watermark, which transformers itself cannot read from a file."""
    return name == "watermarking_config" and isinstance(value, dict) and "ngram_len" in value


def token_set(tokens: object) -> frozenset[int]:
    """The set of tokens that a configuration writes as None, as one id, or as a list; TypeError for anything else."""
    if tokens is None:
        return frozenset()
    if isinstance(tokens, list | tuple | set | frozenset):
        return frozenset[int]().union(*map(token_set, tokens))
    if not isinstance(tokens, int | float):
        raise TypeError(f"{tokens!r} is no token")
    return frozenset([int(tokens)])
