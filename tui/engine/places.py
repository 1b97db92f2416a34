"""Places in the story: a node's ids, its logits (kept, or computed again), and the model's own stages there."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tui.core.progress import Report, quiet
from tui.core.settings import Given
from tui.core.story import How, Node, Story
from tui.engine.kept_logits import LogitsStore
from tui.models.base import CONTEXT, Decoder, Model
from tui.sampling.stages import Apply


@dataclass(frozen=True, slots=True)
class Place:
    """A node with what its distribution is made of."""

    node: int
    logits: Tensor
    """[V] float32 logits, on the model's device."""
    ids: Tensor
    """[1, n], the prompt included."""
    position: int
    """How many tokens were drawn before: the number of the next draw."""
    model_processors: Mapping[str, Apply]
    """generate()'s own, for what the model's generation_config asks; none where there is no generate()."""
    ms: float
    """Milliseconds of the forward that first gave the logits; nan for a prompt's, which is no step."""

    @property
    def before(self) -> list[int]:
        """As many of the last ids as may decide the text of the next token."""
        last: list[int] = self.ids[0, -CONTEXT:].tolist()
        return last


class Path:
    """Nodes from the first prompt token to a tip, with what every step needs of them; it only grows."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)
        self.ids = [node.token for node in self.nodes]
        self.prompt = next((i for i, node in enumerate(self.nodes) if node.how is not How.PROMPT), len(self.nodes))
        """How many of them are the prompt."""
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
        """Go on to a node that is no prompt's."""
        self.nodes.append(node)
        self.ids.append(node.token)

    def tensor(self, device: str) -> Tensor:
        """The ids [1, n]. Those known already are not converted again: at 1,000 tokens that took 0.2 ms a step."""
        known = 0 if self._tensor is None else self._tensor.shape[1]
        if known < len(self.ids):
            new = torch.tensor([self.ids[known:]], dtype=torch.long, device=device)
            self._tensor = new if self._tensor is None else torch.cat([self._tensor, new], dim=1)
        assert self._tensor is not None
        return self._tensor


class Places:
    """Finds or makes the logits after any node. The decoder's cache belongs to one forward at a time."""

    def __init__(self, model: Model, story: Story, kept: LogitsStore) -> None:
        self._model = model
        self._story = story
        self._kept = kept
        self._lock = threading.RLock()
        self._decoder: tuple[int, Decoder] | None = None
        self._ms: dict[int, float] = {}

    def open_prompt(self, ids: Sequence[int], report: Report) -> tuple[Decoder, Tensor]:
        """A decoder for these ids and its first logits, before any node exists."""
        decoder = self._model.decoder(ids)
        with self._lock:
            return decoder, decoder.logits(list(ids), lambda _length: None, report)

    def keep_prompt(self, tip: int, decoder: Decoder, logits: Tensor) -> None:
        """Keep what `open_prompt` gave under its prompt's last node."""
        with self._lock:
            self._decoder = (tip, decoder)
        self._kept.add(tip, logits)

    def decoder(self, path: Path) -> Decoder:
        """The decoder of this path's prompt."""
        tip = path.nodes[path.prompt - 1].id
        with self._lock:
            if self._decoder is None or self._decoder[0] != tip:
                self._decoder = (tip, self._model.decoder(path.ids[: path.prompt]))
            return self._decoder[1]

    def at(self, node_id: int, given: Given, report: Report = quiet) -> Place:
        """The place after a node."""
        return self.after(Path(self._story.path(node_id)), given, report)

    def after(self, path: Path, given: Given, report: Report) -> Place:
        """The place at the end of a path; its logits are computed if they are not kept."""
        node = path.tip.id
        logits = self._kept.get(node)
        if logits is None:
            logits = self._forward(path, report)
        device = self._model.info.device
        ms = self._ms.get(node, math.nan)
        return Place(node, logits.to(device), path.tensor(device), path.drawn, self._processors(path, given), ms)

    def _processors(self, path: Path, given: Given) -> Mapping[str, Apply]:
        reference = self._model.reference
        return {} if reference is None else reference.model_processors(path.ids[: path.prompt], given)

    def _forward(self, path: Path, report: Report) -> Tensor:
        """Ask the decoder; what it passes on the way is checked against the logits kept, bit for bit."""
        decoder = self.decoder(path)
        with self._lock:
            started = time.perf_counter()
            logits = decoder.logits(path.ids, lambda length: self._kept.get(path.nodes[length - 1].id), report)
            self._ms.setdefault(path.tip.id, (time.perf_counter() - started) * 1000)
        self._kept.add(path.tip.id, logits)
        return logits
