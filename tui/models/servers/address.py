"""Parses a server's address, and tells whether a key may be sent there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from tui.errors import ModelError


@dataclass(frozen=True, slots=True)
class Address:
    """A server's address without its trailing `/v1`."""

    base: str
    host: str
    """Host and port, for messages."""
    secure: bool
    """True for https."""
    loopback: bool
    """True if the host is this machine."""

    @classmethod
    def parse(cls, text: str) -> Address:
        """Parse what a person typed; without a scheme it is `http://` for this machine, else `https://`.

        ModelError for anything that is no such address.
        """
        text = text.strip()
        if "://" not in text:
            text = ("http://" if _is_loopback(_hostname(f"//{text}")) else "https://") + text
        text = text.rstrip("/").removesuffix("/v1")
        try:
            parts = urlsplit(text)
            host, _port = parts.hostname or "", parts.port
        except ValueError:
            raise _wrong("It cannot be read.") from None
        if parts.username is not None or parts.password is not None:
            raise _wrong("A name or password in it would be seen; a key comes from SAMPLESCOPE_API_KEY.")
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
            raise _wrong("It is http:// or https://, a host, perhaps a port and a path.")
        return cls(text, parts.netloc, parts.scheme == "https", _is_loopback(host))


def _wrong(why: str) -> ModelError:
    return ModelError(f"This is no server's address. {why}", "Such as http://localhost:8000.")


def _hostname(text: str) -> str:
    try:
        return urlsplit(text).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
