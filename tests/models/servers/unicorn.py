"""A model that writes 🦄 byte by byte after a blank: its logits depend on the last token only."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from tui.models.loading import DEMO

EMOJI = "🦄"


def path(tokenizer) -> list[int]:
    """The ids of ` 🦄`: a blank and four bytes."""
    ids = [int(token) for token in tokenizer(f" {EMOJI}")["input_ids"]]
    assert len(ids) == 5
    return ids


def save(folder: Path) -> Path:
    """A one-layer Llama with the demo model's tokenizer; the layer adds nothing."""
    tokenizer = AutoTokenizer.from_pretrained(DEMO)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=512, tie_word_embeddings=False, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        layer = model.model.layers[0]
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
        directions = torch.nn.functional.normalize(model.model.embed_tokens.weight, dim=-1)
        model.lm_head.weight.zero_()
        ids = path(tokenizer)
        for last, following in pairwise(ids):
            model.lm_head.weight[following] = 3 * directions[last]
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(DEMO / name, folder / name)
    return folder
