"""A config.json that cannot be that of the weights is told from the weights' header, before torch is needed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.models import checkpoints
from tests.models.hostile import json_with
from tui.core.origin import Origin
from tui.errors import ModelError
from tui.models import loading
from tui.models.checkpoint import check
from tui.models.header import Header, check_sizes
from tui.models.loading import load

WEIGHTS = Header(tensors=30, elements=100_000, longest=8200)


def quiet(*_: object) -> None:
    return None


def refused(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        check(folder, "it", Origin())
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_hidden_layers", 10**9), ("vocab_size", 10**7), ("hidden_size", 10**6), ("num_hidden_layers", 8201),
     ("num_attention_heads", 10**9), ("intermediate_size", [128, 10**8]), ("num_local_experts", 10**7)],
)  # fmt: skip
def test_a_size_that_no_tensor_has_is_refused_before_torch_is_needed(
    broken: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    json_with("config.json", **{name: value})(broken)
    monkeypatch.setattr(loading, "_transformers", lambda: pytest.fail("too late"))
    with pytest.raises(ModelError, match=rf"config\.json.*{name}=.*longest side 8,200"):
        load(Origin(model=str(broken)), quiet)


@pytest.mark.parametrize("name", ["num_hidden_layers", "vocab_size", "hidden_size", "n_layer", "n_embd", "d_model"])
def test_a_model_has_at_least_one_of_each(broken: Path, name: str) -> None:
    for value in (0, -1):
        json_with("config.json", **{name: value})(broken)
        assert f"{name}={value}: that is no model" in refused(broken)


def test_the_language_model_of_several_parts_is_looked_at_too() -> None:
    with pytest.raises(ModelError, match="vocab_size=1000000"):
        check_sizes({"text_config": {"vocab_size": 10**6}}, WEIGHTS, "it")


@pytest.mark.parametrize(
    "config",
    [
        {"vocab_size": 8200, "num_hidden_layers": 3, "hidden_size": 64},
        {"max_position_embeddings": 10**9, "sliding_window": 10**8, "rope_theta": 1e9, "eos_token_id": 10**7},
        {"n_inner": None, "num_experts": 0, "layer_types": ["full_attention"] * 3, "num_kv_heads": [4, 4, 8]},
        {"hidden_size": "many", "head_dim": 2.5},  # the library's own checks tell these
    ],
)
def test_what_may_be_true_is_left_to_the_library(config: dict[str, Any]) -> None:
    check_sizes(config, WEIGHTS, "it")


def test_what_config_json_leaves_out_is_what_the_library_takes(broken: Path) -> None:
    """A llama without any numbers is the one of seven billion."""
    (broken / "config.json").write_text('{"model_type": "llama"}')
    started = time.process_time()
    with pytest.raises(ModelError, match="vocab_size=32000"):
        load(Origin(model=str(broken), device="cpu"), quiet)
    assert time.process_time() - started < 10


def test_sizes_that_are_each_there_and_together_are_not(broken: Path) -> None:
    """Each is a side of some tensor; a model of them all would take gigabytes."""
    json_with("config.json", hidden_size=8192, intermediate_size=8192, num_hidden_layers=30)(broken)
    with pytest.raises(ModelError, match=r"a model of [\d,]{13,} numbers, and its weights have"):
        load(Origin(model=str(broken), device="cpu"), quiet)


def test_a_model_that_cannot_be_built_is_told_from_its_configuration(broken: Path) -> None:
    json_with("config.json", num_key_value_heads=3, head_dim=0)(broken)
    with pytest.raises(ModelError, match=r"The config\.json of .* describes no model"):
        load(Origin(model=str(broken), device="cpu"), quiet)


def test_the_header_is_that_of_all_pieces(broken: Path) -> None:
    whole = check(broken, "it", Origin())
    load(Origin(model=str(broken), device="cpu"), quiet).model.save_pretrained(broken, max_shard_size="1MB")
    (broken / "model.safetensors").unlink()
    assert whole.header is not None and check(broken, "it", Origin()).header == whole.header
    assert whole.header.longest == checkpoints.TOKENS + checkpoints.UNUSED
