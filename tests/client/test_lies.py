"""A peer that lies is told in one line; nobody waits for ever, and nothing it said is believed."""

import asyncio

import msgspec
import pytest

from tests.client.conftest import RecordingListener
from tests.engines import Engines
from tests.handmade import view
from tests.lies import LIES, TRUE, Liar
from tests.patience import PATIENCE
from tui.client.checking import check
from tui.client.client import Client, EngineFailed
from tui.client.failures import PipeError
from tui.core.settings import OFF, resolve
from tui.core.story import Story
from tui.protocol import PlotRequest, Plotted, View


async def everything(client, listener):
    """What an explorer asks: a model, a prompt, a view with a plot, a step."""
    await client.start()
    await client.open()
    prompted = await client.prompt("The herd studied")
    at = prompted.nodes[-1].id
    listener.request_view(client, View(slot="main", at=at, window=(0, 5), plot=PlotRequest("cumulative", 20)))
    await listener.until("viewed")
    await client.step(at, {}, count=2)


@pytest.mark.parametrize("name", [name for name in LIES if name not in TRUE])
async def test_a_lie_ends_the_connection_with_one_line(name):
    listener = RecordingListener()
    client = Client.connecting(listener, Engines(lambda: Liar(LIES[name])).connect)
    asking = asyncio.ensure_future(everything(client, listener))
    async with asyncio.timeout(PATIENCE):
        message, restarting = await listener.until("lost")
        if not asking.done() and LIES[name].method == "view":
            asking.cancel()  # a view is asked again after the restart, and nobody waits for it
        with pytest.raises((EngineFailed, asyncio.CancelledError)):
            await asking
    await client.close()
    assert message.startswith("The engine sent what ") and message.isprintable()
    assert len(message) < 300 and restarting


async def test_a_hostile_refusal_is_a_refusal():
    listener = RecordingListener()
    client = Client.connecting(listener, Engines(lambda: Liar(LIES["a hostile refusal"])).connect)
    with pytest.raises(EngineFailed, match="INST"):
        await everything(client, listener)
    assert listener.all("lost") == []
    await client.close()


@pytest.mark.parametrize("count", [3, 4, 5])
def test_a_stage_has_four_numbers(count):
    plot = Plotted("stages", dict.fromkeys(("logits", "top_k"), bytes(4 * count)))
    viewed = msgspec.structs.replace(view(), settings=resolve({}, {}, OFF), plot=plot)
    asked = View(slot=viewed.slot, at=viewed.at, plot=PlotRequest("stages", 1))
    if count == 4:
        check(viewed, asked, Story(), None)
    else:
        with pytest.raises(PipeError, match="a stage with other numbers than its own"):
            check(viewed, asked, Story(), None)
