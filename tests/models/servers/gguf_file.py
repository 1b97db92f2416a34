"""Writes a Llama checkpoint in llama.cpp's format: byte-level BPE, in float32 or quantised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import torch
from gguf import GGMLQuantizationType, TokenType
from torch import Tensor
from transformers import AutoModelForCausalLM

BLOCK = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""transformers' name of a layer's weight → llama.cpp's."""


def write(
    folder: Path, file: Path, *, stored: GGMLQuantizationType = GGMLQuantizationType.F32, template: str = "",
    cut: str = "gpt-2", leave_out: str = "", more: Mapping[str, int] | None = None,
) -> Path:  # fmt: skip
    """Write the checkpoint in `folder` (a Llama with tokenizer.json) to `file`.

    `stored`: how matrices are; `template`: of chats; `cut`: the name of how the tokenizer cuts texts; `leave_out`: a
    tensor; `more`: metadata.
    """
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    writer = gguf.GGUFWriter(str(file), "llama")
    _write_shape(writer, model.config)
    _write_tokens(writer, json.loads((folder / "tokenizer.json").read_text()), model.config, cut)
    if template:
        writer.add_chat_template(template)
    for name, value in (more or {}).items():
        writer.add_uint32(name, value)
    for name, weight in _tensors(model).items():
        kind = stored if weight.dim() > 1 else GGMLQuantizationType.F32
        if name != leave_out:
            writer.add_tensor(name, gguf.quantize(weight.contiguous().numpy(), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _write_shape(writer: gguf.GGUFWriter, config: Any) -> None:
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def _write_tokens(writer: gguf.GGUFWriter, tokenizer: dict[str, Any], config: Any, cut: str) -> None:
    model = tokenizer["model"]
    special = {added["content"] for added in tokenizer["added_tokens"] if added["special"]}
    by_id = {token: text for text, token in model["vocab"].items()}
    texts = [by_id.get(token, f"[unused {token}]") for token in range(config.vocab_size)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(cut)
    writer.add_token_list(texts)
    writer.add_token_types([TokenType.CONTROL if text in special else TokenType.NORMAL for text in texts])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]])
    writer.add_bos_token_id(config.bos_token_id)
    writer.add_eos_token_id(config.eos_token_id)
    writer.add_add_bos_token(False)


def _tensors(model: Any) -> dict[str, Tensor]:
    """The weights under llama.cpp's names; the rows of rotary ones in its order."""
    weights = {name.removesuffix(".weight"): weight for name, weight in model.state_dict().items()}
    tensors = {
        "token_embd.weight": weights["model.embed_tokens"],
        "output_norm.weight": weights["model.norm"],
        "output.weight": weights["lm_head"],
    }
    heads = {"attn_q": model.config.num_attention_heads, "attn_k": model.config.num_key_value_heads}
    for layer in range(model.config.num_hidden_layers):
        for theirs, ours in BLOCK.items():
            weight = weights[f"model.layers.{layer}.{theirs}"]
            tensors[f"blk.{layer}.{ours}.weight"] = _paired(weight, heads[ours]) if ours in heads else weight
    return tensors


def _paired(weight: Tensor, heads: int) -> Tensor:
    """Reorder each head's rows from halves (x0 x1 … y0 y1 …) to pairs (x0 y0 x1 y1 …), which are rotated together."""
    halves = weight.view(heads, 2, -1, weight.shape[1])
    return halves.transpose(1, 2).reshape(weight.shape)
