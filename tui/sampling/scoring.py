"""The scores that ranks are made of: logits after the penalties and the model's own stages, before the temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tui.errors import RunError
from tui.sampling.chain import Chain, Removal
from tui.sampling.metrics import count

REPAIRING = "remove_invalid_values"
"""The stage that makes numbers of NaN and infinities, where a model's generation_config asks for it."""


@dataclass(slots=True)
class Scored:
    """Logits after penalties and the model's own stages: what ranks are made of."""

    base: Tensor
    """[1, V] float32 in id order."""
    removals: tuple[Removal, ...]


def score(chain: Chain, ids: Tensor, logits: Tensor) -> Scored:
    """Run logits [V] after `ids` [1, n] through the stages before the temperature.

    RunError if the logits are not finite and no stage repairs them, or if the stages leave no token or overflow.
    """
    if not any(stage.name == REPAIRING for stage in chain.before):
        check_finite(logits)
    scores = logits[None]
    removals = _removal("model", scores, ())
    for stage in chain.before:
        scores = stage.apply(ids, scores)
        removals += _removal(stage.name, scores, removals)
    if chain.before and not math.isfinite(best := scores.amax().item()):
        raise _none_left(chain, removals) if best == -math.inf else _overflow(chain, ids, logits)
    return Scored(scores, removals)


def check_finite(logits: Tensor) -> None:
    """Raise RunError unless the logits [V] can be ranked; NaN would give a plausible ranking and no error.

    -inf is allowed (a model may forbid tokens) as long as one score is finite; the maximum tells all three cases.
    """
    if not math.isfinite(logits.amax().item()):
        bad = count(~torch.isfinite(logits))
        raise RunError(f"{bad:,} of the model's {len(logits):,} logits are not finite.", "Try {dtype float32}.")


def _none_left(chain: Chain, removals: tuple[Removal, ...]) -> RunError:
    """Nothing can be drawn. generate() says so too, except in greedy decoding: argmax of nothing but -inf is id 0."""
    theirs = " (generate() would take id 0)" if chain.greedy else ""
    return RunError(f"{removals[-1].stage} leaves no token to draw{theirs}.", "Turn it off.")


def _overflow(chain: Chain, ids: Tensor, logits: Tensor) -> RunError:
    """Scores that are no numbers any more: found again stage by stage, for the name of the first that made them."""
    scores = logits[None]
    for stage in chain.before:
        scores = stage.apply(ids, scores)
        if not math.isfinite(scores.amax().item()):
            break
    numbers = "".join(f" {value:g}" for value in stage.values.values())
    return RunError(f"{stage.name}{numbers} makes scores overflow.", "Give it a less extreme value.")


def _removal(stage: str, scores: Tensor, before: tuple[Removal, ...]) -> tuple[Removal, ...]:
    """This stage's removal if it changed which tokens are left; only the worst score needs a look at first."""
    if not before and scores.amin().item() > -math.inf:
        return ()
    removal = Removal.of(stage, scores)
    unchanged = torch.equal(removal.left, before[-1].left) if before else removal.count == scores.shape[-1]
    return () if unchanged else (removal,)
