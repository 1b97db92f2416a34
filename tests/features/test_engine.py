"""`Engine`: requests that are cancelled before they begin."""

import asyncio
import gc
import warnings

from tui.client.client import EngineFailed
from tui.explorer.engine import Engine, WrittenPrompt, ignore


class Counting:
    """A client that counts characters as tokens, and records the texts it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def encode(self, text: str, **_: object) -> int:
        self.asked.append(text)
        return len(text)


async def test_a_question_that_is_overtaken_before_it_begins_is_never_asked():
    client, told = Counting(), []
    engine = Engine(lambda listener: client, lambda act: act())
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        engine.count(WrittenPrompt("a"), told.append)
        engine.count(WrittenPrompt("ab"), told.append)
        while not told or len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # until the last task is removed from the loop
        gc.collect()
    assert (client.asked, told) == (["ab"], [2])
    assert [str(one.message) for one in warned] == []


async def test_whoever_asked_for_a_job_is_told_that_the_engine_is_lost_and_of_each_part_before():
    class Dying:
        async def job(self, kind: str, parameters: dict[str, object], part, progress) -> dict[str, object]:
            part({"number": 1})
            raise EngineFailed("lost", "The engine is gone.")

    told: list[object] = []
    engine = Engine(lambda listener: Dying(), lambda act: act())
    engine.job("continue", {}, told.append, ignore, lambda error: told.append(error.kind))
    while len(told) < 2:
        await asyncio.sleep(0)
    await asyncio.gather(*engine._tasks)
    assert told == [{"number": 1}, "lost"]
