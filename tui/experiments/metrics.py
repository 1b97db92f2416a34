"""Measures of accuracy and diversity over continuations of one prompt. No torch: plain token ids and numbers.

All but self-BLEU (see `self_bleu`) count token ids, so that they depend on no rule for cutting text into words. The
prompt's tokens are never counted; a final EOS is a token like any other, as in `run`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Ids = Sequence[int]
LN2 = math.log(2)
LOOP_LENGTH = 2
"""The shortest phrase that counts as a loop."""
LOOP_TIMES = 3
"""How often a phrase must stand at the end to count as a loop."""


@dataclass
class Continuation:
    """What one seed wrote after the prompt; for each token its bytes, and what the raw distribution says there."""

    seed: int
    ids: list[int] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    surprisals: list[float] = field(default_factory=list)
    """−log2 of each token's raw probability."""
    entropies: list[float] = field(default_factory=list)
    """Bits of the raw distribution that each token was drawn from."""
    reason: str = ""
    """Why it ended: eos, stop_string, max_new_tokens or context; '' while it goes on."""


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean; NaN of no values."""
    return math.fsum(values) / len(values) if values else math.nan


def mean_logprob(surprisals: Iterable[Sequence[float]]) -> float:
    """The mean over all tokens of ln p under the raw model, in nats: at most 0, higher is more probable.

    `surprisals`: each continuation's, in bits. NaN if there is no token.
    """
    return -LN2 * mean([bits for one in surprisals for bits in one])


def perplexity(logprob: float) -> float:
    """exp(−mean log-probability): the number of equally probable tokens that would surprise as much."""
    return math.exp(-logprob) if not -logprob > 700 else math.inf


def ngrams(ids: Ids, size: int) -> list[tuple[int, ...]]:
    """Every n-gram of a text, in order; none of a text shorter than `size`."""
    return [tuple(ids[start : start + size]) for start in range(len(ids) - size + 1)]


def distinct(texts: Iterable[Ids], size: int) -> float:
    """distinct-n: different n-grams in all texts together, divided by how many tokens they have.

    Li et al. 2016, "A Diversity-Promoting Objective Function for Neural Conversation Models", §5: "the number of
    distinct unigrams and bigrams … scaled by total number of generated tokens". No n-gram spans two texts. 0 is one
    token over and over, 1 is no n-gram twice; it falls as more is sampled, so compare equal amounts. NaN of no token.
    """
    texts = list(texts)
    tokens = sum(map(len, texts))
    return len({gram for ids in texts for gram in ngrams(ids, size)}) / tokens if tokens else math.nan


def repetition(texts: Iterable[Ids], size: int = 4) -> float:
    """The share of n-grams that a text has had before, as a mean over the texts that have one.

    seq-rep-n of Welleck et al. 2020, "Neural Text Generation with Unlikelihood Training", §6.1: 1 − different n-grams
    / n-grams, of each continuation by itself. 0 is no n-gram twice. NaN if no text is long enough.
    """
    grams = [found for ids in texts if (found := ngrams(ids, size))]
    return mean([1 - len(set(found)) / len(found) for found in grams])


def loops(ids: Ids) -> bool:
    """True if a text ends in a loop: a phrase of two tokens or more that stands three times at its end.

    Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", Table 1: "a phrase (minimum length 2) is
    considered a repetition when it repeats at least three times at the end of the generation".
    """
    longest = len(ids) // LOOP_TIMES
    return any(_ends_with_repeats(ids, length) for length in range(LOOP_LENGTH, longest + 1))


def _ends_with_repeats(ids: Ids, length: int) -> bool:
    """True if the last `length` tokens stand `LOOP_TIMES` times, one after the other, at the end."""
    end = ids[-LOOP_TIMES * length :]
    return all(token == end[index % length] for index, token in enumerate(end))


def looping(texts: Iterable[Ids]) -> float:
    """The share of texts that end in a loop; NaN of no texts."""
    return mean([float(loops(ids)) for ids in texts])
