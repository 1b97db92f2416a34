"""An engine process that dies: the story is kept, the reason is reported, the engine is restarted."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.client.children import KILLED, begin
from tests.engines import child_command
from tui.client.client import EngineFailed
from tui.core.origin import Origin
from tui.protocol import View

HALF_FRAME = """
import tui.engine.outbox as outbox
whole = outbox.write_all
def half(sink, data):
    if b"Stepped" in data:
        whole(sink, data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    whole(sink, data)
outbox.write_all = half
"""


async def test_killed_in_the_middle_of_a_step_it_comes_back_with_the_same_story(child, listener):
    client = child(child_command(KILLED.format(5), "ScriptedEngine(before_forward=killed)"))
    at = await begin(client)
    seen = await client.step(at, {}, count=3)
    with pytest.raises(EngineFailed) as failed:
        await client.step(seen.tip, {}, count=9)
    assert failed.value.kind == "lost"
    await listener.until("restored")
    assert listener.all("lost") == [("The engine was killed by SIGKILL.", True)]
    # The nodes received so far stay, with their ids, and the story continues from them.
    story = client.mirror.story
    tip = max(node.id for node in story)
    before = [node.id for node in story.path(tip)]
    assert len(before) >= at + 3 and seen.tip in before
    stepped = await client.step(tip, {}, count=2)
    assert [node.id for node in story.path(stepped.tip)] == [*before, tip + 1, tip + 2]


async def test_killed_in_the_middle_of_a_frame_nothing_hangs(child, listener):
    client = child(child_command(HALF_FRAME))
    at = await begin(client)
    with pytest.raises(EngineFailed):
        await client.step(at, {}, count=2)
    await listener.until("restored")
    assert len(client.mirror.story.path(at + 2)) == at + 2


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("os.write(2, b'first\\nno memory\\n\\n'); os._exit(7)", "ended with exit code 7. Its last line: no memory"),
        ("import ctypes; ctypes.string_at(0)", "was killed by SIGSEGV. Its last line: Fatal Python error: Segm"),
        ("os.write(2, b'\\x1b[31mred [/b]'); os._exit(0)", "ended with exit code 0. Its last line: ␛[31mred [/b]"),
        ("raise SystemExit(4)", "The engine failed: SystemExit: 4"),
    ],
)  # fmt: skip
async def test_one_printable_line_says_why_the_engine_died(child, listener, script, why):
    client = child(child_command(f"def die(forward):\n    {script}", "ScriptedEngine(before_forward=die)"))
    await client.start()
    await client.open()
    with pytest.raises(EngineFailed):
        await client.prompt(text="the")
    message, _ = await listener.until("lost")
    assert why in message and "\n" not in message


async def test_an_engine_that_takes_its_time_to_die_is_given_time_to_say_why(child):
    script = """
from tui.protocol import *
os.write(1, GREETING + frame(Ready(protocol=VERSION, version="", host="")))
os.read(0, 1)
os.close(1)
os.system("sleep 0.1")
os._exit(6)
"""
    client = child(child_command(script))
    await client.start()
    with pytest.raises(EngineFailed, match="ended with exit code 6"):
        await client.open()


async def test_it_is_started_again_once_by_itself_and_then_only_when_asked(child, listener):
    client = child(child_command(KILLED.format(2), "ScriptedEngine(before_forward=killed)"))
    at = await begin(client)
    for deaths, again in ((1, True), (2, False), (3, False)):
        with pytest.raises(EngineFailed):
            await client.step(at, {}, count=9)
            await client.step(at, {}, count=9)
        await listener.until("lost", lambda *_, deaths=deaths: len(listener.all("lost")) == deaths)
        assert listener.all("lost")[-1][1] is again
        if again:
            await listener.until("restored")
        else:
            with pytest.raises(EngineFailed):
                await client.prompt(text="the")
            await client.restart()
    assert len(listener.all("restored")) == 3
    assert (await client.prompt(text="the herd of unicorns")).nodes[-1].id == at


async def test_a_death_while_it_is_being_started_again_does_not_loop(child, listener, tmp_path):
    starts = tmp_path / "starts"
    script = f"""
open({str(starts)!r}, "a").write("x")
class Once(ScriptedEngine):
    def open(self, request, report):
        if request.story: os._exit(9)
        return super().open(request, report)
{KILLED.format(2)}
"""
    client = child(child_command(script, "Once(before_forward=killed)"))
    at = await begin(client)
    with pytest.raises(EngineFailed):
        await client.step(at, {}, count=9)
    await listener.until("lost", lambda message, again: not again)
    assert [message for message, _ in listener.all("lost")] == [
        "The engine was killed by SIGKILL.",
        "The engine ended with exit code 9.",
    ]
    assert starts.read_text() == "xx"
    # A restart by key tries once more, and fails once more.
    with pytest.raises(EngineFailed, match="exit code 9"):
        await client.restart()
    assert starts.read_text() == "xxx"
    assert len(listener.all("lost")) == 2


@pytest.mark.parametrize("counts", [[3], [1, 2, 3]])
async def test_a_view_that_a_death_left_unanswered_is_asked_again_unless_there_is_a_newer_wish(child, listener, counts):
    script = """
class Dies(ScriptedEngine):
    fresh = True
    def open(self, request, report):
        self.fresh = not request.story
        return super().open(request, report)
    def view(self, request, report):
        if self.fresh: os.kill(os.getpid(), signal.SIGKILL)
        return super().view(request, report)
"""
    client = child(child_command(script, "Dies()"))
    at = await begin(client)
    for count in counts:
        listener.request_view(client, View(slot="main", at=at, window=(0, count)))
    (viewed,) = await listener.until("viewed")
    assert len(viewed.candidates) == 3


async def test_restart_gives_up_a_load_under_way_and_brings_back_the_model_before(child, listener):
    script = """
class Slow(ScriptedEngine):
    def open(self, request, report):
        if request.origin.model == "huge":
            report("loading", 0, None, "")
            Gate()(1)
        return super().open(request, report)
"""
    client = child(child_command(script, "Slow()"))
    at = await begin(client)
    loading = asyncio.create_task(client.open(Origin(model="huge")))
    await listener.until("progress", lambda progress: progress.stage == "loading")
    await client.restart()
    with pytest.raises(EngineFailed) as failed:
        await loading
    assert (failed.value.kind, failed.value.message) == ("lost", "The engine was started again.")
    assert client.mirror.opened.model == "scripted"
    assert (await client.step(at, {}, count=1)).reason == "count"
    assert listener.all("lost") == []


async def test_a_second_restart_takes_over_from_one_that_hangs(child, listener, tmp_path):
    script = f"""
marker = {str(tmp_path / "starts")!r}
open(marker, "a").write("x")
if open(marker).read() == "xx":
    Gate()(1)
"""
    client = child(child_command(script))
    at = await begin(client)
    hanging = asyncio.create_task(client.restart())
    while (tmp_path / "starts").read_text() != "xx":
        await asyncio.sleep(0.01)
    await client.restart()
    with pytest.raises(EngineFailed, match="started once more"):
        await hanging
    assert (await client.step(at, {}, count=1)).reason == "count"
    assert len(listener.all("restored")) == 1


async def test_an_engine_that_hangs_can_be_restarted(child):
    client = child(child_command())
    at = await begin(client)
    os.killpg(client._link._child._process.pid, signal.SIGSTOP)
    asked = asyncio.create_task(client.step(at, {}, count=1))
    await asyncio.sleep(0)
    await client.restart()
    with pytest.raises(EngineFailed):
        await asked
    assert (await client.step(at, {}, count=1)).reason == "count"
