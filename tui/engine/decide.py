"""One step: logits through their chain to a distribution, and the token that is drawn from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from tui.core.candidates import Cut, Entropy
from tui.core.settings import Settings
from tui.core.story import How
from tui.engine.places import Place
from tui.errors import RunError
from tui.sampling.chain import Chain, build_chain
from tui.sampling.cuts import ChainResult, apply_chain, describe_cuts
from tui.sampling.draw import DrawStream, ForwardStream, Noise
from tui.sampling.metrics import entropy_bits, log_probabilities, mass
from tui.sampling.ranking import rank_of, surprisal_bits
from tui.sampling.scoring import BaseScores, score


@dataclass
class Distribution:
    """Logits [V], their chain and its result; `raw`, `tempered` and `final` are probabilities [1, V] in id order."""

    logits: Tensor
    ids: Tensor
    chain: Chain
    scored: BaseScores
    applied: ChainResult
    raw: Tensor
    tempered: Tensor
    final: Tensor

    undecided: RunError | None = field(default=None, init=False)
    """Why no token can be drawn, or None. Set only where a head is known that does not decide the kept set."""

    @property
    def tail_mass(self) -> float | None:
        """Raw probability of the unseen tail; None where the whole vocabulary is known."""
        return None

    @property
    def ranked(self) -> int:
        """How many tokens have a rank."""
        return self.logits.shape[0]

    def rank(self, token: int) -> int:
        """1 + the number of tokens that score higher; 0 for a token of the unseen tail."""
        return rank_of(self.scored.base, token)

    def surprisal(self, token: int) -> float:
        """−log2 of a token's raw probability, in bits."""
        return surprisal_bits(self.logits, token, float(self.raw[0, token]))

    def removed_by(self, tokens: Tensor) -> list[str]:
        """For each id in `tokens` [n], the first stage that removes it, or ''; greedy decoding removes all but one."""
        names = self.applied.removed_by(tokens)
        if not self.chain.greedy or self.undecided is not None:
            return names
        kept = (self.final[0, tokens] > 0).tolist()
        return ["" if one else name or GREEDY for name, one in zip(names, kept, strict=True)]

    @cached_property
    def summed(self) -> Tensor:
        """The probabilities [1, V] that cumulative probabilities and a cut's mass sum (see `Chain.sums_tempered`).

        The tempered ones; where top-p stands before the temperature, those after the penalties, which top-p sees.
        """
        if self.chain.sums_tempered or self.chain.temperature is None:
            return self.tempered
        penalised = self.scored.base.data_ptr() != self.logits.data_ptr()
        return torch.softmax(self.scored.base, dim=-1) if penalised else self.raw

    @cached_property
    def log_final(self) -> Tensor:
        """The logarithms, in float64, of the final probabilities [1, V]; -inf for a removed token.

        Only where a token can be drawn: see `undecided`.
        """
        if not self.chain.greedy:
            return log_probabilities(self.applied.scores)
        return self.final.double().log()

    @cached_property
    def raw_entropy(self) -> float:
        """Entropy of the raw distribution, in bits."""
        return entropy_bits(self.raw)

    @cached_property
    def entropy(self) -> Entropy:
        """Entropy of the raw, tempered and final distributions, in bits."""
        raw = self.raw_entropy
        tempered = raw if self.tempered is self.raw else entropy_bits(self.tempered)
        return Entropy(raw, tempered, tempered if self.final is self.tempered else entropy_bits(self.final))

    @cached_property
    def cuts(self) -> list[Cut]:
        """The effect of each stage that removes tokens."""
        return describe_cuts(self.chain, self.applied, self.ids, self.summed)

    @property
    def kept(self) -> int:
        """How many candidates are left after all cuts; greedy decoding leaves one."""
        if self.chain.greedy:
            return 1
        return self.applied.kept_sets[-1].count if self.applied.kept_sets else self.logits.shape[0]

    @property
    def kept_mass(self) -> float:
        """The tempered probability of the candidates that are left."""
        if self.chain.greedy:
            return float(self.tempered[0, int(self.final.argmax())])
        if not self.applied.kept_sets:
            return 1.0
        return mass(self.tempered, self.applied.kept_sets[-1].left)


GREEDY = "greedy"
"""What greedy decoding is called where a stage is named."""
Decide = Callable[[Place, Settings, int], Distribution]
"""(place, settings, seed) → the distribution at that place."""


def distribution(place: Place, settings: Settings, seed: int) -> Distribution:
    """Run a place's logits through the chain, bit for bit as generate() does. RunError if they cannot be sampled."""
    chain = chain_at(place, settings, seed)
    scored = score(chain, place.ids, place.logits)
    return finish(place.logits, place.ids, chain, scored, apply_chain(chain, place.ids, scored))


def chain_at(place: Place, settings: Settings, seed: int) -> Chain:
    """The chain in force at a place, with the model's own stages there and the noise of its position."""
    return build_chain(settings, place.model_processors, Noise(seed, place.position))


def finish(logits: Tensor, ids: Tensor, chain: Chain, scored: BaseScores, applied: ChainResult) -> Distribution:
    """The distribution of logits whose chain has run; greedy decoding gives one token probability 1."""
    raw = torch.softmax(logits[None], dim=-1)
    untouched = applied.tempered.data_ptr() == logits.data_ptr()
    tempered = raw if untouched else torch.softmax(applied.tempered, dim=-1)
    if chain.greedy:
        final = torch.zeros_like(raw)
        final[0, int(torch.argmax(applied.scores, dim=-1))] = 1.0
    else:
        final = tempered if applied.scores is applied.tempered else torch.softmax(applied.scores, dim=-1)
    return Distribution(logits, ids, chain, scored, applied, raw, tempered, final)


def draw(dist: Distribution, stream: DrawStream | ForwardStream, position: int) -> tuple[int, How]:
    """The token generate() would give as new token number `position`, from 0. RunError if a head does not decide it."""
    if dist.undecided is not None:
        raise dist.undecided
    if dist.chain.greedy:
        return int(torch.argmax(dist.applied.scores, dim=-1)), How.GREEDY
    return stream.draw(dist.final, position), How.SAMPLED


def node_numbers(dist: Distribution, token: int) -> dict[str, float | int]:
    """The numbers that a node records of its token, by `Node` field name; computed without a sort."""
    return {
        "rank": dist.rank(token),
        "raw": float(dist.raw[0, token]),
        "tempered": float(dist.tempered[0, token]),
        "final": float(dist.final[0, token]),
        "kept": dist.kept,
        "entropy": dist.raw_entropy,
        "surprisal": dist.surprisal(token),
        "kept_mass": dist.kept_mass,
    }
