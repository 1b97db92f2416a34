"""The panes of the workbench, and the function that shows a picture in them."""

from __future__ import annotations

from textual.widget import Widget

from tui.core.story import ROOT, How, Story
from tui.explorer.branches import position
from tui.explorer.display import Picture
from tui.explorer.status import SENTENCES, EngineStatus
from tui.keys import Keymap
from tui.protocol import Candidate
from tui.widgets.candidates import CandidateList
from tui.widgets.controls import Controls
from tui.widgets.figures import perplexity
from tui.widgets.goes_on import GoesOn, drawn_with
from tui.widgets.lesson import LessonPane
from tui.widgets.plots.pane import PlotPane
from tui.widgets.prompt import PromptEditor
from tui.widgets.status import StatusLine
from tui.widgets.text import StoryText


class Panes:
    """The seven panes. Each shows a part of the picture, and redraws only what changed."""

    def __init__(self, prompt: str, keymap: Keymap) -> None:
        self._keymap = keymap
        self.prompt = PromptEditor(prompt, id="prompt")
        self.lesson = LessonPane(id="lesson")
        self.text = StoryText(id="text")
        self.controls = Controls(id="controls")
        self.candidates = CandidateList(id="candidates")
        self.plot = PlotPane(id="plot")
        self.status = StatusLine(id="status")
        self.all: tuple[Widget, ...] = (self.prompt, self.lesson, self.text, self.controls, self.candidates, self.plot)
        """Those that can have the focus and be zoomed."""

    @property
    def home(self) -> Widget:
        """The pane that has the keys where no other was chosen: the list, or the plot that stands in its place."""
        return self.candidates if self.candidates.display else self.plot

    def show(self, story: Story, old: Picture, new: Picture) -> None:
        """Set each pane's attributes from the new picture."""
        self.prompt.submit_key = self._keymap.phrase("{submit}")
        self.prompt.chat, self.prompt.submitted = new.chat, new.submitted
        self.prompt.add_special_tokens = new.add_special_tokens
        self.prompt.context = new.opened.context if new.opened is not None else None
        self._show_text(story, old, new)
        self._show_settings(new)
        self._show_viewed(story, new)
        self._show_status(story, old, new)

    def _show_text(self, story: Story, old: Picture, new: Picture) -> None:
        self.text.path = self.plot.path = new.branch
        self.text.cursor = self.plot.cursor = new.state.cursor
        self.text.fresh = new.state.fresh
        self.text.unreachable = dict(new.unreachable)
        waits = new.state.status is not EngineStatus.IDLE and new.state.cursor == ROOT
        placeholder = (
            "The model has yet to read the prompt." if waits else "{edit} edits the prompt, {submit} submits it."
        )
        self.text.placeholder = self._keymap.phrase(placeholder)
        if old.branch is not new.branch or old.unreachable != new.unreachable:
            self._title_text(story, new)

    def _title_text(self, story: Story, new: Picture) -> None:
        """Say how many tokens were drawn, how many the settings would not draw, and which branch this is."""
        drawn = sum(node.how is not How.PROMPT for node in new.branch)
        number, count = position(story, new.state.tip)
        struck = f"{len(new.unreachable):,} struck" if new.unreachable else ""
        of = "/" if struck else " of "  # a border has room for all three, if one of them is short
        parts = [f"{drawn:,} new" if drawn else "", f"branch {number}{of}{count}" if count > 1 else "", struck]
        self.text.caption = " · ".join(filter(None, parts))

    def _show_settings(self, new: Picture) -> None:
        if new.opened is not None:
            self.controls.vocabulary = new.opened.vocabulary
        self.controls.settings = new.state.settings()
        self.controls.preset_names = new.state.preset
        self.controls.seed = new.state.seed

    def _show_viewed(self, story: Story, new: Picture) -> None:
        """Show the view; update the list's caption only together with candidates for the same node."""
        if new.viewed is None:
            self.candidates.placeholder = self.plot.placeholder = new.placeholder
        self.candidates.viewed = self.plot.viewed = self.status.viewed = new.viewed
        if new.viewed is None or new.viewed.at == new.state.cursor:
            self._name_candidates(story, new)

    def _name_candidates(self, story: Story, new: Picture) -> None:
        """Set the candidate list's caption, and the token with which the branch continues."""
        cursor, after = new.state.cursor, new.state.next_node(story)
        inside = " of the prompt" if new.viewed is not None and new.viewed.inside_prompt else ""
        # Counted from 1, and the one after the cursor: its index from 0 is the cursor's plus 1.
        self.candidates.caption = f"for token {story[cursor].position + 2:,}{inside}" if cursor in story else ""
        state = new.state
        given = drawn_with(after, state.settings(), state.base, state.seed) if after else ""
        self.candidates.goes_on = GoesOn(after, given) if after else None

    def _show_status(self, story: Story, old: Picture, new: Picture) -> None:
        if old.state.cursor != new.state.cursor or old.branch != new.branch:
            cursor = next((at for at, node in enumerate(new.branch) if node.id == new.state.cursor), None)
            self.status.node = None if cursor is None else new.branch[cursor]
            self.status.perplexity = None if cursor is None else perplexity(new.branch[: cursor + 1])
        self.status.running = SENTENCES[new.state.status].running or new.beside
        self.status.opened, self.status.host = new.opened, new.host
        self.status.progress, self.status.message = new.progress, new.message

    def reveal(self, candidate: Candidate) -> None:
        """Highlight a candidate in the list; one of the unseen tail, which has no rank, in the tail line."""
        if candidate.rank:
            self.candidates.reveal(candidate.rank)
        else:
            self.candidates.reveal_unseen(candidate)

    def count(self, tokens: int) -> None:
        """Show the number of tokens of the written prompt."""
        self.prompt.count = tokens
