"""Deaths, restarts, stops and requests in any order: every request ends, and the mirror stays consistent."""

from __future__ import annotations

import asyncio
import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.conftest import RecordingListener
from tests.engines import Engines
from tests.patience import PATIENCE
from tests.scripted import ScriptedEngine
from tui.client.client import Client, EngineFailed
from tui.core.story import ROOT
from tui.protocol import View

WHAT = ["prompt", "step", "run", "stop", "want", "encode", "open", "die", "restart", "refuse", "close"]
ACTIONS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 3)), max_size=14)
"""(action, number of loop turns to wait before the next action)."""


async def attempt(asked) -> None:
    with contextlib.suppress(EngineFailed):
        await asked


async def act(client: Client, engines: Engines, listener: RecordingListener, action: str) -> None:
    tip = max((node.id for node in client.mirror.story), default=ROOT)
    match action:
        case "prompt":
            await attempt(client.prompt(text="the herd of"))
        case "step":
            await attempt(client.step(tip, {}, count=5))
        case "run":
            await attempt(client.step(tip, {"max_new_tokens": 10**6}, count=None))
        case "stop":
            client.stop()
        case "want":
            listener.request_view(client, View(slot="main", at=tip))
        case "encode":
            await attempt(client.encode("the"))
        case "open":
            await attempt(client.open())
        case "die":
            engines.die()
        case "restart":
            await attempt(client.restart())
        case "refuse":
            engines.refuse = not engines.refuse
        case "close":
            await client.close()


@settings(max_examples=60, deadline=None)
@given(ACTIONS)
def test_whatever_happens_everything_awaited_ends_and_the_story_holds_together(actions):
    trouble = []

    async def session():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: trouble.append(context))
        listener, engines = RecordingListener(), Engines(lambda: ScriptedEngine(context=200))
        client = engines.client(listener)
        await client.start()
        await client.open()
        async with asyncio.timeout(PATIENCE):
            tasks = []
            for action, turns in actions:
                tasks.append(asyncio.create_task(act(client, engines, listener, action)))
                for _ in range(turns):
                    await asyncio.sleep(0)
            await asyncio.wait(tasks, timeout=0.1) if tasks else None
            await client.close()
            await asyncio.gather(*tasks)
        for node in client.mirror.story:
            assert node.parent == ROOT or node.parent in client.mirror.story

    asyncio.run(session())
    assert trouble == []
