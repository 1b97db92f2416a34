"""One record for every stage of the chain and its parameters; sliders, options, help and exports derive from it.

A new cut is a record here, a function of the same name in `sampling/stages.py`, and rows in the table of its tests.
Other modules name a stage or a parameter only where they treat it unlike all others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from tui.core.parameters import Kind, Parameter, StageRecord, Track

REPETITION_PENALTY = StageRecord(
    "repetition_penalty", Kind.PENALTY, label="repetition-penalty", signs=True, llama="penalties",
    parameters=(
        Parameter(
            "repetition_penalty", 1.0, 0.0, open_low=True, factor=True, label="repetition penalty",
            help="Above 1: tokens already there become less likely.",
            vllm="repetition_penalty", llama="repeat_penalty",
        ),
    ),
)  # fmt: skip
NO_REPEAT_NGRAM_SIZE = StageRecord(
    "no_repeat_ngram_size", Kind.PENALTY, label="n-gram",
    parameters=(
        Parameter(
            "no_repeat_ngram_size", 0, 0, integer=True, acts=(0, math.inf), label="no-repeat n-gram",
            help="Never repeat an n-gram of this size.",
        ),
    ),
)  # fmt: skip
TEMPERATURE = StageRecord(
    "temperature", Kind.TEMPERATURE, label="temperature", llama="temperature",
    parameters=(
        Parameter(
            "temperature", 1.0, 0.0, open_low=True, factor=True, label="temperature", symbol="T",
            help="Above 0; below 1 sharpens, above 1 flattens.",
            hint="For the most probable token every time use {--greedy}.",
            vllm="temperature", llama="temperature", track=Track(0.05, 3.0, 0.01),
        ),
    ),
)  # fmt: skip
TOP_H = StageRecord(
    "top_h", Kind.CUT, label="top-h",
    parameters=(
        Parameter(
            "top_h", None, 0.0, 1.0, open_low=True, label="top-h", symbol="h",
            help="Keep the best until this share of the entropy.",
        ),
    ),
)  # fmt: skip
TOP_K = StageRecord(
    "top_k", Kind.CUT, label="top-k", llama="top_k",
    parameters=(
        Parameter(
            "top_k", 0, 0, integer=True, unasked=50, label="top-k", symbol="k",
            help="Keep the k best; 0 is off. transformers' default is 50.",
            vllm="top_k", llama="top_k", track=Track(1, 50_257, 0.1, log=True, zero=True, to_vocabulary=True),
        ),
    ),
)  # fmt: skip
TOP_P = StageRecord(
    "top_p", Kind.CUT, label="top-p", llama="top_p",
    parameters=(
        Parameter(
            "top_p", 1.0, 0.0, 1.0, open_low=True, acts=(-math.inf, 1.0), label="top-p", symbol="p",
            help="Keep the smallest set with more than p of the probability.",
            vllm="top_p", llama="top_p", track=Track(0.01, 1.0, 0.01),
        ),
    ),
)  # fmt: skip
MIN_P = StageRecord(
    "min_p", Kind.CUT, label="min-p", llama="min_p",
    parameters=(
        Parameter(
            "min_p", None, 0.0, 1.0, label="min-p",
            help="Keep what has at least this share of the best one's probability.",
            vllm="min_p", llama="min_p", track=Track(0.001, 1.0, 0.1, log=True, zero=True),
        ),
    ),
)  # fmt: skip
TYPICAL_P = StageRecord(
    "typical_p", Kind.CUT, label="typical", prefix=False, llama="typ_p",
    parameters=(
        Parameter(
            "typical_p", 1.0, 0.0, 1.0, open_low=True, acts=(-math.inf, 1.0), label="typical-p", symbol="typ",
            help="Keep tokens of typical surprisal, up to this mass.",
            llama="typical_p",
        ),
    ),
)  # fmt: skip
EPSILON_CUTOFF = StageRecord(
    "epsilon_cutoff", Kind.CUT, label="epsilon",
    parameters=(
        Parameter(
            "epsilon_cutoff", 0.0, 0.0, 1.0, open_high=True, acts=(0.0, 1.0), label="epsilon cutoff", symbol="ε",
            help="Keep what has at least this probability.",
        ),
    ),
)  # fmt: skip
ETA_CUTOFF = StageRecord(
    "eta_cutoff", Kind.CUT, label="eta",
    parameters=(
        Parameter(
            "eta_cutoff", 0.0, 0.0, 1.0, open_high=True, acts=(0.0, 1.0), label="eta cutoff", symbol="η",
            help="As epsilon, but lower where the model is unsure.",
        ),
    ),
)  # fmt: skip

STAGES: dict[str, StageRecord] = {
    stage.name: stage
    for stage in (
        REPETITION_PENALTY, NO_REPEAT_NGRAM_SIZE, TEMPERATURE, TOP_H, TOP_K, TOP_P, MIN_P, TYPICAL_P, EPSILON_CUTOFF,
        ETA_CUTOFF,
    )
}  # fmt: skip
"""Every stage that samplescope implements, in the order transformers applies them."""

PENALTIES = tuple(stage for stage in STAGES.values() if stage.kind is Kind.PENALTY)
"""The stages that change the ranking; they apply to greedy decoding too."""
SAMPLING = tuple(stage for stage in STAGES.values() if stage.kind is not Kind.PENALTY)
"""The temperature and the cuts: they keep the ranking, and greedy decoding skips them."""


def _parameters(stages: tuple[StageRecord, ...]) -> dict[str, Parameter]:
    return {parameter.name: parameter for stage in stages for parameter in stage.parameters}


PARAMETERS: Mapping[str, Parameter] = _parameters(tuple(STAGES.values()))
"""Every sampling parameter, in the order transformers applies them."""
PENALTY_PARAMETERS = _parameters(PENALTIES)
SAMPLING_PARAMETERS = _parameters(SAMPLING)
SPOKEN_ORDER = _parameters((*SAMPLING, *PENALTIES))
"""Every sampling parameter with the penalties last: the order in which help and dialogs list them."""

MAX_NEW_TOKENS = Parameter(
    "max_new_tokens", None, 1, integer=True, label="max new tokens", help="How many tokens to generate; default 128."
)
SEED = Parameter(
    "seed", 0, -(2**63), 2**64 - 1, integer=True, label="seed", help="The seed, as torch.manual_seed takes it."
)
