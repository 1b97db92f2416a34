"""An HTTP client for one server, with time limits, retries, a limit on the response's size, and a key kept secret.

Requests run on an event loop in a thread of its own, so that the waiting thread can report progress ten times a second
and give the request up. No exception of the HTTP library leaves the loop's thread: its frames hold the key.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
import weakref
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import httpx2
import msgspec

from tui.core.progress import Report
from tui.errors import ModelError
from tui.models.servers.address import Address
from tui.models.servers.faults import (
    Fault,
    Response,
    ServerError,
    is_page,
    refused,
    reported_error,
    timed_out,
    unreachable,
)
from tui.models.servers.key import Secret
from tui.models.servers.limits import Limits
from tui.models.waiting import TICK_SECONDS

T = TypeVar("T")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop that all requests run on; its thread ends with the process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="http", daemon=True).start()
    return loop


def _close(http: httpx2.AsyncClient) -> None:
    """Close the kept connections of a client that is no longer used, so that the server need not hold them."""
    asyncio.run_coroutine_threadsafe(http.aclose(), _loop())


@dataclass(slots=True)
class _ExchangeState:
    """How far a request is; written on the loop's thread, read by the waiting thread."""

    bytes: int = 0
    total: int | None = None
    asked: bool = False
    """True once there is a connection and the request is being sent."""
    answering: bool = False
    """True once the response has begun."""


@dataclass(frozen=True, slots=True)
class _ResponseDeadline:
    """A trace callback for httpx2: once there is a connection, new or kept, it sets the deadline for the response."""

    deadline: asyncio.Timeout
    first: float
    state: _ExchangeState

    async def __call__(self, event: str, _info: object) -> None:
        if event.endswith(".send_request_headers.started"):
            self.state.asked = True
            self.deadline.reschedule(asyncio.get_running_loop().time() + self.first)


class Client:
    """Sends requests to one server. Safe to use from several threads."""

    def __init__(self, address: Address, key: Secret | None, limits: Limits) -> None:
        """ModelError if the key would be sent unencrypted, or the environment's proxy cannot be used."""
        if key is not None and not (address.secure or address.loopback):
            raise ModelError(
                f"The key is not sent to {address.host} over plain http, where anyone on the way could read it.",
                "Use https, a tunnel to localhost, or take the key away (SAMPLESCOPE_API_KEY, or its file).",
            )
        self.host = address.host
        self._address, self._key, self._limits = address, key, limits
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        self._http = self._make()
        weakref.finalize(self, _close, self._http).atexit = False

    def _make(self) -> httpx2.AsyncClient:
        direct = {
            "all://": None,
            "http://": None,
            "https://": None,
        }  # without it a proxy would take requests for this machine
        try:
            return httpx2.AsyncClient(timeout=None, mounts=direct if self._address.loopback else None)
        except (ValueError, ImportError, OSError) as error:
            raise ModelError(f"The environment's proxy or certificates cannot be used: {error}") from None

    def ask(
        self, path: str, body: object, kind: type[T], report: Report, *, vocabulary: int = 0, patient: bool = True
    ) -> T:
        """GET (body None) or POST `body` as JSON; the response's JSON as a `kind`.

        `vocabulary` is how many entries the response may hold. ServerError says in one line why there is no response.
        `report` is called while waiting; an exception in it ends the request. Without `patient` there is only one try.
        """
        reply = self._reply(path, body, self._limits.max_bytes(vocabulary), report, patient)
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            why = str(error)
        raise ServerError(self._without_key(_unusable(reply.body, self.host, why)), status=reply.status)

    def _reply(self, path: str, body: object, max_bytes: int, report: Report, patient: bool) -> Response:
        pauses = list(self._limits.pauses) if patient else []
        while True:
            outcome = self._try_once(path, body, max_bytes, report)
            if isinstance(outcome, Response):
                fault = refused(outcome, self.host, path)
                if fault is None:
                    return outcome
                outcome = fault
            if not (outcome.retry and pauses):
                break
            pause = max(pauses.pop(0), outcome.pause or 0.0)
            if pause > max(self._limits.patience, *self._limits.pauses):
                break
            _count_down(pause, report)
        asked = f" It asks to wait {math.ceil(outcome.pause)} s." if outcome.pause else ""
        raise ServerError(self._without_key(outcome.message + asked), self._without_key(outcome.remedy), outcome.status)

    def _without_key(self, text: str) -> str:
        """`text` without the key, which a server may have repeated in its message."""
        return text if self._key is None else self._key.hide(text)

    def _try_once(self, path: str, body: object, max_bytes: int, report: Report) -> Response | Fault:
        """Send the request once, and report progress from this thread while waiting."""
        state, started = _ExchangeState(), time.monotonic()
        future = asyncio.run_coroutine_threadsafe(self._exchange(path, body, max_bytes, state), _loop())
        try:
            while not _done_within_tick(future):
                if state.answering:
                    report("reading the server's answer", state.bytes, state.total, "bytes")
                else:
                    report("waiting for the server", round(time.monotonic() - started, 1), None, "s")
        finally:
            future.cancel()  # does nothing to one that is done
        return future.result()

    async def _exchange(self, path: str, body: object, max_bytes: int, state: _ExchangeState) -> Response | Fault:
        limits = self._limits
        try:
            try:
                async with asyncio.timeout(limits.connect) as deadline:
                    request = self._request(path, body)
                    request.extensions = {"trace": _ResponseDeadline(deadline, limits.first, state)}
                    response = await self._http.send(request, stream=True)
            except TimeoutError:
                return timed_out(self.host, limits, asked=state.asked)
            try:
                return await self._read(response, max_bytes, state)
            finally:
                await response.aclose()
        except Exception as error:  # of any kind: no exception of the library may leave this thread
            return unreachable(error, self.host)

    def _request(self, path: str, body: object) -> httpx2.Request:
        headers = dict(self._headers)
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.reveal()}"
        if body is None:
            return self._http.build_request("GET", self._address.base + path, headers=headers)
        headers["Content-Type"] = "application/json"
        content = msgspec.json.encode(body)
        return self._http.build_request("POST", self._address.base + path, headers=headers, content=content)

    async def _read(self, response: httpx2.Response, max_bytes: int, state: _ExchangeState) -> Response | Fault:
        """Read the whole body, or give up after `max_bytes` bytes."""
        length = response.headers.get("content-length", "")
        state.total = int(length) if length.isdecimal() else None
        state.answering = True
        body, chunks = bytearray(), response.aiter_bytes()
        while True:
            try:
                async with asyncio.timeout(self._limits.idle):
                    chunk = await anext(chunks, None)
            except TimeoutError:
                line = f"{self.host} fell silent for {self._limits.idle:g} s in the middle of its answer."
                return Fault(line, retry=True)
            if chunk is None:
                return Response(response.status_code, bytes(body), dict(response.headers))
            body += chunk
            state.bytes = len(body)
            if len(body) > max_bytes:
                return Fault(
                    f"The answer of {self.host} is longer than {max_bytes:,} bytes; it was not read to its end."
                )


def _done_within_tick(future: Future[Response | Fault]) -> bool:
    """Wait one tick; True if the request is done."""
    return bool(wait([future], timeout=TICK_SECONDS).done)


def _count_down(seconds: float, report: Report) -> None:
    """Wait, and report the remaining seconds meanwhile."""
    started = time.monotonic()
    while (left := seconds - (time.monotonic() - started)) > 0:
        report(f"server: trying again in {math.ceil(left)} s", round(seconds - left, 1), seconds, "s")
        time.sleep(min(TICK_SECONDS, left))


def _unusable(body: bytes, host: str, why: str) -> str:
    """The message for a response with a status of success that cannot be decoded."""
    if is_page(body):
        return f"{host} answers with a web page: no server of a model."
    if reported := reported_error(body):
        return f"{host} answers with an error: {reported}"
    if why.startswith(("JSON is malformed", "Input data was truncated")) or not body:
        return f"The answer of {host} is no whole JSON ({why[:100]})."
    return f"The answer of {host} is not what was asked for ({why[:100]})."
