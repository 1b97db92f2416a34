"""The outbox, under any interleaving of queueing and taking messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.core.story import Node
from tui.engine.outbox import NODES_PER_FRAME, Outbox
from tui.protocol import Grown, Progress, Stepped

ACTIONS = st.lists(st.sampled_from(["node", "reply", "progress", "take"]), max_size=80)


@given(ACTIONS)
def test_nothing_is_lost_or_late_however_it_waits(actions):
    outbox, out = Outbox(), []
    nodes_before: dict[int, int] = {}
    nodes = replies = waiting = 0
    for action in actions:
        if action == "node":
            nodes += 1
            outbox.grow(nodes, Node(nodes, nodes - 1, nodes, 7, b"x"))
        elif action == "reply":
            replies += 1
            nodes_before[replies] = nodes
            outbox.reply(Stepped(id=replies, tip=nodes, reason="count"))
        elif action == "progress":
            outbox.progress(Progress(of=replies + 1, stage="x", done=nodes))
        elif waiting:
            out.append(outbox.take())
        waiting = len(outbox._items)
    outbox.close()
    while (message := outbox.take()) is not None:
        out.append(message)

    sent: list[int] = []
    answered: list[int] = []
    for message in out:
        if isinstance(message, Grown):
            sent += [node.id for node in message.nodes]
            assert message.revision == sent[-1]
        elif isinstance(message, Stepped):
            answered.append(message.id)
            assert len(sent) >= nodes_before[message.id]
        else:
            assert message.of not in answered
    assert sent == list(range(1, nodes + 1))
    assert answered == list(range(1, replies + 1))


def test_a_long_wait_is_sent_in_frames_of_bounded_size():
    outbox = Outbox()
    for number in range(1, 2 * NODES_PER_FRAME + 2):
        outbox.grow(number, Node(number, number - 1, number, 7, b"x"))
    outbox.reply(Stepped(id=1, tip=number, reason="count"))
    outbox.close()
    sizes = [len(message.nodes) if isinstance(message, Grown) else "reply" for message in iter(outbox.take, None)]
    assert sizes == [NODES_PER_FRAME, NODES_PER_FRAME, 1, "reply"]


def test_newer_progress_takes_the_place_of_what_waits():
    outbox = Outbox()
    for done in range(100):
        outbox.progress(Progress(of=1, stage="load", done=done))
    outbox.close()
    assert list(iter(outbox.take, None)) == [Progress(of=1, stage="load", done=99)]
