"""What crosses the pipe between the UI and the engine: msgspec structs in length-prefixed msgpack frames.

A frame is a 4-byte big-endian length and one tagged struct. The engine first writes `GREETING`, then `Ready`.
Arrays travel as little-endian float32 or int32 bytes, so that the UI needs no numpy.
"""

from __future__ import annotations

import msgspec

from tui.core.candidates import Candidate as Candidate
from tui.core.candidates import Compared as Compared
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
    """Base of every struct that a frame carries; its tag is the class's name."""


class Request(Message, frozen=True, kw_only=True):
    """A message from the UI to the engine. It is answered exactly once, by its reply or by `Failed`, with its `id`."""

    id: int = 0


class Open(Request, frozen=True, kw_only=True):
    """Load a model. With `story`, the new engine starts from these nodes and keeps their ids: after a restart,
    or when a kept session goes on."""

    origin: Origin = Origin()
    logits_budget: int | None = None
    """How many bytes of logits the engine keeps in memory; None: its default."""
    story: list[Node] = []
    story_vocabulary: int | None = None
    """How many logits the model had that the story is of; the engine refuses a model with others."""


class Prompt(Request, frozen=True, kw_only=True):
    """Add a prompt, given as text or as ids, as a branch from the root, and compute the logits after it."""

    text: str = ""
    ids: list[int] | None = None
    chat: bool = False
    """Put `text` (and `system`, if there is one) through the tokenizer's chat template."""
    system: str = ""
    add_special_tokens: bool = True
    """Without a chat template: let the tokenizer frame the text, with BOS for example."""


class Encode(Request, frozen=True, kw_only=True):
    """Count the tokens of a text, encoded as `Prompt` would encode it."""

    text: str
    chat: bool = False
    system: str = ""
    add_special_tokens: bool = True


class Step(Request, frozen=True, kw_only=True):
    """Draw `count` tokens after node `at`, one after the other (None: until a stop), or add `token` there."""

    at: int
    given: Given = {}
    seed: int = 42
    count: int | None = 1
    token: int | None = None


class PlotRequest(msgspec.Struct, frozen=True, array_like=True):
    """A plot by its id: at most `width` points on `scale` (linear or log), from rank `low` to `high` (0: the last)."""

    id: str
    width: int
    scale: str = "log"
    low: int = 1
    high: int = 0


class View(Request, frozen=True, kw_only=True):
    """Describe the distribution after node `at` under these settings."""

    slot: str
    """Where the UI shows the reply; a newer view of the same slot replaces an older one."""
    at: int
    given: Given = {}
    seed: int = 42
    window: tuple[int, int] | None = None
    """Which candidates to send: the first one's rank − 1, and how many."""
    plot: PlotRequest | None = None
    find: str | None = None
    """A token's text, or #id; the best matching candidates come back in `Viewed.found`."""
    tokens: list[int] = []
    """Ids whose candidates come back in `Viewed.listed`."""
    against: Given | None = None
    """Other settings for the same step and seed; how these differ from them comes back in `Viewed.compared`."""
    draws: int = 0
    """How many times to draw at this node, for `Candidate.count`; nothing is added to the story."""
    exact: bool = True
    """False while a slider moves: the choice among tokens tied at top-p's edge may then be provisional, but faster."""
    follow: int | None = None
    """The token with which the branch goes on after node `at`; it comes back in `Viewed.followed`."""
    score: bool = False
    """Only one thing is asked: what the model makes of the tokens of the prompt that ends with node `at`."""
    reach: list[int] = []
    """Nodes to check: would their own token survive the cuts under these settings? With it, the reply has nothing but
    `Viewed.reached` (slot `reach`)."""


class Job(Request, frozen=True, kw_only=True):
    """Run a long experiment: `kind` is its name, such as `verify`. `Stop` ends it, with `Failed` of kind `stopped`.

    What is known before the end comes as `Partial`. A `sweep` that was stopped goes on where it was, if its
    `finished` says how many settings are done.
    """

    kind: str
    parameters: dict[str, object] = {}


class Catalog(Request, frozen=True, kw_only=True):
    """List the models on the engine's machine and its free memory; no model need be open."""


class Stop(Request, frozen=True, kw_only=True):
    """End the requests that arrived before this one; one that is running ends at its next forward."""


class Opened(Message, frozen=True, kw_only=True):
    """Reply to `Open`: the model is ready, and this is what is known about it."""

    id: int
    model: str
    vocabulary: int
    context: int | None
    device: str
    dtype: str
    exact: bool
    """True if the logits come from generate()'s own forward, so that they equal its logits bit for bit."""
    settings: Settings
    """The values in force when the person has set nothing, with their sources."""
    backend: str = "transformers"
    """Who computes the logits: transformers, llama.cpp, vLLM, OpenAI-compatible."""
    head: int | None = None
    """How many of the best tokens the server gives log-probabilities for; None: the whole vocabulary."""
    chat: bool = False
    """True if the tokenizer has a chat template."""
    trusted: bool = False
    """True if code of the checkpoint was allowed to run."""
    logits: bool = True
    """False if only log-probabilities are known. A repetition penalty is refused then: it needs the logits' signs."""
    notes: list[str] = []
    """One line for each thing a person should know: a setting of the model that is overridden, an unchecked version."""


class Prompted(Message, frozen=True, kw_only=True):
    """Reply to `Prompt`: the prompt's nodes, first token first. The logits after the last node are computed."""

    id: int
    revision: int
    nodes: list[Node]
    notes: list[str] = []
    """What a person may not expect of this prompt, in one line each: BOS twice, EOS at its end."""


class Encoded(Message, frozen=True, kw_only=True):
    """Reply to `Encode`: a text's length in tokens."""

    id: int
    count: int


class Stepped(Message, frozen=True, kw_only=True):
    """Reply to `Step`: the last node (`tip`), and why stepping ended there.

    Reasons: count, taken, eos, stop_string, max_new_tokens, context, stopped.
    """

    id: int
    tip: int
    reason: str


class Viewed(Message, frozen=True, kw_only=True):
    """Reply to `View`. It repeats the request's fields, so that the UI can ignore a reply it no longer shows."""

    id: int
    slot: str
    at: int
    revision: int
    settings: Settings
    cuts: list[Cut] = []
    """The stages that remove tokens, in chain order, the model's own included."""
    kept: int = 0
    kept_mass: float = 0.0
    entropy: Entropy = Entropy(0.0, 0.0, 0.0)
    tail: Tail | None = None
    """The unseen tail where only a head is known; None where the whole vocabulary is. With a tail, a `kept` of 0 or a
    number that is NaN is not decided: the tail holds its bounds."""
    would_draw: int | None = None
    """The token this seed draws at this node under these settings; None if the kept set is not certain (see `tail`)."""
    would: Candidate | None = None
    """`would_draw` as a candidate."""
    followed: Candidate | None = None
    """`View.follow` as a candidate."""
    vocabulary: int = 0
    candidates: list[Candidate] = []
    first: int = 0
    """Rank − 1 of the first of `candidates`."""
    best: float = 0.0
    """Tempered probability of rank 1; of a head, the least it may be."""
    plot: Plotted | None = None
    found: list[Candidate] = []
    listed: list[Candidate] = []
    """`View.tokens` as candidates, in the same order."""
    compared: Compared | None = None
    """How these settings differ from `View.against`; None if nothing was asked."""
    exact: bool = True
    given: Given = {}
    seed: int = 42
    draws: int = 0
    inside_prompt: bool = False
    """True if `at` is inside a prompt: its logits are one forward's over all of it, not generate()'s own bits."""
    scored: list[Node] = []
    """For `View.score`: the prompt's nodes but the first, with rank, probability, surprisal and entropy filled in."""
    reached: dict[int, str] = {}
    """For `View.reach`: node → the stage that removes its token, '' if none does. Nodes for which the time did not
    suffice are missing: ask for them again."""


class Cataloged(Message, frozen=True, kw_only=True):
    """Reply to `Catalog`: the models on the engine's machine, the demo model first, and the memory of each device."""

    id: int
    entries: list[Entry]
    rooms: list[Room]


class Finished(Message, frozen=True, kw_only=True):
    """Reply to `Job`: the experiment's result, as plain data."""

    id: int
    result: dict[str, object]


class Stopped(Message, frozen=True, kw_only=True):
    """Reply to `Stop`: the stop flag is set; what was running may not have ended yet."""

    id: int


class Failed(Message, frozen=True, kw_only=True):
    """Reply to a request that failed. With `fatal` the engine cannot go on and ends."""

    id: int
    kind: str
    message: str
    remedy: str = ""
    fatal: bool = False


class Ready(Message, frozen=True, kw_only=True):
    """The engine's first message: it takes requests (torch is not imported yet)."""

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


class Partial(Message, frozen=True, kw_only=True):
    """A part of job `of`'s result, as soon as it is known; it is not repeated in `Finished`."""

    of: int
    result: dict[str, object]


class Grown(Message, frozen=True, kw_only=True):
    """Nodes that a running step has added to the story; `revision` is how many nodes the story then has."""

    revision: int
    nodes: list[Node]


AnyRequest = Open | Prompt | Encode | Step | View | Job | Catalog | Stop
Reply = Opened | Prompted | Encoded | Cataloged | Stepped | Viewed | Finished | Stopped | Failed
Event = Ready | Progress | Partial | Grown
Answer = Reply | Event

_encoder = msgspec.msgpack.Encoder()
_requests: msgspec.msgpack.Decoder[AnyRequest] = msgspec.msgpack.Decoder(AnyRequest)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def frame(message: Message) -> bytes:
    """A message as one frame. ValueError if it is over `MAX_FRAME`."""
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME:
        raise ValueError(f"a frame of {len(body)} bytes is over the limit of {MAX_FRAME}")
    return len(body).to_bytes(4, "big") + body


def decode_request(body: bytes) -> AnyRequest:
    """Decode a frame's body on the engine's side; msgspec.ValidationError if it is not a request."""
    return _requests.decode(body)


def decode_answer(body: bytes) -> Answer:
    """Decode a frame's body on the UI's side; msgspec.ValidationError if it is neither a reply nor an event."""
    return _answers.decode(body)
