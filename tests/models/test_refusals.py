"""Broken and forbidden checkpoints: no code is run, nothing reads stdin, and one line says why, at once.

All are loaded one after the other in another process, whose stdin and stderr are checked.
"""

from __future__ import annotations

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from tests.models import checkpoints
from tests.models.loads import load_all

SECONDS = 2.0
"""Of the processor, beyond the imports."""
WEIGHTS = "model.safetensors"
UP = "model.layers.1.mlp.up_proj.weight"
SMALL = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}


def config(**change: Any) -> Callable[[Path], object]:
    """Change a value in config.json; None removes the key."""

    def edit(content: dict[str, Any]) -> None:
        content.update(change)
        for name in [name for name, value in change.items() if value is None]:
            del content[name]

    return lambda folder: checkpoints.edit_json(folder / "config.json", edit)


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], object]:
    return lambda folder: checkpoints.edit_weights(folder, change)


def rewritten(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Replace a file's bytes."""
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def forged(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    """Replace the safetensors header, with its right length; the data stays."""

    def header(data: bytes) -> bytes:
        (length,) = struct.unpack("<Q", data[:8])
        content = json.loads(data[8 : 8 + length])
        change(content)
        text = json.dumps(content).encode()
        return struct.pack("<Q", len(text)) + text + data[8 + length :]

    return rewritten(WEIGHTS, header)


def overlap(header: dict[str, Any]) -> None:
    names = [name for name in header if name != "__metadata__"]
    header[names[1]] = header[names[0]]


def beyond(header: dict[str, Any]) -> None:
    name = max((name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"][1])
    header[name]["data_offsets"][1] += 10**9


class Evil:
    """A pickle that touches a file when it is opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return (Path.touch, (self.folder / "ran",))


def pickled(folder: Path, *, evil: bool = True, name: str = "pytorch_model.bin") -> None:
    """Replace the safetensors by a pickle: weights, or malicious code."""
    tensors = checkpoints.load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    torch.save({**tensors, "evil": Evil(folder)} if evil else tensors, folder / name)


def raw_pickle(folder: Path) -> None:
    """A bare pickle, not torch's zip format: as the first versions of torch.save wrote it, and as exploits use it."""
    (folder / WEIGHTS).unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(folder)))


def indexed(*pieces: str, there: bool = False) -> Callable[[Path], object]:
    """Replace the weights by an index that names these files."""

    def write(folder: Path) -> None:
        (folder / WEIGHTS).rename(folder / "model-00001-of-00002.safetensors")
        index = {"metadata": {}, "weight_map": {f"layer{n}": piece for n, piece in enumerate(pieces)}}
        (folder / f"{WEIGHTS}.index.json").write_text(json.dumps(index))
        if there:
            torch.save({"layer0": Evil(folder)}, folder / pieces[0])

    return write


def own_code(model_type: str) -> Callable[[Path], object]:
    """A repository with its own classes, named in every place that can name one."""

    def write(folder: Path) -> None:
        text = f"from pathlib import Path\nPath({str(folder / 'ran')!r}).touch()\nclass Evil: pass\n"
        kinds = {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil", "AutoTokenizer": ["evil.Evil", None]}
        (folder / "evil.py").write_text(text)
        config(auto_map=kinds, model_type=model_type)(folder)
        checkpoints.edit_json(folder / "tokenizer_config.json", lambda content: content.update(auto_map=kinds))

    return write


def other(make: Callable[[], Any]) -> Callable[[Path], object]:
    """Put another kind of model into the folder; the tokenizer stays."""

    def write(folder: Path) -> None:
        for name in ("config.json", WEIGHTS, "generation_config.json"):
            (folder / name).unlink()
        make().save_pretrained(folder)

    return write


def t5() -> Any:
    small = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 1, "num_heads": 2, "vocab_size": 100}
    return transformers.T5ForConditionalGeneration(transformers.T5Config(**small))


def emu3_text() -> Any:
    return transformers.Emu3ForCausalLM(transformers.Emu3TextConfig(**SMALL, pad_token_id=0, vocab_size=100))


def llava() -> Any:
    text = {"model_type": "llama", "vocab_size": 100, "num_key_value_heads": 1, **SMALL}
    vision = {"model_type": "clip_vision_model", "image_size": 28, "patch_size": 14, **SMALL}
    return transformers.LlavaForConditionalGeneration(transformers.LlavaConfig(text_config=text, vision_config=vision))


def without(*names: str) -> Callable[[Path], object]:
    return lambda folder: [(folder / name).unlink() for name in names]


def emptied(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def adapter(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "somebody/base"}')


def foreign(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "model.Q4_K_M.gguf")


def gguf_alone(folder: Path) -> None:
    emptied(folder)
    (folder / "model.gguf").write_bytes(b"GGUF\3\0\0\0")


def tokenizer_alone(name: str, data: bytes) -> Callable[[Path], object]:
    """A tokenizer in one file that needs a package."""

    def write(folder: Path) -> None:
        (folder / "tokenizer.json").unlink()
        (folder / name).write_bytes(data)
        checkpoints.edit_json(folder / "tokenizer_config.json", lambda c: c.update(tokenizer_class="LlamaTokenizer"))

    return write


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1234567\n"
PICKLE = ["pickle", "not opened", "--allow-pickle"]
ALLOWED = {"allow_pickle": True}
CASES: dict[str, tuple[Callable[[Path], object], dict[str, Any], list[str]]] = {
    "a missing tensor": (weights(lambda tensors: tensors.pop(UP)), {}, ["lacks weights", UP]),
    "another shape": (weights(lambda t: t.update({UP: torch.zeros(3, 3)})), {}, [f"{UP} (shape (3, 3))"]),
    "weights cut in half": (rewritten(WEIGHTS, lambda data: data[: len(data) // 2]), {}, [WEIGHTS, "damaged"]),
    "weights cut by a byte": (rewritten(WEIGHTS, lambda data: data[:-1]), {}, [WEIGHTS, "damaged"]),
    "empty weights": (rewritten(WEIGHTS, lambda data: b""), {}, [WEIGHTS, "damaged"]),
    "a header of 2**62 bytes": (
        rewritten(WEIGHTS, lambda data: struct.pack("<Q", 2**62) + data[8:]), {}, [WEIGHTS, "damaged"]
    ),
    "a header that is no JSON": (rewritten(WEIGHTS, lambda data: data[:8] + b"\xff" + data[9:]), {}, ["damaged"]),
    "tensors that overlap": (forged(overlap), {}, [WEIGHTS, "damaged"]),
    "a tensor beyond the end": (forged(beyond), {}, [WEIGHTS, "damaged"]),
    "only a pickle": (lambda folder: pickled(folder, evil=False), {}, PICKLE),
    "a malicious pickle": (pickled, {}, PICKLE),
    "a malicious raw pickle": (raw_pickle, {}, PICKLE),
    "a pickle of another name": (lambda folder: pickled(folder, name="weights.pt"), {}, PICKLE),
    "a malicious pickle, pickles allowed": (pickled, ALLOWED, ["holds more than weights"]),
    "a malicious raw pickle, pickles allowed": (raw_pickle, ALLOWED, ["holds more than weights"]),
    "an index that leads to a pickle": (indexed("evil.bin", there=True), {}, ["'evil.bin'", ".safetensors"]),
    "an index that leads elsewhere": (indexed("../model.safetensors"), {}, ["'../model.safetensors'"]),
    "a piece that is missing": (
        indexed("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"), {},
        ["lacks 1 of its 2 files", "model-00002-of-00002.safetensors"],
    ),
    "an index of nothing": (indexed(), {}, ["names no weights"]),
    "weights of another program": (foreign, {}, ["damaged GGUF file", "does not begin with GGUF", "model.Q4_K_M.gguf"]),
    "a GGUF alone": (gguf_alone, {}, ["model.gguf", "damaged GGUF file", "ends within its header"]),
    "weights that Git did not fetch": (rewritten(WEIGHTS, lambda _: POINTER), {}, [WEIGHTS, "LFS", "git lfs pull"]),
    "a tokenizer that Git did not fetch": (
        rewritten("tokenizer.json", lambda _: POINTER), {}, ["tokenizer.json", "LFS", "git lfs pull"]
    ),
    "a config that Git did not fetch": (
        rewritten("config.json", lambda _: POINTER), {}, ["config.json", "LFS", "git lfs pull"]
    ),
    "no weights": (without(WEIGHTS), {}, ["no weights", WEIGHTS]),
    "code of its own": (own_code("nobody_knows_this"), {}, ["code of its own repository", "--trust-remote-code"]),
    "code of its own, pickles allowed": (own_code("nobody_knows_this"), ALLOWED, ["code of its own repository"]),
    "no tokenizer": (without(*checkpoints.TOKENIZER_FILES), {}, ["no tokenizer"]),
    "a tokenizer that is none": (rewritten("tokenizer.json", lambda data: b'{"model": 1}'), {}, ["tokenizer"]),
    "a tokenizer cut short": (rewritten("tokenizer.json", lambda data: data[:1000]), {}, ["tokenizer"]),
    "an empty folder": (emptied, {}, ["no config.json"]),
    "no model_type": (config(model_type=None), {}, ["names no model_type"]),
    "a model_type that is no name": (config(model_type=["llama"]), {}, ["names no model_type"]),
    "a model_type nobody knows": (config(model_type="nobody_knows_this"), {}, ["nobody_knows_this"]),
    "a config cut short": (rewritten("config.json", lambda data: data[:40]), {}, ["config.json", "cannot be read"]),
    "a config that is a list": (rewritten("config.json", lambda data: b"[]"), {}, ["no JSON object"]),
    "a config a million deep": (rewritten("config.json", lambda data: b"[" * 10**6), {}, ["cannot be read"]),
    "a config a hundred deep": (
        config(extra=json.loads("[" * 100 + "]" * 100)), {}, ["config.json", "nested too deeply"]
    ),
    "a dtype spelled with torch": (config(dtype="torch.float16"), {}, ["config.json", "torch.float16"]),
    "a dtype of integers": (config(dtype="int8"), {}, ["config.json", "int8"]),
    "heads that are no number": (config(num_attention_heads=0), {}, ["config.json"]),
    "a config of nonsense": (config(hidden_size="many"), {}, ["cannot be loaded"]),
    "an encoder-decoder": (other(t5), {}, ["encoder-decoder", "T5ForConditionalGeneration"]),
    "an encoder": (
        other(lambda: transformers.BertForMaskedLM(transformers.BertConfig(**SMALL, vocab_size=100))), {},
        ["is an encoder (BertForMaskedLM)", "no causal language model"],
    ),
    "a model of pictures": (
        other(lambda: transformers.ViTModel(transformers.ViTConfig(**SMALL))), {},
        ["no causal language model (ViTModel)"],
    ),
    "a decoder that transformers has no loader for": (
        other(emu3_text), {},
        ["holds Emu3ForCausalLM", "AutoModelForCausalLM does not load", "'emu3_text_model'"],
    ),
    "a multimodal model": (other(llava), {}, ["multimodal", "LlavaForConditionalGeneration", "text decoder"]),
    "an adapter": (adapter, {}, ["an adapter of somebody/base", "peft"]),
    "an adapter that names no base": (
        lambda folder: (folder / "adapter_config.json").write_text("{}"), {}, ["an adapter of another model", "peft"]
    ),
    "an encoder-decoder by its type alone": (config(model_type="t5"), {}, ["encoder-decoder"]),
    "quantised by nobody knows what": (
        config(quantization_config={"quant_method": "no_such_method"}), {}, ["quantised by 'no_such_method'"]
    ),
    "quantised without a method": (config(quantization_config={"bits": 4}), {}, ["quantised by", "does not know"]),
    "a quantisation that is none": (config(quantization_config="gptq"), {}, ["config.json"]),
    "SentencePiece, its package missing": (
        tokenizer_alone("tokenizer.model", b"\n\x0e\n\x05<unk>"), {}, ["tokenizer.model", "pip install sentencepiece"]
    ),
    "tiktoken, its package missing": (
        tokenizer_alone("tokenizer.model", b"IQ== 0\nIg== 1\n"), {}, ["tokenizer.model", "pip install tiktoken"]
    ),
    "tekken, its package missing": (
        tokenizer_alone("tekken.json", b"{}"), {}, ["tekken.json", "pip install mistral_common"]
    ),
    "quantised, its library missing": (
        config(quantization_config={"quant_method": "hqq"}), {}, ["quantised (hqq)", "not installed", "HQQ"]
    ),
    "a dtype that does not exist": (lambda folder: None, {"dtype": "float8"}, ["--dtype", "'float8'"]),
    "a device that does not exist": (lambda folder: None, {"device": "nonsense"}, ["'nonsense'", "--device cpu"]),
}  # fmt: skip
HUB = {
    "a hub id, offline": ("somebody/something", ["'somebody/something'", "cannot be reached"]),
    "an old hub id, offline": ("gpt2-xl", ["'gpt2-xl'", "cannot be reached"]),
    "an unknown folder": ("/no/such/folder", ["/no/such/folder"]),
    "a web address": ("https://huggingface.co/gpt2", ["https://huggingface.co/gpt2"]),
}
NAMES = [*CASES, *HUB]


@pytest.fixture(scope="module")
def folders(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A broken copy for each case."""
    base = tmp_path_factory.mktemp("refused")
    made = {}
    for number, (name, (broken, _, _)) in enumerate(CASES.items()):
        made[name] = checkpoints.copy(checkpoint, base / str(number))
        broken(made[name])
    return made


@pytest.fixture(scope="module")
def outcomes(
    folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, dict[str, Any]], str]:  # fmt: skip
    """The outcome of each load, and the text on stderr."""
    asked = [{"origin": {"model": str(folders[name]), "device": "cpu", **CASES[name][1]}} for name in CASES]
    asked += [{"origin": {"model": name}} for name, _ in HUB.values()]
    home = str(tmp_path_factory.mktemp("home"))
    came, stderr = load_all(asked, HF_HOME=home, HF_HUB_OFFLINE="1")
    return dict(zip(NAMES, came, strict=True)), stderr


@pytest.mark.parametrize("name", NAMES)
def test_it_is_refused_with_one_line_that_names_what_is_wrong(name: str, outcomes: Any) -> None:
    outcome = outcomes[0][name]
    wanted = CASES[name][2] if name in CASES else HUB[name][1]
    said = outcome.get("message", "it was loaded")
    assert outcome.get("kind") == "model", said
    assert [word for word in wanted if word not in said] == [], said
    assert said.isprintable() and len(said) < 500, said
    assert outcome["seconds"] < SECONDS


def test_nobodys_code_was_run(outcomes: Any, folders: dict[str, Path]) -> None:
    assert [name for name, folder in folders.items() if (folder / "ran").exists()] == []


def test_nothing_is_written_to_stderr(outcomes: Any) -> None:
    assert outcomes[1] == ""


def test_the_traps_would_have_sprung(tmp_path: Path) -> None:
    """Checks that the pickle's code would be noticed if it ran."""
    with (tmp_path / "file").open("wb") as file:
        pickle.dump(Evil(tmp_path), file)
    pickle.loads((tmp_path / "file").read_bytes())
    assert (tmp_path / "ran").exists()
    assert os.environ.get("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD") is None
