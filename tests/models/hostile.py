"""Folders somebody damaged, misspelled or forged: each a copy of a whole checkpoint with one thing wrong in it.

python -m tests.models.hostile FOLDER     # writes them all, to be looked at
"""

from __future__ import annotations

import json
import shutil
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Change = Callable[[Path], object]
WEIGHTS = "model.safetensors"
GONE = object()
"""As a value: the key is taken out."""

SIZES = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "max_position_embeddings", "head_dim",
)  # fmt: skip
"""Numbers of config.json that say how large a model is."""
CONFIG: dict[str, list[Any]] = {
    **{name: ["64", 7.5, -1, 0, 10**9, [2], None] for name in SIZES},
    "rms_norm_eps": ["small", -1.0, float("nan")],
    "rope_parameters": [
        "linear", {"rope_type": "spiral"}, {"rope_type": "linear"}, {"rope_type": "yarn", "factor": -2},
    ],
    "dtype": ["torch.float16", "float13", 16, "int8"],
    "hidden_act": ["no_such_thing", 3],
    "tie_word_embeddings": ["maybe", True],
    "eos_token_id": ["</s>", 99_999, -1, [0, "x"], 2.5],
    "bos_token_id": ["<s>", 99_999, -1],
    "pad_token_id": ["<pad>", 99_999, -7],
    "architectures": ["LlamaForCausalLM", [], [7], ["NoSuchModel"], ["BertForMaskedLM"]],
    "model_type": [7, "", "no_such_type", "bert", "t5", "gpt2", GONE],
    "quantization_config": [
        "gptq", [], {"quant_method": "no_such_method"}, {"quant_method": "gptq", "bits": 4}, {"bits": 4},
        {"quant_method": "bitsandbytes", "load_in_4bit": True},
    ],
    "is_encoder_decoder": [True],
    "is_decoder": [False, "no"],
    "attention_bias": [True, "yes"],
    "layer_types": [["full_attention"], ["spiral_attention"] * 2],
    "text_config": [{"vocab_size": 10**9}, "llama"],
    "auto_map": [{"AutoModelForCausalLM": "own.OwnModel"}, 7],
    "temperature": [0.0, "hot"],
}  # fmt: skip
"""Values that are of the wrong type, sign or size, by the field of config.json they are written to."""
GENERATION: dict[str, list[Any]] = {
    "temperature": [0, 0.0, -1.0, 2, "0.7", [0.7], float("inf")],
    "top_k": [-1, 50.0, "50", 10**12],
    "top_p": [0.0, 1.5, -0.1, "0.9", 1],
    "min_p": [2.0, -1, "0.1"],
    "typical_p": [0, 0.0, 3.0, "1"],
    "top_h": [0.0, 7, "x"],
    "epsilon_cutoff": [-1, 2.0, "x"],
    "eta_cutoff": [-0.5, 2.0, "x"],
    "repetition_penalty": [0, 0.0, -1.0, 2, "1.1", [1.1]],
    "no_repeat_ngram_size": [-1, 2.5, "2"],
    "do_sample": ["yes", False, 7],
    "max_new_tokens": [0, -5, "many"],
    "max_length": [-1, "many"],
    "min_length": [-1, "few"],
    "min_new_tokens": [-1, "few"],
    "eos_token_id": ["</s>", [0, "x"], 99_999, -1, 2.5, [[0]], {"id": 0}],
    "pad_token_id": ["<pad>", -1, 99_999],
    "bad_words_ids": [[], 7, "bad", [["x"]], [[99_999]], [5]],
    "sequence_bias": [7, [[[5], "x"]], [[[99_999], 1.0]], {"5": 1.0}],
    "forced_bos_token_id": ["x", 99_999],
    "forced_eos_token_id": ["x", 99_999, [0, "x"]],
    "suppress_tokens": ["x", 7, [99_999], ["x"]],
    "begin_suppress_tokens": ["x", [99_999]],
    "exponential_decay_length_penalty": [7, [3], ["x", 1.1]],
    "stop_strings": [7, [7], ""],
    "encoder_repetition_penalty": [0, "x"],
    "encoder_no_repeat_ngram_size": [-1, "x"],
    "watermarking_config": [
        7, {}, {"no_such_field": 1}, {"greenlist_ratio": 7.0}, {"ngram_len": 5, "keys": [654, 400, 836]},
    ],
    "num_beams": [4, -1, "four"],
    "num_return_sequences": [3, "three"],
    "cache_implementation": ["static", "no_such_cache"],
    "use_cache": [False, "no"],
    "early_stopping": ["perhaps"],
    "guidance_scale": [1.5, "x"],
    "penalty_alpha": [0.6],
    "compile_config": [7],
    "logits_processor": [[]],
    "validate": [3],
}  # fmt: skip
"""The same for generation_config.json."""


def json_with(file: str, **values: Any) -> Change:
    """Other values in one of a checkpoint's JSON files."""

    def change(folder: Path) -> None:
        path = folder / file
        content = {**(json.loads(path.read_text()) if path.exists() else {}), **values}
        path.write_text(json.dumps({name: value for name, value in content.items() if value is not GONE}))

    return change


def bytes_of(file: str, change: Callable[[bytes], bytes]) -> Change:
    """Other bytes in a file; of one that is not there the new ones."""
    return lambda folder: (folder / file).write_bytes(
        change((folder / file).read_bytes() if (folder / file).exists() else b"")
    )


def without(*files: str) -> Change:
    """Files taken away."""
    return lambda folder: [(folder / file).unlink() for file in files]


def both(*changes: Change) -> Change:
    return lambda folder: [change(folder) for change in changes]


def _folder_named(name: str) -> Change:
    """A folder in place of a file."""

    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return change


def _header(change: Callable[[dict[str, Any]], object]) -> Change:
    """Another safetensors header over the same data."""

    def other(data: bytes) -> bytes:
        (length,) = struct.unpack("<Q", data[:8])
        content = json.loads(data[8 : 8 + length])
        change(content)
        text = json.dumps(content).encode()
        return struct.pack("<Q", len(text)) + text + data[8 + length :]

    return bytes_of(WEIGHTS, other)


def _renamed(start: str, to: str) -> Change:
    """Tensors under names that no model has."""

    def change(header: dict[str, Any]) -> None:
        for name in [name for name in header if name.startswith(start)]:
            header[to + name[len(start) :]] = header.pop(name)

    return _header(change)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1234567\n"
FILES: dict[str, Change] = {
    "weights are a pointer": bytes_of(WEIGHTS, lambda _: POINTER),
    "tokenizer is a pointer": bytes_of("tokenizer.json", lambda _: POINTER),
    "config is a pointer": bytes_of("config.json", lambda _: POINTER),
    "generation_config is a pointer": bytes_of("generation_config.json", lambda _: POINTER),
    "weights are empty": bytes_of(WEIGHTS, lambda _: b""),
    "weights cut in half": bytes_of(WEIGHTS, lambda data: data[: len(data) // 2]),
    "weights are text": bytes_of(WEIGHTS, lambda _: b"no weights at all, but more than eight bytes"),
    "weights are a folder": _folder_named(WEIGHTS),
    "config is a folder": _folder_named("config.json"),
    "tokenizer is a folder": _folder_named("tokenizer.json"),
    "header of unknown dtype": _header(lambda h: [v.update(dtype="F3") for v in h.values() if "dtype" in v]),
    "header of negative shape": _header(lambda h: [v.update(shape=[-1]) for v in h.values() if "shape" in v]),
    "tensors of other names": _renamed("model.", "odel."),
    "a GGUF beside nothing": both(without("config.json"), bytes_of("x.gguf", lambda _: b"GGUF\3\0\0\0")),
    "a GGUF in place of weights": both(without(WEIGHTS), bytes_of("x.Q4_K_M.gguf", lambda _: b"GGUF\3\0\0\0")),
    "an adapter": json_with("adapter_config.json", base_model_name_or_path="some/base"),
    "an adapter of nothing": json_with("adapter_config.json", base_model_name_or_path=None),
    "a pickle": both(without(WEIGHTS), bytes_of("pytorch_model.bin", lambda _: b"\x80\x04N.")),
    "a pickle of another name": both(without(WEIGHTS), bytes_of("weights.ckpt", lambda _: b"\x80\x04N.")),
    "a Keras file": both(without(WEIGHTS), bytes_of("tf_model.h5", lambda _: b"\x89HDF")),
    "an index that leads out": both(without(WEIGHTS), json_with(f"{WEIGHTS}.index.json", weight_map={"a": "../x"})),
    "an index of nothing": both(without(WEIGHTS), json_with(f"{WEIGHTS}.index.json", weight_map={})),
    "an index of lists": both(without(WEIGHTS), json_with(f"{WEIGHTS}.index.json", weight_map=["a"])),
    "config cut short": bytes_of("config.json", lambda data: data[:40]),
    "config is a list": bytes_of("config.json", lambda _: b"[]"),
    "config is null": bytes_of("config.json", lambda _: b"null"),
    "config is empty": bytes_of("config.json", lambda _: b""),
    "config is not UTF-8": bytes_of("config.json", lambda data: b"\xff\xfe" + data),
    "config nested a million deep": bytes_of("config.json", lambda _: b"[" * 10**6),
    "config nested a hundred deep": json_with("config.json", extra=json.loads("[" * 100 + "]" * 100)),
    "config of a number too long": bytes_of("config.json", lambda _: b'{"vocab_size": 1' + b"0" * 5000 + b"}"),
    "config of a type alone": bytes_of("config.json", lambda _: b'{"model_type": "llama"}'),
    "config of a large type alone": bytes_of("config.json", lambda _: b'{"model_type": "deepseek_v3"}'),
    "generation_config cut short": bytes_of("generation_config.json", lambda _: b'{"temperature": 0.7,'),
    "generation_config is a list": bytes_of("generation_config.json", lambda _: b"[1]"),
    "generation_config nested deep": json_with("generation_config.json", extra=json.loads("[" * 500 + "]" * 500)),
    "generation_config is a folder": _folder_named("generation_config.json"),
    "tokenizer cut short": bytes_of("tokenizer.json", lambda data: data[:1000]),
    "tokenizer of the future": json_with("tokenizer.json", pre_tokenizer={"type": "FromTheFuture"}),
    "tokenizer without a model": json_with("tokenizer.json", model=None),
    "tokenizer class unknown": json_with("tokenizer_config.json", tokenizer_class="NoSuchTokenizer"),
    "tokenizer class a number": json_with("tokenizer_config.json", tokenizer_class=7),
    "tokenizer_config is a list": bytes_of("tokenizer_config.json", lambda _: b"[]"),
    "tokenizer's BOS a number": json_with("tokenizer_config.json", bos_token=7),
    "tokenizer's BOS a list": json_with("tokenizer_config.json", bos_token=["<s>"]),
    "chat template a number": json_with("tokenizer_config.json", chat_template=7),
    "SentencePiece alone": both(without("tokenizer.json"), bytes_of("tokenizer.model", lambda _: b"\n\x0e\n\x05<unk>")),
    "tiktoken alone": both(without("tokenizer.json"), bytes_of("tokenizer.model", lambda _: b"IQ== 0\nIg== 1\n")),
    "tekken alone": both(without("tokenizer.json"), bytes_of("tekken.json", lambda _: b"{}")),
    "no tokenizer": without("tokenizer.json", "tokenizer_config.json"),
    "no config": without("config.json"),
    "no weights": without(WEIGHTS),
    "nothing": lambda folder: [file.unlink() for file in folder.iterdir()],
}
"""Files that are damaged, missing, or of another kind."""


def _valued(file: str, values: Mapping[str, list[Any]]) -> Iterator[tuple[str, Change]]:
    for field, wrong in values.items():
        for value in wrong:
            shown = "gone" if value is GONE else json.dumps(value)[:40]
            yield f"{file}: {field}={shown}", json_with(file, **{field: value})


def cases() -> dict[str, Change]:
    """Every damage by its name."""
    return {**FILES, **dict(_valued("config.json", CONFIG)), **dict(_valued("generation_config.json", GENERATION))}


def write(whole: Path, to: Path, change: Change) -> Path:
    """A copy of a whole checkpoint with one damage."""
    shutil.copytree(whole, to)
    change(to)
    return to


def main(to: Path) -> None:
    """Write all of them."""
    from tests.models import checkpoints

    whole = checkpoints.whole(to / "whole")
    for number, (name, change) in enumerate(cases().items()):
        print(write(whole, to / f"{number:03d}", change), name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
