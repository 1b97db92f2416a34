"""One step decided: logits through their chain, and the token drawn, picked or taken from it."""

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
from tui.sampling.cuts import Applied, apply_chain, describe_cuts
from tui.sampling.draw import DrawStream, Noise
from tui.sampling.metrics import entropy_bits
from tui.sampling.ranking import rank_of, surprisal_bits
from tui.sampling.scoring import Scored, score


@dataclass
class Distribution:
    """Logits [V] after their chain, with the three probabilities [1, V] float32 in id order."""

    logits: Tensor
    ids: Tensor
    chain: Chain
    scored: Scored
    applied: Applied
    raw: Tensor
    tempered: Tensor
    final: Tensor

    undecided: RunError | None = field(default=None, init=False)
    """Why no token can be drawn although the logits are sound: only where a head is all that is known of them."""

    @property
    def tail_mass(self) -> float | None:
        """Raw probability of the tokens without a rank; None where all of the vocabulary is known."""
        return None

    @property
    def ranked(self) -> int:
        """How many tokens have a rank."""
        return self.logits.shape[0]

    def rank(self, token: int) -> int:
        """1 + the number of better ones; 0 where that is not known."""
        return rank_of(self.scored.base, token)

    def surprisal(self, token: int) -> float:
        """Of a token under raw, in bits."""
        return surprisal_bits(self.logits, token, float(self.raw[0, token]))

    def removed_by(self, tokens: Tensor) -> list[str]:
        """For each id in `tokens` [n], the first stage that removes it, or ''; greedy decoding removes all but one."""
        names = self.applied.removed_by(tokens)
        if not self.chain.greedy or self.undecided is not None:
            return names
        kept = (self.final[0, tokens] > 0).tolist()
        return ["" if one else name or GREEDY for name, one in zip(names, kept, strict=True)]

    @cached_property
    def raw_entropy(self) -> float:
        """Bits, of raw."""
        return entropy_bits(self.raw)

    @cached_property
    def entropy(self) -> Entropy:
        """Bits, of raw, tempered and final."""
        raw = self.raw_entropy
        tempered = raw if self.tempered is self.raw else entropy_bits(self.tempered)
        return Entropy(raw, tempered, tempered if self.final is self.tempered else entropy_bits(self.final))

    @cached_property
    def cuts(self) -> list[Cut]:
        """What each removing stage does here."""
        return describe_cuts(self.chain, self.applied, self.ids, self.tempered)

    @property
    def kept(self) -> int:
        """How many candidates are left."""
        if self.chain.greedy:
            return 1
        return self.applied.removals[-1].count if self.applied.removals else self.logits.shape[0]

    @property
    def kept_mass(self) -> float:
        """Their tempered probability."""
        if self.chain.greedy:
            return float(self.tempered[0, int(self.final.argmax())])
        return self.cuts[-1].mass if self.cuts else 1.0


GREEDY = "greedy"
"""What greedy decoding is called where a stage is named."""
Decide = Callable[[Place, Settings, int], Distribution]
"""(place, settings, seed) → the distribution there."""


def distribution(place: Place, settings: Settings, seed: int) -> Distribution:
    """Run a place's logits through generate()'s chain, exactly. RunError if they cannot be sampled from."""
    chain = chain_at(place, settings, seed)
    scored = score(chain, place.ids, place.logits)
    return finish(place.logits, place.ids, chain, scored, apply_chain(chain, place.ids, scored))


def chain_at(place: Place, settings: Settings, seed: int) -> Chain:
    """The stages in force at a place: with the model's own there, and the noise of its position."""
    return build_chain(settings, place.model_processors, Noise(seed, place.position))


def finish(logits: Tensor, ids: Tensor, chain: Chain, scored: Scored, applied: Applied) -> Distribution:
    """The probabilities of logits whose chain has run; greedy decoding puts all mass on one token."""
    raw = torch.softmax(logits[None], dim=-1)
    untouched = applied.tempered.data_ptr() == logits.data_ptr()
    tempered = raw if untouched else torch.softmax(applied.tempered, dim=-1)
    if chain.greedy:
        final = torch.zeros_like(raw)
        final[0, int(torch.argmax(applied.scores, dim=-1))] = 1.0
    else:
        final = tempered if applied.scores is applied.tempered else torch.softmax(applied.scores, dim=-1)
    return Distribution(logits, ids, chain, scored, applied, raw, tempered, final)


def draw(here: Distribution, stream: DrawStream, position: int) -> tuple[int, How]:
    """The token generate() would pick as its new token number `position`, from 0. RunError if that is not decided."""
    if here.undecided is not None:
        raise here.undecided
    if here.chain.greedy:
        return int(torch.argmax(here.applied.scores, dim=-1)), How.GREEDY
    return stream.draw(here.final, position), How.SAMPLED


def standing(here: Distribution, token: int) -> dict[str, float | int]:
    """What a node records of its token's place, by field name, without sorting anything."""
    return {
        "rank": here.rank(token),
        "raw": float(here.raw[0, token]),
        "tempered": float(here.tempered[0, token]),
        "final": float(here.final[0, token]),
        "kept": here.kept,
        "entropy": here.raw_entropy,
        "surprisal": here.surprisal(token),
    }
