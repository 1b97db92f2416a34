"""The workbench over a scripted engine: same client, same frames, no torch."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from tests.engines import Engines
from tests.patience import PATIENCE
from tests.scripted import ScriptedEngine
from tui.app import SamplescopeApp
from tui.config import Config
from tui.explorer import requests
from tui.explorer.status import EngineStatus
from tui.launch import LaunchOptions

WIDE, SMALL = (120, 40), (80, 24)


class Recorded(ScriptedEngine):
    """A scripted engine that records its requests."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.steps = []
        self.viewed = []

    def step(self, request, report):
        self.steps.append(request)
        return super().step(request, report)

    def view(self, request, report):
        self.viewed.append(request)
        return msgspec.structs.replace(super().view(request, report), exact=request.exact)


class Gated(Recorded):
    """Waits before each token until the test lets it pass; `Gate` holds how many may pass."""

    def __init__(self, gate, **more):
        super().__init__(**more)
        self.gate = gate

    def _one(self, path, settings, request):
        self.gate(len(path))
        return super()._one(path, settings, request)


class Bed:
    """A test's app and its engines, one after the other."""

    def __init__(self, make: Callable[[], ScriptedEngine]):
        self.engines = Engines(make)
        self.app: SamplescopeApp
        self.pilot = None

    @property
    def engine(self):
        return self.engines.engine

    @property
    def bench(self):
        return next(screen for screen in self.app.screen_stack if type(screen).__name__ == "Workbench")

    @property
    def explorer(self):
        return self.bench.explorer

    @property
    def state(self):
        return self.explorer.state

    @property
    def story(self):
        return self.explorer.story

    @property
    def branch(self):
        return self.explorer.picture.branch

    @property
    def viewed(self):
        """The view on screen."""
        return self.explorer.picture.viewed

    @property
    def message(self):
        """The status line's message."""
        return self.bench.panes.status.message

    async def until(self, condition: Callable[[], object], what: str = ""):
        """Let the program run until a condition holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await self.pilot.pause(0.005)
        await self.pilot.pause()

    async def shown(self):
        """Wait until the view on screen is exact and matches the state."""
        await self.until(
            lambda: (
                self.viewed is not None
                and requests.answers(self.viewed, self.state)
                and self.viewed.exact
                and self.state.status is EngineStatus.IDLE
            )
        )

    async def press(self, *keys: str):
        """Press keys one after the other, each after the previous one's effect is on screen."""
        for key in keys:
            await self.pilot.press(key)
            await self.shown()

    async def type(self, text: str):
        """Type a text into the focused widget."""
        for char in text:
            await self.pilot.press(char if char != " " else "space")

    def submit(self, text: str):
        """Edit and submit this prompt."""
        self.bench.prompting.text = text
        self.bench.prompting.submit()

    def drawn(self) -> list[bytes]:
        """The branch's tokens after the prompt."""
        return [node.piece for node in self.branch if node.how != "prompt"]


def screen_text(app) -> str:
    """The screen as text; the compositor's strips are Textual's own, and stable."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


@pytest.fixture
def no_faults(caplog):
    """Fail if the program has logged a fault of its own, unless the test has cleared it."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelname == "ERROR"] == []


@pytest.fixture
def start(tmp_path, monkeypatch, no_faults):
    """A context manager that starts the workbench in its own folder; gives the test bed once candidates are shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")

    @asynccontextmanager
    async def started(size=WIDE, make=Recorded, ready=True, config=None, **options):
        bed = Bed(make)
        bed.app = SamplescopeApp(LaunchOptions(**options), bed.engines.client, config or Config())
        async with bed.app.run_test(size=size, notifications=True) as pilot:
            bed.pilot = pilot
            if ready:
                await bed.shown()
            yield bed

    return started
