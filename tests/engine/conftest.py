"""A fixture of served scripted engines, whose connections are closed after the test."""

from __future__ import annotations

import pytest

from tests.engine.peer import Peer


@pytest.fixture
def connect():
    peers = []

    def make(*arguments, **more) -> Peer:
        peers.append(Peer(*arguments, **more))
        return peers[-1]

    yield make
    for peer in peers:
        peer.hang_up()
