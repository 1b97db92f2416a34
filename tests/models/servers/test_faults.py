"""Any fault of a server becomes one line within the limits; the story stays, and the step can be tried again."""

from __future__ import annotations

import io
import json
import logging
import socket
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import torch

from tests.models.servers import faulty
from tests.models.servers.faults import MIB, ROWS, TRANSPORT, hangs_before_headers, hangs_in_the_middle, says
from tests.models.servers.faulty import PROMPT, Faulty, log_probabilities, serving
from tui.core.origin import Origin
from tui.core.progress import Report, quiet
from tui.core.records import dumps, error_record
from tui.engine.engine import Engine
from tui.errors import ModelError, RunError, SamplescopeError, StoppedError
from tui.models.backends import open_model
from tui.models.servers.limits import Limits
from tui.protocol import Open, Prompt, Step

KEY = "sk-very-secret-0123456789"
LIMITS = Limits(connect=2.0, first=1.0, idle=1.0, pauses=(0.02, 0.02), patience=0.5, body=1 * MIB)
ONCE = replace(LIMITS, pauses=())
TRIES = 1 + len(LIMITS.pauses)
"""The faults never end by themselves: these limits end them."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    monkeypatch.setenv("SAMPLESCOPE_API_KEY", KEY)
    with serving() as faulty_server:
        yield faulty_server


def started(server: Faulty, limits: Limits = LIMITS) -> tuple[Engine, int]:
    """An engine with the server's model open and a prompt read, and the prompt's last node."""
    engine = Engine(lambda origin, report: open_model(origin, report, limits))
    engine.open(Open(origin=Origin(server=server.address)), quiet)
    return engine, engine.prompt(Prompt(text=PROMPT), quiet).nodes[-1].id


def step(engine: Engine, at: int, report: Report = quiet) -> int:
    """Take token 1, after which no logits are stored yet, then draw a token; the last node."""
    taken = next(engine.step(Step(at=at, token=1), report))
    return next(engine.step(Step(at=taken.id), report)).id


def everything_told(error: SamplescopeError) -> str:
    """Everything that an error could reveal: its messages, its causes, and the local variables of every frame."""
    lines = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    return "\n".join([str(error), repr(error), dumps(error_record(error.kind, error.message, error.remedy)), *lines])


def check_line(error: SamplescopeError) -> None:
    assert "\n" not in str(error) and str(error).strip()
    assert not any(ord(char) < 32 or char == "\u202e" for char in str(error))
    assert len(str(error)) < 600


@pytest.mark.parametrize("name", [*TRANSPORT, *ROWS])
def test_a_fault_in_a_step_is_one_line_and_the_step_can_be_tried_again(
    server: Faulty, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    fault, says_so = (TRANSPORT | ROWS)[name]
    engine, tip = started(server)
    before = list(engine.story)
    server.fail(fault)
    server.written = 0
    with pytest.raises(RunError, match=says_so) as caught:
        step(engine, tip)
    check_line(caught.value)
    assert list(engine.story)[: len(before)] == before and len(engine.story) == len(before) + 1
    server.faults.clear()
    again = step(engine, tip)
    assert engine.story[again].parent == before[-1].id + 1
    told = [everything_told(caught.value), caplog.text, *capfd.readouterr()]
    assert not any(KEY in text for text in told)
    assert any(request.headers.get("Authorization") == f"Bearer {KEY}" for request in server.requests)


@pytest.mark.parametrize("name", TRANSPORT)
@pytest.mark.parametrize("where", ["/v1/models", "/props", "/tokenize"])
def test_a_fault_while_opening_is_one_line(server: Faulty, name: str, where: str) -> None:
    fault, _ = TRANSPORT[name]
    server.where = where
    server.fail(fault)
    with pytest.raises(ModelError) as caught:
        open_model(Origin(server=server.address), quiet, ONCE)
    check_line(caught.value)
    assert KEY not in everything_told(caught.value)


def test_a_row_is_what_the_server_sent(server: Faulty) -> None:
    engine, tip = started(server)
    node = step(engine, tip)
    ids = [one.token for one in engine.story.path(node)]
    row = engine.places.at(node, {}).logits
    assert server.sent[-1]["completion_probabilities"][0]["top_logprobs"] == faulty.entries(ids)
    assert torch.equal(row, torch.tensor(log_probabilities(ids), dtype=torch.float32))


def test_one_step_is_one_request(server: Faulty) -> None:
    engine, tip = started(server)
    before = len(server.requests)
    assert len(list(engine.step(Step(at=tip, count=5)))) == 5
    assert [request.path for request in server.requests[before:]] == ["/completion"] * 4  # one step had logits
    assert all(request.body["cache_prompt"] for request in server.requests[before:])


# -- tries ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hang before headers", "hang mid-body", "broken off", "closed", "429", "500", "503"])
def test_what_may_pass_is_tried_three_times_with_a_count_down(server: Faulty, name: str) -> None:
    engine, tip = started(server)
    server.fail(TRANSPORT[name][0], times=TRIES - 1)
    told: list[str] = []
    before = len(server.asked("/completion"))
    step(engine, tip, lambda stage, _done, _total, _unit: told.append(stage))
    assert len(server.asked("/completion")) - before == TRIES
    assert "server: trying again in 1 s" in told


@pytest.mark.parametrize("name", ["400", "401", "404", "half JSON", "a web page", "1 GB", "error with 200"])
def test_what_does_not_pass_is_not_tried_again(server: Faulty, name: str) -> None:
    engine, tip = started(server)
    server.fail(TRANSPORT[name][0])
    before = len(server.asked("/completion"))
    with pytest.raises(RunError):
        step(engine, tip)
    assert len(server.asked("/completion")) - before == 1


@pytest.mark.parametrize("date", [False, True])
def test_a_server_that_asks_to_wait_is_waited_for(server: Faulty, date: bool) -> None:
    engine, tip = started(server, Limits(pauses=(0.0, 0.0), patience=5.0))
    wish = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True) if date else "0.3"
    server.fail(says(429, b"", Retry_After=wish), times=1)
    totals: set[Any] = set()
    step(engine, tip, lambda stage, _done, total, _unit: totals.add(total if "trying again" in stage else None))
    (total,) = totals - {None}
    assert total == 0.3 if not date else 0.0 < total <= 2.0


def test_a_gigabyte_is_not_read(server: Faulty) -> None:
    engine, tip = started(server)
    server.fail(TRANSPORT["1 GB"][0])
    server.written = 0
    with pytest.raises(RunError):
        step(engine, tip)
    assert server.written < 64 * MIB  # the size limit, and what the sockets' buffers hold


# -- giving up ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [hangs_before_headers, hangs_in_the_middle])
def test_a_stop_is_felt_while_a_server_hangs(server: Faulty, fault: faulty.Fault) -> None:
    """The limits are a minute here; the stop comes with the first report."""
    engine, tip = started(server, Limits())
    taken = next(engine.step(Step(at=tip, token=1)))
    server.fail(fault)
    steps = engine.step(Step(at=taken.id), lambda *_: engine.stop())
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value.reason == "stopped"
    assert server.gone.wait(10), "the connection was left open"
    server.faults.clear()
    assert next(engine.step(Step(at=taken.id)))


def test_a_stop_is_felt_while_counting_down(server: Faulty) -> None:
    engine, tip = started(server, Limits(pauses=(60.0, 60.0)))
    taken = next(engine.step(Step(at=tip, token=1)))
    server.fail(TRANSPORT["500"][0])
    told: list[str] = []

    def report(stage: str, _done: float, _total: float | None, _unit: str) -> None:
        told.append(stage)
        if len(told) == 2:
            engine.stop()

    with pytest.raises(StopIteration) as end:
        next(engine.step(Step(at=taken.id), report))
    assert end.value.value.reason == "stopped"
    assert told[0] == "server: trying again in 60 s"


def test_opening_and_a_prompt_can_be_given_up_too(server: Faulty) -> None:
    def give_up(*_: object) -> None:
        raise StoppedError("enough")

    server.where = "/v1/models"
    server.fail(hangs_before_headers)
    with pytest.raises(StoppedError, match="enough"):
        open_model(Origin(server=server.address), give_up, Limits())
    server.faults.clear()
    engine, _ = started(server, Limits())
    server.where = "/tokenize"
    server.fail(hangs_before_headers)
    with pytest.raises(StoppedError, match="enough"):
        engine.prompt(Prompt(text="cab"), give_up)


def test_the_time_limits_are_the_stated_ones_and_can_be_set() -> None:
    limits = Limits.from_environment({})
    assert (limits.connect, limits.first, limits.idle, 1 + len(limits.pauses)) == (5.0, 60.0, 30.0, 3)
    set_ = Limits.from_environment({"SAMPLESCOPE_TIMEOUTS": "1, 2.5,3"})
    assert (set_.connect, set_.first, set_.idle) == (1.0, 2.5, 3.0)
    for wrong in ("5", "5,60", "a,b,c", "0,1,1", "1,-1,1", "1,inf,1", "nan,1,1"):
        with pytest.raises(SamplescopeError, match="three numbers of seconds"):
            Limits.from_environment({"SAMPLESCOPE_TIMEOUTS": wrong})


# -- nobody there ---------------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_nobody_listens() -> None:
    with pytest.raises(ModelError, match=r"No server listens at localhost:\d+\. Is it started\?"):
        open_model(Origin(server=f"http://localhost:{closed_port()}"), quiet, LIMITS)


def test_there_is_no_such_host() -> None:
    with pytest.raises(ModelError, match=r"There is no host no-such-host\.invalid"):
        open_model(Origin(server="https://no-such-host.invalid"), quiet, LIMITS)


def test_a_host_that_lets_nobody_in_is_given_up_after_the_connection_limit() -> None:
    """A full backlog: the connection is neither taken nor refused."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        others = [socket.socket() for _ in range(4)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(address)
        limits = Limits(connect=0.2, pauses=())
        try:
            with pytest.raises(ModelError, match=r"cannot be reached: no connection in 0\.2 s"):
                open_model(Origin(server=f"http://127.0.0.1:{address[1]}"), quiet, limits)
        finally:
            for other in others:
                other.close()


def test_a_server_of_something_else_is_named_as_such(server: Faulty) -> None:
    server.answer = lambda path, body: None
    with pytest.raises(ModelError, match="no server that samplescope knows"):
        open_model(Origin(server=server.address), quiet, LIMITS)


def test_an_error_is_a_record_too(server: Faulty) -> None:
    """What `run` prints as its last line."""
    engine, tip = started(server)
    server.fail(TRANSPORT["500"][0])
    with pytest.raises(RunError) as caught:
        step(engine, tip)
    out = io.StringIO(dumps(error_record(caught.value.kind, caught.value.message, caught.value.remedy)))
    record = json.load(out)
    assert record["type"] == "error" and "failed (500)" in record["message"]
