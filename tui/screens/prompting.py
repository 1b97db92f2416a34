"""The prompt's way to the model: as plain text or through the chat template, submitted, waited for, given up."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from tui.core.printable import printable
from tui.screens import news
from tui.screens.bench import Bench
from tui.screens.session import Written
from tui.screens.state import WITHOUT_MODEL, Busy
from tui.widgets.candidates import CandidateList
from tui.widgets.prompt import PromptEditor

_OTHERS = "A new branch; a goes to the one before."
_SYSTEM_HINT = "goes before the prompt in the chat template · empty: none · ⏎ uses it · esc"


class Prompting(Bench):
    """What is in the editor becomes the story's next prompt."""

    chat = False
    """The prompt goes through the model's chat template."""
    system = ""
    """The system prompt that goes with it."""
    _submitted: Written | None = None
    """The last prompt submitted; waits here while the model loads."""
    _awaited = 0
    """The ticket of the prompt under way; 0 if none is waited for."""
    _notes: Sequence[str] = ()
    """What the model's configuration asks and does not get; said once."""

    def written(self, text: str) -> Written:
        """`text` as it goes to the model now."""
        return Written(text, self.chat, self.system if self.chat else "")

    def action_submit(self) -> None:
        """Give what is in the editor to the model."""
        self.query_one(PromptEditor).action_submit()

    @on(PromptEditor.Submitted)
    def _submit(self, message: PromptEditor.Submitted) -> None:
        self.query_one(CandidateList).focus()
        self.submit(message.text)

    def submit(self, text: str) -> None:
        """A new prompt: what is under way is given up for it."""
        self._submitted = self.written(text)
        if self.state.busy in WITHOUT_MODEL:
            self.say("The prompt goes to the model as soon as it is ready.")
            return
        if self.state.busy is not Busy.IDLE:
            self.session.stop()
        self.send_prompt()

    def send_prompt(self) -> None:
        """Send what was submitted, if anything was."""
        if self._submitted is not None:
            self._awaited = self.session.prompt(self._submitted)
            self.go(self.state.begin(Busy.PROMPT))

    @on(news.PromptIn)
    def _prompted(self, message: news.PromptIn) -> None:
        if message.ticket != self._awaited:
            return
        self.forget_prompt()
        self.show_progress(None)
        self.go(self.state.prompted(message.prompted.nodes))
        said = [*self._notes, *([_OTHERS] if self.state.next_branch(self.story) is not self.state else [])]
        self.say(printable(" · ".join(said), space=" ") if said else "")
        self._notes = []

    def forget_prompt(self) -> None:
        """No prompt waits any more."""
        self._submitted, self._awaited = None, 0

    def give_up_prompt(self) -> None:
        """Wait no longer: a forward under way ends by itself, and what it brings is not gone to."""
        self.forget_prompt()
        self.session.stop()
        self.show_progress(None)
        self.go(self.state.begin(Busy.IDLE))
        self.say("The prompt was given up.")

    # -- its length ----------------------------------------------------------------------------------------------

    @on(PromptEditor.Edited)
    def _edited(self, message: PromptEditor.Edited) -> None:
        self.count(message.text)

    def count(self, text: str) -> None:
        """Ask for a prompt's length in tokens."""
        if self.state.busy not in WITHOUT_MODEL:
            self.session.count(self.written(text))

    @on(news.TokensCounted)
    def _counted(self, message: news.TokensCounted) -> None:
        self.query_one(PromptEditor).count = message.count

    # -- the chat template ---------------------------------------------------------------------------------------

    def use_chat(self, chat: bool) -> None:
        """From now on prompts go through the chat template, or no longer do."""
        editor = self.query_one(PromptEditor)
        self.chat = editor.chat = chat
        self.count(editor.text)

    def action_chat(self) -> None:
        """Put the prompt through the model's chat template, or no longer; it is read again at once."""
        opened = self.session.client.mirror.opened
        if opened is not None and not opened.chat and not self.chat:
            self.say("This model has no chat template.")
            return
        self.use_chat(not self.chat)
        self.action_submit()

    def action_system(self) -> None:
        """Ask for the chat template's system prompt."""
        from tui.screens.ask import AskScreen

        ask = AskScreen("System prompt", _SYSTEM_HINT, self.system, take=self._use_system, may_be_empty=True)
        self.app.push_screen(ask)

    def _use_system(self, answer: str) -> str:
        opened = self.session.client.mirror.opened
        if answer and opened is not None and not opened.chat:
            return "This model has no chat template."
        self.system = answer
        if answer or self.chat:
            self.use_chat(True)
            self.action_submit()
        return ""
