"""Runs the chain on a head: on bounds until they decide the kept set, and from there on the scores themselves."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from tui.core.settings import Settings
from tui.engine.decide import Distribution, chain_at, distribution
from tui.engine.heads import HeadDistribution
from tui.engine.places import Place
from tui.engine.undecided import explain
from tui.errors import RunError
from tui.sampling.bounds import Head, Weights, apply_temperature
from tui.sampling.chain import Chain, KeptSet
from tui.sampling.cuts import ChainResult, run_stage
from tui.sampling.head_cuts import Prefix, cut
from tui.sampling.scoring import BaseScores
from tui.sampling.stages import Stage


def head_distribution(place: Place, settings: Settings, seed: int) -> Distribution:
    """Run a place's log-probabilities [V] under T = 1, NaN for unseen tokens, through generate()'s chain.

    Without unseen tokens the result is an ordinary distribution. RunError if no token can be ranked.
    """
    logits, ids = place.logits, place.ids
    known = int((~logits.isnan()).sum())
    if known == logits.shape[0]:
        return distribution(place, settings, seed)
    if not known:
        raise RunError("The server told no log-probability at all.", "Ask it for more with a higher number.")
    chain = chain_at(place, settings, seed)
    server_head = Head.of(logits)
    head, kept_sets = server_head.penalised(chain, ids, logits)
    if not len(head.tokens):
        raise RunError(
            f"What comes before the temperature leaves no token of the {known} told certain to be the best.",
            "Turn the penalties off.",
        )
    return _through(logits, ids, chain, server_head, head, kept_sets)


def _through(
    logits: Tensor, ids: Tensor, chain: Chain, server_head: Head, head: Head, kept_sets: tuple[KeptSet, ...]
) -> HeadDistribution:
    """Run the chain's cuts on bounds until the kept set is decided, and the remaining ones on the scores themselves."""
    weights, untempered = (apply_temperature(head, stage, ids) for stage in (chain.temperature, None))
    base = torch.full_like(logits, -math.inf).scatter(0, head.tokens, head.scores)[None]
    tempered_scores = torch.full_like(logits, -math.inf).scatter(0, head.tokens, weights.scores)[None]
    applied = ChainResult(base, tempered_scores, tempered_scores, list(kept_sets))
    steps = _bounds(chain, untempered, weights)
    left = steps[-1][1] if steps else Prefix.whole(weights)
    decided = left.decided or (chain.greedy and left.ordered and left.best_is_certain)
    if left.decided:
        name = steps[-1][0].name if steps else kept_sets[-1].stage
        _finish_on_scores(applied, chain, ids, len(steps), name, head.tokens[: left.most])
    raw = logits.exp()[None]
    gone = ~kept_sets[-1].left if kept_sets else torch.zeros_like(raw, dtype=torch.bool)
    untouched = head is server_head and chain.temperature is None
    tempered = raw if untouched else head.probabilities(len(logits), weights).masked_fill(gone, 0.0)
    final = _final(chain, applied, head, left, decided).masked_fill(gone, 0.0)
    scored = BaseScores(base, kept_sets)
    dist = HeadDistribution(
        logits, ids, chain, scored, applied, raw, tempered, final, server_head, head, weights, untempered, steps
    )  # fmt: skip
    if not decided:
        dist.undecided = explain(chain, weights, steps)
    return dist


def _bounds(chain: Chain, untempered: Weights, weights: Weights) -> list[tuple[Stage, Prefix]]:
    """(stage, bounds of what it leaves, in the weights it sees), up to the stage that decides the kept set."""
    steps: list[tuple[Stage, Prefix]] = []
    left = Prefix.whole(untempered)
    for stage in chain.cutting:
        if left.decided:
            break
        seen = untempered if stage in chain.untempered else weights
        left = cut(stage, replace(left, weights=seen))
        steps.append((stage, left))
    return steps


def _finish_on_scores(applied: ChainResult, chain: Chain, ids: Tensor, done: int, name: str, kept: Tensor) -> None:
    """Keep the tokens `kept` [n], which the stage `name` is the last to decide, and run the stages after `done`."""
    applied.scores = only(applied.base if done < len(chain.untempered) else applied.tempered, kept)
    applied.kept_sets.append(KeptSet.of(name, applied.scores))
    for stage in chain.untempered[done:]:
        run_stage(applied, stage, ids, exact=True)
    if done < len(chain.untempered):
        applied.temper()
    for stage in chain.after[max(0, done - len(chain.untempered)) :]:
        run_stage(applied, stage, ids, exact=True)


def only(scores: Tensor, tokens: Tensor) -> Tensor:
    """Scores [1, V] with all but these ids removed."""
    return torch.full_like(scores, -math.inf).index_copy(1, tokens, scores[:, tokens])


def _final(chain: Chain, applied: ChainResult, head: Head, left: Prefix, decided: bool) -> Tensor:
    """Final probabilities [1, V]. If the kept set is undecided: 0 for tokens that are certainly removed, else NaN."""
    if decided and not chain.greedy:
        return torch.softmax(applied.scores, dim=-1)
    if decided:
        final = torch.zeros_like(applied.scores)
        final[0, int(torch.argmax(applied.scores, dim=-1))] = 1.0
        return final
    ranked, possibly_kept = len(head.tokens), left.possibly_kept
    final = torch.full_like(applied.scores, math.nan if possibly_kept > ranked else 0.0)
    final[0, head.tokens[:possibly_kept]] = math.nan
    final[0, head.tokens[possibly_kept:]] = 0.0
    return final
