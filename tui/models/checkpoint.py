"""Checks a checkpoint's folder before it is loaded, without running its code or opening a pickle.

This module does not import torch, so that a wrong folder is refused at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from tui.core.origin import Origin
from tui.errors import ModelError

CONFIG = "config.json"
SAFETENSORS = ".safetensors"
PICKLE_REMEDY = "Get it as safetensors; or --allow-pickle, if you trust whoever made it: unpickling can run code."
_WHOLE = "Get the whole checkpoint anew."
_TOKENIZERS = ("tokenizer*", "vocab*", "merges.txt", "*.model", "*.tiktoken", "*.spm")
"""Patterns of file names; a folder with a tokenizer has at least one such file."""
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_FOREIGN = ("*.gguf", "*.h5", "*.msgpack", "*.onnx", "consolidated*")


def check(folder: Path, name: str, origin: Origin) -> bool:
    """Check a checkpoint before it is loaded; True if its weights are safetensors, False for an allowed pickle.

    ModelError if it is not a causal model, or if its weights are missing, damaged, or a pickle that is not allowed.
    """
    check_config(folder, name, origin)
    names = [path.name for path in folder.iterdir()]
    if not any(fnmatch(one, pattern) for one in names for pattern in _TOKENIZERS):
        raise ModelError(f"There is no tokenizer in {name}.", "Put the tokenizer's files beside the weights.")
    files = weight_files(names, lambda index: _json(folder / index, name), name, allow_pickle=origin.allow_pickle)
    for file in files:
        _check_weights(folder / file, name)
    return files[0].endswith(SAFETENSORS)


def check_config(folder: Path, name: str, origin: Origin) -> None:
    """ModelError if the folder has no valid config.json, or if that does not describe a causal language model."""
    if (folder / "adapter_config.json").exists():
        base = _json(folder / "adapter_config.json", name).get("base_model_name_or_path")
        raise ModelError(f"{name} is an adapter of {base}, not a model.", "Merge it into its base model first.")
    if not (folder / CONFIG).is_file():
        raise ModelError(f"{name} is no model: it has no {CONFIG}.", "Give a folder with a whole model.")
    config = _json(folder / CONFIG, name)
    remote = origin.trust_remote_code and "auto_map" in config
    if not isinstance(config.get("model_type"), str) and not remote:
        raise ModelError(f"The {CONFIG} of {name} names no model_type.", "It is no model that transformers knows.")
    if config.get("is_encoder_decoder") is True:
        raise ModelError(
            f"{name} is an encoder-decoder ({_class_of(config)}): it turns one text into another.",
            "samplescope looks at models that go on with a text: causal language models.",
        )


def weight_files(
    names: Collection[str], read: Callable[[str], Mapping[str, Any]], source: str, *, allow_pickle: bool
) -> list[str]:
    """The names of a checkpoint's weight files: safetensors, or a pickle only where that is allowed.

    `read` returns the contents of an index file, which names the shards. ModelError if there are no such files.
    """
    for stem, suffix in (("model", SAFETENSORS), ("pytorch_model", ".bin")):
        one, index = f"{stem}{suffix}", f"{stem}{suffix}.index.json"
        if one not in names and index not in names:
            continue
        if suffix != SAFETENSORS and not allow_pickle:
            raise ModelError(f"The weights of {source} are a pickle ({one}), which is not opened.", PICKLE_REMEDY)
        return [one] if one in names else _shards(names, index, suffix, read, source)
    raise _no_weights(names, source)


def _shards(
    names: Collection[str], index: str, suffix: str, read: Callable[[str], Mapping[str, Any]], source: str
) -> list[str]:
    weights = read(index).get("weight_map")
    if not isinstance(weights, dict) or not weights:
        raise ModelError(f"The {index} of {source} names no weights.", _WHOLE)
    shards = sorted({str(shard) for shard in weights.values()})
    # An index comes from outside: it must not name a pickle, nor a file outside the folder.
    if odd := [shard for shard in shards if PurePosixPath(shard).name != shard or not shard.endswith(suffix)]:
        raise ModelError(f"The {index} of {source} names {odd[0]!r}, which is no {suffix} file beside it.", _WHOLE)
    if missing := [shard for shard in shards if shard not in names]:
        raise ModelError(f"{source} lacks {len(missing)} of its {len(shards)} files, first {missing[0]}.", _WHOLE)
    return shards


def _no_weights(names: Collection[str], source: str) -> ModelError:
    pickles = sorted(one for one in names if any(fnmatch(one, pattern) for pattern in _PICKLES))
    if pickles:
        return ModelError(f"The weights of {source} are a pickle ({pickles[0]}), which is not opened.", PICKLE_REMEDY)
    foreign = sorted(one for one in names if any(fnmatch(one, pattern) for pattern in _FOREIGN))
    found = f"only {foreign[0]}, which is not loaded here" if foreign else "no model.safetensors"
    return ModelError(f"There are no weights in {source}: {found}.", "Get it as transformers' safetensors.")


def _check_weights(file: Path, source: str) -> None:
    """ModelError for a file that is missing, truncated or no safetensors file; only its header is read."""
    from safetensors import SafetensorError, safe_open

    try:
        if file.suffix == SAFETENSORS:
            with safe_open(file, framework="np"):
                return
        file.open("rb").close()
    except (SafetensorError, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise ModelError(f"{file.name} in {source} is damaged: {reason}.", _WHOLE) from None


def _json(file: Path, source: str) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"The {file.name} of {source} cannot be read: {error}.", _WHOLE) from None
    if not isinstance(content, dict):
        raise ModelError(f"The {file.name} of {source} is no JSON object.", _WHOLE)
    return content


def _class_of(config: Mapping[str, Any]) -> str:
    architectures = config.get("architectures")
    named = architectures[0] if isinstance(architectures, list) and architectures else config.get("model_type")
    return str(named)
