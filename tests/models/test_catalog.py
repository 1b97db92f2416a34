"""The models in the hub cache are described from their files' headers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from tui.core.catalog import Entry
from tui.models import catalog


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def add(cache: Path, name: str, tensors: dict[str, torch.Tensor] | None = None, config: str = "{}") -> Path:
    """Write a model into the cache as the hub's client stores it."""
    snapshot = cache / f"models--{name.replace('/', '--')}" / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    if config:
        (snapshot / "config.json").write_text(config)
    if tensors is not None:
        save_file(tensors, snapshot / "model.safetensors")
    return snapshot


def found(cache: Path) -> dict[str, Entry]:
    return {entry.name: entry for entry in catalog.entries()}


def test_without_a_cache_there_is_the_demo_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "none"))
    (demo,) = catalog.entries()
    assert (demo.name, demo.parameters, demo.dtype) == ("", 6_917_376, "bfloat16")


def test_parameters_and_dtype_are_counted(cache: Path) -> None:
    add(cache, "org/name", {"a": torch.zeros(3, 5, dtype=torch.float16), "b": torch.zeros(2)})
    entry = found(cache)["org/name"]
    assert (entry.parameters, entry.dtype) == (17, "float16")
    assert entry.files > 0


def test_a_damaged_header_is_a_size_and_no_more(cache: Path) -> None:
    (add(cache, "broken") / "model.safetensors").write_bytes(b"\xff" * 40)
    assert found(cache)["broken"] == Entry(name="broken", files=40)


def test_what_will_not_load_as_it_is_says_why(cache: Path) -> None:
    add(cache, "empty")
    (add(cache, "pickled") / "pytorch_model.bin").write_bytes(b"x" * 9)
    half = add(cache, "half", {"a": torch.zeros(2)})
    weights = {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}
    (half / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))
    (add(cache, "whole", {"a": torch.zeros(2)}) / "model.safetensors.index.json").write_text("no JSON")
    assert {name: entry.lacking for name, entry in found(cache).items() if name} == {
        "empty": "without weights", "pickled": "pickle only", "half": "not downloaded whole", "whole": "",
    }  # fmt: skip


def test_what_is_no_model_is_left_out(cache: Path) -> None:
    add(cache, "tokenizer-only", config="")
    assert list(found(cache)) == [""]


def test_there_is_room_to_speak_of() -> None:
    room = catalog.rooms()[0]
    assert room.device == "cpu"
    assert 0 < room.free <= room.total
