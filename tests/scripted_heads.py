"""The scripted engine's views when it knows a head only: sums and the two extreme tails, without torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tests.scripted_math import Distribution
from tui.protocol import Candidate, Cut, Entropy, PlotRequest, Span, Tail, Viewed


@dataclass(frozen=True)
class Head:
    """A distribution of which the best `told` tokens are known."""

    here: Distribution
    told: int

    @property
    def vocabulary(self) -> int:
        return len(self.here.order)

    @property
    def why(self) -> str:
        """Why no token can be drawn; '' if the kept set is certain."""
        if self.here.greedy or (self.here.cuts and self.here.kept < self.told):
            return ""
        return f"The kept set is not certain: {self.told} of {self.vocabulary} tokens are told."

    def tail(self) -> Tail:
        unseen = self.here.order[self.told :]
        entropies = [self._bits(each) for each in (self.here.raw, self.here.tempered)]
        final = entropies[1] if self.why else Span(*[self.here.entropy.final] * 2)
        kept = (
            (max(self.told, self.here.kept), self.vocabulary) if self.here.cuts else (self.vocabulary, self.vocabulary)
        )
        mass = self.here.cumulative[self.here.kept - 1]
        return Tail(
            told=self.told, count=len(unseen), mass=math.fsum(self.here.raw[token] for token in unseen),
            tempered=self._mass(), kept=kept if self.why else (self.here.kept, self.here.kept),
            kept_mass=Span(1 - self._mass().high, 1.0) if self.why and self.here.cuts else Span(mass, mass),
            entropy=(*entropies, final), undecided=self.why,
        )  # fmt: skip

    def _tails(self, probabilities: Sequence[float]) -> tuple[list[float], list[float]]:
        """The two extreme tails: spread evenly, and as steep as the last known probability allows."""
        ranked = [probabilities[token] for token in self.here.order]
        cap, mass, count = ranked[self.told - 1], math.fsum(ranked[self.told :]), len(ranked) - self.told
        return [mass / count] * count, [cap] * int(mass / cap) + [mass % cap]

    def _bits(self, probabilities: Sequence[float]) -> Span:
        told = [probabilities[token] for token in self.here.order[: self.told]]
        high, low = (-math.fsum(p * math.log2(p) for p in (*told, *tail) if p) for tail in self._tails(probabilities))
        return Span(low, high)

    def _mass(self) -> Span:
        """Bounds of the tail's tempered probability: exact for T = 1, else from 0 to 1.5 times the raw one."""
        mass = 1.0 - self.here.cumulative[self.told - 1]
        same = self.here.raw == self.here.tempered
        return Span(mass, mass) if same else Span(mass / 1.5, min(1.0, mass * 1.5))

    def of(self, viewed: Viewed, plot: PlotRequest | None) -> Viewed:
        """The view with the numbers taken out that the head does not decide."""
        tail = self.tail()
        rows = [self._row(row, tail) for row in viewed.candidates if row.rank <= self.told]
        found = [self._known(row, tail) for row in viewed.found]
        listed = [self._known(row, tail) for row in viewed.listed]
        followed = None if viewed.followed is None else self._known(viewed.followed, tail)
        undecided = bool(tail.undecided)
        return msgspec.structs.replace(
            viewed, tail=tail, candidates=rows, found=found, listed=listed,
            cuts=[self._cut(cut) for cut in viewed.cuts],
            kept=tail.kept[0] if tail.kept[0] == tail.kept[1] else 0, kept_mass=tail.kept_mass.value,
            entropy=Entropy(*(span.value for span in tail.entropy)),
            would_draw=None if undecided else viewed.would_draw, would=None if undecided else viewed.would,
            followed=followed, plot=self.here.plotted(plot, self.told) if plot else None,
            best=viewed.best / self.here.cumulative[self.told - 1] * (1 - tail.tempered.high),
        )  # fmt: skip

    def _cut(self, cut: Cut) -> Cut:
        if cut.left < self.told:
            return msgspec.structs.replace(cut, alone=cut.alone if cut.alone < self.told else 0)
        return Cut(cut.stage, 0, cut.left, math.nan, None, (cut.left, self.vocabulary))

    def _known(self, row: Candidate, tail: Tail) -> Candidate:
        return self._row(row, tail) if row.rank <= self.told else self._unseen(row)

    def _row(self, row: Candidate, tail: Tail) -> Candidate:
        """The candidate of a ranked token; its tempered probability is as uncertain as the whole."""
        least, most = 1 - tail.tempered.high, 1 - tail.tempered.low
        told = self.here.cumulative[self.told - 1]
        tempered, cumulative = (
            Span(value / told * least, value / told * most) for value in (row.tempered, row.cumulative)
        )
        final = (
            Span(row.final, row.final)
            if not tail.undecided
            else Span(tempered.low, 1.0)
            if self.here.cuts
            else tempered
        )
        spans = (tempered, final, cumulative)
        return msgspec.structs.replace(
            row, tempered=tempered.value, final=final.value, cumulative=cumulative.value, count=0,
            spans=None if all(span.exact for span in spans) else spans,
        )  # fmt: skip

    def _unseen(self, row: Candidate) -> Candidate:
        last = self.here.tempered[self.here.order[self.told - 1]]
        removed = row.removed_by if not self.why else ""
        spans = (Span(0.0, last), Span(0.0, 0.0 if removed else 1.0), Span(self.here.cumulative[self.told - 1], 1.0))
        return Candidate(0, row.token, row.piece, row.special, math.nan, math.nan, math.nan, spans[1].value, math.nan,
                   removed, 0, spans)  # fmt: skip
