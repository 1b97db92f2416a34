"""Self-BLEU: how alike the texts of one setting are, by sacrebleu, which is an optional package (extra `sweep`).

Zhu et al. 2018, "Texygen: A Benchmarking Platform for Text Generation Models", §3.3: each text is scored by BLEU
against all others as its references, and the mean is reported. 1 is all texts alike, 0 is nothing in common.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from tui.core.progress import Report, quiet
from tui.experiments.metrics import mean

MISSING = "self_bleu_4 is not measured: it needs sacrebleu, which `pip install 'samplescope[sweep]'` installs"
ORDER = 4
"""BLEU-4: n-grams of one to four words."""
SMOOTHING = {"smooth_method": "floor", "smooth_value": 0.1}
"""An n-gram order without a match counts a tenth of a match, as in Texygen (NLTK's method 1): one text is short."""

Grams = Counter[tuple[str, ...]]


def available() -> bool:
    """True if sacrebleu is installed."""
    return find_spec("sacrebleu") is not None


def self_bleu(texts: Sequence[str], report: Report = quiet) -> float:
    """Self-BLEU-4 of texts, 0 to 1; NaN of fewer than two. `report` is called for each text, and may end it.

    The texts are cut into words by sacrebleu's `13a` (mteval's rule, the default of BLEU in the literature), not into
    the model's tokens: BLEU is defined on words, and so that models with different tokenizers can be compared. 13a
    separates punctuation and splits at blanks, hence a text in Chinese or Japanese is one long word to it.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    if len(texts) < 2:
        return math.nan
    tokenizer: Any = Tokenizer13a  # sacrebleu does not type it
    cut = tokenizer()
    words = [cut(text).split() for text in texts]
    others = _Others([_grams(one) for one in words], list(map(len, words)))
    scores = []
    for index in range(len(texts)):
        report("self-BLEU", index, len(texts), "texts")
        scores.append(others.score(BLEU, index))
    return mean(scores)


def _grams(words: Sequence[str]) -> Grams:
    """How often each n-gram of one to `ORDER` words occurs."""
    return Counter(
        tuple(words[start : start + size])
        for size in range(1, ORDER + 1)
        for start in range(len(words) - size + 1)
    )  # fmt: skip


class _Others:
    """For each text, the counts of BLEU against all others.

    sacrebleu itself goes through all pairs of texts. BLEU clips a count at the largest in any reference: with the two
    largest counts of each n-gram known, every text is scored in one pass.
    """

    def __init__(self, grams: list[Grams], lengths: list[int]) -> None:
        self._grams, self._lengths = grams, lengths
        self._most: dict[tuple[str, ...], list[int]] = {}
        """n-gram → the two largest counts in one text."""
        for one in grams:
            for gram, count in one.items():
                self._most[gram] = sorted([*self._most.get(gram, [0, 0]), count])[1:]

    def score(self, bleu: Any, index: int) -> float:
        """BLEU of one text against all others, 0 to 1."""
        correct, total = [0] * ORDER, [0] * ORDER
        for gram, count in self._grams[index].items():
            second, most = self._most[gram]
            # If this text has the largest count, the largest among the others is the second largest.
            correct[len(gram) - 1] += min(count, second if count == most else most)
            total[len(gram) - 1] += count
        length = self._lengths[index]
        score = bleu.compute_bleu(
            correct=correct, total=total, sys_len=length, ref_len=self._closest(index), max_ngram_order=ORDER,
            effective_order=False, **SMOOTHING,
        )  # fmt: skip
        return float(score.score) / 100

    def _closest(self, index: int) -> int:
        """The length of the other text that is nearest in length, the shorter of two: BLEU's brevity penalty."""
        length, others = self._lengths[index], self._lengths[:index] + self._lengths[index + 1 :]
        return min(others, key=lambda other: (abs(other - length), other))
