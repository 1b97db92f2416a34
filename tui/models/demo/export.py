"""Write a trained demo model as the files that from_pretrained reads."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import __version__ as transformers_version

from tui.models.demo.data import END_OF_TEXT
from tui.models.demo.model import CONTEXT, Llama, config


def export(model: Llama, tokenizer: Tokenizer, folder: Path) -> None:
    """Write weights, configuration and tokenizer to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.detach().to(torch.bfloat16).contiguous() for name, weight in model.named_for_transformers()}
    path = folder / "model.safetensors"
    save_file(weights, path, metadata={"format": "pt"})
    path.chmod(0o644)  # it is made readable by its owner alone
    write_configuration(folder)
    tokenizer.save(str(folder / "tokenizer.json"))


def write_configuration(folder: Path) -> None:
    """Write the small files; weights of 16 bits are named float32, to be computed in that."""
    described = config()
    described.architectures = ["LlamaForCausalLM"]
    described.dtype = "float32"
    described.save_pretrained(folder)
    ends = {"bos_token_id": 0, "eos_token_id": 0, "transformers_version": transformers_version}
    tokens = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": END_OF_TEXT,
        "eos_token": END_OF_TEXT,
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
    }
    write_json(folder / "generation_config.json", ends)
    write_json(folder / "tokenizer_config.json", tokens)


def write_json(path: Path, content: dict[str, object]) -> None:
    """Write a JSON file, its keys sorted."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
