"""The workbench's state: where the cursor stands, what is set, what is under way. Immutable, and knows no textual.

Every change is a method that gives a new state. The story itself is the client's mirror and only ever grows, so the
state holds node numbers and takes the story where it has to look at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tui.core.settings import DEFAULT_SEED, OFF, UNASKED, Given, Setting, Settings, Source, Value, resolve
from tui.core.story import ROOT, How, Node, Story
from tui.explorer.status import EngineStatus

_KEPT_BY_PRESETS = ("max_new_tokens",)


@dataclass(frozen=True, slots=True)
class State:
    """All that decides what the workbench shows, besides the story and the engine's answers."""

    cursor: int = ROOT
    """The node the cursor stands after."""
    tip: int = ROOT
    """The last node of the branch on screen; the cursor is on its path."""
    given: Given = field(default_factory=dict)
    """What the person set; never changed in place."""
    preset: frozenset[str] = frozenset()
    """Names in `given` that a preset set."""
    preset_name: str = ""
    seed: int = DEFAULT_SEED
    draws: int = 0
    status: EngineStatus = EngineStatus.STARTING
    fresh: int | None = None
    """The node the last step drew."""
    follow: bool = True
    """While a run is under way: whether the cursor goes along."""
    base: Settings = field(default_factory=lambda: resolve({}, {}, UNASKED))
    """In force when nothing is given: transformers' own until the model is open, then the model's."""

    # -- what is set ---------------------------------------------------------------------------------------------

    def settings(self) -> Settings:
        """Every parameter's value in force and its source, without asking the engine."""
        mine = {name: Setting(value, self._source(name)) for name, value in self.given.items()}
        return {**self.base, **mine}

    def _source(self, name: str) -> Source:
        return Source.PRESET if name in self.preset else Source.YOU

    @property
    def greedy(self) -> bool:
        """True if the most probable token is taken instead of drawing."""
        setting = self.settings().get("do_sample")
        return setting is not None and setting.value is False

    def change(self, values: Mapping[str, Value]) -> State:
        """The person sets these parameters."""
        return self._set({**self.given, **values}, self.preset - set(values))

    def off(self, name: str) -> State:
        """The parameter gets the value at which it does nothing."""
        return self.change({name: OFF[name]})

    def to_source(self, name: str) -> State:
        """The parameter is no longer given: its source decides again."""
        return self._set({key: value for key, value in self.given.items() if key != name}, self.preset - {name})

    def replace_given(self, given: Given) -> State:
        """Exactly these parameters are given; those that stay as a preset set them stay the preset's."""
        kept = frozenset(name for name in self.preset if name in given and given[name] == self.given.get(name))
        return self._set(dict(given), kept)

    def use_preset(self, name: str, values: Given) -> State:
        """A preset replaces what was given, but for how many tokens to draw."""
        kept = {key: value for key, value in self.given.items() if key in _KEPT_BY_PRESETS and key not in values}
        return replace(self._set({**kept, **values}, frozenset(values)), preset_name=name)

    def reset(self) -> State:
        """Nothing is given any more."""
        return self._set({}, frozenset())

    def _set(self, given: Given, preset: frozenset[str]) -> State:
        return replace(self, given=given, preset=preset, preset_name=self.preset_name if preset else "", draws=0)

    def switch_greedy(self) -> State:
        """Draw, or take the most probable token."""
        return self.to_source("do_sample") if self.greedy else self.change({"do_sample": False})

    def with_seed(self, seed: int) -> State:
        """Draw with this seed."""
        return replace(self, seed=seed, draws=0)

    def with_draws(self, draws: int) -> State:
        """Count this many draws at the cursor."""
        return replace(self, draws=draws)

    # -- where the cursor stands ---------------------------------------------------------------------------------

    def move(self, cursor: int) -> State:
        """The cursor stands after another node of the branch."""
        return replace(self, cursor=cursor, draws=0, fresh=None, follow=cursor == self.tip)

    def back(self, story: Story) -> State:
        """One token back, at most to the end of the prompt."""
        if self.cursor not in story or story[self.cursor].how is How.PROMPT:
            return self
        return self.move(story[self.cursor].parent)

    def forward(self, story: Story) -> State:
        """One token forward along the branch."""
        after = self.next_node(story)
        return self.move(after.id) if after else self

    def next_node(self, story: Story) -> Node | None:
        """The node with which the branch goes on at the cursor."""
        node_id = self.tip
        while node_id in story:
            node = story[node_id]
            if node.parent == self.cursor:
                return node
            node_id = node.parent
        return None

    def to_start(self, story: Story) -> State:
        """Right after the prompt."""
        prompt = prompt_end(story.path(self.tip))
        return self.move(prompt) if prompt != ROOT else self

    def to_end(self) -> State:
        """After the branch's last token."""
        return self.move(self.tip)

    def visit(self, story: Story, node_id: int) -> State:
        """The cursor stands after this node, on the branch on screen if it is there, else on the newest through it."""
        if is_above(story, node_id, self.tip):
            return self.move(node_id)
        return replace(self, tip=leaf(story, node_id)).move(node_id)

    def next_branch(self, story: Story) -> State:
        """The next branch of the story; the cursor stays where both have the same tokens, or at the fork."""
        tips = [node.id for node in story if not story.children(node.id)]
        if len(tips) < 2:
            return self
        tip = tips[(tips.index(self.tip) + 1) % len(tips)] if self.tip in tips else tips[0]
        return replace(self, tip=tip).move(_fork(story, self.cursor, tip))

    # -- what the model brought ----------------------------------------------------------------------------------

    def opened(self, settings: Settings) -> State:
        """A model is there, its story empty: what it and transformers decide where nothing is given."""
        return replace(self.move(ROOT), tip=ROOT, base=settings, status=EngineStatus.IDLE)

    def prompted(self, nodes: list[Node]) -> State:
        """A new prompt is in: the cursor stands after it."""
        return replace(self.move(nodes[-1].id), tip=nodes[-1].id, follow=True, status=EngineStatus.IDLE)

    def grown(self, story: Story, nodes: Iterable[Node]) -> State:
        """A step under way has brought nodes, new ones or some that were there: the cursor goes along if it follows."""
        state = self
        for node in nodes:
            if node.parent == state.tip:
                state = replace(state, tip=node.id)
            if state.follow and node.parent == state.cursor:
                if not is_above(story, node.id, state.tip):
                    state = replace(state, tip=leaf(story, node.id))
                state = replace(state, cursor=node.id, fresh=node.id, draws=0)
        return state

    def stepped(self, story: Story, tip: int) -> State:
        """Stepping has ended after node `tip`."""
        state = replace(self, status=EngineStatus.IDLE) if self.stepping else self
        if not self.follow or tip not in story:
            return state
        return replace(state.visit(story, tip), fresh=tip)

    @property
    def stepping(self) -> bool:
        """True while tokens are being drawn."""
        return self.status in (EngineStatus.STEP, EngineStatus.RUN)

    def begin(self, status: EngineStatus) -> State:
        """Something is under way."""
        state = replace(self, status=status)
        return replace(state, follow=True) if state.stepping else state


def prompt_end(path: Iterable[Node]) -> int:
    """The last prompt token's node; ROOT if there is none."""
    return next((node.id for node in reversed(list(path)) if node.how is How.PROMPT), ROOT)


def leaf(story: Story, node_id: int) -> int:
    """The end of the newest branch through this node."""
    while children := story.children(node_id):
        node_id = children[-1].id
    return node_id


def is_above(story: Story, node_id: int, tip: int) -> bool:
    """True if the node is on the path to `tip`, or is `tip`."""
    while tip in story and tip != node_id:
        tip = story[tip].parent
    return tip == node_id


def _fork(story: Story, cursor: int, tip: int) -> int:
    """The last node of `tip`'s path that is also on the cursor's path; the prompt's end where that is inside it."""
    path = story.path(tip)
    shared = {node.id for node in story.path(cursor)}
    last = next((node.id for node in reversed(path) if node.id in shared), ROOT)
    end = prompt_end(path)
    return last if last in story and story[last].position >= story[end].position else end
