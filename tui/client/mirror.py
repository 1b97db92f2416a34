"""The client's copy of the story, and what it takes to bring an engine back to it."""

from __future__ import annotations

import msgspec

from tui.core.story import ROOT, Story
from tui.protocol import AnyRequest, Grown, Message, Open, Opened, Prompted


class Mirror:
    """All nodes the engine has told of. It survives the engine: a new one is opened with it, numbers and all."""

    def __init__(self) -> None:
        self.story = Story()
        """Replaced by an empty one when another model is opened."""
        self.opened: Opened | None = None
        self.tip = ROOT
        """The last token of the newest prompt."""
        self._origin: Open | None = None

    def grow(self, grown: Grown) -> None:
        """Add nodes of a step under way."""
        self.story.add(grown.nodes)

    def answered(self, request: AnyRequest, reply: Message) -> None:
        """Take over what an answer says."""
        if isinstance(reply, Opened) and isinstance(request, Open):
            if not request.story:
                self.story, self.tip = Story(), ROOT
                self._origin = request
            self.opened = reply
        elif isinstance(reply, Prompted):
            self.story.add(reply.nodes)
            self.tip = reply.nodes[-1].id if reply.nodes else ROOT

    def reopening(self) -> Open | None:
        """The request that brings a new engine to where this one was; None if no model was open."""
        return self._origin and msgspec.structs.replace(self._origin, id=0, story=list(self.story))
