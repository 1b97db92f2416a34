"""The workbench's state: cursor, branch, settings given, and what the engine is doing. Immutable; imports no textual.

Every change is a method that returns a new state. The story is kept by the client's mirror and only grows, so the
state holds node ids, and methods that read the story take it as an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tui.core.order import LLAMA_CPP, ORDER
from tui.core.settings import DEFAULT_SEED, OFF, UNASKED, Given, Setting, Settings, Source, Value, resolve
from tui.core.story import ROOT, How, Node, Story
from tui.explorer.branches import is_on_path, tips
from tui.explorer.status import EngineStatus


@dataclass(frozen=True, slots=True)
class State:
    """What decides the picture, besides the story and the engine's replies."""

    cursor: int = ROOT
    """Id of the node after which the cursor stands."""
    tip: int = ROOT
    """Id of the last node of the branch on screen; the cursor's node is on its path."""
    given: Given = field(default_factory=dict)
    """The parameters set by the person or a preset; never changed in place."""
    preset: frozenset[str] = frozenset()
    """Names of the parameters in `given` that a preset set."""
    preset_name: str = ""
    seed: int = DEFAULT_SEED
    draws: int = 0
    status: EngineStatus = EngineStatus.STARTING
    fresh: int | None = None
    """Id of the node that the last step drew or took."""
    follow: bool = True
    """Whether the cursor follows the tokens that a run draws."""
    base: Settings = field(default_factory=lambda: resolve({}, {}, UNASKED))
    """The settings in force where nothing is given: transformers' defaults until a model is open, then the model's."""

    # -- settings ------------------------------------------------------------------------------------------------

    def settings(self) -> Settings:
        """Every parameter's value in force and its source, computed without the engine."""
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
        """Set these parameters, as given by the person."""
        return self._set({**self.given, **values}, self.preset - set(values))

    def off(self, name: str) -> State:
        """Set the parameter to the value at which it does nothing."""
        return self.change({name: OFF[name]})

    def to_source(self, name: str) -> State:
        """Remove the parameter from `given`: its value comes from the model or transformers again."""
        return self._set({key: value for key, value in self.given.items() if key != name}, self.preset - {name})

    def replace_given(self, given: Given) -> State:
        """Replace `given`; a parameter whose value a preset set and which is unchanged still counts as the preset's."""
        kept = frozenset(name for name in self.preset if name in given and given[name] == self.given.get(name))
        return self._set(dict(given), kept)

    def use_preset(self, name: str, values: Given) -> State:
        """Replace `given` by a preset's values, but for a `max_new_tokens` that the person has set."""
        own = own_length(self)
        return replace(self._set({**values, **own}, frozenset(values) - set(own)), preset_name=name)

    def set_by_preset(self, name: str, value: Value) -> State:
        """Set one more parameter as the preset in use does; what the person has set since stays."""
        return self._set({**self.given, name: value}, self.preset | {name})

    def reset(self) -> State:
        """Empty `given`, but for a `max_new_tokens` that the person has set."""
        return self._set(own_length(self), frozenset())

    def _set(self, given: Given, preset: frozenset[str]) -> State:
        return replace(self, given=given, preset=preset, preset_name=self.preset_name if preset else "", draws=0)

    def switch_greedy(self) -> State:
        """Switch between drawing and always taking the most probable token."""
        return self.to_source("do_sample") if self.greedy else self.change({"do_sample": False})

    def switch_order(self) -> State:
        """Switch between transformers' order of the stages and llama.cpp's; from any other order to transformers'."""
        return self.to_source(ORDER) if ORDER in self.given else self.change({ORDER: LLAMA_CPP})

    def with_seed(self, seed: int) -> State:
        """Draw with this seed."""
        return replace(self, seed=seed, draws=0)

    def with_draws(self, draws: int) -> State:
        """Count this many draws at the cursor; 0 for none."""
        return replace(self, draws=draws)

    @property
    def decisions(self) -> tuple[object, ...]:
        """The parts of a state that a person decides and can undo."""
        return (self.cursor, self.tip, self.given, self.preset, self.preset_name, self.seed)

    def restored(self, other: State, story: Story) -> State:
        """The cursor, branch, settings and seed of another state of the same story.

        A branch that has grown since goes on as it does now: its tokens stay behind the cursor.
        """
        tip = self.tip if is_on_path(story, other.tip, self.tip) else other.tip
        back = replace(
            self, tip=tip, given=other.given, preset=other.preset, preset_name=other.preset_name, seed=other.seed
        )
        return back.move(other.cursor)

    # -- cursor and branch ---------------------------------------------------------------------------------------

    def move(self, cursor: int) -> State:
        """Put the cursor after another node of the branch."""
        return replace(self, cursor=cursor, draws=0, fresh=None, follow=cursor == self.tip)

    def back(self, story: Story) -> State:
        """Move one token back, at most to the first of the prompt: before it there is nothing."""
        if self.cursor not in story or story[self.cursor].parent == ROOT:
            return self
        return self.move(story[self.cursor].parent)

    def forward(self, story: Story) -> State:
        """Move one token forward along the branch."""
        after = self.next_node(story)
        return self.move(after.id) if after else self

    def next_node(self, story: Story) -> Node | None:
        """The branch's node right after the cursor; None at its end."""
        node_id = self.tip
        while node_id in story:
            node = story[node_id]
            if node.parent == self.cursor:
                return node
            node_id = node.parent
        return None

    def to_start(self, story: Story) -> State:
        """Move to the end of the prompt."""
        prompt = prompt_end(story.path(self.tip))
        return self.move(prompt) if prompt != ROOT else self

    def to_end(self) -> State:
        """Move behind the branch's last token."""
        return self.move(self.tip)

    def visit(self, story: Story, node_id: int) -> State:
        """Put the cursor after this node; if it is not on this branch, switch to the newest branch through it."""
        if is_on_path(story, node_id, self.tip):
            return self.move(node_id)
        return replace(self, tip=leaf(story, node_id)).move(node_id)

    def next_branch(self, story: Story) -> State:
        """Switch to the next branch of this prompt; the cursor stays if its node is on both, else goes to the fork."""
        ends = [end for end in tips(story) if prompt_end(story.path(end)) == prompt_end(story.path(self.tip))]
        ends = ends if len(ends) > 1 else tips(story)  # of this prompt, or if that has one only, of any
        if len(ends) < 2:
            return self
        return self.to_branch(story, ends[(ends.index(self.tip) + 1) % len(ends)] if self.tip in ends else ends[0])

    def to_branch(self, story: Story, tip: int) -> State:
        """Switch to the branch that ends with this node."""
        return replace(self, tip=tip).move(_fork(story, self.cursor, tip))

    # -- replies of the engine -----------------------------------------------------------------------------------

    def opened(self, settings: Settings) -> State:
        """A model is open and its story empty; `settings` are in force where nothing is given."""
        return replace(self.move(ROOT), tip=ROOT, base=settings, status=EngineStatus.IDLE)

    def prompted(self, nodes: list[Node]) -> State:
        """A new prompt was read: put the cursor after it."""
        return replace(self.move(nodes[-1].id), tip=nodes[-1].id, follow=True, status=EngineStatus.IDLE)

    def grown(self, story: Story, nodes: Iterable[Node]) -> State:
        """A step under way has sent nodes, new or known ones: extend the branch, and move the cursor if it follows."""
        state = self
        for node in nodes:
            if node.parent == state.tip:
                state = replace(state, tip=node.id)
            if state.follow and node.parent == state.cursor:
                if not is_on_path(story, node.id, state.tip):
                    state = replace(state, tip=leaf(story, node.id))
                state = replace(state, cursor=node.id, fresh=node.id, draws=0)
        return state

    def stepped(self, story: Story, tip: int) -> State:
        """A step or run has ended at node `tip`."""
        state = replace(self, status=EngineStatus.IDLE) if self.stepping else self
        if not self.follow or tip not in story:
            return state
        return replace(state.visit(story, tip), fresh=tip)

    @property
    def stepping(self) -> bool:
        """True while tokens are being drawn."""
        return self.status in (EngineStatus.STEP, EngineStatus.RUN)

    def begin(self, status: EngineStatus) -> State:
        """Set what the engine is doing; a step or run makes the cursor follow."""
        state = replace(self, status=status)
        return replace(state, follow=True) if state.stepping else state


def own_length(state: State) -> Given:
    """`max_new_tokens`, if the person has set it: presets and reset leave it, for it is no sampling parameter."""
    name = "max_new_tokens"
    return {name: state.given[name]} if name in state.given and name not in state.preset else {}


def prompt_end(path: Iterable[Node]) -> int:
    """Id of the last prompt token's node; ROOT if the path has none."""
    return next((node.id for node in reversed(list(path)) if node.how is How.PROMPT), ROOT)


def leaf(story: Story, node_id: int) -> int:
    """Id of the last node of the newest branch through this node."""
    while children := story.children(node_id):
        node_id = children[-1].id
    return node_id


def _fork(story: Story, cursor: int, tip: int) -> int:
    """The last node of `tip`'s path that is also on the cursor's path; the prompt's end where that is inside it."""
    path = story.path(tip)
    shared = {node.id for node in story.path(cursor)}
    last = next((node.id for node in reversed(path) if node.id in shared), ROOT)
    end = prompt_end(path)
    return last if last in story and story[last].position >= story[end].position else end
