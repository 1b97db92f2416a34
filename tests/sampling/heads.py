"""Whole distributions whose tail is hidden: every bound can be compared with the known truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor

from tests.fake_model import hide
from tests.oracle import CUTS, KINDS, anywhere, make_row
from tui.core.settings import Given

IDS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])


@dataclass(frozen=True)
class Hidden:
    """Log-probabilities [V], the same with a hidden tail, and settings."""

    whole: Tensor
    head: Tensor
    given: Given


@st.composite
def hidden(draw, cuts: int = 3, penalties: bool = True) -> Hidden:
    """Any kind of logits, any head of them, and a few stages, in any order, with values as a person might set them."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    width = draw(st.sampled_from([12, 60, 400, 3000]))
    kind = draw(st.sampled_from([kind for kind in KINDS if kind != "forbidden"]))
    row = make_row(kind, width, generator)
    row = row.bfloat16().float() if draw(st.booleans()) else row
    whole = row.log_softmax(0)
    told = draw(st.sampled_from([told for told in (1, 2, 5, 20, 120, width - 1) if told < width]))
    names = draw(st.lists(st.sampled_from(CUTS), max_size=cuts, unique=True))
    names += draw(st.sampled_from([[], ["temperature"]]))
    if penalties:
        names += draw(st.sampled_from([[], [], ["repetition_penalty"], ["no_repeat_ngram_size"]]))
    values: Given = {name: anywhere(name, width, generator) for name in names}
    order = draw(st.just("transformers") | st.just("llama.cpp") | st.permutations([*CUTS, "temperature"]).map(",".join))
    return Hidden(whole, hide(whole, told), values | {"order": order})


def bits(probabilities: Tensor) -> float:
    """Entropy in float64."""
    values = probabilities.double()
    values = values[values > 0]
    return float(-(values * values.log2()).sum())


def inside(value: float, low: float, high: float, rounding: float = 3e-5) -> bool:
    """True if a float32 truth lies in a float64 interval, up to float32 rounding."""
    room = rounding * max(1.0, abs(value))
    return low - room <= value <= high + room and not math.isnan(low + high)
