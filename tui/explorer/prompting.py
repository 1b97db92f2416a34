"""Sends the prompt to the model, as plain text or through the chat template, and waits for it or gives it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tui.client.client import EngineFailed
from tui.core.printable import printable
from tui.explorer.engine import WrittenPrompt, ignore
from tui.explorer.explorer import Explorer
from tui.explorer.state import prompt_end
from tui.explorer.status import WITHOUT_MODEL, EngineStatus
from tui.protocol import Prompted

_NEW_BRANCH = "A new branch; {branch} goes to the one before."
_NO_TEMPLATE = "This model has no chat template."
_TEMPLATE_WRITES = "The chat template writes its special tokens itself; {chat} switches it off."
_ADDS = "The tokenizer adds its special tokens to the prompt."
_LEAVES_OUT = "The tokenizer adds no special tokens to the prompt."
_UNFRAMED = "{special_tokens} adds no special tokens"


class Prompting:
    """The prompt being written, the one submitted, and the one under way."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self.text = explorer.options.prompt
        """The text in the prompt editor, submitted or not."""
        self.system = explorer.options.system
        """The system prompt for the chat template."""
        self.notes: Sequence[str] = ()
        """Shown once the next prompt is read: settings of the model's configuration that are overridden."""
        self._submitted: WrittenPrompt | None = None
        """The last prompt submitted and not yet read; it waits here while the model loads."""
        self._awaited: WrittenPrompt | None = None
        """The prompt sent to the engine whose reply is awaited."""
        self.read: str | None = None
        """The text that the model has read, which Text and the list are of; None before the first."""
        self.remember: Callable[[str], None] = ignore
        """Called with each prompt that the person submits."""
        self.rewrite: Callable[[str], None] = ignore
        """Called with the text that the prompt editor is to show: of the branch on screen."""
        self.was_read: list[Callable[[], None]] = []
        """Called when the model has read a prompt, and the cursor stands after it."""
        self._texts: dict[int, str] = {}
        """The texts of this model's prompts, by the last node of each."""
        explorer.stoppers.append(self.give_up)
        explorer.cursor_moved.append(self._follow_branch)
        explorer.change(chat=explorer.options.chat, add_special_tokens=explorer.options.add_special_tokens)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"submit": self.submit, "chat": self.switch_chat, "special_tokens": self.switch_special_tokens}

    # -- submitting ----------------------------------------------------------------------------------------------

    def written(self) -> WrittenPrompt:
        """The prompt as it would go to the model now."""
        picture = self._explorer.picture
        return WrittenPrompt(
            self.text, picture.chat, self.system if picture.chat else "", picture.chat or picture.add_special_tokens
        )

    def submit(self) -> None:
        """Send the written prompt to the model; a request under way is stopped."""
        self.mark_submitted()
        self.remember(self.text)
        if self._explorer.state.status in WITHOUT_MODEL:
            self._explorer.say("The prompt goes to the model as soon as it is ready.")
            return
        if self._explorer.state.status is not EngineStatus.IDLE:
            self._explorer.engine.stop()
        self.send()

    def mark_submitted(self) -> None:
        """Mark the written prompt as submitted, to be sent as soon as a model is open."""
        self._submitted = self.written()
        self._explorer.change(submitted=self.text)

    @property
    def waiting(self) -> bool:
        """True if a prompt was submitted and is not read yet."""
        return self._submitted is not None

    def take_as_read(self, text: str | None) -> None:
        """The model that is being opened has read this prompt already: its nodes are in the story."""
        self.read = text
        self._explorer.change(submitted=text)

    def send(self) -> None:
        """Send the submitted prompt, if there is one."""
        if self._submitted is None:
            return
        sent = self._awaited = WrittenPrompt(*self._submitted)
        self._explorer.engine.prompt(
            sent, lambda prompted: self._prompted(sent, prompted), lambda error: self._refused(sent, error)
        )
        self._explorer.begin(EngineStatus.PROMPT)

    def _prompted(self, sent: WrittenPrompt, prompted: Prompted) -> None:
        if sent is not self._awaited:
            return  # this prompt was given up, or a newer one was sent
        explorer = self._explorer
        self.forget()
        self.read = self._texts[prompted.nodes[-1].id] = sent.text
        explorer.change(progress=None)
        if explorer.state.cursor in explorer.story:
            explorer.record("the prompt")
        explorer.go(explorer.state.prompted(prompted.nodes))
        has_branches = explorer.state.next_branch(explorer.story) is not explorer.state
        new_branch = [explorer.phrase(_NEW_BRANCH)] if has_branches else []
        messages = [*self.notes, *self._framing(sent, prompted), *new_branch]
        explorer.say(printable(" · ".join(messages), space=" ") if messages else "")
        self.notes = ()
        for act in self.was_read:
            act()

    def _framing(self, sent: WrittenPrompt, prompted: Prompted) -> list[str]:
        """What the engine says of the prompt, and what leaves special tokens out where the tokenizer may add them."""
        added = sent.add_special_tokens and not sent.chat
        return [*prompted.notes, self._explorer.phrase(_UNFRAMED)] if prompted.notes and added else prompted.notes

    def _refused(self, sent: WrittenPrompt, error: EngineFailed) -> None:
        if sent is not self._awaited:
            return
        self._explorer.change(progress=None)
        if self._explorer.state.status not in WITHOUT_MODEL:
            self.forget()
            self._explorer.begin(EngineStatus.IDLE)
            self._explorer.change(submitted=self.read)
        self._explorer.refused(error)

    def forget(self) -> None:
        """Forget the submitted prompt and the one under way."""
        self._submitted = self._awaited = None

    def forget_texts(self) -> None:
        """Forget the prompts of the model before, whose nodes are gone."""
        self._texts.clear()

    def _follow_branch(self) -> None:
        """On a branch of another prompt show that prompt, unless something is being written."""
        text = self._texts.get(prompt_end(self._explorer.picture.branch))
        if text is not None and text != self.read and self.text == self.read and not self.waiting:
            self.read = self.text = text
            self._explorer.change(submitted=text)
            self.rewrite(text)

    def lost(self) -> None:
        """The engine is gone: the prompt under way is sent again to the next engine."""
        self._awaited = None

    def give_up(self) -> bool:
        """Stop waiting for the prompt under way; a late reply does not move the cursor. False if none is under way."""
        if self._explorer.state.status is not EngineStatus.PROMPT:
            return False
        self.forget()
        self._explorer.engine.stop()
        self._explorer.change(progress=None, submitted=self.read)
        self._explorer.begin(EngineStatus.IDLE)
        self._explorer.say("The prompt was given up.")
        return True

    # -- the prompt's length -------------------------------------------------------------------------------------

    def count(self, then: Callable[[int], None]) -> None:
        """Ask how many tokens the written prompt has."""
        if self._explorer.state.status not in WITHOUT_MODEL:
            self._explorer.engine.count(self.written(), then)

    # -- the chat template ---------------------------------------------------------------------------------------

    def switch_chat(self) -> None:
        """Switch the chat template on or off, and submit the prompt again."""
        chat = not self._explorer.picture.chat
        if chat and not self._has_template:
            self._explorer.say(_NO_TEMPLATE)
        else:
            self._explorer.change(chat=chat)
            self.submit()

    def use_system(self, answer: str) -> str:
        """Use another system prompt and submit again; '' or what is wrong: the model may have no chat template."""
        if answer and not self._has_template:
            return _NO_TEMPLATE
        self.system = answer
        if answer or self._explorer.picture.chat:
            self._explorer.change(chat=True)
            self.submit()
        return ""

    # -- special tokens ------------------------------------------------------------------------------------------

    def switch_special_tokens(self) -> None:
        """Let the tokenizer add special tokens to the prompt, or no longer, and submit the prompt again."""
        picture = self._explorer.picture
        if picture.chat:
            self._explorer.say(self._explorer.phrase(_TEMPLATE_WRITES))
        else:
            adds = not picture.add_special_tokens
            self._explorer.change(add_special_tokens=adds)
            self.notes = [*self.notes, _ADDS if adds else _LEAVES_OUT]
            self.submit()

    @property
    def _has_template(self) -> bool:
        opened = self._explorer.engine.opened
        return opened is None or opened.chat
