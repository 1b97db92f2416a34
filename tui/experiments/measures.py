"""One setting's continuations, measured; and one text by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tui.core.continuing import TextMeasures
from tui.core.grid import Measured
from tui.core.progress import Report, quiet
from tui.core.settings import Settings
from tui.core.story import Node
from tui.core.tokens import join_text
from tui.experiments.metrics import Continuation, distinct, looping, mean, mean_logprob, perplexity, repetition
from tui.experiments.self_bleu import available, self_bleu


def measured(
    number: int, settings: Settings, written: Sequence[Continuation], report: Report = quiet, *, keep: bool = True
) -> Measured:
    """The measures of setting `number`; with its texts if `keep`. An exception in `report` ends the measuring."""
    ids = [one.ids for one in written]
    logprob = mean_logprob(one.surprisals for one in written)
    return Measured(
        number=number, settings=settings, mean_logprob=logprob, perplexity=perplexity(logprob),
        distinct_1=distinct(ids, 1), distinct_2=distinct(ids, 2), distinct_3=distinct(ids, 3),
        self_bleu_4=self_bleu([_words(one) for one in written], report) if available() else math.nan,
        repetition_4=repetition(ids), looping=looping(ids),
        entropy_bits=mean([bits for one in written for bits in one.entropies]),
        samples=len(written), tokens=sum(map(len, ids)), seed=written[0].seed,
        texts=[join_text(one.pieces) for one in written] if keep else [],
    )  # fmt: skip


def text_measures(nodes: Sequence[Node]) -> TextMeasures:
    """The measures of one text's tokens; NaN of none, and where a server does not tell a token's probability."""
    surprisals = [node.surprisal for node in nodes]
    return TextMeasures(
        mean(surprisals), perplexity(mean_logprob([surprisals])), distinct([[node.token for node in nodes]], 2)
    )


def _words(one: Continuation) -> str:
    """A text without its EOS, which would be a word that most texts share."""
    return join_text(one.pieces[:-1] if one.reason == "eos" else one.pieces)
