"""What the backends ask about an origin to see which of them opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import msgspec

from tui.core.origin import Origin
from tui.core.printable import printable
from tui.core.progress import Report
from tui.errors import ModelError
from tui.models.base import Model
from tui.models.servers.address import Address
from tui.models.servers.faults import ServerError
from tui.models.servers.http import Client
from tui.models.servers.key import read_key
from tui.models.servers.limits import Limits

SHOWN = 8
"""How many model names an error lists."""


class _Meta(msgspec.Struct):
    n_vocab: int = 0


class Listed(msgspec.Struct):
    """A model in a server's /v1/models."""

    id: str
    owned_by: str | None = ""
    root: str | None = None
    """vLLM: the folder or Hugging Face id it was loaded from."""
    max_model_len: int | None = None
    meta: _Meta | None = None
    """llama.cpp: the size of the vocabulary."""


class _Models(msgspec.Struct):
    data: list[Listed]


class Probe:
    """An origin, and its server's list of models, which is requested once, when a backend first needs it."""

    def __init__(self, origin: Origin, report: Report, limits: Limits | None = None) -> None:
        """`report` is called while the server is waited for; an exception in it ends the wait."""
        self.origin, self.report, self._limits = origin, report, limits

    @cached_property
    def client(self) -> Client:
        """The HTTP client for the server. ModelError if the address is invalid, or the key must not be sent there."""
        return Client(Address.parse(self.origin.server), read_key(), self._limits or Limits.from_environment())

    @cached_property
    def listed(self) -> Listed | None:
        """The origin's model in the server's /v1/models; None if the server has no such list.

        ModelError if the model is not in the list, or if the list has several and the origin names none.
        """
        try:
            models = self.client.ask("/v1/models", None, _Models, self.report).data
        except ServerError as error:
            if error.status != 404:
                raise
            return None
        return _chosen(models, self.origin.model, self.client.host)

    def owned_by(self, owner: str) -> bool:
        """True if the server's list names `owner` as the program that serves the model."""
        return self.listed is not None and self.listed.owned_by == owner


@dataclass(frozen=True, slots=True)
class Backend:
    """One source of logits: transformers, or one kind of server."""

    name: str
    """Its name for a person: `ModelInfo.backend`."""
    recognises: Callable[[Probe], bool]
    """True if this backend can open the origin."""
    open: Callable[[Probe], Model]
    """Opens the model; ModelError or ServerError says in one line what is wrong with it."""


def _chosen(models: list[Listed], wanted: str | None, host: str) -> Listed:
    """The model named `wanted`, or the only one if that is None; ModelError if there is none."""
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
