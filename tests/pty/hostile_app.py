"""The real widgets and the real workbench with hostile text in every place, run on a pty by the test beside it.

`rows FILE` pages through a vocabulary in the list, `text FILE` through the same as running text (F5: the next page),
`places FILE` puts one string after the other into prompt, status, toasts, titles and find, and ends by itself.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from tui.app import SamplescopeApp
from tui.client.client import Client, EngineFailed, Listener
from tui.config import Config
from tui.core.origin import Origin
from tui.core.settings import OFF, resolve
from tui.core.story import Node
from tui.launch import LaunchOptions
from tui.protocol import Candidate, Opened, Progress, View, Viewed
from tui.screens import workbench
from tui.screens.workbench import Workbench
from tui.terminal.app import SafeApp, run_safely
from tui.themes import load_themes, variable_defaults
from tui.widgets import candidate_messages
from tui.widgets.candidates import CandidateList
from tui.widgets.text import StoryText

SETTINGS = resolve({}, {}, {**OFF, "top_k": 50})
SLICE = 400
"""Tokens on a page of running text."""


def row(token: int, piece: bytes, rank: int) -> Candidate:
    """A candidate with arbitrary numbers."""
    return Candidate(
        rank=rank, token=token, piece=piece, special=False, logit=0.0, raw=0.1, tempered=0.1, final=0.1, cumulative=0.5,
        removed_by="",
    )  # fmt: skip


class Pane(SafeApp[None]):
    """One widget, and a line that says which page it shows."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = [("f5", "next"), ("f10", "leave")]
    CSS = "#page { height: 1; }"

    def __init__(self, pieces: list[tuple[int, bytes]]) -> None:
        super().__init__()
        self.pieces, self.page = pieces, 0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults(self.current_theme)

    def on_mount(self) -> None:
        for theme in load_themes()[0]:
            self.register_theme(theme)
        self.theme = "samplescope-dark"
        self.show()

    def action_next(self) -> None:
        self.page += 1
        self.show()

    def action_leave(self) -> None:
        self.exit(return_code=0)

    def show(self) -> None:
        raise NotImplementedError

    def say_page(self) -> None:
        """Show the page's number once the page is drawn."""
        if not (self.there or self.last):
            self.call_after_refresh(self.say_page)
            return
        self.query_one("#page", Static).update(f"page {self.page} {'is the last' if self.last else 'shown'}")

    there = True
    """True once every part of the page has arrived."""

    @property
    def last(self) -> bool:
        """True if this is the last page."""
        raise NotImplementedError


class Rows(Pane):
    """Shows the whole vocabulary in the candidate list."""

    def compose(self) -> ComposeResult:
        yield CandidateList()
        yield Static(id="page")

    def show(self) -> None:
        if not self.page:
            self.query_one(CandidateList).viewed = self.answer(0, 500)
        else:
            self.query_one(CandidateList).action_page(1)
        self.call_after_refresh(self.call_after_refresh, self.say_page)

    @property
    def there(self) -> bool:  # type: ignore[override]
        return self.query_one(CandidateList).highlighted is not None

    @property
    def last(self) -> bool:
        return self.query_one(CandidateList)._rank >= len(self.pieces)

    def answer(self, first: int, count: int) -> Viewed:
        wanted = self.pieces[first : first + count]
        rows = [row(token, piece, first + index + 1) for index, (token, piece) in enumerate(wanted)]
        return Viewed(
            id=1, slot="scroll", at=1, revision=1, settings=SETTINGS, kept=len(self.pieces), kept_mass=1.0,
            vocabulary=50_257, candidates=rows, first=first,
        )  # fmt: skip

    @on(candidate_messages.Wanted)
    def _wanted(self, message: candidate_messages.Wanted) -> None:
        self.query_one(CandidateList).add_candidates(self.answer(message.first, message.count))


class Text(Pane):
    """Shows it as running text, with a `|` and a blank after each token, so that no two are drawn as one."""

    def compose(self) -> ComposeResult:
        yield StoryText()
        yield Static(id="page")

    def show(self) -> None:
        tokens = self.pieces[self.page * SLICE : (self.page + 1) * SLICE]
        first = 2 * SLICE * self.page + 1  # a node's number is never used again
        ids = range(first, first + 2 * len(tokens))
        pieces = [part for _, piece in tokens for part in (piece, b"| ")]
        path = tuple(
            Node(id=i, parent=i - 1, position=i - 1, token=0, piece=piece) for i, piece in zip(ids, pieces, strict=True)
        )
        text = self.query_one(StoryText)
        text.path = path
        text.cursor = first
        self.call_after_refresh(self.call_after_refresh, self.say_page)

    @property
    def last(self) -> bool:
        return (self.page + 1) * SLICE >= len(self.pieces)


class Silent(Client):
    """A client whose engine never sends anything; the test calls the listener instead."""

    async def start(self) -> None:  # type: ignore[override]
        await asyncio.Event().wait()

    def view(self, view: View, then: object, refused: object) -> None:  # type: ignore[override]
        pass


class Places(SamplescopeApp):
    """The workbench, with hostile text in every message from its engine."""

    CSS_PATH = Path(workbench.__file__).with_name("workbench.tcss")

    def __init__(self, texts: list[str]) -> None:
        def silent(listener: Listener) -> Client:
            return Silent(listener)

        super().__init__(LaunchOptions(), silent, Config())
        self.texts = texts

    def on_mount(self) -> None:
        super().on_mount()
        self.screen.call_after_refresh(self.run_worker, self.tell_everything())

    async def tell_everything(self) -> None:
        """Send the texts in batches, each painted before the next."""
        bench = self.screen
        assert isinstance(bench, Workbench)
        for begin in range(0, len(self.texts), 20):
            batch = self.texts[begin : begin + 20]
            for text in batch:
                await self.tell(bench, text, begin)
            await self.find(bench, batch)
            self.clear_notifications()
            await self.query("ToastHolder").remove()  # Textual leaves them behind, each a widget more to lay out
        self.exit(return_code=0)

    async def tell(self, bench: Workbench, text: str, number: int) -> None:
        """Use one string as each text that an engine, a model's name or a paste can supply."""
        bench.panes.prompt.text = text
        opened = Opened(
            id=1, model=text, vocabulary=9, context=9, device=text, dtype="float32", exact=True, settings=SETTINGS,
            notes=[text],
        )  # fmt: skip
        refusal = EngineFailed("input", text, text)
        bench.connection._opened(opened, Origin(model=text))
        bench.stepping._refused(refusal)
        bench.explorer.engine.progress(Progress(of=1, stage=text, done=1, total=2, unit=text), True)
        bench.explorer._not_viewed(View(slot="main", at=bench.explorer.state.cursor), refusal)
        bench.explorer.engine.lost(text, bool(number % 2))
        await self.painted()

    async def find(self, bench: Workbench, batch: list[str]) -> None:
        """A batch as the matches of a search."""
        from tui.screens.find import FindScreen

        finder = FindScreen(lambda wanted: None, 50_257)
        self.push_screen(finder)
        await self.painted()
        finder.show_found([row(n, text.encode("utf-8", "surrogatepass"), n + 1) for n, text in enumerate(batch)])
        await self.painted()
        finder.dismiss(None)
        await self.painted()

    async def painted(self) -> None:
        """Wait until the screen has been drawn."""
        done = asyncio.Event()
        self.screen.call_after_refresh(done.set)
        await done.wait()


def main(kind: str, file: str) -> int:
    """Run one of the three apps."""
    data = json.loads(Path(file).read_text(encoding="ascii"))
    if kind == "places":
        return run_safely(Places(data))
    pieces = [(int(token), bytes.fromhex(piece)) for token, piece in data]
    return run_safely(Rows(pieces) if kind == "rows" else Text(pieces))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
