"""An engine killed at any moment of any request: the story, the numbers of its nodes and what comes next stay.

Few kills of the scripted engine are in the suite; 200 of the real one, about 20 minutes, are run by

    python -m pytest -m long -n0 -s tests/client/test_kills.py
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter

import msgspec
import pytest

from tests.engines import child_command
from tests.patience import PATIENCE
from tui.client.client import Client, EngineFailed
from tui.protocol import View, Viewed

MOMENTS = {"load": 4.0, "prompt": 0.05, "step": 0.05, "run": 0.6, "view": 0.05}
"""What is under way when the engine is killed -> the longest time from its beginning to the kill, in seconds."""
GIVEN = {"temperature": 1.3, "top_k": 40}
LENGTH = 40


def kill(client: Client) -> None:
    """Kill the engine as the kernel does when memory runs out."""
    assert client._link is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(client._link._child._process.pid, signal.SIGKILL)


def ignore(answer: object) -> None:
    """Take an answer that nobody looks at."""


async def seen(client: Client, at: int) -> Viewed:
    """The view of a node, without the numbers of its request and of the story."""
    future: asyncio.Future[Viewed] = asyncio.get_running_loop().create_future()
    view = View(slot="main", at=at, given=GIVEN, window=(0, 30))
    client.view(view, future.set_result, future.set_exception)
    async with asyncio.timeout(PATIENCE):
        return msgspec.structs.replace(await future, id=0, revision=0)


async def run(client: Client, at: int, count: int) -> list[int]:
    """The ids of the next tokens, drawn one request after the other."""
    stepped = await client.step(at, GIVEN, seed=7, count=count)
    return [node.token for node in client.mirror.story.path(stepped.tip)][-count:]


async def under_way(client: Client, what: str, at: int) -> None:
    """Do what is to be interrupted."""
    if what == "load":
        kill(client)
        with contextlib.suppress(EngineFailed):
            await client.restart()
    elif what == "prompt":
        await client.prompt(text="the herd of unicorns " * 50)
    elif what == "view":
        for temperature in range(1, 50):
            client.view(View(slot="main", at=at, given={"temperature": temperature / 10}), ignore, ignore)
            await asyncio.sleep(0.001)
    else:
        await client.step(at, GIVEN, seed=random.randrange(99), count=1 if what == "step" else None)


async def killed_often(client: Client, kills: int, moments: dict[str, float]) -> Counter[str]:
    """How often an engine was killed in the middle of something; fails where anything was lost."""
    chance, counted = random.Random(5), Counter()
    await client.start()
    await client.open()
    for number in range(kills):
        what = list(moments)[number % len(moments)]
        at = (await client.prompt(text="the herd of unicorns")).nodes[-1].id
        continued = await run(client, at, LENGTH)
        tip = max(node.id for node in client.mirror.story)
        before, story = await seen(client, tip), list(client.mirror.story)
        task = asyncio.create_task(under_way(client, what, at))
        await asyncio.sleep(chance.random() * moments[what])
        counted[f"{what}, {'in its middle' if not task.done() else 'just after'}"] += 1
        kill(client)
        await asyncio.gather(task, return_exceptions=True)
        held = list(client.mirror.story)
        await client.restart()
        assert list(client.mirror.story) == held and held[: len(story)] == story, what
        assert await seen(client, tip) == before, what
        assert await run(client, at, LENGTH) == continued, what
    return counted


async def test_twenty_kills_of_a_scripted_engine(child, listener) -> None:
    moments = {what: min(most, 0.4) for what, most in MOMENTS.items()}
    assert (await killed_often(child(child_command()), 20, moments)).total() == 20


@pytest.mark.long
async def test_two_hundred_kills_of_the_real_engine(child, listener) -> None:
    counted = await killed_often(child(None), 200, MOMENTS)
    print(counted)
    assert counted.total() == 200
