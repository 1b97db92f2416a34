"""`--resume`: the options of the kept session, and the refusal of other options that would contradict it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from tui import paths, recent, session
from tui.core.origin import Origin
from tui.core.printable import printable
from tui.errors import InputError
from tui.launch import LaunchOptions
from tui.session import Session

OPTION = "--resume"
_TRUST = ("allow_pickle", "trust_remote_code")
"""Options that a session does not remember, so that they are given anew."""
_LONGEST = 40
"""Characters of a value that a refusal shows."""


def with_value(arguments: Sequence[str]) -> list[str]:
    """The command line with a value for each `--resume` that has none: '' stands for the session kept last."""
    following = [*arguments[1:], "-"]
    return [
        f"{OPTION}=" if argument == OPTION and after.startswith("-") else argument
        for argument, after in zip(arguments, following, strict=False)
    ]


def resume(options: LaunchOptions, asked: Collection[str], file: str) -> LaunchOptions:
    """The options under which a kept session goes on; `file`: where it lies, '' for the session kept last.

    `asked`: names of the options on the command line. InputError if one says something else than the session, or if
    there is no session to go on with.
    """
    kept = session.read(Path(file)) if file else _kept_last()
    resumed = _resumed(options, kept)
    for name in asked:
        if _value(resumed, name) != _value(options, name):
            raise _contradiction(f"{{--{name.replace('_', '-')}}}", _value(resumed, name))
    _check_place(kept, options, file, "server" in asked)
    return resumed


def _kept_last() -> Session:
    file = paths.session_file()
    if not paths.is_file(str(file)):
        raise InputError("There is no kept session.", "One is kept whenever the explorer ends after a token was drawn.")
    return session.read(file)


def _resumed(options: LaunchOptions, kept: Session) -> LaunchOptions:
    trust = {name: getattr(options.origin, name) for name in _TRUST}
    return replace(
        options, origin=msgspec.structs.replace(kept.origin, **trust), prompt=kept.text, chat=kept.chat,
        system=kept.system, add_special_tokens=kept.add_special_tokens, given=dict(kept.given), seed=kept.seed,
        session=kept,
    )  # fmt: skip


def _value(options: LaunchOptions, name: str) -> object:
    """What options say under a name of the command line; None for a parameter that they do not set."""
    if name in Origin.__struct_fields__:
        return getattr(recent.untrusting(options.origin), name)
    match name:
        case "prompt" | "prompt_file":
            return options.prompt
        case "no_special_tokens":
            return not options.add_special_tokens
        case "chat" | "system" | "seed":
            return getattr(options, name)
        case "greedy":
            return options.given.get("do_sample") is False
    return options.given.get(name)


def _contradiction(option: str, kept: object) -> InputError:
    shown = printable(str(kept), space=" ")
    shown = shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
    without = kept is None or kept is False or kept == ""
    what = f"The session was made without {option}." if without else f"The session has another {option}: {shown}."
    return InputError(what, f"Leave out {option} or {{{OPTION}}}.")


def _check_place(kept: Session, options: LaunchOptions, file: str, server_named: bool) -> None:
    """InputError if the session's engine or server must be named by the person, since a file must not choose it."""
    if kept.engine is not None and options.engine is None:
        command = printable(kept.engine_command, space=" ")
        raise InputError("The session's engine was started by a command.", f'Give {{--engine "{command}"}} too.')
    if file and kept.origin.server and not server_named:
        server = printable(kept.origin.server, space=" ")
        raise InputError(
            f"The session's model is at {server}, which would get prompts and your key.",
            f"If that is right, give {{--server {server}}} too.",
        )
