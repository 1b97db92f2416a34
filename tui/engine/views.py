"""Answers views: the distribution after a node, as a window of candidates and a plot."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import Tensor

from tui.core.candidates import Candidate
from tui.core.settings import Settings
from tui.core.stages import MAX_NEW_TOKENS, PENALTY_PARAMETERS
from tui.core.story import ROOT, Node
from tui.engine.decide import Decide, Distribution, chain_at, distribution, finish
from tui.engine.head_views import head_view
from tui.engine.places import Place
from tui.engine.plots import Ranked, plotted
from tui.models.base import Tokens
from tui.protocol import View, Viewed
from tui.sampling.chain import Chain
from tui.sampling.cuts import apply_chain
from tui.sampling.draw import DrawStreams, draw_many
from tui.sampling.ranking import Ranking
from tui.sampling.scoring import score

RANKINGS_BYTES = 256 << 20
REACH_SECONDS = 0.015
MAX_MATCHES = 50
RERANKING = (*PENALTY_PARAMETERS, MAX_NEW_TOKENS.name)
"""The parameters a ranking depends on; max_new_tokens, because the model may force an end of text there."""


class Viewer:
    """Answers views on one thread, and keeps the rankings of the last ones."""

    def __init__(self, tokens: Tokens, vocabulary: int, device: str, heads: bool = False) -> None:
        """`heads`: True if logits may be known for the best tokens only, and NaN for the others."""
        self._heads = heads
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._streams = DrawStreams(vocabulary, device)
        self._rankings: OrderedDict[tuple[object, ...], Ranking] = OrderedDict()

    def view(self, request: View, place: Place, settings: Settings, revision: int) -> Viewed:
        """The reply to a view of a place."""
        if self._heads and bool(place.logits.isnan().any()):
            return head_view(request, place, settings, revision, self._tokens, self._streams)
        chain = chain_at(place, settings, request.seed)
        ranking = self._ranking(place, chain, settings)
        applied = apply_chain(chain, place.ids, ranking.scored, ranking.order, exact=request.exact)
        dist = finish(place.logits, place.ids, chain, ranking.scored, applied)
        window = _Window(self._tokens, place.before, dist, ranking, self._counts(request, dist, place))
        would = self._streams[request.seed].would_draw(dist.final, place.position)
        return Viewed(
            id=request.id, slot=request.slot, at=request.at, revision=revision, settings=settings,
            cuts=dist.cuts, kept=dist.kept, kept_mass=dist.kept_mass, entropy=dist.entropy,
            would_draw=would, would=window.one(would), followed=window.one(request.follow), vocabulary=self._vocabulary,
            candidates=window.between(*request.window) if request.window else [],
            first=max(0, request.window[0]) if request.window else 0,
            best=float(window.tempered[0]), plot=plotted(request.plot, window.ranked(ranking.raw_cumulative)),
            found=window.of(self._tokens.matches(request.find, MAX_MATCHES)) if request.find else [],
            listed=window.of(request.tokens), exact=applied.exact, given=request.given, seed=request.seed,
            draws=request.draws, inside_prompt=place.inside_prompt,
        )  # fmt: skip

    def _counts(self, request: View, dist: Distribution, place: Place) -> Tensor | None:
        if request.draws <= 0:
            return None
        return draw_many(dist.final, request.draws, request.seed, place.position)

    def _ranking(self, place: Place, chain: Chain, settings: Settings) -> Ranking:
        """The ranking of a place's logits: a kept one, if only parameters have changed that keep the order."""
        key = (place.node, place.inside_prompt, *(settings[name].value for name in RERANKING), *place.model_processors)
        if key in self._rankings:
            self._rankings.move_to_end(key)
            return self._rankings[key]
        ranking = self._rankings[key] = Ranking(place.logits, score(chain, place.ids, place.logits))
        while sum(kept.nbytes for kept in self._rankings.values()) > RANKINGS_BYTES and len(self._rankings) > 1:
            self._rankings.popitem(last=False)
        return ranking


def reached(
    nodes: Iterable[Node],
    place_of: Callable[[int], Place],
    settings: Settings,
    seed: int,
    seconds: float = REACH_SECONDS,
    decide: Decide = distribution,
) -> dict[int, str]:
    """For each node, the stage that would remove its own token, or ''. Nodes are left out once `seconds` have passed.

    A token of a prompt is checked too: could these settings have drawn it? The first of all has nothing before it.
    """
    answers: dict[int, str] = {}
    end = time.monotonic() + seconds
    for node in nodes:
        first = node.parent == ROOT
        answers[node.id] = "" if first else _removed_by(node, decide(place_of(node.parent), settings, seed))
        if time.monotonic() > end:
            break
    return answers


def _removed_by(node: Node, dist: Distribution) -> str:
    return dist.removed_by(torch.tensor([node.token], device=dist.logits.device))[0]


class _Window:
    """Makes candidates of one distribution, by rank or by token."""

    def __init__(
        self, tokens: Tokens, before: list[int], dist: Distribution, ranking: Ranking, counts: Tensor | None
    ) -> None:
        self._piece, self._special = partial(tokens.piece, before=before), tokens.special
        self._dist, self._ranking, self._counts = dist, ranking, counts
        self.tempered = dist.tempered[0, ranking.tokens]
        summed = self.tempered if dist.summed is dist.tempered else dist.summed[0, ranking.tokens]
        self.cumulative = summed.cumsum(0, dtype=torch.float64)

    def ranked(self, raw_cumulative: Tensor) -> Ranked:
        """The distribution in rank order, for a plot; `raw_cumulative` [V] is float64, by rank."""
        return Ranked(self._dist, self._ranking.tokens, raw_cumulative, self.cumulative, self.tempered.double())

    def between(self, first: int, count: int) -> list[Candidate]:
        """`count` candidates from rank `first` + 1 on; fewer at the end of the vocabulary."""
        first = max(0, first)
        ids = self._ranking.tokens[first : first + max(0, count)]
        return self._candidates(range(first + 1, first + 1 + len(ids)), ids)

    def one(self, token: int | None) -> Candidate | None:
        """The candidate of this id; None for none."""
        return None if token is None else self.of([token])[0]

    def of(self, tokens: list[int]) -> list[Candidate]:
        """The candidates of these ids, in the order of the ids."""
        ranks = [self._ranking.rank(token) for token in tokens]
        return self._candidates(ranks, torch.tensor(tokens, dtype=torch.long))

    def _candidates(self, ranks: Iterable[int], ids: Tensor) -> list[Candidate]:
        dist = self._dist
        ids = ids.to(dist.logits.device)
        ranks = list(ranks)
        at = torch.tensor(ranks, dtype=torch.long, device=ids.device) - 1
        columns = (
            dist.logits[ids], dist.raw[0, ids], dist.tempered[0, ids], dist.final[0, ids],
            self.cumulative[at].clamp(max=1.0),
        )  # fmt: skip
        counts = self._counts[ids].tolist() if self._counts is not None else [0] * len(ranks)
        removed = dist.removed_by(ids)
        piece, special = self._piece, self._special
        return [
            Candidate(rank, token, piece(token), special(token), logit, raw, tempered, final, cumulative, stage, count)
            for rank, token, logit, raw, tempered, final, cumulative, stage, count in zip(
                ranks, ids.tolist(), *(column.tolist() for column in columns), removed, counts, strict=True
            )
        ]
