"""Views of logits of which only a head is known: ranks end where the server's telling ends."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from tui.core.candidates import Candidate, Span
from tui.core.settings import Settings
from tui.engine.heads import HeadDistribution, head_distribution
from tui.engine.places import Place
from tui.engine.plots import Ranked, plotted
from tui.models.base import Tokens
from tui.protocol import View, Viewed
from tui.sampling.draw import DrawStreams, draw_many

FOUND = 50


def head_view(
    request: View, place: Place, settings: Settings, revision: int, tokens: Tokens, streams: DrawStreams
) -> Viewed:
    """The whole answer to a view of one place whose logits [V] have NaN in them."""
    here = head_distribution(place, settings, request.seed)
    assert isinstance(here, HeadDistribution)
    certain = here.undecided is None
    counts = draw_many(here.final, request.draws, request.seed, place.position) if certain and request.draws else None
    window = _Window(tokens, place.before, here, counts)
    would = _would_draw(here, streams, request.seed, place.position) if certain else None
    first, count = request.window or (0, 0)
    return Viewed(
        id=request.id, slot=request.slot, at=request.at, revision=revision, settings=settings,
        cuts=here.cuts, kept=here.kept, kept_mass=here.kept_mass, entropy=here.entropy, tail=here.tail,
        would_draw=would, would=None if would is None else window.of([would])[0], vocabulary=len(place.logits),
        candidates=window.of(here.head.tokens[max(0, first) :][: max(0, count)].tolist()), first=max(0, first),
        best=float(window.at_least[0]),
        plot=plotted(request.plot, Ranked(here, here.head.tokens, window.raw, window.at_least)),
        found=window.of(tokens.matches(request.find, FOUND)) if request.find else [],
        given=request.given, seed=request.seed, draws=request.draws,
    )  # fmt: skip


def _would_draw(here: HeadDistribution, streams: DrawStreams, seed: int, position: int) -> int:
    return streams[seed].would_draw(here.final, position)


class _Window:
    """Candidates of one head, the unseen ones included."""

    def __init__(self, tokens: Tokens, before: list[int], here: HeadDistribution, counts: Tensor | None) -> None:
        self._piece, self._special = partial(tokens.piece, before=before), tokens.special
        self._here, self._counts = here, counts
        whole = here.weights.whole
        self.raw = here.raw[0, here.head.tokens].cumsum(0, dtype=torch.float64)
        least = here.weights.sums / (whole.value if whole.exact else whole.high)
        self.at_least = self.raw if here.tempered is here.raw else least
        """Cumulative tempered probability by rank: no less than this."""

    def of(self, tokens: list[int]) -> list[Candidate]:
        """The candidates of these ids, in their order."""
        removed = self._here.removed_by(torch.tensor(tokens, dtype=torch.long))
        return [self._candidate(token, stage) for token, stage in zip(tokens, removed, strict=True)]

    def _candidate(self, token: int, removed_by: str) -> Candidate:
        here, rank = self._here, self._here.place(token)
        spans = self._spans(token, rank)
        tempered, final, cumulative = (span.value for span in spans)
        count = int(self._counts[token]) if self._counts is not None else 0
        known = all(span.exact for span in spans)
        return Candidate(
            rank, token, self._piece(token), self._special(token), float(here.logits[token]),
            float(here.raw[0, token]), tempered, final, cumulative, removed_by, count, None if known else spans,
        )  # fmt: skip

    def _spans(self, token: int, rank: int) -> tuple[Span, Span, Span]:
        """Where tempered, final and cumulative probability lie."""
        here, weights = self._here, self._here.weights
        final = here.final_span(token)
        exact = float(here.tempered[0, token])
        if not rank:
            most = 0.0 if exact == 0 else min(1.0, weights.cap / weights.whole.low)
            return Span(0.0, most), final, Span(weights.share(weights.head).low, 1.0)
        tempered = weights.share(here.weight(token)) if math.isnan(exact) else Span(exact, exact)
        return tempered, final, weights.share(float(weights.sums[rank - 1]))
