"""The candidates that the list holds: all of one view, and a bounded number of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tui.core.settings import Given
from tui.protocol import Candidate, Viewed

LIMIT = 4096
"""Most candidates held; beyond it, those farthest from the ranks on screen are dropped."""


class CandidateWindow:
    """Candidates by rank, all from replies for the same node, settings, seed and draws."""

    def __init__(self) -> None:
        self._key: tuple[int, Given, int, int] | None = None
        self._exact = True
        self._held: dict[int, Candidate] = {}
        self.unseen: Candidate | None = None
        """The token of the unseen tail that the person searched for."""

    def __getitem__(self, rank: int) -> Candidate | None:
        return self._held.get(rank)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._held.values())

    def start(self, viewed: Viewed | None) -> None:
        """Take a new view's candidates; those held before are kept only if they belong to the same view."""
        key = _key(viewed) if viewed else None
        exact = viewed.exact if viewed else True
        if key != self._key or exact != self._exact:
            self._held.clear()
            self.unseen = None
        self._key, self._exact = key, exact
        if viewed:
            self._held.update((candidate.rank, candidate) for candidate in viewed.candidates)

    def accepts(self, viewed: Viewed) -> bool:
        """True if a reply belongs to the view on screen and is no less exact."""
        return self._key == _key(viewed) and (viewed.exact or not self._exact)

    def add(self, candidates: Iterable[Candidate], around: int) -> None:
        """Add candidates of the same view; beyond `LIMIT` keep those nearest to rank `around`."""
        self._held.update((candidate.rank, candidate) for candidate in candidates)
        if len(self._held) > LIMIT:
            nearest = sorted(self._held, key=lambda rank: abs(rank - around))[: LIMIT // 2]
            self._held = {rank: self._held[rank] for rank in nearest}


def _key(viewed: Viewed) -> tuple[int, Given, int, int]:
    """Node, settings, seed and draws: replies with equal keys belong to the same view."""
    return viewed.at, viewed.given, viewed.seed, viewed.draws
