"""llama.cpp's rules for the cuts that it has (`src/llama-sampler.cpp`), in llama.cpp's arithmetic.

They differ from transformers' at edges: top-k keeps exactly k of equal tokens, top-p includes the token with which the
sum reaches p, min-p compares scores instead of probabilities. llama.cpp adds one float32 number after the other, which
over a vocabulary gives other digits than torch's sums: so it is done here too.

Which of the equal tokens at an edge stay is an accident of llama.cpp's sort. Here the list's order decides, so that a
cut keeps a prefix of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tui.sampling.metrics import count

Values = NDArray[np.float32]
Size = Callable[[Tensor, Mapping[str, float]], int]
"""(scores [1, V], the stage's numbers) → how many of the best tokens a cut keeps."""
REMOVED = -torch.inf


def top_k_size(scores: Tensor, values: Mapping[str, float]) -> int:
    """k, or all that earlier stages left (`llama_sampler_top_k_impl`)."""
    return min(int(values["top_k"]), count(scores > REMOVED))


def top_p_size(scores: Tensor, values: Mapping[str, float]) -> int:
    """How many of the best it takes for a sum of p or more (`llama_sampler_top_p_apply`, `min_keep` 1 or less)."""
    left = _left(scores)
    best_first = np.sort(left)[::-1]
    # llama.cpp has sorted the candidates where an earlier stage has cut them, and normalises in the order they are in.
    probabilities = _softmax(best_first, best_first if len(left) < scores.shape[-1] else left)
    reached = np.add.accumulate(probabilities) >= np.float32(values["top_p"])
    return int(reached.argmax()) + 1 if reached.any() else len(left)


def min_p_size(scores: Tensor, values: Mapping[str, float]) -> int:
    """How many score at least log(min_p) + the best one's score (`llama_sampler_min_p_apply`)."""
    left = _left(scores)
    if values["min_p"] <= 0:
        return len(left)
    return max(1, int(np.count_nonzero(left >= left.max() + np.log(np.float32(values["min_p"])))))


SIZES: Mapping[str, Size] = {"top_k": top_k_size, "top_p": top_p_size, "min_p": min_p_size}
"""By stage name: how many of the best tokens each of llama.cpp's cuts keeps."""


def typical_p(scores: Tensor, values: Mapping[str, float]) -> Tensor:
    """Keep tokens of surprisal nearest the entropy until their sum is above p (`llama_sampler_typical_apply`).

    A token whose probability is too small for float32 counts as infinitely surprising, where llama.cpp computes NaN.
    """
    ids = (scores[0] > REMOVED).nonzero()[:, 0]
    left = scores[0, ids].numpy(force=True)
    probabilities = _softmax(left, np.sort(left)[::-1])
    with np.errstate(divide="ignore"):
        surprisals = -np.log(probabilities)
    likely = np.sort(probabilities[probabilities > 0])[::-1]
    entropy = np.add.accumulate(-likely * np.log(likely))[-1]
    nearest = np.argsort(np.abs(surprisals - entropy), kind="stable")
    reached = np.add.accumulate(probabilities[nearest]) > np.float32(values["typical_p"])
    size = int(reached.argmax()) + 1 if reached.any() else len(left)
    kept = ids[torch.from_numpy(nearest[:size].copy()).to(ids.device)]
    return torch.full_like(scores, REMOVED).index_copy(1, kept, scores[:, kept])


def keep_best(scores: Tensor, size: int, ascending: Callable[[], Tensor]) -> Tensor:
    """Scores [1, V] without all but the `size` best; the rest is -inf.

    `ascending` gives all ids [1, V], worst first. It is called only if some of the tokens tied at the edge go.
    """
    edge = torch.topk(scores, size)[0][..., -1, None]
    if count(scores >= edge) == size:
        return scores.masked_fill(scores < edge, REMOVED)
    ranked = ascending()[0].flip(0)
    kept = ranked[scores[0, ranked] > REMOVED][:size]
    return torch.full_like(scores, REMOVED).index_copy(1, kept, scores[:, kept])


def _left(scores: Tensor) -> Values:
    """The scores in id order that are not removed."""
    values: Values = scores[0].numpy(force=True)
    return values[values > -np.inf]


def _softmax(scores: Values, summed: Values) -> Values:
    """Probabilities of `scores`; `summed` are the same numbers in the order in which they are added up."""
    best = scores.max()
    total = np.add.accumulate(np.exp(summed - best))[-1]
    probabilities: Values = np.exp(scores - best) / total
    return probabilities
