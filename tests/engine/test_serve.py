"""The promises of `serve` to a client, with a scripted engine behind it."""

from __future__ import annotations

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.peer import Peer, nodes_in
from tests.patience import PATIENCE
from tests.scripted import Gate, ScriptedEngine
from tui.core.origin import Origin
from tui.protocol import (
    Encode,
    Encoded,
    Failed,
    Finished,
    Grown,
    Job,
    Open,
    Opened,
    Progress,
    Prompt,
    Prompted,
    Step,
    Stepped,
    Stop,
    Stopped,
    View,
    Viewed,
    frame,
)


def test_every_request_is_answered_exactly_once_by_its_own_reply(connect):
    peer = connect()
    at = peer.prompted()
    requests = {
        3: (Encode(id=3, text="the herd"), Encoded),
        4: (View(id=4, slot="main", at=at), Viewed),
        5: (Step(id=5, at=at, count=2), Stepped),
        6: (Job(id=6, kind="rounds"), Finished),
        7: (Open(id=7, origin=Origin(model="missing")), Failed),
        8: (Prompt(id=8, text="the"), Prompted),
        9: (Step(id=9, at=999), Failed),
    }
    peer.send(*(request for request, _ in requests.values()))
    replies: dict[int, object] = {}
    while len(replies) < len(requests):
        answer = peer.read()
        if not isinstance(answer, Progress | Grown):
            assert answer.id not in replies
            replies[answer.id] = answer
    assert {number: type(reply) for number, reply in replies.items()} == {
        number: kind for number, (_, kind) in requests.items()
    }
    # No second reply comes: the next message is the next request's reply.
    peer.send(Stop(id=10))
    assert peer.read() == Stopped(id=10)


def test_a_step_ends_after_all_its_nodes_were_sent(connect):
    peer = connect()
    peer.send(Step(id=3, at=peer.prompted(), count=20))
    answers = peer.until(Stepped)
    nodes = nodes_in(answers)
    assert len(nodes) == 20
    assert answers[-1] == Stepped(id=3, tip=nodes[-1].id, reason="count")
    assert [node.parent for node in nodes[1:]] == [node.id for node in nodes[:-1]]
    assert [answer.revision for answer in answers if isinstance(answer, Grown)][-1] == nodes[-1].id


def test_model_requests_run_in_the_order_they_came(connect):
    peer = connect()
    peer.send(Open(id=1), Prompt(id=2, text="the herd"), Step(id=3, at=2), Step(id=4, at=3), Job(id=5, kind="x"))
    replies = [answer.id for answer in peer.until(Finished) if not isinstance(answer, Progress | Grown)]
    assert replies == [1, 2, 3, 4, 5]


def test_views_and_counts_are_answered_while_a_step_is_under_way(connect):
    gate = Gate(permits=1)
    peer = connect(lambda: ScriptedEngine(before_forward=gate))
    at = peer.prompted()
    peer.send(Step(id=3, at=at, count=5))
    assert gate.waiting.wait(PATIENCE)
    assert isinstance(peer.answer(View(id=4, slot="main", at=at, window=(0, 3))), Viewed)
    assert peer.answer(Encode(id=5, text="the herd of")).count == 3
    gate.let(5)
    assert peer.until(Stepped)[-1].reason == "count"


def test_stop_ends_a_run_within_one_step(connect):
    gate = Gate(permits=1)
    peer = connect(lambda: ScriptedEngine(before_forward=gate))
    peer.send(Step(id=3, at=peer.prompted(), count=None))
    assert gate.waiting.wait(PATIENCE)
    assert len(nodes_in([peer.read()])) == 1
    peer.send(Stop(id=4))
    assert peer.read() == Stopped(id=4)
    gate.let(100)
    answers = peer.until(Stepped)
    assert answers[-1].reason == "stopped"
    assert len(nodes_in(answers)) <= 1


def _replies(peer, last):
    """Receive replies up to the one to request `last`; all of them by request id."""
    replies = {}
    while last not in replies:
        answer = peer.read()
        replies[getattr(answer, "id", 0)] = answer
    return replies


def test_stop_also_ends_a_step_that_has_not_begun_but_none_that_comes_later(connect):
    gate = Gate(permits=1)
    peer = connect(lambda: ScriptedEngine(before_forward=gate))
    at = peer.prompted()
    peer.send(Step(id=3, at=at, count=9), Step(id=4, at=at, count=9), Prompt(id=5, text="the"), Stop(id=6))
    replies = _replies(peer, last=6)  # the stop has been read: only now may the forwards go on
    peer.send(Step(id=7, at=at, count=1))
    gate.let(100)
    replies |= _replies(peer, last=7)
    assert replies[3].reason == "stopped"
    assert replies[4] == Stepped(id=4, tip=at, reason="stopped")
    assert (replies[5].kind, replies[5].message) == ("stopped", "Stopped before it began.")
    assert replies[7].reason == "count"


def test_a_stop_is_not_lost_when_it_comes_just_before_the_engine_clears_its_flag(connect):
    begun, stopped = threading.Event(), threading.Event()

    class Slow(ScriptedEngine):
        def step(self, request, report):
            begun.set()
            assert stopped.wait(PATIENCE)
            return super().step(request, report)

    peer = connect(Slow)
    peer.send(Step(id=3, at=peer.prompted(), count=50))
    assert begun.wait(PATIENCE)
    assert peer.answer(Stop(id=4)) == Stopped(id=4)
    stopped.set()
    answers = peer.until(Stepped)
    assert answers[-1].reason == "stopped"
    assert len(nodes_in(answers)) <= 1


def test_a_client_that_does_not_read_does_not_stop_a_generation(connect):
    finished = threading.Event()

    class Watched(ScriptedEngine):
        def step(self, request, report):
            stepped = yield from super().step(request, report)
            finished.set()
            return stepped

    peer = connect(lambda: Watched(context=None), buffer=4096)
    at = peer.prompted()
    peer.send(Step(id=3, at=at, count=2000))
    assert finished.wait(PATIENCE), "the generation waited for the reader"
    answers = peer.until(Stepped)
    assert [node.id for node in nodes_in(answers)] == list(range(at + 1, at + 2001))
    # Waiting nodes were merged: many nodes in one frame.
    assert len(answers) < 200


def test_progress_that_waits_is_merged_and_never_follows_its_reply(connect):
    finished = threading.Event()

    class Watched(ScriptedEngine):
        def job(self, request, report, tell):
            done = super().job(request, report, tell)
            finished.set()
            return done

    peer = connect(Watched, buffer=4096)
    peer.send(Job(id=3, kind="rounds", parameters={"rounds": 5000}))
    assert finished.wait(PATIENCE), "the job waited for the reader"
    peer.send(Open(id=4))
    progress = peer.until(Finished)[:-1]
    assert len(progress) < 2000
    assert [step.done for step in progress] == sorted(step.done for step in progress)
    assert progress[-1].done == 5000
    assert all(isinstance(answer, Opened) or answer.of == 4 for answer in peer.until(Opened))


def test_the_other_side_hanging_up_stops_the_step_and_ends_the_server(connect):
    peer = connect(lambda: ScriptedEngine(context=None))
    peer.send(Step(id=3, at=peer.prompted(), given={"max_new_tokens": 10**9}, count=None))
    peer.hang_up()
    assert peer.ended.wait(PATIENCE)
    assert peer.status == 0
    assert peer.engine.stopped.is_set()


def test_half_a_request_at_the_end_is_no_request(connect):
    peer = connect()
    peer.socket.sendall(frame(Open(id=1))[:-3])
    peer.hang_up()
    assert peer.ended.wait(PATIENCE)
    assert peer.engine is None or not peer.engine.opened_with


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=60))
def test_requests_may_arrive_in_any_pieces(sizes):
    data = b"".join(map(frame, [Open(id=1), Prompt(id=2, text="the herd of"), Step(id=3, at=3, count=3)]))
    peer = Peer()
    for size in sizes:
        peer.socket.sendall(data[:size])
        data = data[size:]
    peer.socket.sendall(data)
    assert len(nodes_in(peer.until(Stepped))) == 3
    peer.hang_up()
