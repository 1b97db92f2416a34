"""The engine: a model, the story, and the logits after its nodes. It has no cursor; every request names its node."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import torch

from tui.core.origin import Origin
from tui.core.progress import Report, Tell, quiet, stoppable, untold
from tui.core.settings import Given, Settings, check_defaults, check_without_logits, resolve, validate
from tui.core.story import ROOT, How, Node, Story
from tui.engine.comparing import compared
from tui.engine.decide import Decide, Distribution, distribution, draw, node_numbers
from tui.engine.head_chain import head_distribution
from tui.engine.kept_logits import DEFAULT_BUDGET, LogitsStore
from tui.engine.places import Path, Place, Places
from tui.engine.restoring import check_story
from tui.engine.stopping import stop_reason
from tui.engine.views import Viewer, reached
from tui.errors import InputError, StoppedError
from tui.models.backends import open_model
from tui.models.base import CONTEXT, Model
from tui.models.failing import failing
from tui.protocol import (
    Catalog,
    Cataloged,
    Encode,
    Encoded,
    Finished,
    Job,
    Open,
    Opened,
    Prompt,
    Prompted,
    Step,
    Stepped,
    View,
    Viewed,
)
from tui.sampling.draw import DrawStreams

JobRunner = Callable[["Engine", Mapping[str, Any], Report, Tell], dict[str, object]]
Loader = Callable[[Origin, Report], Model]


@dataclass(frozen=True)
class _Session:
    """An open model with all that belongs to it; replaced as one value, so that a view never sees a mixture."""

    model: Model
    story: Story
    places: Places
    viewer: Viewer
    streams: DrawStreams
    decide: Decide
    """Turns logits into a distribution; a different function where only a head is known."""


class Engine:
    """Answers requests synchronously.

    `open`, `prompt`, `step` and `job` run on one thread, `view` and `encode` on another, `stop` on any.
    """

    def __init__(
        self,
        load: Loader = open_model,
        jobs: Mapping[str, JobRunner] | None = None,
        accepted: Callable[[Node], None] | None = None,
    ) -> None:
        """`accepted` is called with each node that is added to the story, such as for a journal."""
        self._load = load
        self._jobs = jobs or {}
        self._accepted = accepted
        self._stopping = threading.Event()
        self._stops = 0
        """How many stops there were. A view or count ends if the number grows while it waits for the model."""
        self._session: _Session | None = None

    @property
    def _open(self) -> _Session:
        if self._session is None:
            raise InputError("No model is open.", "Open one first.")
        return self._session

    @property
    def model(self) -> Model:
        """The open model; InputError if there is none."""
        return self._open.model

    @property
    def story(self) -> Story:
        """The open model's story."""
        return self._open.story

    @property
    def places(self) -> Places:
        """The open model's places: the logits after any node."""
        return self._open.places

    @property
    def decide(self) -> Decide:
        """Turns a place's logits into a distribution, as fits the open model."""
        return self._open.decide

    @property
    def revision(self) -> int:
        """How many nodes the story has."""
        return len(self._session.story) if self._session else 0

    def stop(self) -> None:
        """End what is running: at the next forward or layer of a prefill, or while it waits for a server."""
        self._stops += 1
        self._stopping.set()

    def open(self, request: Open, report: Report) -> Opened:
        """Load a model and start its story; the old model stays open until the new one is ready.

        ModelError if `request.story` has other tokens than the model.
        """
        self._stopping.clear()
        model = self._load(request.origin, stoppable(self._stopping.is_set, "The loading", report))
        info, story = model.info, Story(request.story)
        check_story(story, request.story_vocabulary, model)
        kept = LogitsStore(DEFAULT_BUDGET if request.logits_budget is None else request.logits_budget)
        viewer = Viewer(model.tokens, info.vocabulary, info.device, info.head is not None)
        streams = DrawStreams(info.vocabulary, info.device)
        decide: Decide = distribution if info.head is None else head_distribution
        self._session = _Session(model, story, Places(model, story, kept), viewer, streams, decide)
        return Opened(
            id=request.id, model=info.name, vocabulary=info.vocabulary, context=info.context, device=info.device,
            dtype=info.dtype, exact=model.reference is not None, settings=self._resolved({}), notes=list(info.notes),
            backend=info.backend, head=info.head, chat=info.chat, trusted=info.trusted, logits=info.logits,
        )  # fmt: skip

    def settings(self, given: Given) -> Settings:
        """Every parameter's value in force and its source.

        InputError for a value out of range, or for a parameter that this model cannot apply.
        """
        validate(given)
        info, settings = self.model.info, self._resolved(given)
        check_defaults(settings, info.refused)
        if not info.logits:
            check_without_logits(settings)
        return settings

    def _resolved(self, given: Given) -> Settings:
        info = self.model.info
        return resolve(given, info.generation, info.defaults)

    def encode(self, request: Encode) -> Encoded:
        """Count a text's tokens."""
        before = self._stops
        watch = stoppable(lambda: self._stops > before, "The count", quiet)
        return Encoded(id=request.id, count=len(self._ids(request, watch)))

    def _ids(self, request: Encode | Prompt, watch: Report) -> list[int]:
        tokens = self.model.tokens
        with failing("The tokenizer"):
            if request.chat:
                return tokens.encode_chat(request.text, request.system, watch)
            return tokens.encode(request.text, watch, add_special_tokens=request.add_special_tokens)

    def catalog(self, request: Catalog) -> Cataloged:
        """The models on this machine. The modules it needs are imported by the first call."""
        from tui.models import catalog

        return Cataloged(id=request.id, entries=catalog.entries(), rooms=catalog.rooms())

    def prompt(self, request: Prompt, report: Report) -> Prompted:
        """Add a prompt below the root and compute the logits after it. The same prompt again gives the same nodes."""
        self._stopping.clear()
        watch = stoppable(self._stopping.is_set, "The prompt", report)
        ids = self._ids(request, watch) if request.ids is None else request.ids
        check_ids(ids, self.model.info.vocabulary)
        places = self._open.places
        decoder, logits = places.open_prompt(ids, watch)
        nodes = self._add_prompt(ids)
        places.keep_prompt(nodes[-1].id, decoder, logits)
        plain = request.ids is None and not request.chat and request.add_special_tokens
        notes = self.model.tokens.notes(ids, plain=plain)
        return Prompted(id=request.id, revision=self.revision, nodes=nodes, notes=notes)

    def _add_prompt(self, ids: Sequence[int]) -> list[Node]:
        nodes: list[Node] = []
        parent = ROOT
        for position, token in enumerate(ids):
            before = ids[max(0, position - CONTEXT) : position]
            nodes.append(
                self.story.child(parent, token, prompt=True) or self._new_node(parent, before, position, token)
            )
            parent = nodes[-1].id
        return nodes

    def _new_node(self, parent: int, before: Sequence[int], position: int, token: int, **fields: Any) -> Node:
        tokens, story = self.model.tokens, self.story
        piece, special = tokens.piece(token, before), tokens.special(token)
        node = Node(story.next_id, parent, position, token, piece, special, **fields)
        story.add([node])
        if self._accepted is not None:
            self._accepted(node)
        return node

    # -- stepping ----------------------------------------------------------------------------------------------------

    def step(self, request: Step, report: Report = quiet) -> Generator[Node, None, Stepped]:
        """Yield each node added or met again; return the last node's id and why the stepping ended there."""
        steps = self.steps(request, report)
        while True:
            try:
                node, _ = next(steps)
            except StopIteration as end:
                ended: Stepped = end.value
                return ended
            yield node

    def steps(self, request: Step, report: Report = quiet) -> Generator[tuple[Node, Distribution], None, Stepped]:
        """As `step`, but each node comes with the distribution its token was taken from."""
        self._stopping.clear()
        watch = stoppable(self._stopping.is_set, "The step", report)
        settings = self.settings(request.given)
        self._check_node(request.at)
        path, done = Path(self.story.path(request.at)), 0
        model = self.model
        while not (reason := self._stopped() or stop_reason(model, path, settings, request, done)):
            try:
                node, dist = self._step_once(path, settings, request, watch)
            except StoppedError:
                return Stepped(id=request.id, tip=path.tip.id, reason="stopped")
            yield node, dist
            path.append(node)
            done += 1
        return Stepped(id=request.id, tip=path.tip.id, reason=reason)

    def _stopped(self) -> str:
        return "stopped" if self._stopping.is_set() else ""

    def _step_once(self, path: Path, settings: Settings, request: Step, watch: Report) -> tuple[Node, Distribution]:
        """Add one token at the end of a path: the requested one, or one that is drawn."""
        place = self._open.places.after(path, request.given, watch)
        with failing("The step"), torch.inference_mode():
            dist = self._open.decide(place, settings, request.seed)
            if request.token is None:
                token, how = draw(dist, self._open.streams[request.seed], place.position)
            else:
                check_ids([request.token], self.model.info.vocabulary)
                token, how = request.token, How.CHOSEN
            node = self.story.child(place.node, token, prompt=False)
            return node or self._record(place, dist, token, how, request), dist

    def _record(self, place: Place, dist: Distribution, token: int, how: How, request: Step) -> Node:
        return self._new_node(
            place.node, place.before, place.ids.shape[1], token, how=how, given=request.given, seed=request.seed,
            ms=place.ms, **node_numbers(dist, token),
        )  # fmt: skip

    # -- views -------------------------------------------------------------------------------------------------------

    def view(self, request: View, report: Report = quiet) -> Viewed:
        """Describe the distribution after a node, or (with `reach`, `score`) certain nodes' own tokens."""
        session, before = self._open, self._stops
        watch = stoppable(lambda: self._stops > before, "The wait for the model", report)
        self._check_node(request.at)
        if asked := [*request.tokens, *([] if request.follow is None else [request.follow])]:
            check_ids(asked, self.model.info.vocabulary)
        settings = self.settings(request.given)
        if not (request.reach or request.score):
            place = session.places.at(request.at, request.given, watch)
            viewed = session.viewer.view(request, place, settings, self.revision)
            return (
                viewed if request.against is None else self._compared(session, request, request.against, viewed, watch)
            )
        nodes = [session.story[node] for node in request.reach if node in session.story]
        return Viewed(
            id=request.id, slot=request.slot, at=request.at, revision=self.revision, settings=settings,
            given=request.given, seed=request.seed,
            scored=session.places.score(request.at, watch) if request.score else [],
            reached=reached(
                nodes, lambda at: session.places.at(at, request.given, watch), settings, request.seed,
                decide=session.decide,
            ),
        )  # fmt: skip

    def _compared(self, session: _Session, request: View, against: Given, viewed: Viewed, watch: Report) -> Viewed:
        """The view, and how its settings differ from `against`."""
        with torch.inference_mode():
            here, there = (
                self._distribution(session, request.at, given, request.seed, watch)
                for given in (request.given, against)
            )
            return msgspec.structs.replace(viewed, compared=compared(here, there))

    def distribution(self, at: int, given: Given, seed: int, report: Report = quiet) -> Distribution:
        """The distribution after a node under these settings: that which a step there draws from."""
        self._check_node(at)
        return self._distribution(self._open, at, given, seed, report)

    def _distribution(self, session: _Session, at: int, given: Given, seed: int, report: Report) -> Distribution:
        settings = self.settings(given)
        return session.decide(session.places.at(at, given, report), settings, seed)

    def _check_node(self, node: int) -> None:
        if node not in self.story:
            raise InputError(f"There is no node {node}.", "Send a prompt first.")

    def job(self, request: Job, report: Report, tell: Tell = untold) -> Finished:
        """Run the experiment of this name. InputError if there is none, StoppedError if it was stopped."""
        self._stopping.clear()
        runner = self._jobs.get(request.kind)
        if runner is None:
            raise InputError(f"There is no experiment {request.kind!r}.", f"Known: {', '.join(self._jobs) or 'none'}.")
        watch = stoppable(self._stopping.is_set, "The experiment", report)
        return Finished(id=request.id, result=runner(self, request.parameters, watch, tell))


def check_ids(ids: Sequence[int], vocabulary: int) -> None:
    """InputError if `ids` is empty or holds an id outside the vocabulary."""
    wrong = next((token for token in ids if not 0 <= token < vocabulary), None)
    if not ids or wrong is not None:
        what = "The prompt has no tokens." if not ids else f"There is no token {wrong}."
        raise InputError(what, f"Ids go from 0 to {vocabulary - 1}.")
