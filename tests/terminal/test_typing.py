"""Keys are passed on one after the other, whatever effect each has."""

import asyncio

from textual.events import Key

from tui.terminal import typing
from tui.terminal.typing import InOrder


class Pump:
    """A fake widget's message queue: callbacks wait here until the test runs them."""

    def __init__(self, ancestors=()):
        self.ancestors = ancestors
        self.queue = []

    def call_later(self, callback, *arguments):
        self.queue.append((callback, arguments))
        return True

    async def work(self):
        while self.queue:
            callback, arguments = self.queue.pop(0)
            result = callback(*arguments)
            if asyncio.iscoroutine(result):
                await result


class Desk(Pump):
    """The part of an app that passes keys on."""

    def __init__(self):
        super().__init__()
        self.screen = Pump([self])
        self.focused = Pump([self.screen, self])
        self.seen = []

    async def hand_on(self, event):
        self.seen.append(event.key)


async def typed(desk, keys):
    order = InOrder(desk, desk.hand_on)
    for key in keys:
        await order.take(Key(key, key))


async def test_the_next_key_waits_until_the_one_before_it_has_come_all_the_way():
    desk = Desk()
    await typed(desk, "ab")
    assert desk.seen == ["a"]
    for pump in (desk.focused, desk.screen, desk, desk.screen):
        await pump.work()
        assert desk.seen == ["a"]
    await desk.work()
    assert desk.seen == ["a", "b"]


async def test_what_a_key_opens_gets_the_next_one():
    desk = Desk()
    await typed(desk, "ab")
    dialog = Pump([desk])
    for pump in (desk.focused, desk.screen):
        await pump.work()
    desk.screen = dialog  # a's action, run by the app
    await desk.work()
    assert desk.seen == ["a"]
    await dialog.work()
    await desk.work()
    assert desk.seen == ["a", "b"]


async def test_a_key_that_never_comes_back_holds_the_next_ones_for_a_moment_only(monkeypatch):
    monkeypatch.setattr(typing, "LONGEST", 0.01)
    desk = Desk()
    await typed(desk, "abc")
    async with asyncio.timeout(10):
        while desk.seen != ["a", "b", "c"]:
            await desk.work()
            await asyncio.sleep(0.005)
