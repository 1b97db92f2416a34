"""Goes on with a kept session when its model is open, and keeps the session when the program ends."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

from tui import paths, recent, session
from tui.core.origin import Origin
from tui.core.story import How, Node
from tui.errors import InputError
from tui.explorer.explorer import Explorer
from tui.explorer.prompting import Prompting
from tui.session import Session

_BACK = "The session goes on: {tokens:,} tokens drawn."
_GOES_ON = "samplescope {engine}--resume goes on where you stopped."


class Resuming:
    """The session to go on with, until its model is open; and what is kept of this one."""

    def __init__(self, explorer: Explorer, prompting: Prompting, *, keeping: bool = True) -> None:
        self._explorer, self._prompting = explorer, prompting
        self.keeping = keeping
        """False if the person wants nothing kept: neither sessions nor prompts."""
        if keeping:
            prompting.remember = recent.remember_prompt
        self._origin: Origin | None = None
        """Origin of the open model."""
        self.waiting = explorer.options.session
        """The session whose model is being opened; None if there is none, or it goes on already."""
        if self.waiting is not None:
            preset = frozenset(self.waiting.preset)
            explorer.change(state=replace(explorer.state, preset=preset, preset_name=self.waiting.preset_name))
            prompting.take_as_read(self.waiting.submitted)

    @property
    def story(self) -> tuple[Sequence[Node], int]:
        """The nodes to open the model with, and their vocabulary; none without a session."""
        return ((), 0) if self.waiting is None else (self.waiting.story, self.waiting.vocabulary)

    def opened(self, origin: Origin) -> None:
        """A model is open: put the cursor where the session left it."""
        self._origin = origin
        kept, self.waiting = self.waiting, None
        if kept is not None:
            self._explorer.change(progress=None)
            self._explorer.go(replace(self._explorer.state, tip=kept.tip).move(kept.cursor))
            self._explorer.say(_BACK.format(tokens=sum(node.how is not How.PROMPT for node in kept.story)))

    def forget(self) -> None:
        """Another model takes the place of the session's."""
        self.waiting = None

    # -- keeping -------------------------------------------------------------------------------------------------

    def session(self) -> Session | None:
        """This session as it would be kept; None without a model, or if no token was drawn: nothing would be lost.

        May be called in another thread while the main one is stopped anywhere: it reads the picture, which never
        changes, once, and then the story, which only grows and has all nodes that the picture has.
        """
        picture, engine = self._explorer.picture, self._explorer.options.engine
        story = list(self._explorer.story)
        if self._origin is None or picture.opened is None or all(node.how is How.PROMPT for node in story):
            return None
        state, prompting = picture.state, self._prompting
        return Session(
            origin=recent.untrusting(self._origin), engine=None if engine is None else list(engine),
            vocabulary=picture.opened.vocabulary, story=story, cursor=state.cursor, tip=state.tip, given=state.given,
            preset=sorted(state.preset), preset_name=state.preset_name, seed=state.seed, text=_whole(prompting.text),
            submitted=None if prompting.read is None else _whole(prompting.read), chat=picture.chat,
            system=_whole(prompting.system), add_special_tokens=picture.add_special_tokens,
        )  # fmt: skip

    def keep(self) -> str:
        """Keep this session for `--resume`; the line that says so or why it failed, '' if there is nothing to keep."""
        kept = self.session() if self.keeping else None
        if kept is None:
            return ""
        try:
            session.write(kept, paths.session_file())
        except InputError as error:
            return f"samplescope: {error}"
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            return f"samplescope: the session could not be kept: {reason}."
        engine = "" if kept.engine is None else f"--engine {shlex.quote(kept.engine_command)} "
        return _GOES_ON.format(engine=engine)


def _whole(text: str) -> str:
    """The text without halves of characters, which no file can hold."""
    return text.encode("utf-8", "replace").decode()
