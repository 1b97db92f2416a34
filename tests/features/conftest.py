"""A real explorer between a fake engine and a fake display."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from tui.client.client import EngineFailed
from tui.core.settings import OFF, resolve
from tui.core.story import ROOT, How, Node, Story
from tui.explorer.display import Picture
from tui.explorer.engine import ignore
from tui.explorer.explorer import Explorer
from tui.keys import Keymap
from tui.launch import LaunchOptions
from tui.protocol import Entropy, Opened, Prompted, Viewed

SETTINGS = resolve({}, {}, {**OFF, "top_k": 50})


def node(number, parent, token, how=How.SAMPLED, **more):
    return Node(number, parent, position=number - 1, token=token, piece=b"t%d" % token, how=how, **more)


PROMPT = [node(1, ROOT, 10, How.PROMPT), node(2, 1, 11, How.PROMPT)]


@dataclass
class Asked:
    """A recorded request with its callbacks."""

    request: object
    then: Callable
    refused: Callable = ignore
    part: Callable = ignore

    def refuse(self, message: str, kind: str = "input") -> None:
        self.refused(EngineFailed(kind, message))


class FakeEngine:
    """Records requests; the test answers them."""

    def __init__(self) -> None:
        self.grown = self.progress = self.lost = self.restored = self.make_way = ignore
        self.story = Story()
        self.opened: Opened | None = None
        self.client = SimpleNamespace(ready=None, must_ask=False)
        self.switching = False
        self.asked: list[tuple[str, Asked]] = []
        self.stops = 0

    def _note(self, kind, request, then, refused=ignore):
        self.asked.append((kind, Asked(request, then, refused)))

    def open(self, origin, then, refused, story=(), vocabulary=0):
        self.opened_with = list(story), vocabulary
        self._note("open", origin, then, refused)

    def switch(self, origin, then, refused):
        self.switching = True
        self._note("switch", origin, then, refused)

    def give_up_switch(self):
        self.switching = False

    def prompt(self, written, then, refused):
        self._note("prompt", written, then, refused)

    def count(self, written, then):
        self._note("count", written, then)

    def step(self, step, then, refused):
        self._note("step", step, then, refused)

    def view(self, view, then, refused=ignore):
        self._note("view", view, then, refused)

    def job(self, kind, parameters, part, progress, ended):
        self.asked.append(("job", Asked((kind, parameters), ended, ended, part)))

    def restart(self, refused):
        self._note("restart", None, ignore, refused)

    def stop(self):
        self.stops += 1

    def all(self, kind: str) -> list[Asked]:
        return [asked for name, asked in self.asked if name == kind]

    def last(self, kind: str) -> Asked:
        return self.all(kind)[-1]


@dataclass
class FakeDisplay:
    """A display that keeps a list of pictures, with a clock that the test advances."""

    pictures: list[Picture] = field(default_factory=list)
    revealed: list = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    due: list = field(default_factory=list)
    terminal: bool = True

    def show(self, old, new):
        self.pictures.append(new)

    def window(self):
        return (0, 20), None

    def reveal(self, row):
        self.revealed.append(row)

    def alert(self, line):
        self.alerts.append(line)

    def later(self, seconds, act):
        self.due.append(act)
        return SimpleNamespace(stop=lambda: self.due.remove(act) if act in self.due else None)

    def deliver(self, act):
        act()

    @contextmanager
    def plain_terminal(self):
        yield self.terminal

    def rest(self):
        """Advance the clock, and call what is due."""
        due, self.due = self.due, []
        for act in due:
            act()


class Bed:
    """An explorer; `ready` opens a model with a prompt of two tokens in it."""

    def __init__(self, keymap=None, **options) -> None:
        self.engine, self.display = FakeEngine(), FakeDisplay()
        self.explorer = Explorer(LaunchOptions(**options), self.engine, self.display, Keymap(keymap or {}))

    @property
    def state(self):
        return self.explorer.state

    @property
    def message(self):
        return self.explorer.picture.message

    def opened(self, **more) -> Opened:
        self.engine.opened = Opened(
            id=1, model="m", vocabulary=99, context=64, device="cpu", dtype="float32", exact=True, settings=SETTINGS,
            **more,
        )  # fmt: skip
        return self.engine.opened

    def ready(self):
        """Open a model, answer the prompt, and answer the view after it."""
        opened = self.opened()
        self.explorer.change(opened=opened)
        self.explorer.go(self.state.opened(opened.settings))
        self.engine.story.add(PROMPT)
        self.explorer.go(self.state.prompted(PROMPT))
        self.answer()
        return self

    def prompted(self, notes: Sequence[str] = ()) -> Prompted:
        """The reply to a prompt; its nodes are added to the story."""
        self.engine.story.add(PROMPT)
        return Prompted(id=1, revision=2, nodes=PROMPT, notes=list(notes))

    def viewed(self, **more) -> Viewed:
        known = {"at": self.state.cursor, "given": self.state.given, "seed": self.state.seed, "draws": self.state.draws}
        return Viewed(
            **{"id": 1, "slot": "main", "revision": 2, "settings": SETTINGS, "entropy": Entropy(1.0, 1.0, 1.0),
               "kept": 3, "kept_mass": 1.0, **known, **more}
        )  # fmt: skip

    def answer(self, **more) -> Viewed:
        """Answer the newest view."""
        viewed = self.viewed(**more)
        self.engine.last("view").then(viewed)
        return viewed

    def grow(self, *nodes: Node) -> None:
        """Let the engine send nodes, and let a frame pass."""
        self.engine.story.add(nodes)
        self.engine.grown(list(nodes))
        self.display.rest()


@pytest.fixture
def bed() -> Bed:
    return Bed().ready()
