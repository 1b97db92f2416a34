"""What crosses the pipe between the UI and the engine: msgspec structs in length-prefixed msgpack frames.

A frame is a 4-byte big-endian length and one tagged struct. The engine first writes `GREETING`, then `Ready`.
Arrays travel as little-endian float32 or int32 bytes, so that the UI needs no numpy.
"""

from __future__ import annotations

import msgspec

from tui.core.candidates import Candidate as Candidate
from tui.core.candidates import Cut as Cut
from tui.core.candidates import Entropy as Entropy
from tui.core.candidates import Plotted as Plotted
from tui.core.candidates import Span as Span
from tui.core.candidates import Tail as Tail
from tui.core.catalog import Entry, Room
from tui.core.origin import Origin
from tui.core.settings import Given, Settings
from tui.core.story import Node

VERSION = 1
GREETING = f"samplescope {VERSION}\n".encode()
MAX_FRAME = 16 * 1024 * 1024


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Anything in a frame; the tag is the class's name."""


class Request(Message, frozen=True, kw_only=True):
    """UI → engine, answered exactly once: by its reply or by `Failed` with the same `id`."""

    id: int = 0


class Open(Request, frozen=True, kw_only=True):
    """Load a model; with `story`, take over its nodes and numbers (after a restart)."""

    origin: Origin = Origin()
    logits_budget: int | None = None
    """Bytes of logits kept in memory; None: the engine decides."""
    story: list[Node] = []


class Prompt(Request, frozen=True, kw_only=True):
    """A new prompt, as text or as ids: a new branch from the root, and the logits after it."""

    text: str = ""
    ids: list[int] | None = None
    chat: bool = False
    """Put `text` (and `system`, if there is one) through the tokenizer's chat template."""
    system: str = ""
    add_special_tokens: bool = True
    """Without a chat template: let the tokenizer frame the text, with BOS for example."""


class Encode(Request, frozen=True, kw_only=True):
    """How many tokens a text has, as `Prompt` would encode it."""

    text: str
    chat: bool = False
    system: str = ""
    add_special_tokens: bool = True


class Step(Request, frozen=True, kw_only=True):
    """Draw tokens after node `at` and move on: `count` of them, None until a stop; or take `token`."""

    at: int
    given: Given = {}
    seed: int = 42
    count: int | None = 1
    token: int | None = None


class PlotRequest(msgspec.Struct, frozen=True, array_like=True):
    """A plot by its id: how many points fit, linear or log, and the ranks at its ends (high 0: the last)."""

    id: str
    width: int
    scale: str = "log"
    low: int = 1
    high: int = 0


class View(Request, frozen=True, kw_only=True):
    """What the distribution after node `at` looks like under these settings."""

    slot: str
    at: int
    given: Given = {}
    seed: int = 42
    window: tuple[int, int] | None = None
    """First rank − 1, and how many."""
    plot: PlotRequest | None = None
    find: str | None = None
    """A token's text, or #id; its best matches come back in `found`."""
    draws: int = 0
    """How many times to draw here, for the candidates' `count`."""
    exact: bool = True
    """False while a slider moves: which of the tokens tied at top-p's edge stay may be provisional."""
    score: bool = False
    """Only one thing is asked: what the model makes of the tokens of the prompt that ends with node `at`."""
    reach: list[int] = []
    """Nodes for which only one thing is asked: would their own token still be reachable (slot `reach`)."""


class Job(Request, frozen=True, kw_only=True):
    """A long experiment: kind is `verify` (later sweep, score)."""

    kind: str
    parameters: dict[str, object] = {}


class Catalog(Request, frozen=True, kw_only=True):
    """Which models lie on the engine's machine, and what room there is; needs no open model."""


class Stop(Request, frozen=True, kw_only=True):
    """End the step, prompt or job under way at the next forward."""


class Opened(Message, frozen=True, kw_only=True):
    """The model is ready."""

    id: int
    model: str
    vocabulary: int
    context: int | None
    device: str
    dtype: str
    exact: bool
    """True if logits are the whole vocabulary's, from generate()'s own forward."""
    settings: Settings
    """In force when nothing is given, with sources."""
    backend: str = "transformers"
    """Who computes the logits: transformers, llama.cpp, vLLM, OpenAI-compatible."""
    head: int | None = None
    """How many of the best tokens are told; None: all of the vocabulary."""
    chat: bool = False
    """True if the tokenizer has a chat template."""
    trusted: bool = False
    """True if code of the checkpoint was allowed to run."""
    logits: bool = True
    """False if log-probabilities are all that is told: a logit is not known, nor what a repetition penalty would do."""
    notes: list[str] = []
    """What the model's configuration asks that is overridden or has no effect, in one line each."""


class Prompted(Message, frozen=True, kw_only=True):
    """The prompt's nodes, first token first; after the last one the logits are known."""

    id: int
    revision: int
    nodes: list[Node]
    notes: list[str] = []
    """What a person may not expect of this prompt, in one line each: BOS twice, EOS at its end."""


class Encoded(Message, frozen=True, kw_only=True):
    """A text's length in tokens."""

    id: int
    count: int


class Stepped(Message, frozen=True, kw_only=True):
    """Where stepping ended (`tip`), and why.

    Reasons: count, taken, eos, stop_string, max_new_tokens, context, stopped.
    """

    id: int
    tip: int
    reason: str


class Viewed(Message, frozen=True, kw_only=True):
    """A view; it repeats what it answers, so that what is no longer shown can be ignored."""

    id: int
    slot: str
    at: int
    revision: int
    settings: Settings
    cuts: list[Cut] = []
    """Truncating stages in force, in chain order (the model's own that remove tokens too)."""
    kept: int = 0
    kept_mass: float = 0.0
    entropy: Entropy = Entropy(0.0, 0.0, 0.0)
    tail: Tail | None = None
    """What only the best tokens leave open; None where all of the vocabulary is known. With one, a `kept` of 0 and
    numbers that are NaN are not decided: their bounds are in it."""
    would_draw: int | None = None
    """The token this seed draws here under these settings; None if the kept set is not certain (see `tail`)."""
    would: Candidate | None = None
    """That token as a candidate."""
    vocabulary: int = 0
    candidates: list[Candidate] = []
    first: int = 0
    """Rank − 1 of the first of `candidates`."""
    best: float = 0.0
    """Tempered probability of rank 1; of a head, the least it may be."""
    plot: Plotted | None = None
    found: list[Candidate] = []
    exact: bool = True
    given: Given = {}
    seed: int = 42
    draws: int = 0
    inside_prompt: bool = False
    """True if `at` is inside a prompt: its logits are one forward's over all of it, not generate()'s own bits."""
    scored: list[Node] = []
    """For `View.score`: the prompt's nodes but the first, with rank, probability, surprisal and entropy filled in."""
    reached: dict[int, str] = {}
    """For `View.reach`: node → the stage that removes its token, '' if reachable. Some may be missing: ask again."""


class Cataloged(Message, frozen=True, kw_only=True):
    """The models on the engine's machine, the demo model first, and its memory."""

    id: int
    entries: list[Entry]
    rooms: list[Room]


class Finished(Message, frozen=True, kw_only=True):
    """A job's result, as plain data."""

    id: int
    result: dict[str, object]


class Stopped(Message, frozen=True, kw_only=True):
    """The stop flag is set."""

    id: int


class Failed(Message, frozen=True, kw_only=True):
    """A request that could not be answered. `fatal`: the engine cannot go on."""

    id: int
    kind: str
    message: str
    remedy: str = ""
    fatal: bool = False


class Ready(Message, frozen=True, kw_only=True):
    """The engine listens (torch is not imported yet)."""

    protocol: int
    version: str
    host: str


class Progress(Message, frozen=True, kw_only=True):
    """How far request `of` is: `done` of `total` (None: unknown) in `unit`."""

    of: int
    stage: str
    done: float = 0
    total: float | None = None
    unit: str = ""


class Grown(Message, frozen=True, kw_only=True):
    """Nodes added while a step is under way."""

    revision: int
    nodes: list[Node]


AnyRequest = Open | Prompt | Encode | Step | View | Job | Catalog | Stop
Reply = Opened | Prompted | Encoded | Cataloged | Stepped | Viewed | Finished | Stopped | Failed
Event = Ready | Progress | Grown
Answer = Reply | Event

_encoder = msgspec.msgpack.Encoder()
_requests: msgspec.msgpack.Decoder[AnyRequest] = msgspec.msgpack.Decoder(AnyRequest)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def frame(message: Message) -> bytes:
    """One message as bytes for the pipe."""
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME:
        raise ValueError(f"a frame of {len(body)} bytes is over the limit of {MAX_FRAME}")
    return len(body).to_bytes(4, "big") + body


def decode_request(body: bytes) -> AnyRequest:
    """A frame's body on the engine's side; msgspec.ValidationError if it is not a request."""
    return _requests.decode(body)


def decode_answer(body: bytes) -> Answer:
    """A frame's body on the UI's side; msgspec.ValidationError if it is not an answer."""
    return _answers.decode(body)
