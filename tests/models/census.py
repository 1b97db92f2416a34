"""Every causal model type of the installed transformers, built tiny, saved as a folder and verified against generate().

    python -m tests.models.census [TYPE ...]

prints a line a type and the counts. A type is *equal*, *refused* (by samplescope, with its reason), *generate fails*
(the model's own generate() raises on the same settings), *not built* (its tiny configuration is not found by the rules
below, or needs a package), or DIFFERENT, which alone makes the exit code 1.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

SECONDS = 120
"""The time one type may take."""
VOCABULARY = 8192
"""The demo model's, whose tokenizer they take."""
MOST_PARAMETERS = 40_000_000
SETTINGS: tuple[dict[str, Any], ...] = ({"top_k": 0, "max_new_tokens": 12}, {"top_p": 0.9, "max_new_tokens": 12})

SIZES: dict[str, Any] = {
    "hidden_size": 64, "d_model": 64, "n_embd": 64, "embed_dim": 64, "embedding_size": 64, "dim": 64, "emb_dim": 64,
    "dim_model": 64, "word_embed_proj_dim": 64, "lru_width": 64, "attention_hidden_size": 64, "d_embed": 64,
    "hidden_size_per_layer_input": 16, "input_embedding_size": 64, "hidden_dim": 64,
    "intermediate_size": 128, "ffn_dim": 128, "n_inner": 128, "ffn_hidden_size": 128, "decoder_ffn_dim": 128,
    "encoder_ffn_dim": 128, "dim_ff": 128, "dff": 128, "d_inner": 128, "feed_forward_size": 128, "d_ff": 128,
    "intermediate_size_mlp": 128, "dense_intermediate_size": 128, "mlp_intermediate_size": 128, "ffn_dim_size": 128,
    "moe_intermediate_size": 32, "shared_expert_intermediate_size": 32, "moe_shared_expert_intermediate_size": 32,
    "expert_ffn_hidden_size": 32, "shared_intermediate_size": 32,
    "num_hidden_layers": 2, "n_layer": 2, "n_layers": 2, "num_layers": 2, "decoder_layers": 2, "encoder_layers": 2,
    "num_decoder_layers": 2, "num_encoder_layers": 2, "num_blocks": 2,
    "num_attention_heads": 4, "n_head": 4, "n_heads": 4, "num_heads": 4, "decoder_attention_heads": 4,
    "encoder_attention_heads": 4, "num_decoder_attention_heads": 4, "num_encoder_attention_heads": 4,
    "num_key_value_heads": 2, "num_kv_heads": 2, "head_dim": 16, "d_head": 16, "kv_channels": 16,
    "max_position_embeddings": 512, "n_positions": 512, "n_ctx": 512, "max_seq_len": 512, "max_target_positions": 512,
    "num_experts": 4, "num_local_experts": 4, "n_routed_experts": 4, "moe_num_experts": 4, "num_experts_per_tok": 2,
    "moe_topk": 2, "moe_k": 2, "n_group": 1, "topk_group": 1, "n_shared_experts": 1, "moe_num_shared_experts": 1,
    "first_k_dense_replace": 1, "decoder_sparse_step": 1, "zero_expert_num": 1,
    "q_lora_rank": 32, "kv_lora_rank": 16, "qk_nope_head_dim": 16, "qk_rope_head_dim": 16, "v_head_dim": 16,
    "qk_head_dim": 32, "o_lora_rank": 16, "index_head_dim": 16, "index_n_heads": 4, "index_topk": 8,
    "sliding_window": 8, "attention_window_size": 8, "attention_chunk_size": 8,
    "mamba_n_heads": 4, "mamba_d_head": 32, "mamba_d_state": 16, "mamba_d_ssm": 128, "mamba_chunk_size": 16,
    "mamba_num_heads": 4, "mamba_head_dim": 32, "n_mamba_heads": 4, "ssm_state_size": 16, "state_size": 16,
    "mamba_dt_rank": 4, "chunk_size": 16, "n_groups": 1, "mamba_n_groups": 1, "time_step_rank": 4,
    "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 16, "linear_value_head_dim": 16,
    "vocab_size_per_layer_input": VOCABULARY, "type_vocab_size": 2, "max_window_layers": 1,
}  # fmt: skip
"""What a configuration's field becomes, where the class has it."""

PAD = dict.fromkeys(
    ("camembert", "data2vec-text", "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod", "emu3",
     "emu3_text_model", "modernbert-decoder", "gemma4", "gemma4_text", "gemma4_unified", "prophetnet", "xlm"), 1,
)  # fmt: skip
"""The types that do not run without a padding token."""

EXTRA: dict[str, dict[str, Any]] = {
    "bamba": {"attn_layer_indices": [1]},
    "codegen": {"rotary_dim": 8},
    "cohere_compass_text": {"rope_parameters": {
        "full_attention": None, "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}},
    "dory": {"n_input_layers": 1, "n_recurrent_layers": 1, "n_output_layers": 1, "num_hidden_layers": 3,
             "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "gptj": {"rotary_dim": 8},
    "granitemoehybrid": {"layer_types": ["mamba", "attention"]},
    "inkling2_text": {"unpadded_vocab_size": 8000, "swa_num_attention_heads": 4, "swa_num_key_value_heads": 2,
                      "swa_head_dim": 16, "sliding_window_size": 8, "rel_extent": 16},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"], "num_dense_layers": 1},
    "mamba2": {"head_dim": 32},
    "recurrent_gemma": {"num_hidden_layers": 3},
    "reformer": {"axial_pos_embds_dim": (16, 48), "axial_pos_shape": (16, 32)},
    "xmod": {"default_language": "en_XX"},
    "zamba2": {"layers_block_type": ["mamba", "hybrid"], "num_key_value_heads": 4, "attention_hidden_size": 128},
    "zaya": {"num_experts_per_tok": 1, "router_hidden_size": 32},
}  # fmt: skip
EXTRA["inkling2_loop_text"] = EXTRA["inkling2_text"]
"""What single types need besides."""


def types() -> dict[str, str]:
    """Model type -> class, of all that transformers generates text with."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as NAMES

    return dict(NAMES)


def tiny(kind: str) -> Any:
    """A small configuration of type `kind`, with the demo model's tokens."""
    from transformers import AutoConfig

    return _shrunk(type(AutoConfig.for_model(kind)))


def _shrunk(config: Any) -> Any:
    defaults = config()
    fields = set(defaults.to_dict()) | set(getattr(defaults, "attribute_map", {}))
    given: dict[str, Any] = {name: value for name, value in SIZES.items() if name in fields}
    if getattr(defaults, "num_key_value_heads", 0) == getattr(defaults, "num_attention_heads", None):
        given["num_key_value_heads"] = given["num_attention_heads"]
    computed = [getattr(config, name, None) for name in ("layer_types", "layers_block_type")]
    kinds = list(dict.fromkeys(getattr(defaults, "layer_types", None) or ()))
    if kinds and not any(isinstance(value, property) for value in computed):
        given["layer_types"] = kinds if len(kinds) > 1 else kinds * 2
        given["num_hidden_layers"] = len(given["layer_types"])
    for name, part in config.sub_configs.items():
        if name in fields and hasattr(part, "model_type"):
            given[name] = _shrunk(part)
    if "vocab_size" in fields:
        given |= {
            "vocab_size": VOCABULARY,
            "bos_token_id": 0,
            "eos_token_id": 0,
            "pad_token_id": PAD.get(config.model_type),
        }
    if "is_decoder" in fields:
        given |= {"is_decoder": True}
    return config(**{**given, **EXTRA.get(config.model_type, {})})


def verified(kind: str, room: Path) -> tuple[str, str]:
    """(what happened, in a word; the reason) for one type."""
    import torch
    import transformers

    from tests.parity import families
    from tui.core.origin import Origin
    from tui.errors import SamplescopeError
    from tui.experiments.verify import verify_options
    from tui.launch import LaunchOptions
    from tui.models.loading import DEMO

    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    try:
        config = tiny(kind)
        with torch.device("meta"):
            size = sum(p.numel() for p in transformers.AutoModelForCausalLM.from_config(config).parameters())
        if size > MOST_PARAMETERS:
            return "not built", f"{size / 1e6:.0f} M parameters: its size has names of its own"
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
        with torch.no_grad():
            families.liven(model)
            _sharpen(model)
        model.save_pretrained(room)
        transformers.AutoTokenizer.from_pretrained(DEMO).save_pretrained(room)
    except Exception as error:
        return "not built", _reason(error)
    results = []
    for given in SETTINGS:
        try:
            options = LaunchOptions(
                origin=Origin(model=str(room)), prompt="The unicorns lived in a valley", given=given
            )
            results.append(verify_options(options))
        except SamplescopeError as error:
            return _refused(room, given, str(error))
    if all(result["equal"] for result in results):
        return "equal", "; ".join(dict.fromkeys(note for result in results for note in result["notes"]))
    return "DIFFERENT", "; ".join(f"from token {result['step']} on" for result in results if not result["equal"])


def _refused(room: Path, given: dict[str, Any], why: str) -> tuple[str, str]:
    """("refused", why), or ("generate fails", its reason) if the model's own generate() raises too."""
    import torch
    import transformers

    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(room)
    except ValueError:
        return "refused", why
    try:
        model.generate(torch.arange(1, 9)[None], do_sample=True, **given)
    except Exception as error:
        return "generate fails", _reason(error)
    return "refused", why


def _sharpen(model: Any) -> None:
    """Scale the last layer so that logits spread as a trained model's do: nearly flat rows would hide a wrong bit."""
    import torch

    last = model.get_output_embeddings()
    if last is not None:
        spread = model(torch.arange(1, 9)[None]).logits.std()
        last.weight.mul_(3 / spread)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


def _child(kind: str, pipe: Any) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with tempfile.TemporaryDirectory() as room, contextlib.redirect_stdout(io.StringIO()):
        try:
            answer = verified(kind, Path(room))
        except BaseException as error:
            answer = "CRASHED", "".join(traceback.format_exception(error))[-1500:]
    pipe.send(answer)


def census(kinds: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(type, what happened, reason) of each, in processes of their own: one may eat memory, hang or die."""
    context = multiprocessing.get_context("fork")
    for kind in kinds:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(kind, theirs))
        process.start()
        theirs.close()
        try:
            answer = ours.recv() if ours.poll(SECONDS) else ("TOO LONG", f"more than {SECONDS} s")
        except EOFError:
            answer = ("DIED", f"exit code {process.exitcode}")
        process.kill()
        process.join()
        yield kind, *answer


def main(arguments: list[str]) -> int:
    import transformers  # once, before the processes fork

    counts: Counter[str] = Counter()
    for kind, what, why in census(arguments or types()):
        counts[what] += 1
        print(f"{kind:26} {what:14} {why}", flush=True)
    print(f"\ntransformers {transformers.__version__}:", ", ".join(f"{n} {what}" for what, n in counts.most_common()))
    return int(bool(set(counts) - {"equal", "refused", "generate fails", "not built"}))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main(sys.argv[1:]))
