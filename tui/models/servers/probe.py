"""Who is at an address, and what can be had from there."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tui.core.origin import Origin
from tui.core.printable import printable
from tui.core.progress import Report
from tui.errors import ModelError, RunError, StoppedError
from tui.models.base import Model
from tui.models.servers.address import Address
from tui.models.servers.faults import ServerError
from tui.models.servers.http import Client
from tui.models.servers.key import read_key
from tui.models.servers.limits import Limits

SHOWN = 8
"""Names of models in a message."""


class _Meta(msgspec.Struct):
    n_vocab: int = 0


class Listed(msgspec.Struct):
    """A model in a server's list."""

    id: str
    owned_by: str | None = ""
    root: str | None = None
    """vLLM: the folder or Hugging Face id it was loaded from."""
    max_model_len: int | None = None
    meta: _Meta | None = None
    """llama.cpp."""


class _Models(msgspec.Struct):
    data: list[Listed]


def open_server(origin: Origin, report: Report, limits: Limits | None = None) -> Model:
    """The model at `origin.server`. ModelError says in one line why there is none, or what it lacks."""
    client = Client(Address.parse(origin.server), read_key(), limits or Limits.from_environment())
    try:
        return _opened(client, origin, report)
    except StoppedError:
        raise
    except RunError as error:
        failed = ModelError(error.message, error.remedy)
    raise failed


def _opened(client: Client, origin: Origin, report: Report) -> Model:
    listed = _chosen(_models(client, report), origin.model, client.host)
    if listed.owned_by == "llamacpp":
        from tui.models.servers.llama import open_llama

        vocabulary = listed.meta.n_vocab if listed.meta else 0
        return open_llama(client, listed.id, vocabulary, report)
    source = origin.tokenizer or _root(listed)
    if not source:
        raise ModelError(
            f"{client.host} tells tokens' ids at most, not their bytes: the model's tokenizer is needed.",
            "Name it with --tokenizer: a folder, or a Hugging Face id.",
        )
    from tui.models.servers.openai import open_openai
    from tui.models.servers.tokenizer import end_tokens, load_tokenizer
    from tui.models.servers.vllm import open_vllm

    tokenizer = load_tokenizer(source, report)
    opener = open_vllm if listed.owned_by == "vllm" else open_openai
    return opener(client, listed.id, listed.max_model_len, tokenizer, end_tokens(source, tokenizer), report)


def _root(listed: Listed) -> str:
    """Where vLLM has its model from, if that may be found here too: a folder there need not be one here."""
    root = (listed.root or "") if listed.owned_by == "vllm" else ""
    return root if Path(root).is_dir() or not Path(root).is_absolute() else ""


def _models(client: Client, report: Report) -> list[Listed]:
    try:
        return client.ask("/v1/models", None, _Models, report).data
    except ServerError as error:
        if error.status != 404:
            raise
    raise ModelError(
        f"{client.host} has no /v1/models: it is no server that samplescope knows.",
        "It knows llama.cpp, vLLM, and servers with OpenAI's /v1/completions.",
    )


def _chosen(models: list[Listed], wanted: str | None, host: str) -> Listed:
    """The model asked for, or the only one."""
    names = [printable(listed.id, space=" ") for listed in models]
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    if not models:
        raise ModelError(f"{host} has no model.", "Load one there first.")
    if wanted is None and len(models) > 1:
        raise ModelError(f"{host} has {len(models)} models.", f"Choose one with -m: {shown}.")
    chosen = next((listed for listed in models if wanted in (None, listed.id)), None)
    if chosen is None:
        raise ModelError(f"{host} has no model {wanted!r}.", f"It has {shown}.")
    return chosen
