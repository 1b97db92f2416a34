"""An engine that lies is told in the status line; the program lives on, and its keys work."""

import pytest

from tests.lies import LIES, TRUE, Liar
from tests.ui.conftest import WIDE, Bed
from tui.app import SamplescopeApp
from tui.config import Config
from tui.launch import LaunchOptions

A_FEW = (
    "a text as a number", "no nodes", "a cycle", "a hostile refusal", "NaN as a probability", "no curves",
    "a grown node without a parent",
)  # fmt: skip


async def told(name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    bed = Bed(lambda: Liar(LIES[name]))
    bed.app = SamplescopeApp(LaunchOptions(prompt="The herd studied"), bed.engines.client, Config())
    async with bed.app.run_test(size=WIDE) as bed.pilot:
        if LIES[name].method in ("step", "stepped"):
            await bed.shown()
            await bed.pilot.press("n")
            await bed.until(lambda: "is back" in bed.message, name)
        else:
            said = "INST" if name in TRUE else "The engine sent what "
            await bed.until(lambda: said in bed.message, name)
        assert bed.message.isprintable() and "--" not in bed.message
        await bed.pilot.press("t", "u", "v", "V", "question_mark")
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        await bed.pilot.press("escape", "q")
        await bed.until(lambda: not bed.app.is_running)
    assert bed.app._crash == ""


@pytest.mark.parametrize("name", A_FEW)
async def test_a_few_lies(name, tmp_path, monkeypatch):
    await told(name, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in LIES if name not in A_FEW])
async def test_every_other_lie(name, tmp_path, monkeypatch):
    await told(name, tmp_path, monkeypatch)
