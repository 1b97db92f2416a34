"""What reaches the workbench from the engine, as messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message

from tui.core.origin import Origin
from tui.core.story import Node
from tui.protocol import Cataloged, Opened, Progress, Prompted, Stepped, View, Viewed


class News(Message, bubble=False):
    """Anything the session tells the screen."""


@dataclass(eq=False)
class ModelOpened(News):
    """The model is ready."""

    opened: Opened
    origin: Origin
    adopt: Callable[[], None] | None = None
    """For one loaded beside another: makes its engine the one that is asked from now on."""


@dataclass(eq=False)
class PromptIn(News):
    """A prompt is in, its row known."""

    prompted: Prompted
    ticket: int
    """What `Session.prompt` gave for it."""


@dataclass(eq=False)
class StepEnded(News):
    """Stepping has ended."""

    stepped: Stepped


@dataclass(eq=False)
class ViewIn(News):
    """A view's answer."""

    viewed: Viewed


@dataclass(eq=False)
class ViewRefused(News):
    """A view that could not be made."""

    view: View
    line: str


@dataclass(eq=False)
class NodesGrown(News):
    """A step under way has brought nodes (they are in the mirror already)."""

    nodes: list[Node]


@dataclass(eq=False)
class ProgressMade(News):
    """How far a load or a long prompt is; only the newest matters."""

    progress: Progress
    beside: bool = False
    """Of another model, loaded beside the one that is open."""

    def can_replace(self, message: Message) -> bool:
        """A newer one takes the place of one not handled yet."""
        return isinstance(message, ProgressMade)


@dataclass(eq=False)
class CatalogIn(News):
    """The models on the engine's machine."""

    catalog: Cataloged


@dataclass(eq=False)
class TokensCounted(News):
    """The edited prompt's length in tokens."""

    count: int


@dataclass(eq=False)
class EngineLost(News):
    """The engine is gone."""

    reason: str
    restarting: bool


@dataclass(eq=False)
class EngineBack(News):
    """The engine is back, with the same story."""


@dataclass(eq=False)
class Refused(News):
    """A request failed; nothing is lost."""

    what: str
    kind: str
    message: str
    remedy: str = ""
    ticket: int = 0
    """Of a prompt."""

    @property
    def line(self) -> str:
        """Message and remedy as one line."""
        return f"{self.message} {self.remedy}".strip()
