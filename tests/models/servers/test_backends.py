"""The first backend of the table that recognises an origin opens it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_model import fake_model
from tests.models.servers.faulty import Faulty, serving
from tui.core.origin import Origin
from tui.core.progress import quiet
from tui.errors import ModelError
from tui.models import backends
from tui.models.backends import open_model
from tui.models.probe import Backend, Probe
from tui.models.servers.faults import ServerError


@pytest.fixture
def server() -> Iterator[Faulty]:
    with serving() as faulty_server:
        yield faulty_server


def recognises(probe: Probe) -> bool:
    """A server of a new kind, which is recognised by its response at a path of its own."""
    return probe.client.ask("/logprobs?ids=0", None, dict[str, float], probe.report) == {"0": 0.0}


def test_a_backend_in_the_table_opens_what_it_recognises(server: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    model = fake_model()
    added = Backend("logprobs", recognises, lambda probe: model)
    monkeypatch.setattr(backends, "BACKENDS", (*backends.BACKENDS, added))
    server.answer = lambda path, body: {"0": 0.0} if path.startswith("/logprobs") else None
    assert open_model(Origin(server=server.address), quiet) is model


def test_a_server_s_list_is_asked_for_once_whoever_looks_at_it(server: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Backend("nobody", lambda probe: probe.owned_by("nobody"), lambda probe: fake_model())
    monkeypatch.setattr(backends, "BACKENDS", (backends.TRANSFORMERS, nobody, nobody, *backends.BACKENDS))
    assert open_model(Origin(server=server.address), quiet).info.backend == "llama.cpp"
    assert len(server.asked("/v1/models")) == 1


def test_a_server_that_none_recognises_is_refused_with_those_that_would_be(server: Faulty) -> None:
    server.answer = lambda path, body: None
    with pytest.raises(ModelError, match="no server that samplescope knows") as refused:
        open_model(Origin(server=server.address), quiet)
    assert refused.value.remedy == "It knows llama.cpp, vLLM and OpenAI-compatible servers."
    assert len(server.asked("/v1/models")) == 1


def test_what_a_backend_cannot_do_is_an_error_of_the_model(server: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a model raises ModelError only, whatever the backend raises."""

    def fail(probe: Probe) -> bool:
        raise ServerError("It is asleep.", "Wake it.")

    monkeypatch.setattr(backends, "BACKENDS", (Backend("asleep", fail, lambda probe: fake_model()),))
    with pytest.raises(ModelError, match="It is asleep") as refused:
        open_model(Origin(server=server.address), quiet)
    assert refused.value.remedy == "Wake it."
