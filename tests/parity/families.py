"""Tiny models with random weights, one of each family: what the parity tests run on. Does not import the package.

The weights are drawn wide enough that every token of the context matters, and the last layer is scaled until a row
has the bits of entropy that real text has: rows that are nearly flat or nearly one-hot would hide a wrong bit.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

GPT2_VOCABULARY = 50_257
CONTEXT = 256
WINDOW = 16
"""Tokens a sliding-window layer sees: far shorter than the texts."""

_SMALL: dict[str, Any] = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": CONTEXT, "tie_word_embeddings": False,
    "initializer_range": 0.15,
}  # fmt: skip
_MAMBA: dict[str, Any] = {
    "mamba_n_heads": 4, "mamba_d_head": 32, "mamba_d_state": 16, "mamba_expand": 2, "mamba_chunk_size": 16,
}  # fmt: skip


def _gpt2(library: Any, common: dict[str, Any]) -> Any:
    return library.GPT2Config(
        n_embd=64, n_layer=3, n_head=4, n_positions=CONTEXT, initializer_range=0.15, tie_word_embeddings=False, **common
    )


def _gemma2(library: Any, common: dict[str, Any]) -> Any:
    more = {"num_hidden_layers": 4, "head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": WINDOW}
    return library.Gemma2Config(**{**_SMALL, **more, **common, "tie_word_embeddings": True})


def _gemma3(library: Any, common: dict[str, Any]) -> Any:
    more = {"num_hidden_layers": 3, "head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": WINDOW}
    layers = {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}
    return library.Gemma3TextConfig(**{**_SMALL, **more, **layers, **common})


def _qwen3_moe(library: Any, common: dict[str, Any]) -> Any:
    more = {"head_dim": 16, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64}
    return library.Qwen3MoeConfig(**_SMALL, **more, decoder_sparse_step=1, **common)


def _mamba2(library: Any, common: dict[str, Any]) -> Any:
    return library.Mamba2Config(
        hidden_size=64, num_hidden_layers=3, num_heads=4, head_dim=32, state_size=16, n_groups=1, chunk_size=16,
        initializer_range=0.15, **common,
    )  # fmt: skip


def _falcon_h1(library: Any, common: dict[str, Any]) -> Any:
    return library.FalconH1Config(**_SMALL, **_MAMBA, mamba_d_ssm=128, **common)


def _zamba2(library: Any, common: dict[str, Any]) -> Any:
    return library.Zamba2Config(
        **{**_SMALL, "num_hidden_layers": 4, "num_key_value_heads": 4}, layers_block_type=["mamba", "hybrid"] * 2,
        mamba_d_state=16, n_mamba_heads=4, chunk_size=16, **common,
    )  # fmt: skip


def _bart(library: Any, common: dict[str, Any]) -> Any:
    """The decoder of an encoder-decoder, alone. transformers takes the cache's layers from the encoder's number."""
    small = {"d_model": 64, "decoder_layers": 3, "decoder_attention_heads": 4, "decoder_ffn_dim": 128}
    more = {"encoder_layers": 3, "is_decoder": True, "is_encoder_decoder": False, "init_std": 0.15}
    return library.BartConfig(**small, **more, max_position_embeddings=CONTEXT, **common)


def _recurrent_gemma(library: Any, common: dict[str, Any]) -> Any:
    small = {name: value for name, value in _SMALL.items() if name not in ("max_position_embeddings",)}
    return library.RecurrentGemmaConfig(**small, lru_width=64, attention_window_size=WINDOW, **common)


FAMILIES: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "gpt2": _gpt2,
    "llama": lambda library, common: library.LlamaConfig(**_SMALL, **common),
    "qwen2": lambda library, common: library.Qwen2Config(**_SMALL, **common),
    "gemma2": _gemma2,
    "mistral": lambda library, common: library.MistralConfig(**_SMALL, head_dim=16, sliding_window=WINDOW, **common),
    "mamba2": _mamba2,
    "falcon_h1": _falcon_h1,
    "qwen3": lambda library, common: library.Qwen3Config(**_SMALL, head_dim=16, **common),
    "gemma3": _gemma3,
    "qwen3_moe": _qwen3_moe,
}
"""The ten of the parity script."""

MORE_FAMILIES: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "mixtral": lambda library, common: library.MixtralConfig(
        **_SMALL, num_local_experts=4, num_experts_per_tok=2, sliding_window=None, **common
    ),
    "bamba": lambda library, common: library.BambaConfig(**_SMALL, **_MAMBA, attn_layer_indices=[1], **common),
    "zamba2": _zamba2,
    "lfm2": lambda library, common: library.Lfm2Config(
        **_SMALL, layer_types=["conv", "full_attention", "conv"], **common
    ),
    "recurrent_gemma": _recurrent_gemma,
    "bart": _bart,
}
"""Others whose caches are special: a mixture of experts, hybrids, one with its state inside the module, and a decoder
that has an encoder elsewhere."""

FINAL_NORMS = ("model.norm", "transformer.ln_f", "backbone.norm_f", "model.final_layernorm", "model.final_norm",
               "model.embedding_norm", "model.decoder.layers.2.final_layer_norm")  # fmt: skip


def build(family: str, vocabulary: int = GPT2_VOCABULARY, bits: float = 6.0, seed: int = 0) -> Any:
    """A model of `family` in float32 whose rows have about `bits` of entropy; the same for the same arguments."""
    import transformers

    torch.manual_seed(seed)
    ends = {"bos_token_id": vocabulary - 1, "eos_token_id": vocabulary - 1, "pad_token_id": None}
    config = {**FAMILIES, **MORE_FAMILIES}[family](transformers, {"vocab_size": vocabulary, **ends})
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        liven(model)
        _scale_to(model, bits)
    return model


def liven(model: Any) -> None:
    """Give what initialisation leaves at 0 or 1 (biases, norms) values that matter."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1 and not name.endswith(("A_log", "dt_bias", ".D", "recurrent_param")):
            parameter.add_(torch.randn_like(parameter) * 0.05)


def _scale_to(model: Any, bits: float) -> None:
    """Scale the final norm up from nearly nothing until rows have no more than `bits` of entropy on average."""
    norm = next(module for name in FINAL_NORMS if (module := _module(model, name)) is not None)
    # Gemma's norms multiply by 1 + weight.
    offset = 1.0 if "Gemma" in type(model).__name__ else 0.0
    weight = norm.weight + offset
    ids = torch.randint(model.config.vocab_size, (2, 20))
    scale = 0.004
    for step in (1.5, 1.15, 1.02):
        while True:
            norm.weight.copy_(weight * scale * step - offset)
            if entropy_bits(model(ids).logits[:, 4:]) <= bits:
                break
            scale *= step


def _module(model: Any, name: str) -> Any:
    for part in name.split("."):
        model = getattr(model, part, None)
    return model


def entropy_bits(logits: Any) -> float:
    """Mean entropy of rows of logits [..., V], in bits."""
    return float(torch.special.entr(torch.softmax(logits.float(), -1)).sum(-1).mean()) / math.log(2)


def save(model: Any, folder: Path, tokenizer: Path, dtype: str = "float32") -> Path:
    """Write a checkpoint with GPT-2's tokenizer beside it, weights in `dtype`; the folder."""
    import transformers

    transformers.utils.logging.disable_progress_bar()
    model.to(getattr(torch, dtype)).save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer / file, folder / file)
    return folder
