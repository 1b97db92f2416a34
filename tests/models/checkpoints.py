"""Checkpoints on disk, whole and broken, made once for the tests of loading and of the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file

from tests.parity import families
from tui.models.loading import DEMO

TOKENS = 8192
"""How many tokens the demo model's tokenizer has."""
UNUSED = 8
"""How many rows the embedding has beyond those tokens."""
CONTEXT = 96
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")


def whole(folder: Path) -> Path:
    """A tiny Llama that loads, with the demo model's tokenizer and a few rows more than that has tokens."""
    transformers.utils.logging.disable_progress_bar()
    model = families.build("llama", TOKENS + UNUSED, bits=5.0)
    model.config.max_position_embeddings = CONTEXT
    model.config.eos_token_id = model.generation_config.eos_token_id = 0
    model.config.bos_token_id = model.generation_config.bos_token_id = 0
    model.save_pretrained(folder)
    for name in TOKENIZER_FILES:
        shutil.copyfile(DEMO / name, folder / name)
    return folder


def copy(folder: Path, to: Path) -> Path:
    """Copy a checkpoint, to break the copy."""
    return Path(shutil.copytree(folder, to))


def edit_json(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Read a JSON file, change its content, write it."""
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def edit_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Read a checkpoint's tensors, change them, write them."""
    file = folder / "model.safetensors"
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file, {"format": "pt"})


def pickle(folder: Path, *, pieces: bool = False) -> None:
    """Replace the safetensors by pickles: one file, or two with an index."""
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    if not pieces:
        return torch.save(tensors, folder / "pytorch_model.bin")
    names = [f"pytorch_model-0000{number}-of-00002.bin" for number in (1, 2)]
    places = {name: names[index % 2] for index, name in enumerate(tensors)}
    for file in names:
        torch.save({name: tensors[name] for name, place in places.items() if place == file}, folder / file)
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
