"""The client's copy of the engine's story, and the request that restores it in a new engine."""

from __future__ import annotations

import msgspec

from tui.core.story import ROOT, Story
from tui.protocol import AnyRequest, Grown, Message, Open, Opened, Prompted


class Mirror:
    """All nodes the engine has sent. It outlives the engine: a new engine is opened with the same nodes and ids."""

    def __init__(self) -> None:
        self.story = Story()
        """Replaced when another model is opened: by an empty story, or that of a session that goes on."""
        self.opened: Opened | None = None
        self.tip = ROOT
        """The last token of the newest prompt."""
        self._origin: Open | None = None

    def grow(self, grown: Grown) -> None:
        """Add the nodes that a step under way has drawn."""
        self.story.add(grown.nodes)

    def answered(self, request: AnyRequest, reply: Message) -> None:
        """Update the story, tip and model from the reply to `request`."""
        if isinstance(reply, Opened) and isinstance(request, Open):
            if self._origin is None or not request.story:  # else a new engine has got what is here already
                self.story, self.tip = Story(request.story), ROOT
                self._origin = request
            self.opened = reply
        elif isinstance(reply, Prompted):
            self.story.add(reply.nodes)
            self.tip = reply.nodes[-1].id if reply.nodes else ROOT

    def reopening(self) -> Open | None:
        """The request that opens the same model and story in a new engine; None if no model was open."""
        vocabulary = self.opened.vocabulary if self.opened is not None else None
        return self._origin and msgspec.structs.replace(
            self._origin, id=0, story=list(self.story), story_vocabulary=vocabulary
        )
