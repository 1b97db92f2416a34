"""Where a model comes from and how to load it: the value that the command line, the models screen and `Open` share."""

from __future__ import annotations

import re

import msgspec

_ADDRESS = re.compile(r"https?://|[\w.-]+:\d+(?:/|$)|\[[0-9a-fA-F:]+\]:\d+")
"""Matches a server's address: one with a scheme, or a host and a port."""
_AT_REVISION = re.compile(r"([\w-][\w.-]*(?:/[\w.-]+)?)@([\w][\w./-]*)")
"""Matches a hub id with a branch, tag or commit; a folder of such a name is typed with `./` before it."""


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A local checkpoint, a Hugging Face id, or a server's address; with none of them, the built-in demo model."""

    model: str | None = None
    """A folder, a GGUF file or a Hugging Face id; with `server`, the model's name there (None: the only one)."""
    server: str = ""
    """The server's address, such as http://localhost:8000; '' for a model that the engine loads itself."""
    revision: str = ""
    """A branch, tag or commit on the hub; '' is the main branch."""
    tokenizer: str = ""
    """For a server: the folder or Hugging Face id to load the model's tokenizer from; '' asks the server."""
    device: str = "auto"
    dtype: str = "auto"
    device_map: str = ""
    """How accelerate spreads the layers (auto, balanced, …); '' puts all on `device`."""
    allow_pickle: bool = False
    """Load weights that are not safetensors: unpickling can run code."""
    trust_remote_code: bool = False
    """Run the repository's own Python code."""

    @property
    def name(self) -> str:
        """The model's name for a person: its folder or id, with the revision, the server's address, or both."""
        model = f"{self.model}@{self.revision}" if self.model and self.revision else self.model
        return " at ".join(filter(None, (model, self.server))) or "demo"

    @property
    def trusting(self) -> bool:
        """True if code of the checkpoint may run. The status line says so; the recent models do not remember it."""
        return self.allow_pickle or self.trust_remote_code


def named(text: str, loading: Origin) -> Origin:
    """The origin that a person typed: a server's address, a folder, or a hub id, with `@` and a revision if wanted.

    Device, dtype and device map are those of `loading`; permission to run the checkpoint's code is not taken over.
    """
    text = text.strip()
    if _ADDRESS.match(text):
        return Origin(server=text if "://" in text else f"http://{text}")
    at_revision = _AT_REVISION.fullmatch(text)
    model, revision = at_revision.groups() if at_revision else (text, "")
    return Origin(
        model=model or None,
        revision=revision,
        device=loading.device,
        dtype=loading.dtype,
        device_map=loading.device_map,
    )
