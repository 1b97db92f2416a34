"""Everything a server can do wrong, by name: (the fault, what the error's line says)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from tests.models.servers.faulty import WIDTH, Fault, Handler

MIB = 1 << 20


def says(status: int, body: bytes, kind: str = "application/json", **headers: str) -> Fault:
    return lambda handler, _said: handler.say(status, body, kind, **headers)


def hangs_before_headers(handler: Handler, _said: Any) -> None:
    handler.hang()


def hangs_in_the_middle(handler: Handler, said: Any) -> None:
    body = json.dumps(said).encode()
    handler.head(200, len(body))
    handler.write(body[: len(body) // 2])
    handler.hang()


def half_a_json(handler: Handler, said: Any) -> None:
    body = json.dumps(said).encode()
    handler.say(200, body[: len(body) // 2])


def breaks_off(handler: Handler, said: Any) -> None:
    body = json.dumps(said).encode()
    handler.head(200, len(body))
    handler.write(body[: len(body) // 2])


def says_nothing(_handler: Handler, _said: Any) -> None:
    """Close the connection without a response."""


def no_http(handler: Handler, _said: Any) -> None:
    handler.wfile.write(b"220 smtp.example.org ESMTP\r\n")


def a_gigabyte(handler: Handler, _said: Any) -> None:
    handler.head(200, 1024 * MIB)
    for _ in range(1024):
        handler.write(b" " * MIB)


def endless(handler: Handler, _said: Any) -> None:
    handler.head(200, None, Transfer_Encoding="chunked")
    while not handler.state.over.is_set():
        handler.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


BOMB = gzip.compress(b" " * (64 * MIB), 1)


def a_bomb(handler: Handler, _said: Any) -> None:
    handler.say(200, BOMB, Content_Encoding="gzip")


def no_gzip(handler: Handler, _said: Any) -> None:
    handler.say(200, b"no gzip at all", Content_Encoding="gzip")


Tops = list[dict[str, Any]]


def edited(change: Callable[[Tops], Any]) -> Fault:
    """An honest answer whose list of tokens was changed."""

    def fault(handler: Handler, said: Any) -> None:
        change(said["completion_probabilities"][0]["top_logprobs"])
        handler.say(200, json.dumps(said).encode())

    return fault


def put(text: str) -> Fault:
    """An honest answer with this in the place of a log-probability, JSON or not."""

    def fault(handler: Handler, said: Any) -> None:
        said["completion_probabilities"][0]["top_logprobs"][3]["logprob"] = "HERE"
        handler.say(200, json.dumps(said).replace('"HERE"', text).encode())

    return fault


def _flatten(tops: Tops) -> None:
    for top in tops:
        top["logprob"] = -1.0


TRANSPORT: dict[str, tuple[Fault, str]] = {
    "hang before headers": (hangs_before_headers, "did not answer within 1 s"),
    "hang mid-body": (hangs_in_the_middle, "fell silent for 1 s in the middle of its answer"),
    "broken off": (breaks_off, "broke before the answer was whole"),
    "closed": (says_nothing, "broke before the answer was whole"),
    "no http": (no_http, "broke before the answer was whole"),
    "half JSON": (half_a_json, "no whole JSON"),
    "no body": (says(200, b""), "no whole JSON"),
    "deep JSON": (says(200, b"[" * 100_000), "is not what was asked for|no whole JSON"),
    "a web page": (says(200, b"<!DOCTYPE html><h1>Welcome</h1>", "text/html"), "answers with a web page"),
    "error with 200": (
        says(200, b'{"error": {"message": "out of\\n memory"}}'),
        "answers with an error: out of memory",
    ),
    "another JSON": (says(200, b'["hello"]'), "is not what was asked for"),
    "400": (says(400, b'{"error": {"message": "no such field"}}'), r"refuses this \(400\): no such field"),
    "401": (says(401, b'{"error": "no key"}'), r"wants another key \(401\): no key"),
    "404": (says(404, b'{"detail": "Not Found"}'), r"has no /completion \(404\): Not Found"),
    "429": (says(429, b"slow down", Retry_After="0"), r"is busy \(429\): slow down"),
    "429, come back tomorrow": (says(429, b"", Retry_After="86400"), r"is busy \(429\).* asks to wait 86400 s"),
    "500": (says(500, b"<html>oops</html>", "text/html"), r"failed \(500\)\."),
    "503": (says(503, b'{"error": {"message": "Loading model"}}'), r"failed \(503\): Loading model"),
    "1 GB": (a_gigabyte, "is longer than .* bytes; it was not read to its end"),
    "endless": (endless, "is longer than .* bytes; it was not read to its end"),
    "a gzip bomb": (a_bomb, "is longer than .* bytes; it was not read to its end"),
    "no gzip": (no_gzip, "cannot be unpacked"),
    "hostile words": (says(400, b'{"error": "\\u001b]52;c;eA==\\u0007\\u202e"}'), "␛"),
}
"""Faults that any request may have."""

ROWS: dict[str, tuple[Fault, str]] = {
    "null": (put("null"), "got `null`"),
    "NaN": (put("NaN"), "no whole JSON"),
    "Infinity": (put("Infinity"), "no whole JSON"),
    "-Infinity": (put("-Infinity"), "no whole JSON"),
    "1e999": (put("1e999"), "out of range|are none|no whole JSON"),
    "a text": (put('"-1.5"'), "got `str`"),
    "above 0": (put("0.5"), "are none, such as 0.5 for token 3"),
    "a token is missing": (edited(lambda tops: tops.pop(5)), f"lacks 1 of {WIDTH} tokens, such as 5"),
    "only the head": (edited(lambda tops: tops.__delitem__(slice(4, None))), f"lacks {WIDTH - 4} of {WIDTH} tokens"),
    "none": (edited(lambda tops: tops.clear()), f"lacks {WIDTH} of {WIDTH} tokens"),
    "a token twice": (edited(lambda tops: tops.append(tops[2])), "names 1 tokens more than once, such as 2"),
    "one twice, one missing": (edited(lambda tops: tops.__setitem__(5, tops[2])), "more than once, such as 2"),
    "a larger vocabulary": (edited(lambda tops: tops.append({"id": WIDTH, "logprob": -9.0})), f"names token {WIDTH}"),
    "a negative id": (edited(lambda tops: tops[0].update(id=-1)), "names token -1"),
    "a huge id": (edited(lambda tops: tops[0].update(id=10**30)), "beyond any vocabulary|not what was asked for"),
    "no distribution": (edited(_flatten), "add up to"),
}
"""Faults of an answer's log-probabilities."""
