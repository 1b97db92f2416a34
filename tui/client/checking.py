"""Checks what an engine sends, once, where it comes in: the far end may be another version, or no engine of ours.

msgspec has checked the types. Here is what types do not say and the program relies on: that nodes form a tree, that a
reply is the one that was asked for, that numbers are numbers. What does not hold ends the connection with one line.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Mapping

from tui.client.failures import PipeError
from tui.core.candidates import SERIES, Candidate, Plotted
from tui.core.order import ORDER, is_order
from tui.core.settings import Settings
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS
from tui.core.story import ROOT, How, Node, Story
from tui.core.tree import is_share, tree_problem
from tui.protocol import (
    Answer,
    AnyRequest,
    Catalog,
    Cataloged,
    Encode,
    Encoded,
    Failed,
    Finished,
    Grown,
    Job,
    Message,
    Open,
    Opened,
    Progress,
    Prompt,
    Prompted,
    Step,
    Stepped,
    Stop,
    Stopped,
    View,
    Viewed,
)

LONGEST = 4_000
"""Characters of a message: one of our engines sends half as many at most."""
MOST_NOTES = 200
MOST_TOKENS = 2**31
_STAGE_NUMBERS = 4
"""How many numbers a stage has in the stages plot."""
_REPLIES: Mapping[type[AnyRequest], type[Message]] = {
    Open: Opened, Prompt: Prompted, Encode: Encoded, Step: Stepped, View: Viewed, Job: Finished, Catalog: Cataloged,
    Stop: Stopped,
}  # fmt: skip


def check(answer: Answer, request: AnyRequest | None, story: Story, opened: Opened | None) -> None:
    """PipeError if an answer cannot be true of the story so far, the open model, or the `request` it replies to."""
    if request is not None and not isinstance(answer, Failed):
        _need(isinstance(answer, _REPLIES[type(request)]), f"{type(answer).__name__} to {type(request).__name__}")
    match answer:
        case Opened():
            _check_opened(answer)
        case Prompted():
            _check_prompted(answer, story, opened)
        case Grown():
            _check_nodes(answer.nodes, story, opened)
        case Stepped():
            _need(answer.tip in story, f"a step that ended at node {answer.tip}")
        case Viewed():
            _check_viewed(answer, request)
            _check_scored(answer.scored, story, opened)
        case Progress():
            _check_texts(answer.stage, answer.unit)
            _need(_count(answer.done) and (answer.total is None or _count(answer.total)), "a progress of no number")
        case Failed():
            _check_texts(answer.kind, answer.message, answer.remedy)
        case Encoded():
            _need(answer.count >= 0, f"a text of {answer.count} tokens")
        case Cataloged():
            sizes = [entry.files for entry in answer.entries] + [room.free for room in answer.rooms]
            _need(all(map(_count, sizes)), "a negative size")


def _need(true: bool, what: str) -> None:
    if not true:
        raise PipeError(f"The engine sent what cannot be: {what}.")


def _count(value: float) -> bool:
    """True for a finite number that is not negative."""
    return 0 <= value < math.inf


def _check_texts(*texts: str) -> None:
    _need(all(len(text) <= LONGEST for text in texts), f"a message of more than {LONGEST:,} characters")


# -- a model -----------------------------------------------------------------------------------------------------------


def _check_opened(opened: Opened) -> None:
    _check_texts(opened.model, opened.backend, opened.device, opened.dtype)
    _need(0 < opened.vocabulary <= MOST_TOKENS, f"a vocabulary of {opened.vocabulary} tokens")
    _need(opened.context is None or opened.context > 0, f"a context of {opened.context} tokens")
    _need(opened.head is None or 0 < opened.head <= opened.vocabulary, f"a head of {opened.head} tokens")
    _need(len(opened.notes) <= MOST_NOTES, f"{len(opened.notes):,} notes")
    _check_texts(*opened.notes)
    _check_settings(opened.settings)


def _check_settings(settings: Settings) -> None:
    """Every parameter is there, each a number of its kind; what a model sets may be out of its range."""
    _need(settings.keys() >= {*PARAMETERS, "do_sample", MAX_NEW_TOKENS.name}, "settings without every parameter")
    for name, setting in settings.items():
        _need(_right_kind(name, setting.value), f"{name!r} = {setting.value!r:.60}")


def _right_kind(name: str, value: object) -> bool:
    if name == ORDER:
        return is_order(value)
    return isinstance(value, bool) if name == "do_sample" else _number_or_none(value)


def _number_or_none(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value))


# -- nodes -------------------------------------------------------------------------------------------------------------


def _check_prompted(prompted: Prompted, story: Story, opened: Opened | None) -> None:
    """A prompt's nodes are one chain from the root."""
    _need(bool(prompted.nodes), "a prompt without tokens")
    parents = [ROOT, *(node.id for node in prompted.nodes)]
    for node, parent in zip(prompted.nodes, parents, strict=False):
        _need(node.parent == parent and node.how is How.PROMPT, f"a prompt that is no chain at node {node.id}")
    _check_nodes(prompted.nodes, story, opened)


def _check_nodes(nodes: Iterable[Node], story: Story, opened: Opened | None) -> None:
    problem = tree_problem(nodes, story, MOST_TOKENS if opened is None else opened.vocabulary)
    _need(not problem, problem)


# -- views -------------------------------------------------------------------------------------------------------------


def _check_viewed(viewed: Viewed, request: AnyRequest | None) -> None:
    if isinstance(request, View):
        _need((viewed.slot, viewed.at) == (request.slot, request.at), f"a view of {viewed.slot!r} at {viewed.at}")
        _need(viewed.plot is None or (request.plot is not None and viewed.plot.id == request.plot.id), "another plot")
        followed = None if viewed.followed is None else viewed.followed.token
        _need(followed in (None, request.follow), "another token than the branch goes on with")
    _check_settings(viewed.settings)
    right = _share_or_unknown if viewed.tail is not None else is_share
    _need(right(viewed.best) and right(viewed.kept_mass), "a mass of no number")
    _need(0 <= viewed.kept <= max(viewed.vocabulary, 0) and viewed.first >= 0, f"{viewed.kept} candidates kept")
    single = [one for one in (viewed.would, viewed.followed) if one is not None]
    shown = [*viewed.candidates, *viewed.found, *single]
    for candidate in shown:
        _check_candidate(candidate, viewed.vocabulary, right)
    for cut in viewed.cuts:
        _need(right(cut.mass) and cut.alone >= 0 and cut.left >= 0, f"what {cut.stage!r} leaves")
    known = (viewed.entropy.raw, viewed.entropy.tempered, viewed.entropy.final)
    unknown = viewed.tail is not None
    _need(all(_count(bits) or (unknown and math.isnan(bits)) for bits in known), "an entropy of no number")
    if viewed.plot is not None:
        _check_plot(viewed.plot, unknown=viewed.tail is not None)


def _check_scored(nodes: list[Node], story: Story, opened: Opened | None) -> None:
    """The nodes of a prompt are those that are there, with numbers."""
    for node in nodes:
        _need(node.id in story and node.how is How.PROMPT, f"a node {node.id} of no prompt")
    _check_nodes(nodes, story, opened)


def _check_candidate(candidate: Candidate, vocabulary: int, right: Callable[[float], bool]) -> None:
    _need(0 <= candidate.token < vocabulary, f"token {candidate.token} of {vocabulary:,}")
    _need(0 <= candidate.rank <= vocabulary, f"rank {candidate.rank} of {vocabulary:,}")
    shares = (candidate.raw, candidate.tempered, candidate.final, candidate.cumulative)
    _need(all(map(right, shares)), f"a probability of token {candidate.token}")


def _share_or_unknown(value: float) -> bool:
    return math.isnan(value) or is_share(value)


def _check_plot(plot: Plotted, *, unknown: bool) -> None:
    """All series of a plot are there and equally long, and their numbers are numbers where nothing is unknown."""
    _need(plot.series.keys() >= set(SERIES.get(plot.id, ())), f"the plot {plot.id!r} without all its series")
    lengths = {len(data) for data in plot.series.values()}
    _need(len(lengths) == 1, f"series of unequal length in the plot {plot.id!r}")
    length = lengths.pop()
    _need(length > 0 and not length % 4, f"series of no whole numbers in the plot {plot.id!r}")
    _need(plot.id != "stages" or length == 4 * _STAGE_NUMBERS, "a stage with other numbers than its own")
    _need(unknown or all(map(_finite, plot.series.values())), f"what is no number in the plot {plot.id!r}")


def _finite(data: bytes) -> bool:
    return all(math.isfinite(value) for (value,) in struct.iter_unpack("<f", data))
