"""How two distributions of one step differ, over the whole vocabulary."""

from __future__ import annotations

from tui.core.candidates import Compared
from tui.engine.decide import Distribution
from tui.sampling.metrics import divergence_bits, kept_only_here, overlap

_UNDECIDED = Compared(None, None, None)


def compared(here: Distribution, there: Distribution) -> Compared:
    """How `here` differs from `there`, both of the same logits. All None if a head leaves one of them undecided."""
    if here.undecided is not None or there.undecided is not None:
        return _UNDECIDED
    pair = here.log_final, there.log_final
    return Compared(overlap(*pair), divergence_bits(*pair), kept_only_here(*pair))
