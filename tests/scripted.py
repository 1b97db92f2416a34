"""ScriptedEngine: the engine's methods on a small vocabulary in plain Python. No torch, and always the same numbers.

The logits are a function of the ids, or come from the `logits` given. What a test wants to happen inside a forward
(wait, fail, die) it hangs on `before_forward`; `Gate` is the usual thing to hang there.
"""

from __future__ import annotations

import math
import random
import re
import threading
import zlib
from collections.abc import Callable, Generator, Sequence
from itertools import pairwise

import msgspec

from tests.scripted_heads import Head
from tests.scripted_math import Distribution, compared
from tests.scripted_sweep import sweep
from tui.core.catalog import Entry, Room
from tui.core.progress import quiet, stoppable, untold
from tui.core.settings import OFF, Given, Settings, resolve, validate
from tui.core.story import How, Node, Story
from tui.errors import InputError, ModelError, RunError
from tui.protocol import (
    Candidate,
    Catalog,
    Cataloged,
    Compared,
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

UNICORN = (
    "In a shocking finding, scientist discovered a herd of unicorns living in a remote, previously unexplored valley,"
    " in the Andes Mountains. Even more surprising to the researchers was the fact that the unicorns spoke perfect"
    " English."
)
EOS = 0
_CHUNK = re.compile(r" ?\w+|\s|[^\w\s]")

_SIGNS = [b"<|end|>", b".", b"\n", b"\xe2\x80", b"\x9c"]
_COMMON = (
    " the of scientists unicorns herd studied DNA were 한국 They She A one two white horned creatures tribe forest"
    " language Dr said found small group animals mountain river years ago people"
)
WORDS: list[bytes] = list(
    dict.fromkeys(_SIGNS + [chunk.encode() for text in (_COMMON, UNICORN) for chunk in _CHUNK.findall(text)])
)
"""An end token, a few words, half characters, and every token of the unicorn prompt: about 60 pieces."""

HOSTILE: list[bytes] = [
    b"<|end|>", b"[/INST]", b"[/b]", b"[/]", b"[", b"\\[", b"[@click=app.exit(3)]", b"[link=https://x]", b"[bold red]x",
    b"\x1b[2J", b"\x1b]52;c;aGk=\x07", b"\x1b]0;title\x07", b"\x1bP1$r\x1b\\", "\x9b31m".encode(), b"\x9b", b"\x00",
    b"\x07", b"\x7f", b"\r", b"\n", b"\t", b"\x0e", b"", b" ", b"   ", "\u202eevil".encode(), "\u2066x\u2069".encode(),
    "\u0301".encode(), "e\u0301\u0301".encode(), "\u200b".encode(), "\u200d".encode(), "👨‍👩‍👧".encode(),
    "👍🏽".encode(),
    "한국어".encode(), "ﷺ".encode(), "\ufeff".encode(), "\ufffd".encode(), "\U000e0041".encode(), "\ue000".encode(),
    b"\xe2", b"\xe2\x80", b"\x9c", b"\xff\xfe", b"\xed\xa0\x80", b"x" * 300, "ｗｉｄｅ".encode(), b"{[(<`'\"$!#%&*",
]  # fmt: skip
"""Tokens that break a careless screen: markup, escapes, C1, bidi, marks, nothing, half characters, a long one."""


class Gate:
    """A `before_forward` that holds every forward until the test releases it; without permits it blocks at once."""

    def __init__(self, permits: int = 0) -> None:
        self._permits = threading.Semaphore(permits)
        self.waiting = threading.Event()
        """Set while a forward waits."""

    def __call__(self, forwards: int) -> None:
        if self._permits.acquire(blocking=False):
            return
        self.waiting.set()
        self._permits.acquire()
        self.waiting.clear()

    def let(self, forwards: int = 1) -> None:
        """Release this many forwards."""
        self._permits.release(forwards)


class ScriptedEngine:
    """An `EngineLike` (see `tui.engine.port`) without a model.

    `before_forward(n)` is called before the n-th forward (from 1: a prompt's, then one a token that needs a row),
    on the model thread: it may wait, raise, or end the process.
    """

    def __init__(
        self,
        vocabulary: Sequence[bytes] = WORDS,
        logits: Callable[[tuple[int, ...]], Sequence[float]] | None = None,
        before_forward: Callable[[int], None] | None = None,
        context: int | None = 1024,
        model_settings: Given | None = None,
        chat: bool = False,
        head: int | None = None,
    ) -> None:
        """With `head` it knows only the best `head` tokens of each distribution, as from a server."""
        self.vocabulary = list(vocabulary)
        self.story = Story()
        self.opened_with: list[Open] = []
        """Every `Open` received so far; a restarted engine gets the story in it."""
        self.stopped = threading.Event()
        self.forwards = 0
        self.cached = [
            Entry(name="gpt2", files=548 << 20, parameters=124_439_808, dtype="float32"),
            Entry(name="big/model", files=140 << 30, parameters=70_000_000_000, dtype="bfloat16"),
        ]
        """The entries that `catalog` lists besides the demo model."""
        self.views = 0
        """How many views were computed."""
        self._logits = logits or self._made_up
        self.before_forward = before_forward
        self._context, self._head, self._chat = context, head, chat
        self._model_settings = model_settings or {}
        self._rows: dict[int, Sequence[float]] = {}

    @property
    def revision(self) -> int:
        return len(self.story)

    def stop(self) -> None:
        self.stopped.set()

    # -- loading and prompts -----------------------------------------------------------------------------------------

    def open(self, request: Open, report) -> Opened:
        self.opened_with.append(request)
        model = request.origin.model
        if model is not None and model.startswith("missing"):
            raise InputError(f"There is no model {model!r}.", "Give a folder or a Hugging Face id.")
        if request.story_vocabulary not in (None, len(self.vocabulary)):
            raise ModelError(f"The story was drawn from {request.story_vocabulary} tokens.", "Open its own model.")
        for done in range(3):
            report("loading weights", done, 2, "files")
        self.story, self._rows = Story(request.story), {}
        return Opened(
            id=request.id, model=model or "scripted", vocabulary=len(self.vocabulary), context=self._context,
            device="cpu", dtype="float32", exact=True, settings=self._settings({}), notes=["num_beams 4: overridden"],
            chat=self._chat, trusted=request.origin.trusting,
            head=self._head, backend="transformers" if self._head is None else "OpenAI-compatible",
        )  # fmt: skip

    def encode(self, request: Encode) -> Encoded:
        return Encoded(id=request.id, count=len(self._encode(self._templated(request))))

    def _templated(self, request: Encode | Prompt) -> str:
        return f"{request.system}. {request.text} She said" if request.chat else request.text

    def catalog(self, request: Catalog) -> Cataloged:
        entries = [Entry(name="", files=14 << 20, parameters=6_900_000, dtype="bfloat16"), *self.cached]
        return Cataloged(id=request.id, entries=entries, rooms=[Room(device="cpu", free=8 << 30, total=16 << 30)])

    def prompt(self, request: Prompt, report) -> Prompted:
        self.stopped.clear()
        pairs = self._pairs(request.ids) if request.ids is not None else self._encode(self._templated(request))
        if self._context is not None and len(pairs) > self._context:
            raise InputError(f"The prompt has {len(pairs)} tokens, the model's context {self._context}.", "Shorten it.")
        self.wait_for_forward()
        nodes: list[Node] = []
        for position, (token, piece) in enumerate(pairs):
            parent = nodes[-1].id if nodes else 0
            # Compared by bytes: all words that the vocabulary lacks have the same id.
            there = (node for node in self.story.children(parent) if node.how is How.PROMPT and node.piece == piece)
            nodes.append(next(there, None) or self._new(parent, position, token, piece))
            report("reading the prompt", position + 1, len(pairs), "tokens")
        return Prompted(id=request.id, revision=self.revision, nodes=nodes)

    def _pairs(self, ids: Sequence[int]) -> list[tuple[int, bytes]]:
        if wrong := [token for token in ids if not 0 <= token < len(self.vocabulary)]:
            raise InputError(f"There is no token {wrong[0]}.")
        return [(token, self.vocabulary[token]) for token in ids]

    def _encode(self, text: str) -> list[tuple[int, bytes]]:
        """Encode words and signs; a word that the vocabulary lacks keeps its bytes under the last id."""
        known = {piece: token for token, piece in reversed(list(enumerate(self.vocabulary)))}
        pieces = [chunk.encode("utf-8", "replace") for chunk in _CHUNK.findall(text)] or [self.vocabulary[EOS]]
        return [(known.get(piece, len(self.vocabulary) - 1), piece) for piece in pieces]

    def _new(self, parent: int, position: int, token: int, piece: bytes, **known) -> Node:
        node = Node(self.story.next_id, parent, position, token, piece, token == EOS, **known)
        self.story.add([node])
        return node

    # -- stepping ----------------------------------------------------------------------------------------------------

    def step(self, request: Step, report=quiet) -> Generator[Node, None, Stepped]:
        self.stopped.clear()
        settings = self._settings(request.given)
        self._check(request.at)
        path, done = self.story.path(request.at), 0
        while not (reason := self._why_stop(path, settings, request, done)):
            path.append(self._one(path, settings, request))
            done += 1
            yield path[-1]
        return Stepped(id=request.id, tip=path[-1].id, reason=reason)

    def _why_stop(self, path: list[Node], settings: Settings, request: Step, done: int) -> str:
        drawn = sum(node.how is not How.PROMPT for node in path)
        reasons = {
            "stopped": self.stopped.is_set(),
            "taken": done and request.token is not None,
            "eos": done and request.count != 1 and path[-1].token == EOS,
            "count": request.count is not None and done >= request.count,
            "max_new_tokens": request.count is None and drawn >= int(settings["max_new_tokens"].value or 0),
            "context": self._context is not None and len(path) >= self._context,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def _one(self, path: list[Node], settings: Settings, request: Step) -> Node:
        here = Distribution(self._row(path, forward=True), settings)
        index = sum(node.how is not How.PROMPT for node in path)
        if self._head is not None and request.token is None and (why := Head(here, self._head).why):
            raise RunError(why, "A smaller top-k decides it.")
        token = here.draw(request.seed, index) if request.token is None else self._pairs([request.token])[0][0]
        if there := self.story.child(path[-1].id, token, prompt=False):
            return there
        how = How.CHOSEN if request.token is not None else How.GREEDY if here.greedy else How.SAMPLED
        return self._new(
            path[-1].id, len(path), token, self.vocabulary[token], how=how, given=request.given, seed=request.seed,
            **self._standing(here, token), ms=6.9,
        )  # fmt: skip

    def _standing(self, here: Distribution, token: int) -> dict[str, float]:
        if self._head is not None and here.ranks[token] > self._head:
            return {}
        return {
            "rank": here.ranks[token], "raw": here.raw[token], "tempered": here.tempered[token],
            "final": here.final[token], "kept": here.kept, "entropy": here.entropy.raw,
            "surprisal": -math.log2(here.raw[token]), "kept_mass": here.kept_mass,
        }  # fmt: skip

    def wait_for_forward(self) -> None:
        """Count a forward, and do what the script wants done inside it."""
        self.forwards += 1
        if self.before_forward is not None:
            self.before_forward(self.forwards)

    def _row(self, path: list[Node], *, forward: bool = False) -> Sequence[float]:
        """The logits after a path; only a call on the model thread counts as a forward."""
        last = path[-1].id
        if last not in self._rows:
            if forward and path[-1].how is not How.PROMPT:
                self.wait_for_forward()
            self._rows[last] = self._logits(tuple(node.token for node in path))
        return self._rows[last]

    def _made_up(self, ids: tuple[int, ...]) -> list[float]:
        """Logits that depend on all ids before them, of 3 to 4 bits of entropy; the end token is never likely."""
        chance = random.Random(zlib.crc32(repr(ids).encode()))
        logits = [chance.gauss(0.0, 2.0) for _ in self.vocabulary]
        logits[EOS] = min(logits) - 6.0
        return logits

    # -- views -------------------------------------------------------------------------------------------------------

    def view(self, request: View, report=quiet) -> Viewed:
        self.views += 1
        settings = self._settings(request.given)
        same = {"id": request.id, "slot": request.slot, "at": request.at, "revision": self.revision}
        same |= {"settings": settings, "given": request.given, "seed": request.seed}
        if request.reach:
            return Viewed(**same, reached={node: self._reached(node, settings) for node in request.reach})
        self._check(request.at)
        path = self.story.path(request.at)
        if request.score:
            return Viewed(**same, scored=[self._scored(before, node) for before, node in pairwise(path)])
        here = Distribution(self._row(path), settings)
        index = sum(node.how is not How.PROMPT for node in path)
        counts = here.draw_many(request.draws, request.seed, index) if request.draws else {}
        would = here.draw(request.seed, index)
        first, count = request.window or (0, 0)
        viewed = Viewed(
            **same, cuts=here.cuts, kept=here.kept, kept_mass=here.kept_mass, entropy=here.entropy,
            would_draw=would, would=self._line(here, would, counts),
            followed=None if request.follow is None else self._line(here, request.follow, counts),
            vocabulary=len(self.vocabulary), first=first,
            best=here.cumulative[0],
            candidates=[self._line(here, token, counts) for token in here.order[first : first + count]],
            plot=here.plotted(request.plot) if request.plot else None, exact=True, draws=request.draws,
            found=[self._line(here, token, counts) for token in self._found(here, request.find)],
            listed=[self._line(here, token, counts) for token in request.tokens],
            compared=None if request.against is None else self._compared(here, request.against),
            inside_prompt=any(child.how is How.PROMPT for child in self.story.children(request.at)),
        )  # fmt: skip
        return viewed if self._head is None else Head(here, self._head).of(viewed, request.plot)

    def _compared(self, here: Distribution, against: Given) -> Compared:
        """How a step differs from the same step under other settings; of heads only if both are decided."""
        there = Distribution(here.logits, self._settings(against))
        if self._head is not None and any(Head(each, self._head).why for each in (here, there)):
            return Compared(None, None, None)
        return compared(here, there)

    def _line(self, here: Distribution, token: int, counts: dict[int, int]) -> Candidate:
        rank = here.ranks[token]
        return Candidate(
            rank, token, self.vocabulary[token], token == EOS, here.logits[token], here.raw[token],
            here.tempered[token], here.final[token], here.cumulative[rank - 1], here.removed_by(token),
            counts.get(token, 0),
        )  # fmt: skip

    def _found(self, here: Distribution, find: str | None) -> list[int]:
        """Ids that match a text or `#id`, best rank first."""
        if not find:
            return []
        if find[0] == "#" and find[1:].isdigit():
            return [int(find[1:])] if int(find[1:]) < len(self.vocabulary) else []
        wanted = find.casefold()
        return [token for token in here.order if wanted in self.vocabulary[token].decode("utf-8", "replace").casefold()]

    def _scored(self, before: Node, node: Node) -> Node:
        here = Distribution(self._row(self.story.path(before.id)), self._settings({"top_k": 0}))
        raw = here.raw[node.token]
        return msgspec.structs.replace(
            node, rank=here.ranks[node.token], raw=raw, entropy=here.entropy.raw, surprisal=-math.log2(raw)
        )

    def _reached(self, node_id: int, settings: Settings) -> str:
        node = self.story[node_id]
        if node.parent == 0:
            return ""
        here = Distribution(self._row(self.story.path(node.parent)), settings)
        return here.removed_by(node.token) or ("" if here.final[node.token] else "greedy")

    def _check(self, node: int) -> None:
        if node not in self.story:
            raise InputError(f"There is no node {node}.", "Send a prompt first.")

    def _settings(self, given: Given) -> Settings:
        validate(given)
        return resolve(given, self._model_settings, OFF | {"top_k": 50})

    # -- experiments -------------------------------------------------------------------------------------------------

    def job(self, request: Job, report, tell=untold) -> Finished:
        self.stopped.clear()
        watch = stoppable(self.stopped.is_set, "The job", report)
        if request.kind == "fail":
            raise RuntimeError("the script says so")
        if request.kind == "sweep":
            return Finished(id=request.id, result=sweep(self, request.parameters, watch, tell))
        for done in range(int(str(request.parameters.get("rounds", 1)))):
            self.wait_for_forward()
            watch(request.kind, done + 1, None, "rounds")
        return Finished(id=request.id, result={"kind": request.kind, **request.parameters})
