"""Explains to a person why a head does not decide the draw, and which setting would."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.stages import TOP_H
from tui.errors import RunError
from tui.sampling.bounds import Weights
from tui.sampling.chain import Chain
from tui.sampling.head_cuts import Prefix
from tui.sampling.stages import TOP_H_CANDIDATES, Stage

Step = tuple[Stage, Prefix]
"""A stage and the bounds of what it leaves."""


def explain(chain: Chain, weights: Weights, steps: Sequence[Step]) -> RunError:
    """The error that says what is undecided, how many tokens are known and needed, and a setting that decides it."""
    if chain.greedy:
        return RunError(f"An unseen token may be as probable as the best of the {weights.ranked} told.", _MORE)
    stage, left = _undecided_step(steps) if steps else (None, Prefix.whole(weights))
    return RunError(f"{_what_is_left(stage, left)} {_what_is_needed(stage, left)}", _remedy(weights, steps))


_MORE = "The server would have to tell more."


def _undecided_step(steps: Sequence[Step]) -> Step:
    """The stage to name: the first one that leaves no prefix, or whose edge is undecided, or the last one that cuts."""
    lost = next((step for step in steps if not step[1].ordered), None)
    if lost is not None:
        return lost
    if steps[-1][1].most <= steps[-1][1].weights.ranked:
        return next(step for step in steps if not step[1].decided)
    cutting = [step for before, step in zip((None, *steps), steps, strict=False) if _narrows(before, step)]
    return cutting[-1] if cutting else steps[-1]


def _narrows(before: Step | None, step: Step) -> bool:
    """True if a stage's bounds differ from those of the stage before it."""
    everything = step[1].weights.ranked + step[1].weights.unseen
    old = (everything, everything) if before is None else (before[1].fewest, before[1].most)
    return (step[1].fewest, step[1].most) != old


def _what_is_left(stage: Stage | None, left: Prefix) -> str:
    """A sentence about the candidates left after `stage`."""
    weights, text = left.weights, stage_text(stage) if stage else ""
    if not left.ordered:
        return f"What {text} keeps depends on tokens that are not told."
    if left.fewest == left.most == weights.ranked + weights.unseen:
        return f"{f'{text} removes nothing' if stage else 'Nothing is cut'}: any of {left.most:,} tokens may come next."
    if left.most <= weights.ranked and left.fewest == left.most:
        return f"At the edge of {text} stand equal tokens, and which of them stay depends on those not told."
    if left.fewest == left.most:
        return f"{text} leaves {left.fewest:,} tokens."
    return f"{text} leaves {left.fewest:,} to {left.most:,} tokens."


def _what_is_needed(stage: Stage | None, left: Prefix) -> str:
    """A sentence about how many tokens the server tells, and how many would be needed."""
    weights = left.weights
    told = f"The server tells {weights.ranked:,}"
    top_h = stage is not None and stage.record is TOP_H
    if top_h and weights.ranked < TOP_H_CANDIDATES < weights.ranked + weights.unseen:
        return f"{told}; more than {TOP_H_CANDIDATES} would be needed."
    if not left.ordered or left.fewest >= weights.ranked + weights.unseen:
        return f"{told}; all would be needed."
    if left.most <= weights.ranked:
        return f"{told}; more might decide it."
    return f"{told}; at least {max(left.fewest, weights.ranked + 1):,} would be needed."


def _remedy(weights: Weights, steps: Sequence[Step]) -> str:
    """The setting that decides the draw: a top-k of as many tokens as certainly score above the unseen ones."""
    certain = int((weights.scores > weights.cap_score).sum())
    if not certain:
        return _MORE
    # Top-h comes before top-k, and considers more tokens than are known.
    prefix = f"Without {TOP_H.label} a" if any(stage.record is TOP_H for stage, _ in steps) else "A"
    return f"{prefix} top-k of {certain:,} or less decides it."


def stage_text(stage: Stage) -> str:
    """A stage's name and numbers as a person reads them, such as `top-p 0.9`."""
    return " ".join((stage.name.replace("_", "-"), *(f"{value:g}" for value in stage.values.values())))
