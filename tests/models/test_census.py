"""`verify` says "equal" for transformers' model types: a few here, all of them with `-m long`."""

from __future__ import annotations

import pytest

from tests.models.census import census, types

FEW = ("bloom", "gpt_neo", "opt", "rwkv", "xlnet", "reformer", "deepseek_v3", "jamba")
"""Positions as biases, as rows and relative; an old recurrence, hashed attention, latent attention, a hybrid."""


def test_a_few_types_are_equal_to_generate() -> None:
    assert {kind: what for kind, what, _ in census(FEW)} == dict.fromkeys(FEW, "equal")


@pytest.mark.long
def test_no_type_is_different() -> None:
    results = list(census(types()))
    print(*(" ".join(result) for result in results), sep="\n")
    assert {what for _, what, _ in results} <= {"equal", "refused", "generate fails", "not built"}
    assert sum(what == "equal" for _, what, _ in results) > 150
