"""What generate() is given: a person's settings, what is overridden here; and who its processors are, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.core.settings import OWN_DEFAULTS, Given, Refusal, for_generate


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model's generation_config asks."""

    values: Mapping[str, Any]
    """As they are written, whatever they are."""
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    """Sampling parameters among them that generate() refuses."""


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
"""What a generation_config may ask that is no step-by-step sampling of one sequence: set on both sides, said once."""

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
"""generate()'s processor classes by the parameter that asks for them; any other goes by its class name."""


def arguments(prompt: Sequence[int], given: Given, context: int | None) -> dict[str, Any]:
    """generate()'s keywords: what was given, what samplescope decides, the overrides, the context's cap."""
    keywords: dict[str, Any] = {**OVERRIDES, **OWN_DEFAULTS, **for_generate(given)}
    if context is not None:
        keywords["max_new_tokens"] = max(1, min(keywords["max_new_tokens"], context - len(prompt)))
    return keywords


def is_overridden(name: str, value: object) -> bool:
    """True for what a generation_config asks and does not get."""
    return name in OVERRIDES or is_synthid(name, value)


def is_synthid(name: str, value: object) -> bool:
    """True for SynthID's watermark: it draws by keys of its own, and transformers cannot read it from a file."""
    return name == "watermarking_config" and isinstance(value, dict) and "ngram_len" in value


def token_set(tokens: object) -> frozenset[int]:
    """What a configuration may say in several ways: none, one token, or a list of them. TypeError for anything else."""
    if tokens is None:
        return frozenset()
    if isinstance(tokens, list | tuple | set | frozenset):
        return frozenset[int]().union(*map(token_set, tokens))
    if not isinstance(tokens, int | float):
        raise TypeError(f"{tokens!r} is no token")
    return frozenset([int(tokens)])
