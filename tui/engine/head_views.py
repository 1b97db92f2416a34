"""Views of logits of which only a head is known: only the tokens of the head have ranks."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from tui.core.candidates import Candidate, Span
from tui.core.settings import Settings
from tui.engine.head_chain import head_distribution
from tui.engine.heads import HeadDistribution
from tui.engine.places import Place
from tui.engine.plots import Ranked, plotted
from tui.models.base import Tokens
from tui.protocol import View, Viewed
from tui.sampling.bounds import Weights
from tui.sampling.draw import DrawStreams, draw_many

MAX_MATCHES = 50


def head_view(
    request: View, place: Place, settings: Settings, revision: int, tokens: Tokens, streams: DrawStreams
) -> Viewed:
    """The reply to a view of a place whose logits [V] are NaN for unseen tokens."""
    dist = head_distribution(place, settings, request.seed)
    assert isinstance(dist, HeadDistribution)
    certain = dist.undecided is None
    counts = draw_many(dist.final, request.draws, request.seed, place.position) if certain and request.draws else None
    window = _Window(tokens, place.before, dist, counts)
    would = _would_draw(dist, streams, request.seed, place.position) if certain else None
    first, count = request.window or (0, 0)
    return Viewed(
        id=request.id, slot=request.slot, at=request.at, revision=revision, settings=settings,
        cuts=dist.cuts, kept=dist.kept, kept_mass=dist.kept_mass, entropy=dist.entropy, tail=dist.tail,
        would_draw=would, would=window.one(would), followed=window.one(request.follow), vocabulary=len(place.logits),
        candidates=window.of(dist.head.tokens[max(0, first) :][: max(0, count)].tolist()), first=max(0, first),
        best=float(window.tempered[0]), plot=plotted(request.plot, window.ranked),
        found=window.of(tokens.matches(request.find, MAX_MATCHES)) if request.find else [],
        listed=window.of(request.tokens), given=request.given, seed=request.seed, draws=request.draws,
    )  # fmt: skip


def _would_draw(dist: HeadDistribution, streams: DrawStreams, seed: int, position: int) -> int:
    return streams[seed].would_draw(dist.final, position)


class _Window:
    """Makes candidates of a head's distribution, also for unseen tokens."""

    def __init__(self, tokens: Tokens, before: list[int], dist: HeadDistribution, counts: Tensor | None) -> None:
        self._piece, self._special = partial(tokens.piece, before=before), tokens.special
        self._dist, self._counts = dist, counts
        self._raw = dist.raw[0, dist.head.tokens].cumsum(0, dtype=torch.float64)
        self._cumulative = self._raw if dist.summed_raw else _at_least(dist.summed_weights)
        """A lower bound of the cumulative probability, by rank."""
        tempered = self._raw if dist.tempered is dist.raw else _at_least(dist.weights)
        self.tempered = torch.diff(tempered, prepend=tempered.new_zeros(1))
        """A lower bound of the tempered probability, by rank."""

    @property
    def ranked(self) -> Ranked:
        """The ranked tokens in rank order, for a plot."""
        return Ranked(self._dist, self._dist.head.tokens, self._raw, self._cumulative, self.tempered)

    def one(self, token: int | None) -> Candidate | None:
        """The candidate of this id; None for none."""
        return None if token is None else self.of([token])[0]

    def of(self, tokens: list[int]) -> list[Candidate]:
        """The candidates of these ids, in the order of the ids."""
        removed = self._dist.removed_by(torch.tensor(tokens, dtype=torch.long))
        return [self._candidate(token, stage) for token, stage in zip(tokens, removed, strict=True)]

    def _candidate(self, token: int, removed_by: str) -> Candidate:
        dist, rank = self._dist, self._dist.list_rank(token)
        spans = self._spans(token, rank)
        tempered, final, cumulative = (span.value for span in spans)
        count = int(self._counts[token]) if self._counts is not None else 0
        known = all(span.exact for span in spans)
        return Candidate(
            rank, token, self._piece(token), self._special(token), float(dist.logits[token]),
            float(dist.raw[0, token]), tempered, final, cumulative, removed_by, count, None if known else spans,
        )  # fmt: skip

    def _spans(self, token: int, rank: int) -> tuple[Span, Span, Span]:
        """Bounds of a token's tempered, final and cumulative probability; `rank` is 0 for an unseen token."""
        dist, weights = self._dist, self._dist.weights
        final = dist.final_span(token)
        summed = dist.summed_weights
        exact = float(dist.tempered[0, token])
        if not rank:
            most = 0.0 if exact == 0 else min(1.0, weights.cap / weights.whole.low)
            return Span(0.0, most), final, Span(summed.share(summed.head).low, 1.0)
        tempered = weights.share(dist.weight(token)) if math.isnan(exact) else Span(exact, exact)
        return tempered, final, summed.share(float(summed.sums[rank - 1]))


def _at_least(weights: Weights) -> Tensor:
    """[n] float64, a lower bound of the cumulative probability, by rank."""
    return weights.sums / (weights.whole.value if weights.whole.exact else weights.whole.high)
