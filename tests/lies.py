"""Engines that lie: each sends one thing that a true engine never sends.

A lie is a method of the engine and what becomes of its answer; `Liar` tells it each time.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from tests.scripted import ScriptedEngine
from tui.core.candidates import Candidate, Entropy, Plotted
from tui.core.settings import Setting, Source
from tui.core.story import How, Node
from tui.protocol import Encoded, Failed, Progress

NAN = math.nan


class Lie(NamedTuple):
    """What `method` answers becomes what `told` makes of it."""

    method: str
    told: Callable


def _settings(**values):
    """Settings in which some values are others; None takes one out."""

    def told(answer):
        settings = answer.settings | {name: Setting(value, Source.MODEL) for name, value in values.items()}
        return replace(answer, settings=settings)

    return told


def _without(name):
    return lambda answer: replace(answer, settings={k: v for k, v in answer.settings.items() if k != name})


def _with(**changes):
    return lambda answer: replace(answer, **changes)


def _nodes(change):
    """The nodes changed: `change` gets the list."""
    return lambda answer: replace(answer, nodes=change(list(answer.nodes)))


def _node(number, parent):
    return Node(number, parent, position=1, token=1, piece=b"?", how=How.PROMPT)


def _last(**changes):
    return _nodes(lambda nodes: [*nodes[:-1], replace(nodes[-1], **changes)])


def _best(**changes):
    """The first candidate changed."""
    return lambda answer: replace(
        answer, candidates=[replace(one, **changes) if one.rank == 1 else one for one in answer.candidates]
    )


def _series(change):
    def told(answer):
        return answer if answer.plot is None else replace(answer, plot=change(answer.plot))

    return told


def _floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


_CANDIDATE = Candidate(1, 1, b"x", False, 0.0, 0.5, 0.5, 0.5, 0.5, "")
HOSTILE = "\x1b]52;c;eA==\x07[/INST][@click=app.exit(3)]x[/] {quit} {dtype} \u202e"

LIES: Mapping[str, Lie] = {
    # the model
    "a text as a number": Lie("open", _settings(temperature="hot")),
    "a list as a number": Lie("open", _settings(top_k=[1])),
    "true as a number": Lie("open", _settings(top_k=True)),
    "a number as a switch": Lie("open", _settings(do_sample=3)),
    "NaN as a setting": Lie("open", _settings(temperature=NAN)),
    "infinity as a setting": Lie("open", _settings(top_p=math.inf)),
    "no temperature": Lie("open", _without("temperature")),
    "no do_sample": Lie("open", _without("do_sample")),
    "no settings": Lie("open", _with(settings={})),
    "no vocabulary": Lie("open", _with(vocabulary=0)),
    "a negative vocabulary": Lie("open", _with(vocabulary=-5)),
    "a vocabulary past all": Lie("open", _with(vocabulary=2**40)),
    "a negative context": Lie("open", _with(context=-1)),
    "a head larger than the vocabulary": Lie("open", _with(head=10**6)),
    "a million notes": Lie("open", _with(notes=["x"] * 1_000_000)),
    "a note without end": Lie("open", _with(notes=["x" * 10**7])),
    "a name without end": Lie("open", _with(model="x" * 10**7)),
    "another reply to Open": Lie("open", lambda answer: Encoded(id=answer.id, count=1)),
    # the prompt
    "no nodes": Lie("prompt", _nodes(lambda nodes: [])),
    "a node that is its own parent": Lie("prompt", _nodes(lambda nodes: [replace(n, parent=n.id) for n in nodes])),
    "a cycle": Lie("prompt", _nodes(lambda nodes: [replace(nodes[0], parent=nodes[-1].id), *nodes[1:]])),
    "a parent that is not there": Lie("prompt", _last(parent=9999)),
    "two chains": Lie("prompt", _last(parent=0)),
    "children first": Lie("prompt", _nodes(lambda nodes: nodes[::-1])),
    "the root as a node": Lie("prompt", _last(id=0)),
    "a negative node": Lie("prompt", _last(id=-3)),
    "the same number twice": Lie("prompt", _nodes(lambda nodes: [*nodes, replace(nodes[-1], parent=nodes[-1].id)])),
    "a position that is none": Lie("prompt", _last(position=77)),
    "a token past the vocabulary": Lie("prompt", _last(token=10**6)),
    "a negative token": Lie("prompt", _last(token=-1)),
    "a prompt that was drawn": Lie("prompt", _last(how=How.SAMPLED)),
    "a hostile refusal": Lie("prompt", lambda a: Failed(id=a.id, kind="run", message=HOSTILE, remedy=HOSTILE)),
    "a refusal without end": Lie("prompt", lambda a: Failed(id=a.id, kind="run", message="\x1b" * 10**7)),
    "progress as a reply": Lie("prompt", lambda a: Progress(of=a.id, stage=HOSTILE, done=NAN, total=-1)),
    # a view
    "NaN as a probability": Lie("view", _best(raw=NAN)),
    "minus one as a probability": Lie("view", _best(final=-1.0)),
    "two as a probability": Lie("view", _best(tempered=2.0)),
    "infinity as a sum": Lie("view", _best(cumulative=math.inf)),
    "a candidate past the vocabulary": Lie("view", _best(token=10**6)),
    "a rank past the vocabulary": Lie("view", _best(rank=10**6)),
    "a token that the branch does not go on with": Lie("view", _with(followed=_CANDIDATE)),
    "a NaN mass": Lie("view", _with(kept_mass=NAN)),
    "a NaN best": Lie("view", _with(best=NAN)),
    "a NaN entropy": Lie("view", _with(entropy=Entropy(NAN, NAN, NAN))),
    "a negative first": Lie("view", _with(first=-9)),
    "more kept than there are": Lie("view", _with(kept=10**9)),
    "another slot": Lie("view", _with(slot="elsewhere")),
    "numbers of a node that is not there": Lie("view", _with(scored=[_node(99, 98)])),
    "numbers of a node with another parent": Lie("view", _with(scored=[_node(2, 0)])),
    "numbers of another token": Lie("view", _with(scored=[_node(2, 1)])),
    "another place": Lie("view", _with(at=4711)),
    "a view without settings": Lie("view", _with(settings={})),
    "curves of unequal length": Lie(
        "view", _series(lambda plot: Plotted(plot.id, plot.series | {"raw": _floats(0.1)}))
    ),
    "half a number in a curve": Lie("view", _series(lambda plot: Plotted(plot.id, dict.fromkeys(plot.series, b"abc")))),
    "NaN in a curve": Lie(
        "view", _series(lambda plot: Plotted(plot.id, dict.fromkeys(plot.series, _floats(1.0, NAN))))
    ),
    "empty curves": Lie("view", _series(lambda plot: Plotted(plot.id, dict.fromkeys(plot.series, b"")))),
    "no curves": Lie("view", _series(lambda plot: Plotted(plot.id, {}))),
    "another plot": Lie("view", _series(lambda plot: Plotted("elsewhere", plot.series))),
    # a step
    "a grown node without a parent": Lie("step", lambda node: replace(node, parent=9999)),
    "a grown node that is its own parent": Lie("step", lambda node: replace(node, parent=node.id)),
    "a grown node in place of another": Lie("step", lambda node: replace(node, id=1)),
    "a grown node of odd settings": Lie("step", lambda node: replace(node, given={"warmth": 3.0})),
    "a grown node with a probability of 7": Lie("step", lambda node: replace(node, raw=7.0)),
    "a grown node with a kept mass of 7": Lie("step", lambda node: replace(node, kept_mass=7.0)),
    "a grown node with a negative surprisal": Lie("step", lambda node: replace(node, surprisal=-math.inf)),
    "a step that ends nowhere": Lie("stepped", _with(tip=31337)),
}
"""Every lie by its name."""
TRUE = {"a hostile refusal"}
"""What an engine may do: it is shown, and the engine stays."""


class Liar(ScriptedEngine):
    """A scripted engine that tells one lie."""

    def __init__(self, lie: Lie) -> None:
        super().__init__()
        self._lie = lie

    def _told(self, method, answer):
        return self._lie.told(answer) if self._lie.method == method else answer

    def open(self, request, report):
        return self._told("open", super().open(request, report))

    def prompt(self, request, report):
        return self._told("prompt", super().prompt(request, report))

    def view(self, request, report):
        return self._told("view", super().view(request, report))

    def step(self, request, report):
        steps = super().step(request, report)
        while True:
            try:
                node = next(steps)
            except StopIteration as end:
                return self._told("stepped", end.value)
            yield self._told("step", node)
