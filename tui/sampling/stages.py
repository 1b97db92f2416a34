"""The stages between the logits and the draw, each a pure function that mirrors a transformers class.

All take and return scores [1, V], float32, in id order, with -inf for removed tokens. They repeat the arithmetic of
generate(), down to which vector is summed in which order, because the order of a sum changes its last bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from tui.core.parameters import Kind, StageRecord
from tui.core.stages import TYPICAL_P
from tui.sampling import llama
from tui.sampling.draw import Noise
from tui.sampling.metrics import count

Apply = Callable[[Tensor, Tensor], Tensor]
"""(ids [1, n], scores [1, V]) → scores [1, V]."""
Values = Mapping[str, float]
"""A stage's numbers, by parameter name."""

REMOVED = -math.inf
"""The score of a removed token."""
TOP_H_CANDIDATES = 100
"""Top-h considers only so many of the best tokens, in transformers too."""


@dataclass(frozen=True, slots=True)
class StageContext:
    """A stage's input besides the scores and its own numbers."""

    ids: Tensor
    """[1, n] the ids so far, the prompt included."""
    noise: Noise
    """For a cut that draws at random. A penalty must not draw: the scores after penalties are cached for every seed."""


Function = Callable[[Tensor, Values, StageContext], Tensor]
"""(scores [1, V], the stage's numbers, its context) → scores [1, V]."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a chain, with its numbers."""

    name: str
    apply: Apply
    record: StageRecord | None = None
    """None for one of the model's own processors."""
    values: Values = field(default_factory=dict)
    size: Callable[[Tensor], int] | None = None
    """For a cut by llama.cpp's rules that keeps exactly the best so many, of equal tokens too: (scores [1, V]) → how
    many. Which of equal ones are better, the ranking says."""

    @property
    def value(self) -> float:
        """The number of a stage that has exactly one."""
        (value,) = self.values.values()
        return value

    @property
    def cuts(self) -> bool:
        """True if the stage is a cut that samplescope implements."""
        return self.record is not None and self.record.kind is Kind.CUT


def repetition_penalty(scores: Tensor, values: Values, context: StageContext) -> Tensor:
    """Divide positive and multiply negative scores of tokens already there (RepetitionPenaltyLogitsProcessor)."""
    penalty = values["repetition_penalty"]
    # Ids beyond the logits (an embedding wider than the output layer) cannot be drawn, so they are not penalised.
    seen = context.ids[context.ids < scores.shape[-1]][None]
    score = scores.gather(1, seen)
    return scores.scatter(1, seen, torch.where(score < 0, score * penalty, score / penalty))


def no_repeat_ngram_size(scores: Tensor, values: Values, context: StageContext) -> Tensor:
    """Remove tokens that would repeat an n-gram of the sequence (NoRepeatNGramLogitsProcessor)."""
    tokens, size = context.ids[0].tolist(), int(values["no_repeat_ngram_size"])
    if len(tokens) + 1 < size:
        return scores
    last = tokens[len(tokens) + 1 - size :]
    banned = {
        tokens[start + size - 1] for start in range(len(tokens) + 1 - size) if tokens[start : start + size - 1] == last
    }
    scores = scores.clone()
    scores[0, sorted(token for token in banned if token < scores.shape[-1])] = REMOVED
    return scores


def temperature(scores: Tensor, values: Values, _: StageContext) -> Tensor:
    """Divide by the temperature (TemperatureLogitsWarper)."""
    return scores / values["temperature"]


def top_h(scores: Tensor, values: Values, _: StageContext) -> Tensor:
    """Keep the first of the best 100 whose entropy terms sum to `top_h` of their entropy at most (TopHLogitsWarper)."""
    best, tokens = torch.topk(scores, min(TOP_H_CANDIDATES, scores.shape[-1]), dim=-1)
    candidates = torch.distributions.Categorical(logits=best, validate_args=False)
    threshold = (_entropy(candidates) * values["top_h"]).unsqueeze(-1)
    terms = -candidates.probs * torch.log(candidates.probs)
    keep = torch.cumsum(terms, dim=-1) <= threshold
    keep[:, 0] = True
    kept = torch.zeros_like(scores, dtype=torch.bool).scatter_(1, tokens, keep)
    return scores.masked_fill(~kept, REMOVED)


def top_k(scores: Tensor, values: Values, _: StageContext) -> Tensor:
    """Keep the k best and every token tied with the k-th (TopKLogitsWarper)."""
    k = min(int(values["top_k"]), scores.shape[-1])
    return scores.masked_fill(scores < torch.topk(scores, k)[0][..., -1, None], REMOVED)


def top_p(scores: Tensor, values: Values, _: StageContext) -> Tensor:
    """Keep the nucleus (TopPLogitsWarper; Holtzman et al. 2020)."""
    return nucleus(scores, values["top_p"])


def nucleus(scores: Tensor, p: float, ascending: Tensor | None = None) -> Tensor:
    """Keep the smallest prefix with more than p of the probability.

    `ascending` [1, V] holds the ids in ascending order of these scores. Without it they are sorted by the call that
    transformers makes: only that sort decides *which* of the tokens tied at the edge stay as generate() does.
    """
    if ascending is None:
        values, ascending = torch.sort(scores, descending=False)
    else:
        values = scores.gather(-1, ascending)
    removed = values.softmax(dim=-1).cumsum(dim=-1) <= (1 - p)
    removed[..., -1] = False
    return scores.masked_fill(removed.scatter(1, ascending, removed), REMOVED)


def nucleus_of_few(scores: Tensor, p: float, count: int) -> Tensor:
    """As `nucleus`, where only `count` scores are above -inf: only those are sorted.

    The cumulative sums have the same bits; *which* of the tokens tied at the edge stay may differ from transformers.
    """
    best, tokens = (found.flip(-1) for found in torch.topk(scores, count))
    ascending = torch.full_like(scores, REMOVED)
    ascending[..., -count:] = best
    removed = ascending.softmax(dim=-1).cumsum(dim=-1)[..., -count:] <= (1 - p)
    removed[..., -1] = False
    return torch.full_like(scores, REMOVED).scatter(1, tokens, best.masked_fill(removed, REMOVED))


def nucleus_size(scores: Tensor, p: float, ascending: Tensor | None = None) -> int:
    """How many `nucleus` keeps of scores [1, V]: that needs no ids, and numpy sorts values much faster than torch."""
    if ascending is None:
        values = torch.from_numpy(np.sort(scores.cpu().numpy())).to(scores.device)
    else:
        values = scores.gather(-1, ascending)
    return max(1, count(values.softmax(dim=-1).cumsum(dim=-1) > (1 - p)))


def min_p(scores: Tensor, values: Values, _: StageContext) -> Tensor:
    """Keep tokens with at least `min_p` times the best token's probability (MinPLogitsWarper)."""
    probabilities = torch.softmax(scores, dim=-1)
    removed = probabilities < values["min_p"] * probabilities.amax(dim=-1, keepdim=True)
    removed.scatter_(-1, torch.topk(probabilities, 1, dim=-1).indices, False)
    return scores.masked_fill(removed, REMOVED)


def typical_p(scores: Tensor, values: Values, _: StageContext) -> Tensor:
    """Keep tokens of surprisal nearest the entropy, up to a mass of p (TypicalLogitsWarper; Meister et al. 2022)."""
    normalized = torch.nn.functional.log_softmax(scores, dim=-1)
    entropy = -(normalized * torch.exp(normalized)).nansum(-1, keepdim=True)
    distance, order = torch.sort(torch.abs((-normalized) - entropy), descending=False)
    cumulative = scores.gather(-1, order).softmax(dim=-1).cumsum(dim=-1)
    last = (cumulative < values["typical_p"]).sum(dim=1).clamp_(max=distance.shape[-1] - 1)
    removed = distance > distance.gather(1, last.view(-1, 1))
    removed[..., :1] = False
    return scores.masked_fill(removed.scatter(1, order, removed), REMOVED)


def _entropy(distribution: torch.distributions.Categorical) -> Tensor:
    entropy: Tensor = distribution.entropy()  # type: ignore[no-untyped-call]
    return entropy


def _below(scores: Tensor, threshold: Tensor | float) -> Tensor:
    """Remove tokens less probable than `threshold`, but never the best one."""
    removed = scores.softmax(dim=-1) < threshold
    return scores.masked_fill(removed & (scores < scores.amax(dim=-1, keepdim=True)), REMOVED)


def epsilon_cutoff(scores: Tensor, values: Values, _: StageContext) -> Tensor:
    """Keep tokens with at least probability ε (EpsilonLogitsWarper; Hewitt et al. 2022)."""
    return _below(scores, values["epsilon_cutoff"])


def eta_cutoff(scores: Tensor, values: Values, _: StageContext) -> Tensor:
    """Keep tokens with at least probability min(ε, √ε·e^−entropy) (EtaLogitsWarper; Hewitt et al. 2022)."""
    epsilon = torch.tensor(values["eta_cutoff"], device=scores.device)
    entropy = _entropy(torch.distributions.Categorical(logits=scores, validate_args=False))
    return _below(scores, torch.min(epsilon, torch.sqrt(epsilon) * torch.exp(-entropy))[..., None])


FUNCTIONS: dict[str, Function] = {
    function.__name__: function
    for function in (
        repetition_penalty, no_repeat_ngram_size, temperature, top_h, top_k, top_p, min_p, typical_p, epsilon_cutoff,
        eta_cutoff,
    )
}  # fmt: skip
"""The stages by name, each equal to generate()'s processor bit for bit; a function has the name of its record."""


def own_stage(record: StageRecord, values: Values, noise: Noise) -> Stage:
    """The stage that a record describes, with these numbers and this noise bound to it."""
    function = FUNCTIONS[record.name]
    return Stage(record.name, lambda ids, scores: function(scores, values, StageContext(ids, noise)), record, values)


def llama_stage(record: StageRecord, values: Values, noise: Noise) -> Stage:
    """As `own_stage`, by llama.cpp's rules if it is one of llama.cpp's cuts."""
    stage = own_stage(record, values, noise)
    if record is TYPICAL_P:
        return replace(stage, apply=lambda _ids, scores: llama.typical_p(scores, values))
    if record.name not in llama.SIZES:
        return stage

    def size(scores: Tensor) -> int:
        return llama.SIZES[record.name](scores, values)

    def apply(_ids: Tensor, scores: Tensor) -> Tensor:
        return llama.keep_best(scores, size(scores), lambda: torch.sort(scores)[1])

    return replace(stage, apply=apply, size=size)
