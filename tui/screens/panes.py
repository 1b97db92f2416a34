"""The panes of the workbench, and the one function from a picture to what they show."""

from __future__ import annotations

from tui.core.story import ROOT, How, Story
from tui.explorer.display import Picture
from tui.explorer.status import SENTENCES, EngineStatus
from tui.keys import Keymap
from tui.protocol import Candidate
from tui.widgets.candidates import CandidateList
from tui.widgets.controls import Controls
from tui.widgets.plots.pane import PlotPane
from tui.widgets.prompt import PromptEditor
from tui.widgets.status import StatusLine, perplexity
from tui.widgets.text import StoryText


class Panes:
    """Six widgets, each a function of a part of the picture; each draws only what changed."""

    def __init__(self, prompt: str, keymap: Keymap) -> None:
        self._keymap = keymap
        self.prompt = PromptEditor(prompt, id="prompt")
        self.text = StoryText(id="text")
        self.controls = Controls(id="controls")
        self.candidates = CandidateList(id="candidates")
        self.plot = PlotPane(id="plot")
        self.status = StatusLine(id="status")

    def show(self, story: Story, old: Picture, new: Picture) -> None:
        """Hand each pane its part."""
        self.prompt.submit_key = self._keymap.phrase("{submit}")
        self.prompt.chat, self.prompt.submitted = new.chat, new.submitted
        self._show_text(new)
        self._show_settings(new)
        self._show_viewed(story, new)
        self._show_status(story, old, new)

    def _show_text(self, new: Picture) -> None:
        self.text.path = new.branch
        self.text.cursor = new.state.cursor
        self.text.fresh = new.state.fresh
        self.text.unreachable = dict(new.unreachable)
        waits = new.state.status is not EngineStatus.IDLE and new.state.cursor == ROOT
        empty = "The prompt stands here once it is read." if waits else "{edit} edits the prompt, {submit} submits it."
        self.text.empty = self._keymap.phrase(empty)
        drawn = sum(node.how is not How.PROMPT for node in new.branch)
        title = f"Text · {drawn:,} new" if drawn else "Text"
        if title != self.text.border_title:  # setting it repaints the pane
            self.text.border_title = title

    def _show_settings(self, new: Picture) -> None:
        if new.opened is not None:
            self.controls.vocabulary = new.opened.vocabulary
        self.controls.settings = new.state.settings()
        self.controls.preset_names = new.state.preset
        self.controls.seed = new.state.seed

    def _show_viewed(self, story: Story, new: Picture) -> None:
        """Candidates are named only once they are there: never those of one place under the name of another."""
        if new.viewed is None:
            self.candidates.nothing = self.plot.nothing = new.placeholder
        self.candidates.viewed = self.plot.viewed = self.status.viewed = new.viewed
        if new.viewed is None or new.viewed.at == new.state.cursor:
            self._name_candidates(story, new)

    def _name_candidates(self, story: Story, new: Picture) -> None:
        """Say where the candidates belong, and with which of them the branch goes on."""
        cursor, after = new.state.cursor, new.state.next_node(story)
        self.candidates.place = f"after token {story[cursor].position + 1:,}" if cursor in story else ""
        self.candidates.goes_on = after.token if after else None
        self.candidates.fresh = after.token if after and after.id == new.state.fresh else None

    def _show_status(self, story: Story, old: Picture, new: Picture) -> None:
        if old.state.cursor != new.state.cursor or old.branch != new.branch:
            path = story.path(new.state.cursor)
            self.status.node = path[-1] if path else None
            self.status.perplexity = perplexity(path)
        self.status.running = SENTENCES[new.state.status].running
        self.status.opened, self.status.host = new.opened, new.host
        self.status.progress, self.status.message = new.progress, new.message

    def reveal(self, candidate: Candidate) -> None:
        """Show a candidate in the list; one of the unseen tail, whose place nobody knows, in the tail's line."""
        if candidate.rank:
            self.candidates.reveal(candidate.rank)
        else:
            self.candidates.reveal_unseen(candidate)

    def count(self, tokens: int) -> None:
        """How many tokens the prompt has that is written now."""
        self.prompt.count = tokens
