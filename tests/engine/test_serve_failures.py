"""Any failure in the engine or on the pipe becomes one `Failed`; the engine never dies without a message."""

from __future__ import annotations

import threading

import msgspec
import pytest

from tests.engine.peer import nodes_in
from tests.patience import PATIENCE
from tests.scripted import ScriptedEngine
from tui.core.origin import Origin
from tui.errors import RunError
from tui.protocol import MAX_FRAME, Failed, Finished, Job, Open, Opened, Prompt, Step, View


def test_an_error_for_people_keeps_its_kind_and_remedy(connect):
    failed = connect().answer(Open(id=1, origin=Origin(model="missing/model")))
    assert failed == Failed(
        id=1, kind="input", message="There is no model 'missing/model'.", remedy="Give a folder or a Hugging Face id."
    )


def test_an_unexpected_error_is_one_failure_with_its_traceback_on_stderr_and_the_engine_goes_on(connect, capsys):
    peer = connect()
    at = peer.prompted()
    failed = peer.answer(Job(id=3, kind="fail"))
    assert (failed.kind, failed.message) == ("internal", "The engine failed: RuntimeError: the script says so")
    assert not failed.fatal
    assert "Traceback" in capsys.readouterr().err
    assert peer.answer(Step(id=4, at=at)).reason == "count"


def test_an_error_in_the_middle_of_a_step_keeps_the_nodes_before_it(connect):
    def third_fails(forward):
        if forward == 3:
            raise RunError("3 of 40 scores are not finite.")

    peer = connect(lambda: ScriptedEngine(before_forward=third_fails))
    peer.send(Step(id=3, at=peer.prompted(), count=9))
    answers = peer.until(Failed)
    assert len(nodes_in(answers)) == 2
    assert answers[-1] == Failed(id=3, kind="run", message="3 of 40 scores are not finite.")


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_what_would_end_a_thread_is_answered_and_ends_the_engine(connect, error):
    def fail(forward):
        raise error

    peer = connect(lambda: ScriptedEngine(before_forward=fail))
    peer.answer(Open(id=1))
    failed = peer.answer(Prompt(id=2, text="the"))
    assert isinstance(failed, Failed) and failed.fatal
    assert peer.ended.wait(PATIENCE)
    assert peer.status == 1


def test_an_error_that_says_it_is_fatal_ends_the_engine(connect):
    def fail(forward):
        error = RunError("The GPU is lost.")
        error.fatal = True
        raise error

    peer = connect(lambda: ScriptedEngine(before_forward=fail))
    peer.answer(Open(id=1))
    assert peer.answer(Prompt(id=2, text="the")).fatal
    assert peer.ended.wait(PATIENCE)


def test_an_engine_that_cannot_start_says_so_to_the_first_request(connect):
    def broken():
        raise ImportError("No module named 'torch'")

    peer = connect(broken)
    failed = peer.answer(Open(id=1))
    assert failed.fatal
    assert failed.message == "The engine cannot start: ImportError: No module named 'torch'"
    assert peer.ended.wait(PATIENCE)


def test_a_view_before_the_engine_is_made_is_refused_not_waited_for(connect):
    go = threading.Event()

    def slow():
        assert go.wait(PATIENCE)
        return ScriptedEngine()

    peer = connect(slow)
    assert peer.answer(View(id=1, slot="main", at=1)).message == "The engine is still starting."
    go.set()
    assert isinstance(peer.answer(Open(id=2)), Opened)


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b"", 0),
        (b"\xc1", 0),
        (b"not msgpack", 0),
        (msgspec.msgpack.encode(["Step", 7]), 0),
        (msgspec.msgpack.encode({"type": "Dance", "id": 7}), 7),
        (msgspec.msgpack.encode({"type": "Step", "id": 8}), 8),
        (msgspec.msgpack.encode({"type": "Step", "id": 9, "at": "there"}), 9),
        (msgspec.msgpack.encode({"type": "Opened", "id": "x"}), 0),
        (b"\x91" * 100_000, 0),
    ],
)
def test_what_is_no_request_is_refused_once_and_the_engine_goes_on(connect, body, number):
    peer = connect()
    peer.raw(body)
    failed = peer.read()
    assert (failed.id, failed.kind) == (number, "protocol")
    assert isinstance(peer.answer(Open(id=10)), Opened)


def test_an_oversize_frame_is_skipped_and_the_engine_goes_on(connect):
    peer = connect()
    peer.socket.sendall((MAX_FRAME + 1).to_bytes(4, "big"))
    assert peer.read().kind == "protocol"
    peer.socket.sendall(bytes(MAX_FRAME + 1))
    assert isinstance(peer.answer(Open(id=10)), Opened)


@pytest.mark.parametrize("result", [{"x": object()}, {"x": "half \ud800"}, {"x": b"0" * MAX_FRAME}])
def test_an_answer_that_cannot_be_sent_becomes_a_failure(connect, result):
    class Odd(ScriptedEngine):
        def job(self, request, report, tell):
            return Finished(id=request.id, result=result)

    peer = connect(Odd)
    failed = peer.answer(Job(id=3, kind="odd"))
    assert isinstance(failed, Failed) and failed.message.startswith("The answer cannot be sent")
    assert isinstance(peer.answer(Open(id=4)), Opened)


def test_an_error_text_of_half_characters_can_be_sent(connect):
    def fail(forward):
        raise RunError("no folder \udcff" + "x" * 10_000)

    peer = connect(lambda: ScriptedEngine(before_forward=fail))
    peer.answer(Open(id=1))
    assert peer.answer(Prompt(id=2, text="the")).message.startswith("no folder ?xxx")
