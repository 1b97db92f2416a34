"""A server that answers as llama.cpp does, but with the faults a test sets. It logs its requests and responses."""

from __future__ import annotations

import json
import math
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WIDTH = 24
LETTERS = "abcdefghijklmnopqrstuvw"
PROMPT = "abc"
NAME = "fake"


def log_probabilities(ids: list[int]) -> list[float]:
    """The model's log-probabilities after `ids`: different for each sequence; the probabilities add up to 1."""
    scores = [((token * 7 + sum(ids) * 5 + len(ids)) % 23) / 4 for token in range(WIDTH)]
    total = math.log(sum(math.exp(score) for score in scores))
    return [score - total for score in scores]


def piece(token: int) -> list[int]:
    """A token's letter; '' for the last token, a control token."""
    return list(LETTERS[token].encode()) if token < len(LETTERS) else []


def entries(ids: list[int]) -> list[dict[str, Any]]:
    """llama.cpp's list of the whole vocabulary."""
    return [
        {"id": token, "token": "?", "bytes": piece(token), "logprob": value}
        for token, value in enumerate(log_probabilities(ids))
    ]


def completion(tops: list[dict[str, Any]], stop: str = "limit") -> dict[str, Any]:
    return {"content": "a", "stop_type": stop, "completion_probabilities": [{"id": 0, "top_logprobs": tops}]}


def honest(path: str, body: Any) -> Any:
    """llama.cpp's response to a request; None for an unknown path."""
    if path == "/v1/models":
        return {"data": [{"id": NAME, "owned_by": "llamacpp", "meta": {"n_vocab": WIDTH}}]}
    if path == "/props":
        return {"default_generation_settings": {"n_ctx": 512}, "eos_token": "</s>", "bos_token": "</s>"}
    if path == "/tokenize":
        return {"tokens": [{"id": LETTERS.index(letter), "piece": letter} for letter in body["content"].strip()]}
    if path == "/detokenize":
        return {"content": "</s>"}
    if path == "/completion":
        forced = body["logit_bias"][0][0]
        return completion(entries(body["prompt"])[: body["n_probs"] or 0], "eos" if forced == WIDTH - 1 else "limit")
    return None


class RefusedError(Exception):
    """An answer raises this for a request that it refuses."""


@dataclass
class Request:
    """A request as it was received."""

    path: str
    headers: dict[str, str]
    body: Any


Fault = Callable[["Handler", Any], None]
"""A fault: a function of (handler, the correct response) that answers in another way."""


@dataclass
class Faulty:
    """Set `faults`: one for each request to `where`; later requests are answered correctly."""

    address: str = ""
    faults: deque[Fault] = field(default_factory=deque)
    where: str = "/completion"
    answer: Callable[[str, Any], Any] = honest
    requests: list[Request] = field(default_factory=list, repr=False)
    sent: list[Any] = field(default_factory=list)
    """The bodies of the complete correct responses."""
    written: int = 0
    """How many bytes of response bodies were sent."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over, so that hanging responses end."""
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when a client closed a connection that hung."""

    def fail(self, fault: Fault, times: int = 3) -> None:
        self.faults.extend([fault] * times)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Faulty

    def log_message(self, *_: Any) -> None:
        """Log nothing to stderr."""

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _answer(self, body: Any) -> None:
        state = self.state
        state.requests.append(Request(self.path, dict(self.headers), body))
        try:
            said = state.answer(self.path, body)
        except RefusedError as refusal:
            self.say(400, json.dumps({"error": {"message": str(refusal)}}).encode())
            return
        try:
            if state.faults and self.path == state.where:
                self.close_connection = True
                state.faults.popleft()(self, said)
            elif said is None:
                self.say(404, b'{"error": {"message": "File Not Found"}}')
            else:
                state.sent.append(said)
                self.say(200, json.dumps(said).encode())
        except OSError:
            state.gone.set()

    def head(self, status: int, length: int | None, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if self.close_connection:  # else the client's next request might use this connection
            self.send_header("Connection", "close")
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.flush()

    def say(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.head(status, len(body), kind, **headers)
        self.write(body)

    def write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.state.written += len(data)

    def hang(self) -> None:
        """Send nothing until the client closes the connection or the test is over."""
        self.connection.settimeout(0.05)
        while not self.state.over.is_set():
            try:
                if not self.connection.recv(1):
                    self.state.gone.set()
                    return
            except TimeoutError:
                continue


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Faulty]:
    """A faulty server on loopback, over TLS if there is a context."""
    state = Faulty()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"state": state}))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    state.address = f"http{'s' if context else ''}://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
