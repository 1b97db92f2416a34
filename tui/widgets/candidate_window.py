"""The candidates a list holds: of one view only, a bounded window of a vocabulary of any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tui.core.settings import Given
from tui.protocol import Candidate, Viewed

LIMIT = 4096
"""How many are held; over it, those farthest from where the person looks go first."""


class CandidateWindow:
    """Candidates by rank, all of the view they were asked for; those of another view never stand among them."""

    def __init__(self) -> None:
        self._key: tuple[int, Given, int, int] | None = None
        self._exact = True
        self._held: dict[int, Candidate] = {}
        self.unseen: Candidate | None = None
        """A token of the unseen tail that was looked for."""

    def __getitem__(self, rank: int) -> Candidate | None:
        return self._held.get(rank)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._held.values())

    def start(self, viewed: Viewed | None) -> None:
        """Begin with a view's own candidates; what is there stays only if it is of the very same view."""
        key = _key(viewed) if viewed else None
        exact = viewed.exact if viewed else True
        if key != self._key or exact != self._exact:
            self._held.clear()
            self.unseen = None
        self._key, self._exact = key, exact
        if viewed:
            self._held.update((candidate.rank, candidate) for candidate in viewed.candidates)

    def accepts(self, viewed: Viewed) -> bool:
        """True if an answer is of the view on show, and no less exact."""
        return self._key == _key(viewed) and (viewed.exact or not self._exact)

    def add(self, candidates: Iterable[Candidate], around: int) -> None:
        """Take more of the same view, keeping those nearest to rank `around`."""
        self._held.update((candidate.rank, candidate) for candidate in candidates)
        if len(self._held) > LIMIT:
            nearest = sorted(self._held, key=lambda rank: abs(rank - around))[: LIMIT // 2]
            self._held = {rank: self._held[rank] for rank in nearest}


def _key(viewed: Viewed) -> tuple[int, Given, int, int]:
    """What makes two answers answers to the same question."""
    return viewed.at, viewed.given, viewed.seed, viewed.draws
