"""The rows a candidate list holds: of one view only, a bounded window of a vocabulary of any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tui.core.settings import Given
from tui.protocol import Row, Viewed

LIMIT = 4096
"""How many rows are held; over it, those farthest from where the person looks go first."""


class Rows:
    """Rows by rank, all of the view they were asked for; another view's rows never stand among them."""

    def __init__(self) -> None:
        self._key: tuple[int, Given, int, int] | None = None
        self._exact = True
        self._rows: dict[int, Row] = {}
        self.unseen: Row | None = None
        """A token of the unseen tail that was looked for."""

    def __getitem__(self, rank: int) -> Row | None:
        return self._rows.get(rank)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def start(self, viewed: Viewed | None) -> None:
        """Begin with a view's own rows; what is there stays only if it is of the very same view."""
        key = _key(viewed) if viewed else None
        exact = viewed.exact if viewed else True
        if key != self._key or exact != self._exact:
            self._rows.clear()
            self.unseen = None
        self._key, self._exact = key, exact
        if viewed:
            self._rows.update((row.rank, row) for row in viewed.rows)

    def accepts(self, viewed: Viewed) -> bool:
        """True if an answer is of the view on show, and no less exact."""
        return self._key == _key(viewed) and (viewed.exact or not self._exact)

    def add(self, rows: Iterable[Row], around: int) -> None:
        """Take more rows of the same view, keeping those nearest to rank `around`."""
        self._rows.update((row.rank, row) for row in rows)
        if len(self._rows) > LIMIT:
            nearest = sorted(self._rows, key=lambda rank: abs(rank - around))[: LIMIT // 2]
            self._rows = {rank: self._rows[rank] for rank in nearest}


def _key(viewed: Viewed) -> tuple[int, Given, int, int]:
    """What makes two answers answers to the same question."""
    return viewed.at, viewed.given, viewed.seed, viewed.draws
