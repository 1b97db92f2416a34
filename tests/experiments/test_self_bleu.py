"""Self-BLEU by hand, and against sacrebleu's own sentence score over all pairs."""

from __future__ import annotations

import math
import random
import subprocess
import sys

import pytest

from tests.patience import PATIENCE
from tui.core.settings import resolve
from tui.errors import StoppedError
from tui.experiments import self_bleu as module
from tui.experiments.measures import measured
from tui.experiments.metrics import Continuation
from tui.experiments.self_bleu import self_bleu

needs_sacrebleu = pytest.mark.skipif(not module.available(), reason="sacrebleu is not installed: extra sweep")


@needs_sacrebleu
def test_equal_texts_are_one_and_texts_of_no_common_word_are_zero() -> None:
    assert self_bleu(["the herd ran to the river"] * 3) == pytest.approx(1)
    assert self_bleu(["a b c d", "e f g h"]) == 0


@needs_sacrebleu
def test_two_texts_that_differ_in_the_last_of_five_words() -> None:
    """Matches 4/5, 3/4, 2/3 and 1/2 of the n-grams: their geometric mean is (1/5)^(1/4); no brevity penalty."""
    assert self_bleu(["a b c d e", "a b c d f"]) == pytest.approx(0.2**0.25)


@needs_sacrebleu
def test_a_shorter_text_pays_for_its_brevity() -> None:
    """The short one gets exp(1 − 8/4), for all its n-grams match; the long one matches 4/8, 3/7, 2/6, 1/5."""
    short = math.exp(1 - 8 / 4)
    long = (4 / 8 * 3 / 7 * 2 / 6 * 1 / 5) ** 0.25
    assert self_bleu(["a b c d", "a b c d e f g h"]) == pytest.approx((short + long) / 2)


@needs_sacrebleu
def test_punctuation_is_a_word_of_its_own() -> None:
    assert self_bleu(["one, two three!", "one , two three !"]) == pytest.approx(1)


@needs_sacrebleu
@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_mean_of_sacrebleu_s_own_scores_over_all_pairs(seed: int) -> None:
    from sacrebleu.metrics.bleu import BLEU

    chance = random.Random(seed)
    texts = [" ".join(chance.choices("abcdef", k=chance.randrange(4, 15))) for _ in range(9)]
    bleu = BLEU(tokenize="13a", smooth_method="floor", smooth_value=0.1, effective_order=False)
    scores = [bleu.sentence_score(one, texts[:i] + texts[i + 1 :]).score / 100 for i, one in enumerate(texts)]
    assert self_bleu(texts) == pytest.approx(sum(scores) / len(scores))


@needs_sacrebleu
def test_one_text_or_empty_texts() -> None:
    assert math.isnan(self_bleu(["alone"]))
    assert self_bleu(["", ""]) == 0


@needs_sacrebleu
def test_it_can_be_ended() -> None:
    def stop(*_: object) -> None:
        raise StoppedError("enough")

    with pytest.raises(StoppedError):
        self_bleu(["a", "b"], stop)


@needs_sacrebleu
def test_an_eos_at_the_end_is_no_common_word() -> None:
    texts = [Continuation(7, [1, 0], [word, b"<|end|>"], [1.0, 1.0], [1.0, 1.0], "eos") for word in (b"one", b"two")]
    assert measured(0, resolve({}, {}, {}), texts).self_bleu_4 == 0


def test_without_sacrebleu_it_is_not_known_and_everything_else_is() -> None:
    code = """
import sys
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name.startswith("sacrebleu") else find(name, *more)
from tui.core.settings import resolve
from tui.experiments.measures import measured
from tui.experiments.metrics import Continuation
one = measured(0, resolve({}, {}, {}), [Continuation(1, [1, 2], [b"a", b"b"], [1.0, 1.0], [2.0, 2.0])] * 2)
print(one.self_bleu_4, one.perplexity, one.distinct_1)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.stdout, ended.stderr) == ("nan 2.0 0.5\n", "")
