"""The client's behaviour while the engine runs; the engine is a scripted one behind the real `serve`."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tests.engines import Engines, Served
from tests.scripted import UNICORN, Gate, ScriptedEngine
from tui.client.client import Client, EngineFailed
from tui.core.grid import Measured
from tui.core.origin import Origin
from tui.core.story import ROOT, How
from tui.core.tokens import join_text
from tui.protocol import PlotRequest, View


async def held(gate: Gate) -> None:
    """Wait until the engine is inside a forward."""
    assert await asyncio.to_thread(gate.waiting.wait, 20)


async def test_a_session_from_the_prompt_to_a_taken_token(client, listener):
    prompted = await client.prompt(text=UNICORN)
    assert join_text(node.piece for node in prompted.nodes) == UNICORN
    assert client.mirror.tip == prompted.nodes[-1].id
    stepped = await client.step(client.mirror.tip, {"top_p": 0.9}, seed=42, count=3)
    assert stepped.reason == "count"
    taken = await client.step(stepped.tip, {}, token=7)
    path = client.mirror.story.path(taken.tip)[len(prompted.nodes) :]
    assert [node.how for node in path] == [How.SAMPLED, How.SAMPLED, How.SAMPLED, How.CHOSEN]
    assert path[-1].token == 7
    assert [node for (nodes,) in listener.all("grown") for node in nodes] == path
    assert await client.encode("the herd of") == 3
    assert await client.job("rounds", {"rounds": 2}) == {"kind": "rounds", "rounds": 2}


async def test_start_says_where_the_engine_runs_and_open_what_it_opened(listener, engines):
    client = engines.client(listener)
    assert (await client.start()).host == "here"
    assert client.ready is not None
    opened = await client.open(Origin(model="folder", device="cpu"))
    assert (opened.model, client.mirror.opened) == ("folder", opened)
    assert engines.engine.opened_with[0].origin.device == "cpu"
    assert listener.all("progress")
    await client.close()


async def test_a_prompt_may_be_given_as_ids(client):
    prompted = await client.prompt(ids=[5, 9, 6])
    assert [node.token for node in prompted.nodes] == [5, 9, 6]


async def test_a_refused_request_raises_with_kind_message_and_remedy(client):
    with pytest.raises(EngineFailed) as failed:
        await client.open(Origin(model="missing/model"))
    error = failed.value
    assert (error.kind, error.remedy) == ("input", "Give a folder or a Hugging Face id.")
    assert str(error) == "There is no model 'missing/model'. Give a folder or a Hugging Face id."
    # The model that was open still is.
    assert (await client.prompt(text="the")).nodes


async def test_what_cannot_be_sent_is_refused_here(client):
    for text in ("half a character \ud800", "x" * (17 << 20)):
        with pytest.raises(EngineFailed) as failed:
            await client.prompt(text=text)
        assert failed.value.kind == "input"
    assert await client.encode("the") == 1


async def test_nodes_are_in_the_mirror_when_the_listener_hears_of_them_and_when_the_step_returns(client, listener):
    at = (await client.prompt(text="the herd")).nodes[-1].id
    known = []
    listener.grown = lambda nodes: known.append(all(node.id in client.mirror.story for node in nodes))
    stepped = await client.step(at, {}, count=50)
    assert stepped.tip in client.mirror.story and known and all(known)
    assert len(client.mirror.story.path(stepped.tip)) == 52


async def test_stop_ends_a_run_within_one_step(client, engines):
    gate = engines.engine.before_forward = Gate(permits=3)
    at = (await client.prompt(text="the")).nodes[-1].id
    run = asyncio.create_task(client.step(at, {}, count=None))
    await held(gate)
    before = engines.engine.revision
    client.stop()
    await client.encode("by then the stop has been read")
    gate.let(100)
    assert (await run).reason == "stopped"
    assert engines.engine.revision - before <= 1


async def test_ten_thousand_wishes_are_two_views_and_the_last_is_the_newest(client, engines, listener):
    at = (await client.prompt(text="the herd")).nodes[-1].id
    for number in range(1, 10_001):
        listener.request_view(
            client,
            View(
                slot="main",
                at=at,
                given={"temperature": number / 1000},
                window=(0, 5),
                plot=PlotRequest("cumulative", 40),
            ),
        )
    (viewed,) = await listener.until("viewed", lambda viewed: viewed.given == {"temperature": 10.0})
    assert viewed.settings["temperature"].value == 10.0
    assert engines.engine.views == 2


async def test_slots_do_not_wait_for_each_other_and_each_has_one_view_in_flight(client, engines, listener):
    at = (await client.prompt(text="the herd")).nodes[-1].id
    for count in (1, 2, 3):
        for slot in ("main", "scroll"):
            listener.request_view(client, View(slot=slot, at=at, window=(0, count)))
    await listener.until("viewed", lambda viewed: viewed.slot == "scroll" and len(viewed.candidates) == 3)
    await listener.until("viewed", lambda viewed: viewed.slot == "main" and len(viewed.candidates) == 3)
    assert [(viewed.slot, len(viewed.candidates)) for (viewed,) in listener.all("viewed")] == [
        ("main", 1), ("scroll", 1), ("main", 3), ("scroll", 3),
    ]  # fmt: skip


async def test_a_wish_before_the_model_is_open_waits_for_it(listener, engines):
    client = engines.client(listener)
    listener.request_view(client, View(slot="main", at=1))
    await client.start()
    listener.request_view(client, View(slot="scroll", at=1))
    # A new model starts another story: views queued before are about nodes that no longer exist.
    await client.open()
    await client.prompt(text="the")
    assert listener.all("viewed") == listener.all("view_failed") == []
    listener.request_view(client, View(slot="main", at=1))
    await listener.until("viewed")
    await client.close()


async def test_a_view_that_fails_is_told_and_its_slot_is_free_again(client, listener):
    at = (await client.prompt(text="the")).nodes[-1].id
    tiny = View(slot="main", at=at, given={"temperature": 1e-39})
    listener.request_view(client, tiny)
    view, error = await listener.until("view_failed")
    assert (view.given, error.kind) == (tiny.given, "run")
    listener.request_view(client, View(slot="main", at=at))
    await listener.until("viewed")


async def test_opening_another_model_begins_another_story(client):
    await client.prompt(text="the herd of")
    await client.open(Origin(model="other"))
    assert len(client.mirror.story) == 0 and client.mirror.tip == ROOT
    assert client.mirror.opened.model == "other"
    assert [node.id for node in (await client.prompt(text="the")).nodes] == [1]


async def test_a_listener_that_raises_is_logged_and_does_not_stop_the_pipe(client, listener, caplog):
    listener.grown = lambda nodes: 1 / 0
    at = (await client.prompt(text="the")).nodes[-1].id
    assert (await client.step(at, {}, count=2)).reason == "count"
    assert {record.exc_info[0] for record in caplog.records} == {ZeroDivisionError}


async def test_closing_waits_until_a_start_under_way_has_cleared_up(listener, engines):
    began, cleared = asyncio.Event(), asyncio.Event()

    async def connect():
        if not engines.served:
            return await engines.connect()
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)  # about as long as a process takes to end
            cleared.set()

    client = Client.connecting(listener, connect)
    await client.start()
    engines.die()
    await began.wait()
    await client.close()
    assert cleared.is_set()


async def test_a_caller_that_gives_up_does_not_confuse_what_comes_after(client, engines):
    gate = engines.engine.before_forward = Gate(permits=1)
    at = (await client.prompt(text="the")).nodes[-1].id
    first = await client.step(at, {}, count=1)
    run = asyncio.create_task(client.step(first.tip, {}, count=2))
    await held(gate)
    run.cancel()
    gate.let(100)
    assert (await client.step(at, {}, count=1)).tip == first.tip
    # The nodes of the cancelled step are in the story all the same.
    assert len(client.mirror.story.children(first.tip)) == 1


async def test_before_start_and_after_close_a_request_fails_at_once(listener, engines):
    client = engines.client(listener)
    with pytest.raises(EngineFailed) as failed:
        await client.prompt(text="the")
    assert failed.value.kind == "lost"
    client.stop()
    await client.start()
    await client.close()
    await client.close()
    client.stop()
    listener.request_view(client, View(slot="main", at=1))
    for asked in (client.prompt(text="the"), client.start(), client.restart()):
        with pytest.raises(EngineFailed) as failed:
            await asked
        assert failed.value.kind == "closed"
    assert listener.all("lost") == []


async def test_closing_fails_what_was_asked(client, engines):
    gate = engines.engine.before_forward = Gate()
    asked = asyncio.create_task(client.prompt(text="the"))
    await held(gate)
    await client.close()
    with pytest.raises(EngineFailed) as failed:
        await asked
    assert failed.value.kind == "closed"
    gate.let(9)


async def test_a_client_over_given_streams(listener):
    served = Served.start(ScriptedEngine)
    client = Client.over(listener, *await asyncio.open_connection(sock=served.socket))
    await client.start()
    await client.open()
    assert (await client.prompt(text="the")).nodes
    served.die()
    assert await listener.until("lost", lambda message, again: not again)
    assert [again for _, again in listener.all("lost")] == [True, False]
    await client.close()


SWEEP = {"grid": {"temperature": [0.5, 1.0, 2.0]}, "given": {"max_new_tokens": 4}, "samples": 3}


async def test_a_sweep_s_settings_come_one_by_one_before_its_result(client):
    at = (await client.prompt(text=UNICORN)).nodes[-1].id
    parts: list[dict] = []
    result = await client.job("sweep", {"at": at, **SWEEP}, parts.append)
    told = [msgspec.convert(part, Measured) for part in parts]
    assert [one.settings["temperature"].value for one in told] == [0.5, 1.0, 2.0]
    assert {(one.samples, one.tokens, len(one.texts)) for one in told} == {(3, 12, 3)}
    assert result["settings"] == 3
    again: list[dict] = []
    await client.job("sweep", {"at": at, **SWEEP, "finished": 2}, again.append)
    assert [part["texts"] for part in again] == [part["texts"] for part in parts[2:]]


async def test_a_stopped_sweep_fails_as_stopped_and_keeps_what_it_told(listener):
    gate = Gate(permits=1 + 3 * 4 + 2)
    engines = Engines(lambda: ScriptedEngine(before_forward=gate))
    client = engines.client(listener)
    await client.start()
    await client.open()
    at = (await client.prompt(text=UNICORN)).nodes[-1].id
    parts: list[dict] = []
    job = asyncio.create_task(client.job("sweep", {"at": at, **SWEEP}, parts.append))
    await held(gate)
    client.stop()
    await client.encode("the herd")  # the stop has arrived before it
    gate.let(100)
    with pytest.raises(EngineFailed) as failed:
        await job
    assert failed.value.kind == "stopped"
    assert [part["number"] for part in parts] == [0]
    await client.close()


async def test_a_part_that_nobody_waits_for_or_that_fails_to_be_shown_breaks_nothing(client):
    def fails(_part):
        raise RuntimeError("the screen is gone")

    at = (await client.prompt(text=UNICORN)).nodes[-1].id
    await client.job("sweep", {"at": at, **SWEEP})
    await client.job("sweep", {"at": at, **SWEEP}, fails)
    assert await client.encode("the herd of") == 3
