"""Runs logits through the stages before the temperature, to the scores by which candidates are ranked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tui.errors import RunError
from tui.sampling.chain import Chain, KeptSet
from tui.sampling.metrics import count

REPAIRING = "remove_invalid_values"
"""The stage that replaces NaN and infinities by numbers, if a model's generation_config asks for it."""


@dataclass(slots=True)
class BaseScores:
    """The scores after the stages before the temperature: the ranking is by these."""

    base: Tensor
    """[1, V] float32 in id order."""
    kept_sets: tuple[KeptSet, ...]
    """What each of those stages kept, in chain order."""


def score(chain: Chain, ids: Tensor, logits: Tensor) -> BaseScores:
    """Run logits [V] after `ids` [1, n] through the stages before the temperature.

    RunError if the logits are not finite and no stage repairs them, or if the stages leave no token or overflow.
    """
    if not any(stage.name == REPAIRING for stage in chain.before):
        check_finite(logits)
    scores = logits[None]
    kept_sets = _kept_set("model", scores, ())
    for stage in chain.before:
        scores = stage.apply(ids, scores)
        kept_sets += _kept_set(stage.name, scores, kept_sets)
    if chain.before and not math.isfinite(best := scores.amax().item()):
        raise _none_left(chain, kept_sets) if best == -math.inf else _overflow(chain, ids, logits)
    return BaseScores(scores, kept_sets)


def check_finite(logits: Tensor) -> None:
    """Raise RunError unless the logits [V] can be ranked: with NaN a sort gives a plausible ranking and no error.

    -inf is allowed (a model may forbid tokens) as long as one logit is finite; the maximum shows all three failures.
    """
    if not math.isfinite(logits.amax().item()):
        bad = count(~torch.isfinite(logits))
        raise RunError(f"{bad:,} of the model's {len(logits):,} logits are not finite.", "Try --dtype float32.")


def _none_left(chain: Chain, kept_sets: tuple[KeptSet, ...]) -> RunError:
    """The error if no token is left. generate() raises too, except in greedy decoding: argmax of -inf only is id 0."""
    theirs = " (generate() would take id 0)" if chain.greedy else ""
    return RunError(f"{kept_sets[-1].stage} leaves no token to draw{theirs}.", "Turn it off.")


def _overflow(chain: Chain, ids: Tensor, logits: Tensor) -> RunError:
    """The error for scores that overflow; the stages are run again to name the first one that makes them overflow."""
    scores = logits[None]
    for stage in chain.before:
        scores = stage.apply(ids, scores)
        if not math.isfinite(scores.amax().item()):
            break
    numbers = "".join(f" {value:g}" for value in stage.values.values())
    return RunError(f"{stage.name}{numbers} makes scores overflow.", "Give it a less extreme value.")


def _kept_set(stage: str, scores: Tensor, before: tuple[KeptSet, ...]) -> tuple[KeptSet, ...]:
    """This stage's kept set as a tuple of one, or () if the stage removed nothing and brought nothing back."""
    if not before and scores.amin().item() > -math.inf:
        return ()
    kept_set = KeptSet.of(stage, scores)
    unchanged = torch.equal(kept_set.left, before[-1].left) if before else kept_set.count == scores.shape[-1]
    return () if unchanged else (kept_set,)
