"""Makes places without an engine, and views of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from tests.fake_model import Letters, fake_row
from tests.oracle import settings_of
from tui.core.settings import Given
from tui.engine.places import Place
from tui.engine.views import Viewer
from tui.protocol import View, Viewed
from tui.sampling.stages import Apply

WIDTH = 200
IDS = [3, 1, 4, 1, 5]
CLOSE = {"rel": 1e-4, "abs": 1e-9}


def place(
    row: torch.Tensor | None = None,
    processors: Mapping[str, Apply] | None = None,
    node: int = 5,
    ids: Sequence[int] = IDS,
    position: int = 2,
) -> Place:
    row = fake_row(list(ids), WIDTH) if row is None else row
    return Place(node, row, torch.tensor([list(ids)]), position, processors or {}, False, 0.0)


def viewer(width: int = WIDTH) -> Viewer:
    return Viewer(Letters(width), width, "cpu")


def look(given: Given | None = None, at: Place | None = None, **asked: object) -> Viewed:
    at = at or place()
    request = View(slot="main", at=at.node, given=given or {}, **asked)  # type: ignore[arg-type]
    return viewer(len(at.logits)).view(request, at, settings_of(**(given or {})), 7)
