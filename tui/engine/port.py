"""What can be served as an engine: the real one, and in tests a scripted one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

from tui.core.progress import Report, Tell, untold
from tui.core.story import Node
from tui.protocol import (
    Catalog,
    Cataloged,
    Encode,
    Encoded,
    Finished,
    Job,
    Open,
    Opened,
    Prompt,
    Prompted,
    Step,
    Stepped,
    View,
    Viewed,
)


class EngineLike(Protocol):
    """An engine that can be served: the real one, or a scripted one in tests.

    `open`, `prompt`, `step` and `job` are called on one thread, `view` and `encode` on another, `catalog` on a third,
    `stop` on any.
    A SamplescopeError is sent to the UI as `Failed`; with a true `fatal` attribute it ends the engine.
    """

    @property
    def revision(self) -> int:
        """How many nodes the story has."""

    def open(self, request: Open, report: Report) -> Opened:
        """Load a model."""

    def prompt(self, request: Prompt, report: Report) -> Prompted:
        """Add a prompt's nodes and compute the logits after it."""

    def step(self, request: Step, report: Report) -> Generator[Node, None, Stepped]:
        """Yield each node; return the last node's id and why the stepping ended there."""

    def job(self, request: Job, report: Report, tell: Tell = untold) -> Finished:
        """Run an experiment; `tell` gets each part of its result as soon as it is known."""

    def view(self, request: View, report: Report) -> Viewed:
        """Describe the distribution after a node."""

    def encode(self, request: Encode) -> Encoded:
        """Count a text's tokens."""

    def catalog(self, request: Catalog) -> Cataloged:
        """List the models on this machine."""

    def stop(self) -> None:
        """Set the flag that is read between forwards; the next prompt, step or job clears it when it begins."""
