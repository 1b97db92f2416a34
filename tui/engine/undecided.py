"""Why a head does not decide a draw, in a sentence for a person, with what would."""

from __future__ import annotations

from collections.abc import Sequence

from tui.errors import RunError
from tui.sampling.bounds import Weights
from tui.sampling.chain import Chain
from tui.sampling.head_cuts import Prefix
from tui.sampling.stages import TOP_H_CANDIDATES

Step = tuple[str, float | int | None, Prefix]
"""A stage's name, its value, and what it leaves."""


def explain(chain: Chain, weights: Weights, steps: Sequence[Step]) -> RunError:
    """What is undecided, how many tokens are told and would be needed at least, and a setting that decides it."""
    if chain.greedy:
        return RunError(f"An unseen token may be as probable as the best of the {weights.told} told.", _MORE)
    name, value, left = _culprit(steps) if steps else ("", None, Prefix.whole(weights))
    return RunError(f"{_what(name, value, left)} {_need(name, left)}", _remedy(weights, steps))


_MORE = "The server would have to tell more."


def _culprit(steps: Sequence[Step]) -> Step:
    """The stage that lost what was known, or the last one that still cuts."""
    lost = next((step for step in steps if not step[2].ordered), None)
    if lost is not None:
        return lost
    if steps[-1][2].most <= steps[-1][2].weights.told:
        return next(step for step in steps if not step[2].decided)
    cutting = [step for before, step in zip((None, *steps), steps, strict=False) if _cuts(before, step)]
    return cutting[-1] if cutting else steps[-1]


def _cuts(before: Step | None, step: Step) -> bool:
    """True if a stage's bounds are not those of the one before it."""
    everything = step[2].weights.told + step[2].weights.unseen
    old = (everything, everything) if before is None else (before[2].fewest, before[2].most)
    return (step[2].fewest, step[2].most) != old


def _what(name: str, value: float | int | None, left: Prefix) -> str:
    """What is left, of which not all is known."""
    weights, stage = left.weights, stage_text(name, value)
    if not left.ordered:
        return f"What {stage} keeps depends on tokens that are not told."
    if left.fewest == left.most == weights.told + weights.unseen:
        return f"{f'{stage} removes nothing' if name else 'Nothing is cut'}: any of {left.most:,} tokens may come next."
    if left.most <= weights.told and left.fewest == left.most:
        return f"At the edge of {stage} stand equal tokens, and which of them stay depends on those not told."
    if left.fewest == left.most:
        return f"{stage} leaves {left.fewest:,} tokens."
    return f"{stage} leaves {left.fewest:,} to {left.most:,} tokens."


def _need(name: str, left: Prefix) -> str:
    """What the server gives, and what it would have to."""
    weights = left.weights
    told = f"The server tells {weights.told:,}"
    if name == "top_h" and weights.told < TOP_H_CANDIDATES < weights.told + weights.unseen:
        return f"{told}; more than {TOP_H_CANDIDATES} would be needed."
    if not left.ordered or left.fewest >= weights.told + weights.unseen:
        return f"{told}; all would be needed."
    if left.most <= weights.told:
        return f"{told}; more might decide it."
    return f"{told}; at least {max(left.fewest, weights.told + 1):,} would be needed."


def _remedy(weights: Weights, steps: Sequence[Step]) -> str:
    """A top-k that leaves what is told: the ranks that no unseen token can share."""
    certain = int((weights.scores > weights.cap_score).sum())
    if not certain:
        return _MORE
    # Top-h comes before top-k, and looks at more than is told.
    without = f"Without {stage_text('top_h', None)} a" if any(name == "top_h" for name, _, _ in steps) else "A"
    return f"{without} top-k of {certain:,} or less decides it."


def stage_text(name: str, value: float | int | None) -> str:
    """`top-p 0.9`"""
    return " ".join(filter(None, (name.replace("_", "-"), "" if value is None else f"{value:g}")))
