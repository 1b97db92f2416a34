"""Where a model comes from and how it is to be loaded: what the command line, the models screen and `Open` say."""

from __future__ import annotations

import re

import msgspec

_ADDRESS = re.compile(r"https?://|[\w.-]+:\d+(?:/|$)|\[[0-9a-fA-F:]+\]:\d+")
"""A server: with its scheme, or a host and a port."""


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A local checkpoint, a Hugging Face id, or a server's address; nothing at all is the built-in demo model."""

    model: str | None = None
    """A folder or a Hugging Face id; with `server`, the model's name there (None: the only one)."""
    server: str = ""
    """An address such as http://localhost:8000; '' is a model loaded here."""
    revision: str = ""
    """Branch, tag or commit on the hub; '' is the main branch."""
    tokenizer: str = ""
    """For a server: a folder or a Hugging Face id whose tokenizer the model has; '' asks the server."""
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
        """As a person would call it."""
        return " at ".join(filter(None, (self.model, self.server))) or "demo"

    @property
    def trusting(self) -> bool:
        """True if code of the checkpoint may run: said in the status line, never remembered."""
        return self.allow_pickle or self.trust_remote_code


def named(text: str, loading: Origin) -> Origin:
    """What a person typed: a server's address, a folder or a hub id; loaded as `loading` says, but trusting nothing."""
    text = text.strip()
    if _ADDRESS.match(text):
        return Origin(server=text if "://" in text else f"http://{text}")
    return Origin(model=text or None, device=loading.device, dtype=loading.dtype, device_map=loading.device_map)
