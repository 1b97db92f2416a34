"""A session in a file: the model, the story, and where the explorer stood. Read again, it is checked as strangers are.

The file is MessagePack, which, unlike JSON, has NaN: the numbers of a prompt's tokens. It never says that a
checkpoint was trusted, and a command that started an engine is kept to be shown, never to be run.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from tui import paths
from tui.core.origin import Origin
from tui.core.printable import printable
from tui.core.settings import Given, normalise
from tui.core.stages import SEED
from tui.core.story import Node, Story
from tui.core.tree import order_problem, tree_problem
from tui.errors import InputError, on_command_line

T = TypeVar("T")

VERSION = 1
"""Of the file's format. A change that an older reader would misread gets the next number."""
LARGEST = 15 << 20
"""Bytes of a session: a new engine gets its story in one frame, of at most 16 MiB."""


class _Kept(msgspec.Struct, frozen=True, kw_only=True, tag="samplescope session", tag_field="format"):
    """Base of every version of the file."""

    version: int = VERSION


class Session(_Kept, frozen=True, kw_only=True, tag="samplescope session", tag_field="format"):
    """All that is needed to go on: what the engine gets, and what the explorer shows."""

    origin: Origin
    engine: list[str] | None = None
    """The command that started the engine, of `--engine`; None: a child process."""
    vocabulary: int
    """How many logits the model has."""
    story: list[Node]
    cursor: int
    tip: int
    given: Given
    preset: list[str]
    """Names of the parameters in `given` that a preset set."""
    preset_name: str
    seed: int
    text: str
    """The text in the prompt editor, submitted or not."""
    submitted: str | None
    """The prompt that the model has read last."""
    chat: bool
    system: str
    add_special_tokens: bool

    @property
    def engine_command(self) -> str:
        """The engine's command as it is typed in a shell; '' for a child process."""
        return "" if self.engine is None else shlex.join(self.engine)


_kept = msgspec.msgpack.Decoder(_Kept)
_sessions = msgspec.msgpack.Decoder(Session)
_encoder = msgspec.msgpack.Encoder()


def encode(session: Session) -> bytes:
    """The session as a file has it. InputError if it is too large to be opened again."""
    data = _encoder.encode(session)
    if len(data) > LARGEST:
        raise InputError(f"The session has {len(data) >> 20} MiB, and {LARGEST >> 20} MiB at most can be kept.")
    return data


def write(session: Session, file: Path) -> None:
    """Keep the session in a private file, in the place of the last one. OSError or InputError if it cannot be kept."""
    paths.replace_private(file, encode(session))


def read(file: Path) -> Session:
    """The session in a file, checked. InputError in one line if there is none, or one that cannot be gone on with."""
    try:
        if not file.is_file():
            raise ValueError("there is no such file")
        if file.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST >> 20} MiB")
        return decode(file.read_bytes())
    except OSError as error:
        raise _cannot_resume(file, error.strerror or type(error).__name__) from None
    except ValueError as error:
        raise _cannot_resume(file, str(error)) from None


def _cannot_resume(file: Path, reason: str) -> InputError:
    name = printable(str(file), space=" ")
    return InputError(f"The session in {name} cannot be resumed: {reason}.", "Start without {--resume}.")


def decode(data: bytes) -> Session:
    """The session that `encode` made these bytes of, with nobody trusted. ValueError says what is wrong with them."""
    version = _decoded(_kept.decode, data).version
    if version != VERSION:
        raise ValueError(f"it is of version {version}, and this samplescope reads version {VERSION}")
    session = _decoded(_sessions.decode, data)
    if problem := _problem(session):
        raise ValueError(f"it is damaged: {printable(problem, space=' ')}")
    origin = msgspec.structs.replace(session.origin, allow_pickle=False, trust_remote_code=False)
    return msgspec.structs.replace(session, origin=origin)


def _decoded(decode: Callable[[bytes], T], data: bytes) -> T:
    try:
        return decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, MemoryError):
        raise ValueError("it is no session of samplescope, or is damaged") from None


def _problem(session: Session) -> str:
    """What cannot be true of a session, in a few words; '' if nothing."""
    nodes = session.story
    if problem := tree_problem(nodes, Story(), session.vocabulary) or order_problem(nodes):
        return problem
    story = Story(nodes)
    branch = story.path(session.tip) if session.tip in story else []
    if session.cursor not in {node.id for node in branch}:
        return f"a cursor at node {session.cursor}, on no branch to {session.tip}"
    try:
        normalise(session.given)
        SEED.check(session.seed)
    except InputError as error:
        return on_command_line(error.message).removesuffix(".")
    return "" if set(session.preset) <= set(session.given) else "a preset's parameter without a value"
