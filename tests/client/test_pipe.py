"""Greeting and frames, however they arrive."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines import READY
from tui import __version__
from tui.client.failures import EngineFailed, PipeError
from tui.client.greeting import MAX_NOISE
from tui.client.pipe import Link
from tui.core.story import Node
from tui.protocol import GREETING, MAX_FRAME, Encoded, Grown, Progress, Ready, Stepped, frame

MESSAGES = [
    Progress(of=1, stage="load", done=0.5),
    Grown(revision=2, nodes=[Node(1, 0, 0, 7, b"\xff" * 5000), Node(2, 1, 1, 8, b"")]),
    Stepped(id=3, tip=2, reason="count"),
]


@asynccontextmanager
async def linked():
    """A link, and the socket at its engine's end."""
    theirs, ours = socket.socketpair()
    link = Link(*await asyncio.open_connection(sock=theirs))
    ours.setblocking(False)
    try:
        yield link, ours
    finally:
        ours.close()
        await link.close()


async def feed(engine: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(engine, data)


NOISE = st.binary(max_size=3000).filter(lambda noise: b"samplescope" not in noise)


@settings(max_examples=60, deadline=None)
@given(noise=NOISE, sizes=st.lists(st.integers(1, 3000), max_size=30))
def test_noise_greeting_and_frames_may_arrive_in_any_pieces(noise, sizes):
    async def session():
        data = noise + GREETING + b"".join(map(frame, [READY, *MESSAGES]))
        async with linked() as (link, engine):

            async def write():
                rest = data
                for size in sizes:
                    await feed(engine, rest[:size])
                    rest = rest[size:]
                    await asyncio.sleep(0)
                await feed(engine, rest)

            writing = asyncio.create_task(write())
            assert await link.greet() == READY
            # Compared as frames, because missing numbers are NaN, which is not equal to itself.
            assert [frame(await link.read()) for _ in MESSAGES] == [frame(message) for message in MESSAGES]
            await writing

    asyncio.run(session())


@pytest.mark.parametrize(
    "shell", [b"", b"Last login: Mon\r\nyou have mail\r\n", b"user@host:~$ ", b"x" * (MAX_NOISE - 1)]
)
async def test_what_a_login_shell_prints_first_is_skipped(shell):
    async with linked() as (link, engine):
        await asyncio.gather(feed(engine, shell + GREETING + frame(READY)), link.greet())


async def test_more_noise_than_any_login_shell_prints_is_no_engine():
    async with linked() as (link, engine):
        writing = asyncio.create_task(feed(engine, b"yes\n" * MAX_NOISE))
        with pytest.raises(EngineFailed) as failed:
            await link.greet()
        writing.cancel()
    assert failed.value.kind == "protocol" and "is no engine" in failed.value.message


@pytest.mark.parametrize("shell", [b"samplescope 1\nis on this box\n", b"try samplescope 2\nsoon\n"])
async def test_a_text_that_reads_like_a_greeting_is_none(shell):
    async with linked() as (link, engine):
        await feed(engine, shell + GREETING + frame(READY) + frame(MESSAGES[0]))
        assert await link.greet() == READY
        assert frame(await link.read()) == frame(MESSAGES[0])


async def test_another_version_is_said_clearly():
    async with linked() as (link, engine):
        await feed(engine, b"hello\nsamplescope 7\n")
        with pytest.raises(EngineFailed) as failed:
            await link.greet()
    assert str(failed.value) == (
        "The engine speaks version 7 of the protocol, this program version 1."
        " Install the same samplescope on both sides."
    )


async def test_the_end_before_the_greeting_is_said():
    async with linked() as (link, engine):
        await feed(engine, b"bash: samplescope: command not found\n")
        engine.close()
        with pytest.raises(EngineFailed) as failed:
            await link.greet()
    assert failed.value.kind == "start"


@pytest.mark.parametrize("shell", [b"", b"user@host:~$ ", b"samplescope 1\n", b"you have mail\r\n"])
async def test_another_version_is_said_whatever_a_shell_prints_before_it(shell):
    async with linked() as (link, engine):
        await feed(engine, shell + b"samplescope 3\n" + frame(READY))
        with pytest.raises(EngineFailed, match="speaks version 3 of the protocol, this program version 1"):
            await link.greet()


async def test_a_greeting_whose_ready_is_another_versions_names_both_programs():
    async with linked() as (link, engine):
        await feed(engine, GREETING + frame(Ready(protocol=2, version="7.8.9", host="far")))
        with pytest.raises(EngineFailed) as failed:
            await link.greet()
    assert f"version 2 of the protocol, this program version 1 (samplescope 7.8.9, here {__version__})" in str(
        failed.value
    )


async def test_what_was_printed_is_told_where_nothing_else_is():
    async with linked() as (link, engine):
        await feed(engine, b"hello\nThis account is \x1b[1mnot available.\r\n\n")
        engine.close()
        with pytest.raises(EngineFailed, match=re.escape("It printed: This account is ␛[1mnot available.")):
            await link.greet()


@pytest.mark.parametrize("size", [0, 1, 4, 5, len(frame(MESSAGES[1])) - 1])
async def test_half_a_frame_at_the_end_is_the_end(size):
    async with linked() as (link, engine):
        await feed(engine, GREETING + frame(READY) + frame(MESSAGES[1])[:size])
        await link.greet()
        engine.close()
        with pytest.raises(PipeError):
            await link.read()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ((MAX_FRAME + 1).to_bytes(4, "big"), "something else writes to its pipe"),
        (b"\0\0\0\4what", "what is no answer"),
        (b"\0\0\0\0", "what is no answer"),
    ],
)
async def test_what_is_no_answer_breaks_the_pipe_and_says_so(data, why):
    async with linked() as (link, engine):
        await feed(engine, GREETING + frame(READY) + data)
        await link.greet()
        with pytest.raises(PipeError, match=why):
            await link.read()


async def test_sending_never_waits_for_an_engine_that_does_not_read():
    async with linked() as (link, _):
        for _ in range(100):
            link.send(Encoded(id=1, count=1))
            link.send(Grown(revision=1, nodes=[Node(1, 0, 0, 7, b"x" * 100_000)]))
