"""Hypothesis strategies for settings: any parameters, with values in range."""

from hypothesis import strategies as st

from tui.core.settings import OFF

LIBRARY = {
    "repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "temperature": 1.0,
    "top_k": 50,
    "top_p": 1.0,
    "typical_p": 1.0,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
}
"""transformers' own defaults; a parameter that is not listed is None."""

_above_0 = st.floats(0, 1, exclude_min=True)
_RANGES = {
    "temperature": st.floats(0.01, 100),
    "top_k": st.integers(0, 1000) | st.none(),
    "top_p": _above_0,
    "min_p": st.floats(0, 1) | st.none(),
    "top_h": _above_0 | st.none(),
    "typical_p": _above_0,
    "epsilon_cutoff": st.floats(0, 1, exclude_max=True),
    "eta_cutoff": st.floats(0, 1, exclude_max=True),
    "repetition_penalty": st.floats(0.1, 10),
    "no_repeat_ngram_size": st.integers(0, 10),
    "do_sample": st.booleans(),
    "max_new_tokens": st.integers(1, 4096),
}


def drawn_given():
    """Settings that a person may have given; often with the value at which a parameter does nothing."""
    often_off = {name: st.just(OFF[name]) | values if name in OFF else values for name, values in _RANGES.items()}
    return st.fixed_dictionaries({}, optional=often_off)
