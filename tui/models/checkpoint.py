"""Checks a checkpoint's folder or file before it is loaded, without running its code or opening a pickle.

This module imports neither torch nor transformers, so that a wrong folder is refused at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from tui.core.origin import Origin
from tui.errors import ModelError
from tui.models import foreign
from tui.models.gguf.checks import check_gguf, gguf_of, sizes_of
from tui.models.gguf.header import GgufHeader
from tui.models.gguf.reading import ids_of
from tui.models.header import Header, check_sizes, read_header

CONFIG = "config.json"
GENERATION = "generation_config.json"
SAFETENSORS = ".safetensors"
PICKLE_REMEDY = "Get it as safetensors; or {--allow-pickle}, if you trust whoever made it: unpickling can run code."
DEEPEST = 60
"""How deep a JSON file may be nested; libraries recurse through it, and no real checkpoint comes near."""
_WHOLE = "Get the whole checkpoint anew."
_TOKENIZERS = ("tokenizer*", "vocab*", "merges.txt", "*.model", "*.tiktoken", "*.spm", "spiece*", "tekken.json")
"""Patterns of file names; a folder with a tokenizer has at least one such file."""
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_FOREIGN = ("*.h5", "*.msgpack", "*.onnx", "consolidated*")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that has been checked, and the contents of its small files."""

    folder: Path
    config: Mapping[str, Any]
    """The contents of config.json."""
    header: Header | None
    """The header of safetensors weights; None for an allowed pickle, which has none."""
    generation: Mapping[str, Any] | None
    """The contents of generation_config.json; None if there is no file, or it cannot be read."""
    notes: Sequence[str]
    """One line for each file that cannot be read and is left out."""
    gguf: GgufHeader | None = None
    """The header of the GGUF file that all comes from; None for a folder of files."""

    @property
    def file(self) -> Mapping[str, str]:
        """The keyword by which transformers' from_pretrained finds a GGUF file."""
        return {} if self.gguf is None else {"gguf_file": str(self.gguf.file.absolute())}

    @property
    def asks_in(self) -> str:
        """The name of the file with the settings that a generation_config has."""
        if self.gguf is not None:
            return self.gguf.file.name
        return CONFIG if self.generation is None else GENERATION


def check(place: Path, name: str, origin: Origin) -> Checkpoint:
    """Check a checkpoint's folder, or a GGUF file, before it is loaded.

    ModelError if it is not a causal model, if its weights are missing, damaged, or a pickle that is not allowed, or if
    its configuration cannot be that of the weights.
    """
    if not place.is_dir():
        return _of_gguf(check_gguf(place, name))
    folder, names = place, [path.name for path in place.iterdir()]
    if (gguf := _gguf_instead(names, name, origin)) is not None:
        return _of_gguf(check_gguf(folder / gguf, f"{gguf} in {name}"))
    config = check_config(folder, name, origin)
    _check_tokenizer(folder, names, name)
    files = weight_files(names, lambda index: read_json(folder / index, name), name, allow_pickle=origin.allow_pickle)
    if stub := next((file for file in files if foreign.is_pointer(folder / file)), None):
        raise foreign.pointer(stub, name)
    header = read_header([folder / file for file in files], name) if files[0].endswith(SAFETENSORS) else None
    if header is not None:
        check_sizes(config, header, name)
    return Checkpoint(folder, config, header, *_generation(folder / GENERATION, name))


def _gguf_instead(names: Collection[str], source: str, origin: Origin) -> str | None:
    """The name of a folder's GGUF file, where there are no weights that come before it."""
    others = ("model.safetensors", "pytorch_model.bin") if origin.allow_pickle else ("model.safetensors",)
    return None if any(one.startswith(others) for one in names) else gguf_of(names, source)


def _of_gguf(header: GgufHeader) -> Checkpoint:
    return Checkpoint(header.file.parent, ids_of(header), sizes_of(header), None, (), header)


def _generation(file: Path, source: str) -> tuple[Mapping[str, Any] | None, Sequence[str]]:
    """The contents of generation_config.json, or a note why they are not in force; transformers goes on without too."""
    if not file.exists():
        return None, ()
    try:
        return read_json(file, source), ()
    except ModelError as error:
        return None, [f"{error.message.rstrip('.')}; what it sets is not in force"]


def check_config(folder: Path, name: str, origin: Origin) -> Mapping[str, Any]:
    """The contents of config.json. ModelError if it is not valid, or does not describe a causal language model."""
    if (folder / "adapter_config.json").exists():
        raise foreign.adapter(name, read_json(folder / "adapter_config.json", name).get("base_model_name_or_path"))
    if not (folder / CONFIG).is_file():
        raise ModelError(f"{name} is no model: it has no {CONFIG}.", "Give a folder with a whole model.")
    config = read_json(folder / CONFIG, name)
    remote = origin.trust_remote_code and "auto_map" in config
    if not isinstance(config.get("model_type"), str) and not remote:
        raise ModelError(f"The {CONFIG} of {name} names no model_type.", "It is no model that transformers knows.")
    if config.get("is_encoder_decoder") is True:
        raise foreign.encoder_decoder(name, _class_of(config))
    return config


def _check_tokenizer(folder: Path, names: Collection[str], source: str) -> None:
    """Raise ModelError if the folder has no file of a tokenizer, or only a Git LFS pointer."""
    files = [one for one in names if any(fnmatch(one, pattern) for pattern in _TOKENIZERS)]
    if not files:
        raise ModelError(f"There is no tokenizer in {source}.", "Put the tokenizer's files beside the weights.")
    if stub := next((file for file in files if foreign.is_pointer(folder / file)), None):
        raise foreign.pointer(stub, source)


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
    if ggufs := sorted(one for one in names if one.lower().endswith(".gguf")):
        return ModelError(
            f"There are no safetensors in {source} but GGUF files, such as {ggufs[0]}.",
            "Download one (`hf download ID FILE` prints its path) and give that path.",
        )
    others = sorted(one for one in names if any(fnmatch(one, pattern) for pattern in _FOREIGN))
    found = f"only {others[0]}, which is not loaded here" if others else "no model.safetensors"
    return ModelError(f"There are no weights in {source}: {found}.", "Get it as transformers' safetensors.")


def read_json(file: Path, source: str) -> dict[str, Any]:
    """The JSON object in a file. ModelError if it is truncated, nested too deeply, or no object."""
    if foreign.is_pointer(file):
        raise foreign.pointer(file.name, source)
    try:
        content = json.loads(file.read_text("utf-8"))
    except RecursionError:
        raise _too_deep(file, source) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"The {file.name} of {source} cannot be read: {error}.", _WHOLE) from None
    if not isinstance(content, dict):
        raise ModelError(f"The {file.name} of {source} is no JSON object.", _WHOLE)
    if _deeper(content, DEEPEST):
        raise _too_deep(file, source)
    return content


def _too_deep(file: Path, source: str) -> ModelError:
    return ModelError(f"The {file.name} of {source} cannot be read: it is nested too deeply.", _WHOLE)


def _deeper(value: object, levels: int) -> bool:
    """True if a JSON value is nested deeper than so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_deeper(one, levels - 1) for one in inner)


def _class_of(config: Mapping[str, Any]) -> str:
    architectures = config.get("architectures")
    named = architectures[0] if isinstance(architectures, list) and architectures else config.get("model_type")
    return str(named)
