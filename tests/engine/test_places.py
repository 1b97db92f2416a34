"""Logits that a view and a step want at the same time are computed once: of a server, one step is one request."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.engine.walking import start, walk
from tests.fake_model import fake_model
from tests.patience import PATIENCE
from tui.protocol import View


def test_a_step_behind_a_view_of_the_same_place_takes_the_logits_of_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fake_model()
    engine, tip = start(model=model)
    _, taken = walk(engine, tip, count=1)
    here = taken.tip
    forward, step_waits = threading.Event(), threading.Event()

    def hold() -> None:
        forward.set()
        assert step_waits.wait(PATIENCE)

    model.on_forward = hold
    decoder = engine.places.decoder

    def noted(path: Any) -> Any:
        if forward.is_set():  # the step has seen that there are no logits; now it waits for the view's forward
            step_waits.set()
        return decoder(path)

    monkeypatch.setattr(engine.places, "decoder", noted)
    before = len(model.forwards)
    view = threading.Thread(target=engine.view, args=[View(slot="main", at=here)])
    view.start()
    assert forward.wait(PATIENCE)
    nodes, _ = walk(engine, here, count=1)
    view.join(PATIENCE)
    assert len(nodes) == 1
    assert len(model.forwards) - before == 1
