"""transformers' own warpers as the oracle, and random logits with thresholds placed exactly on a token's value.

A case is made from its number alone, so that a failing one can be reproduced.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers.generation import logits_process as hf

from tui.core.settings import Given, Settings, resolve

Warper = Callable[[Tensor, Tensor], Tensor]

WARPERS: dict[str, Callable[[float], Warper]] = {
    "repetition_penalty": lambda value: hf.RepetitionPenaltyLogitsProcessor(float(value)),
    "no_repeat_ngram_size": lambda value: hf.NoRepeatNGramLogitsProcessor(int(value)),
    "temperature": lambda value: hf.TemperatureLogitsWarper(float(value)),
    "top_h": lambda value: hf.TopHLogitsWarper(value),
    "top_k": lambda value: hf.TopKLogitsWarper(int(value)),
    "top_p": lambda value: hf.TopPLogitsWarper(value),
    "min_p": lambda value: hf.MinPLogitsWarper(value),
    "typical_p": lambda value: hf.TypicalLogitsWarper(value),
    "epsilon_cutoff": lambda value: hf.EpsilonLogitsWarper(value),
    "eta_cutoff": lambda value: hf.EtaLogitsWarper(value),
}
"""transformers' class for each stage, in generate()'s order."""
CUTS = tuple(WARPERS)[3:]


def warp(name: str, value: float, ids: Tensor, scores: Tensor) -> Tensor:
    """The scores that transformers makes of `scores` [1, V]; it gets a copy, because a class may write in place."""
    return WARPERS[name](value)(ids, scores.clone())


def settings_of(**given: float | int | bool | str | None) -> Settings:
    """Settings in which every parameter is off that is not given."""
    return resolve(given, {}, {})


# -- rows ------------------------------------------------------------------------------------------------------------


def make_row(kind: str, width: int, generator: torch.Generator) -> Tensor:
    """Random logits [V] float32 of one kind, as large as those of models."""
    noise = torch.randn(width, generator=generator)
    if kind == "normal":
        return noise * 2.5 - 8
    if kind == "peaked":
        noise[int(torch.randint(width, (), generator=generator))] += 14
        return noise
    if kind == "zipf":
        ranks = torch.randperm(width, generator=generator) + 1
        return 12 - 1.1 * ranks.log() + 0.1 * noise
    if kind == "heavy":  # Student's t with two degrees of freedom
        return noise / torch.rand(width, generator=generator).clamp_min(1e-3).log().neg().sqrt()
    if kind == "flat":
        return noise * 1e-3
    if kind == "coarse":  # few distinct values: ties at every edge
        return (noise * 3).round() / 2
    forbidden = torch.rand(width, generator=generator) < 0.3
    forbidden[int(torch.randint(width, (), generator=generator))] = False
    return (noise * 3).masked_fill(forbidden, -math.inf)  # "forbidden"


KINDS = ("normal", "peaked", "zipf", "heavy", "flat", "coarse", "forbidden")


# -- thresholds exactly on a token's value ---------------------------------------------------------------------------


def on_edge(name: str, scores: Tensor, generator: torch.Generator) -> float | None:
    """A value of this stage that is exactly the threshold of some token of `scores` [1, V]; None if none was found."""
    pick = int(torch.multinomial(scores.softmax(-1), 1, generator=generator))  # a token of the head, mostly
    probabilities = scores.softmax(-1)
    value: float | None = None
    if name == "top_p":
        ascending = torch.sort(scores).values.softmax(-1).cumsum(-1)
        share = torch.rand(1, generator=generator)
        value = 1 - ascending[0, torch.searchsorted(ascending[0], share).clamp(max=scores.shape[-1] - 1)].item()
    elif name == "min_p":
        value = _ratio(probabilities[0, pick].item(), probabilities.amax())
    elif name in ("epsilon_cutoff", "eta_cutoff"):
        value = probabilities[0, pick].item()
    elif name == "typical_p":
        logs = scores.log_softmax(-1)
        entropy = -(logs * logs.exp()).nansum(-1, keepdim=True)
        order = torch.sort((-logs - entropy).abs()).indices
        value = scores.gather(-1, order).softmax(-1).cumsum(-1)[0, pick].item()
    elif name == "top_h":
        spread = torch.distributions.Categorical(logits=torch.topk(scores, min(100, scores.shape[-1])).values)
        terms = (-spread.probs * spread.probs.log()).cumsum(-1)
        value = _ratio(terms[0, pick % terms.shape[-1]].item(), spread.entropy()[0])
    return value if value is not None and 0 < value < 1 else None


def _ratio(part: float, whole: Tensor) -> float | None:
    """r with float32(r · whole) == part, if there is one near the quotient."""
    if not part or not whole.item():
        return None
    tries = [part / whole.item()]
    for step in (2.0**-25, -(2.0**-25), 2.0**-24, -(2.0**-24)):
        tries.append(tries[0] * (1 + step))
    return next((ratio for ratio in tries if (ratio * whole).item() == part), None)


def anywhere(name: str, width: int, generator: torch.Generator) -> float:
    """A random value of this stage, such as a person might set."""
    chance = torch.rand((), generator=generator).item()
    tiny = 10 ** (-7 + 6 * chance)
    return {
        "temperature": (0.3, 0.5, 0.7, 0.9, 1.3, 2.0, 1.7 + chance)[int(chance * 7)],
        "top_k": max(1, round(width ** (1.2 * chance))),
        "top_p": (0.1, 0.5, 0.8, 0.9, 0.95, 0.99, max(tiny, 1e-6), 1 - tiny)[int(chance * 8)],
        "min_p": (0.0, 0.02, 0.1, 0.5, 1.0, tiny)[int(chance * 6)],
        "typical_p": (0.1, 0.2, 0.5, 0.9, 0.95, 1 - tiny)[int(chance * 6)],
        "epsilon_cutoff": tiny,
        "eta_cutoff": tiny,
        "top_h": (0.2, 0.4, 0.7, 1.0, max(tiny, 1e-6))[int(chance * 5)],
        "repetition_penalty": (0.5, 0.9, 1.1, 1.3, 2.0)[int(chance * 5)],
        "no_repeat_ngram_size": 1 + int(chance * 4),
    }[name]


# -- whole cases -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Logits and settings, with transformers' scores after each stage."""

    number: int
    kind: str
    row: Tensor
    """[V] float32."""
    ids: Tensor
    """[1, n]."""
    given: Given
    on_edge: frozenset[str]
    base: Tensor
    """[1, V] after the penalties."""
    tempered: Tensor
    after: dict[str, Tensor]
    """Scores [1, V] after each cut, in order."""


def make_case(number: int, width: int, kind: str, rounded: bool, names: list[str]) -> Case:
    """A case of random logits under the stages `names`; every other threshold lies exactly on a token's value."""
    generator = torch.Generator().manual_seed(number)
    row = make_row(kind, width, generator)
    row = row.bfloat16().float() if rounded else row
    # Small ids, so that n-grams repeat; some ids lie beyond the logits.
    ids = torch.randint(0, min(width, 40) + 2, (1, int(torch.randint(1, 60, (), generator=generator))),
                        generator=generator)  # fmt: skip
    given: Given = {}
    edges: set[str] = set()
    base = tempered = scores = row[None]
    after: dict[str, Tensor] = {}
    for name in (name for name in WARPERS if name in names):
        value = on_edge(name, scores, generator) if torch.rand((), generator=generator) < 0.5 else None
        if value is not None:
            edges.add(name)
        given[name] = value if value is not None else anywhere(name, width, generator)
        warped = warp(name, float(given[name] or 0), ids, scores)
        if name == "no_repeat_ngram_size" and warped.amax().item() == -math.inf:
            del given[name]  # a tiny vocabulary would have no token left: that is refused, and tested elsewhere
            continue
        scores = warped
        if name in CUTS:
            after[name] = scores
        else:
            tempered = scores
            base = base if name == "temperature" else scores
    return Case(number, kind, row, ids, given, frozenset(edges), base, tempered, after)
