"""Places: a node of the story with its ids, the logits after it (stored, or computed again), and the model's stages."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec
import torch
from torch import Tensor

from tui.core.progress import Report, quiet
from tui.core.settings import Given
from tui.core.story import How, Node, Story
from tui.engine.kept_logits import LogitsStore
from tui.errors import RunError
from tui.models.base import CONTEXT, Decoder, Model
from tui.sampling.metrics import entropy_bits
from tui.sampling.ranking import rank_of, surprisal_bits
from tui.sampling.stages import Apply

INSIDE_BUDGET = 256 << 20
"""Bytes of logits inside prompts that are kept in memory."""
FAR = 0.05
"""A probability differs by less between a forward over a prompt and one forward a token, in bfloat16 too."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node with everything its distribution is computed from."""

    node: int
    logits: Tensor
    """[V] float32, the logits after the node, on the model's device."""
    ids: Tensor
    """[1, n], the ids up to the node, the prompt included."""
    position: int
    """How many tokens follow the prompt: the number of the next draw."""
    model_processors: Mapping[str, Apply]
    """The processors that the model's generation_config asks for, by name; none where there is no generate()."""
    inside_prompt: bool
    """True if the logits are one forward's over a whole prompt, inside which the node stands."""
    ms: float
    """Milliseconds of the forward that first computed the logits; NaN for a prompt's last node."""

    @property
    def before(self) -> list[int]:
        """As many of the last ids as may decide the text of the next token."""
        last: list[int] = self.ids[0, -CONTEXT:].tolist()
        return last


class Path:
    """The nodes from the first prompt token to a tip, and their ids. A path only grows."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)
        self.ids = [node.token for node in self.nodes]
        self.prompt = next((i for i, node in enumerate(self.nodes) if node.how is not How.PROMPT), len(self.nodes))
        """How many of the nodes are the prompt's."""
        self._tensor: Tensor | None = None

    @property
    def tip(self) -> Node:
        """The last node."""
        return self.nodes[-1]

    @property
    def drawn(self) -> int:
        """How many tokens follow the prompt: the number of the next draw."""
        return len(self.nodes) - self.prompt

    def append(self, node: Node) -> None:
        """Add a drawn or chosen node at the end."""
        self.nodes.append(node)
        self.ids.append(node.token)

    def tensor(self, device: str) -> Tensor:
        """The ids [1, n]. Ids converted before are not converted again: at 1,000 tokens that took 0.2 ms a step."""
        known = 0 if self._tensor is None else self._tensor.shape[1]
        if known < len(self.ids):
            new = torch.tensor([self.ids[known:]], dtype=torch.long, device=device)
            self._tensor = new if self._tensor is None else torch.cat([self._tensor, new], dim=1)
        assert self._tensor is not None
        return self._tensor


class Places:
    """Finds or computes the logits after any node. A lock lets one forward at a time use the decoder's cache."""

    def __init__(self, model: Model, story: Story, kept: LogitsStore) -> None:
        self._model = model
        self._story = story
        self._kept = kept
        self._lock = threading.RLock()
        self._decoder: tuple[int, Decoder] | None = None
        self._ms: dict[int, float] = {}
        self._inside = LogitsStore(INSIDE_BUDGET)
        """Logits inside prompts, of one forward each."""

    def open_prompt(self, ids: Sequence[int], report: Report) -> tuple[Decoder, Tensor]:
        """Make a decoder for a prompt's ids and compute the logits after them, before the prompt has nodes."""
        decoder = self._model.decoder(ids)
        with self._lock:
            return decoder, decoder.logits(list(ids), lambda _length: None, report)

    def keep_prompt(self, tip: int, decoder: Decoder, logits: Tensor) -> None:
        """Store the result of `open_prompt` under the prompt's last node, `tip`."""
        with self._lock:
            self._decoder = (tip, decoder)
        self._kept.add(tip, logits)

    def decoder(self, path: Path) -> Decoder:
        """The decoder of this path's prompt. Only the last used one is kept; another prompt's is made anew."""
        tip = path.nodes[path.prompt - 1].id
        with self._lock:
            if self._decoder is None or self._decoder[0] != tip:
                self._decoder = (tip, self._model.decoder(path.ids[: path.prompt]))
            return self._decoder[1]

    def at(self, node_id: int, given: Given, report: Report = quiet) -> Place:
        """The place after a node; inside a prompt with the logits of one forward over all of it."""
        path = Path(self._story.path(node_id))
        logits = None if node_id in self._kept else self._inside_prompt(node_id, report)
        return self.after(path, given, report) if logits is None else self._place(path, given, logits, inside=True)

    def _inside_prompt(self, node_id: int, report: Report) -> Tensor | None:
        """The logits after a node from which only a longer prompt goes on; None for any other, and on a server."""
        children = self._story.children(node_id)
        if not children or any(child.how is not How.PROMPT for child in children):
            return None
        if node_id not in self._inside:
            self._read_inside(self._story.path(self._prompt_end(children[-1])), report)
        return self._inside.get(node_id)

    def _prompt_end(self, node: Node) -> int:
        """The last node of the newest prompt through a node."""
        while following := [child for child in self._story.children(node.id) if child.how is How.PROMPT]:
            node = following[-1]
        return node.id

    def score(self, tip: int, report: Report) -> list[Node]:
        """A prompt's nodes but the first, with what the model makes of their tokens; none where it cannot be asked."""
        prompt = self._story.path(tip)
        if any(node.id not in self._inside for node in prompt):
            self._read_inside(prompt, report)
        pairs = ((self._inside.get(before.id), node) for before, node in pairwise(prompt))
        return [scored(node, logits) for logits, node in pairs if logits is not None]

    def _read_inside(self, prompt: Sequence[Node], report: Report) -> None:
        """Keep the logits after each node of a prompt, if the model can be asked for them."""
        logits = self.prompt_logits(prompt, report)
        if logits is not None:
            for node, after in zip(prompt, logits, strict=True):
                self._inside.add(node.id, after)

    def prompt_logits(self, prompt: Sequence[Node], report: Report) -> Tensor | None:
        """The logits [n, V] after each node of a prompt, from one forward; None if the model cannot be asked for them.

        RunError if that forward is not the model's own step by step: then it sees what comes after a token.
        """
        logits = self._model.prompt_logits([node.token for node in prompt], report)
        stepped = None if logits is None else self._kept.get(prompt[-1].id)
        if logits is not None and stepped is not None and _far_apart(stepped, logits[-1]):
            raise RunError("This model reads a whole prompt in another way than step by step: it has no ranks inside.")
        return logits

    def after(self, path: Path, given: Given, report: Report) -> Place:
        """The place at the end of a path; its logits are computed if they are not stored.

        They are stored then, unless the path ends with a token that is in no story.
        """
        node = path.tip.id
        logits = self._kept.get(node)
        return self._place(path, given, self._forward(path, report) if logits is None else logits)

    def _place(self, path: Path, given: Given, logits: Tensor, *, inside: bool = False) -> Place:
        device, node = self._model.info.device, path.tip.id
        return Place(
            node, logits.to(device), path.tensor(device), path.drawn, self._processors(path, given), inside,
            self._ms.get(node, math.nan),
        )  # fmt: skip

    def _processors(self, path: Path, given: Given) -> Mapping[str, Apply]:
        reference = self._model.reference
        return {} if reference is None else reference.model_processors(path.ids[: path.prompt], given)

    def _forward(self, path: Path, report: Report) -> Tensor:
        """Compute the logits; the decoder checks logits it computes on the way against stored ones, bit for bit."""
        decoder = self.decoder(path)
        with self._lock:
            if (logits := self._kept.get(path.tip.id)) is not None:
                return logits  # a step and a view wanted the same: the other one has had them computed meanwhile
            started = time.perf_counter()
            logits = decoder.logits(path.ids, lambda length: self._kept.get(path.nodes[length - 1].id), report)
            if path.tip.id in self._story:
                self._ms.setdefault(path.tip.id, (time.perf_counter() - started) * 1000)
                self._kept.add(path.tip.id, logits)
        return logits


def _far_apart(first: Tensor, second: Tensor) -> bool:
    """True if two logits [V] give probabilities that no rounding explains."""
    apart = torch.softmax(first, -1) - torch.softmax(second.to(first.device), -1)
    return not float(apart.abs().max()) < FAR


def scored(node: Node, logits: Tensor) -> Node:
    """A prompt's node with what the logits [V] before it say of its token; nothing where they are not finite."""
    raw = torch.softmax(logits, -1)
    probability = float(raw[node.token])
    if not math.isfinite(probability):
        return node
    return msgspec.structs.replace(
        node, rank=rank_of(logits[None], node.token), raw=probability, entropy=entropy_bits(raw),
        surprisal=surprisal_bits(logits, node.token, probability),
    )  # fmt: skip
