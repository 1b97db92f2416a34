"""The prompt's way to the model: as plain text or through the chat template, submitted, waited for, given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tui.client.client import EngineFailed
from tui.core.printable import printable
from tui.explorer.engine import Written
from tui.explorer.explorer import Explorer
from tui.explorer.status import WITHOUT_MODEL, EngineStatus
from tui.protocol import Prompted

_OTHERS = "A new branch; {branch} goes to the one before."
_NO_TEMPLATE = "This model has no chat template."


class Prompting:
    """What is written becomes the story's next prompt."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self.text = explorer.options.prompt
        """What is written now, submitted or not."""
        self.system = explorer.options.system
        """The chat template's system prompt."""
        self.notes: Sequence[str] = ()
        """What is to be said with the next prompt that is in: what the model's configuration asks and does not get."""
        self._submitted: Written | None = None
        """The last prompt submitted; waits here while the model loads."""
        self._awaited: Written | None = None
        """The prompt under way."""
        explorer.stoppers.append(self.give_up)
        explorer.change(chat=explorer.options.chat)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """By action id."""
        return {"submit": self.submit, "chat": self.switch_chat}

    # -- submitting ----------------------------------------------------------------------------------------------

    def written(self) -> Written:
        """What is written, as it goes to the model now."""
        chat = self._explorer.picture.chat
        return Written(self.text, chat, self.system if chat else "")

    def submit(self) -> None:
        """Give what is written to the model; what is under way is given up for it."""
        self.keep()
        if self._explorer.state.status in WITHOUT_MODEL:
            self._explorer.say("The prompt goes to the model as soon as it is ready.")
            return
        if self._explorer.state.status is not EngineStatus.IDLE:
            self._explorer.engine.stop()
        self.send()

    def keep(self) -> None:
        """What is written is the prompt to send as soon as there is a model."""
        self._submitted = self.written()
        self._explorer.change(submitted=self.text)

    @property
    def waiting(self) -> bool:
        """True if a prompt was submitted and is not in."""
        return self._submitted is not None

    def send(self) -> None:
        """Send what was submitted, if anything was."""
        if self._submitted is None:
            return
        sent = self._awaited = Written(*self._submitted)
        self._explorer.engine.prompt(
            sent, lambda prompted: self._in(sent, prompted), lambda error: self._refused(sent, error)
        )
        self._explorer.begin(EngineStatus.PROMPT)

    def _in(self, sent: Written, prompted: Prompted) -> None:
        if sent is not self._awaited:
            return  # given up, or overtaken
        explorer = self._explorer
        self.forget()
        explorer.change(progress=None)
        explorer.go(explorer.state.prompted(prompted.nodes))
        others = explorer.state.next_branch(explorer.story) is not explorer.state
        said = [*self.notes, *([explorer.phrase(_OTHERS)] if others else [])]
        explorer.say(printable(" · ".join(said), space=" ") if said else "")
        self.notes = ()

    def _refused(self, sent: Written, error: EngineFailed) -> None:
        if sent is not self._awaited:
            return
        self._explorer.change(progress=None)
        if self._explorer.state.status not in WITHOUT_MODEL:
            self.forget()
            self._explorer.begin(EngineStatus.IDLE)
        self._explorer.fail(str(error))

    def forget(self) -> None:
        """No prompt waits any more."""
        self._submitted = self._awaited = None

    def lost(self) -> None:
        """The engine that the prompt went to is gone; the prompt goes to the next one."""
        self._awaited = None

    def give_up(self) -> bool:
        """Wait no longer: a forward under way ends by itself, and what it brings is not gone to. False: none waits."""
        if self._explorer.state.status is not EngineStatus.PROMPT:
            return False
        self.forget()
        self._explorer.engine.stop()
        self._explorer.change(progress=None)
        self._explorer.begin(EngineStatus.IDLE)
        self._explorer.say("The prompt was given up.")
        return True

    # -- its length ----------------------------------------------------------------------------------------------

    def count(self, then: Callable[[int], None]) -> None:
        """Ask how many tokens the written prompt has."""
        if self._explorer.state.status not in WITHOUT_MODEL:
            self._explorer.engine.count(self.written(), then)

    # -- the chat template ---------------------------------------------------------------------------------------

    def switch_chat(self) -> None:
        """Put the prompt through the model's chat template, or no longer; it is read again at once."""
        chat = not self._explorer.picture.chat
        if chat and not self._has_template:
            self._explorer.say(_NO_TEMPLATE)
        else:
            self._explorer.change(chat=chat)
            self.submit()

    def use_system(self, answer: str) -> str:
        """Take another system prompt, for the chat template; what is wrong with that, or ''."""
        if answer and not self._has_template:
            return _NO_TEMPLATE
        self.system = answer
        if answer or self._explorer.picture.chat:
            self._explorer.change(chat=True)
            self.submit()
        return ""

    @property
    def _has_template(self) -> bool:
        opened = self._explorer.engine.opened
        return opened is None or opened.chat
