"""Turns everything that can go wrong with a request to a server into one line for a person."""

from __future__ import annotations

import email.utils
import math
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from textwrap import shorten

import httpx2
import msgspec

from tui.core.printable import printable
from tui.errors import RunError
from tui.models.servers.limits import Limits

BUSY = (408, 425, 429)
"""Statuses of client errors that may pass by themselves."""
QUOTED = 200
"""How many characters of a server's message an error quotes."""


class ServerError(RunError):
    """A request to a server failed, or its response cannot be used. `status` is the HTTP status, 0 without one."""

    kind = "server"

    def __init__(self, message: str, remedy: str = "", status: int = 0) -> None:
        super().__init__(message, remedy)
        self.status = status


@dataclass(frozen=True, slots=True)
class Response:
    """A complete HTTP response."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """The reason why there is no usable response."""

    message: str
    remedy: str = ""
    retry: bool = False
    """True if the fault may pass by itself, so that another try is worthwhile."""
    pause: float | None = None
    """How many seconds the server asks to wait before the next try."""
    status: int = 0


def timed_out(host: str, limits: Limits, *, asked: bool) -> Fault:
    """The fault of a timeout: for the response if the request was sent (`asked`), else for the connection."""
    if asked:
        return Fault(f"{host} did not answer within {limits.first:g} s.", retry=True)
    return Fault(f"{host} cannot be reached: no connection in {limits.connect:g} s.", retry=True)


def unreachable(error: Exception, host: str) -> Fault:
    """The fault that an exception of the HTTP library means.

    Only messages of the operating system and of TLS are quoted: the library's may contain what was sent, such as a key.
    """
    causes = list(_causes(error))
    untrusted = next((one for one in causes if isinstance(one, ssl.SSLCertVerificationError)), None)
    if untrusted is not None:
        return Fault(f"The certificate of {host} cannot be trusted: {untrusted.verify_message}.")
    if any(isinstance(one, ssl.SSLError) for one in causes):
        return Fault(f"{host} does not speak TLS.", "Is the address http:// instead of https://?")
    if unknown := next((one for one in causes if isinstance(one, socket.gaierror)), None):
        passing = unknown.errno == socket.EAI_AGAIN
        return Fault(f"There is no host {host}: {unknown.strerror}.", "Check the address.", retry=passing)
    if any(isinstance(one, ConnectionRefusedError) for one in causes):
        return Fault(f"No server listens at {host}.", "Is it started?", retry=True)
    if isinstance(error, httpx2.DecodingError):
        return Fault(f"The answer of {host} cannot be unpacked.")
    if isinstance(error, httpx2.RemoteProtocolError | httpx2.NetworkError | httpx2.TimeoutException):
        return Fault(f"The connection to {host} broke before the answer was whole.", retry=True)
    return Fault(f"{host} cannot be asked ({type(error).__name__}).")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, its causes, and the members of exception groups among them."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        if isinstance(seen, BaseExceptionGroup):
            for inner in seen.exceptions:
                yield from _causes(inner)
        seen = seen.__cause__ or seen.__context__


def refused(response: Response, host: str, path: str) -> Fault | None:
    """The fault that a status other than 2xx means; None for 2xx."""
    status, text = response.status, error_text(response.body)
    said = f": {text}" if text else "."
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        where = shorten(printable(response.headers.get("location", "another address"), space=" "), QUOTED)
        return Fault(f"{host} points to {where}; it is not followed there.", "Give the address itself.", status=status)
    if status in (401, 403):
        remedy = "Set SAMPLESCOPE_API_KEY to a key that it takes."
        return Fault(f"{host} wants another key ({status}){said}", remedy, status=status)
    if status == 404:
        return Fault(f"{host} has no {path} (404){said}", status=status)
    retry = status in BUSY or status >= 500
    pause = _retry_after(response.headers.get("retry-after", "")) if retry else None
    verb = "is busy" if status == 429 else "failed" if status >= 500 else "refuses this"
    return Fault(f"{host} {verb} ({status}){said}", retry=retry, pause=pause, status=status)


def _retry_after(text: str) -> float | None:
    """The seconds that a Retry-After header, a number or a date, asks to wait; None if it is neither."""
    with suppress(ValueError):
        return max(0.0, float(text)) if math.isfinite(float(text)) else None
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def error_text(body: bytes) -> str:
    """The message in an error's body, made printable and short; '' for a web page or an empty body."""
    text = body[: 1 << 16].decode("utf-8", "replace").strip()
    if not text or is_page(body):
        return ""
    with suppress(msgspec.DecodeError, RecursionError):
        text = _message(msgspec.json.decode(body)) or text
    return shorten(printable(" ".join(text.split()), space=" "), QUOTED, placeholder=" …")


def is_page(body: bytes) -> bool:
    """True if a body is HTML or XML."""
    return body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _message(body: object) -> str:
    """`error.message`, `error`, `message` or `detail` of a JSON body."""
    if not isinstance(body, dict):
        return ""
    for name in ("error", "message", "detail"):
        value = body.get(name)
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value:
            return value
    return ""


def reported_error(body: bytes) -> str:
    """The error message in a response with a status of success; '' if there is none."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return ""
    return error_text(body) if isinstance(decoded, dict) and decoded.get("error") else ""
