"""The keywords that generate() is called with: a person's settings and overrides; and the names of its processors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.core.settings import OWN_DEFAULTS, Given, for_generate

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


def token_set(tokens: int | Sequence[int] | None) -> frozenset[int]:
    """A set of tokens, which a configuration may write as None, as one id, or as a list."""
    if tokens is None:
        return frozenset()
    return frozenset([tokens] if isinstance(tokens, int) else tokens)
