"""What a checkpoint's folder holds, and what it is refused for: read without running code or opening a pickle.

Nothing here imports torch: a wrong folder is told before anything heavy is waited for.
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
PICKLE_REMEDY = "Get it as safetensors; or {allow_pickle}, if you trust whoever made it: unpickling can run code."
_WHOLE = "Get the whole checkpoint anew."
_TOKENIZERS = ("tokenizer*", "vocab*", "merges.txt", "*.model", "*.tiktoken", "*.spm")
"""Files of which a tokenizer has at least one."""
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_FOREIGN = ("*.gguf", "*.h5", "*.msgpack", "*.onnx", "consolidated*")


def check(folder: Path, name: str, origin: Origin) -> bool:
    """Look at a checkpoint before it is loaded; True if its weights are safetensors, False for an allowed pickle.

    ModelError for what is no causal model, and for weights that are missing, damaged, or a pickle nobody allowed.
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
    """ModelError if the folder's config.json is none, or says that this is no causal language model."""
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
    """Which of a checkpoint's files hold its weights: safetensors, or a pickle only where that is allowed.

    `read` gives the contents of an index, which names the pieces. ModelError if there are none, or none allowed.
    """
    for stem, suffix in (("model", SAFETENSORS), ("pytorch_model", ".bin")):
        one, index = f"{stem}{suffix}", f"{stem}{suffix}.index.json"
        if one not in names and index not in names:
            continue
        if suffix != SAFETENSORS and not allow_pickle:
            raise ModelError(f"The weights of {source} are a pickle ({one}), which is not opened.", PICKLE_REMEDY)
        return [one] if one in names else _pieces(names, index, suffix, read, source)
    raise _no_weights(names, source)


def _pieces(
    names: Collection[str], index: str, suffix: str, read: Callable[[str], Mapping[str, Any]], source: str
) -> list[str]:
    weights = read(index).get("weight_map")
    if not isinstance(weights, dict) or not weights:
        raise ModelError(f"The {index} of {source} names no weights.", _WHOLE)
    pieces = sorted({str(piece) for piece in weights.values()})
    # An index is data somebody wrote: it must not lead to a pickle, nor out of the folder.
    if odd := [piece for piece in pieces if PurePosixPath(piece).name != piece or not piece.endswith(suffix)]:
        raise ModelError(f"The {index} of {source} names {odd[0]!r}, which is no {suffix} file beside it.", _WHOLE)
    if missing := [piece for piece in pieces if piece not in names]:
        raise ModelError(f"{source} lacks {len(missing)} of its {len(pieces)} files, first {missing[0]}.", _WHOLE)
    return pieces


def _no_weights(names: Collection[str], source: str) -> ModelError:
    pickles = sorted(one for one in names if any(fnmatch(one, pattern) for pattern in _PICKLES))
    if pickles:
        return ModelError(f"The weights of {source} are a pickle ({pickles[0]}), which is not opened.", PICKLE_REMEDY)
    foreign = sorted(one for one in names if any(fnmatch(one, pattern) for pattern in _FOREIGN))
    found = f"only {foreign[0]}, which is not loaded here" if foreign else "no model.safetensors"
    return ModelError(f"There are no weights in {source}: {found}.", "Get it as transformers' safetensors.")


def _check_weights(file: Path, source: str) -> None:
    """ModelError for a file that is missing, cut short or forged: its header is read, and nothing else."""
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
