"""Where samplescope's files lie: in the XDG folders, on macOS too. A folder is created only to write a file into it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from platformdirs.unix import Unix

_DIRS = Unix("samplescope")


def config_dir() -> Path:
    """The folder of what a person writes: `config.toml`, `presets.toml`, `themes/`, `lessons/`, `api-key`."""
    return Path(_DIRS.user_config_dir)


def config_file() -> Path:
    """`config.toml`: theme and key bindings."""
    return config_dir() / "config.toml"


def themes_dir() -> Path:
    """The folder of a person's own themes."""
    return config_dir() / "themes"


def lessons_dir() -> Path:
    """The folder of a person's own lessons."""
    return config_dir() / "lessons"


def state_dir() -> Path:
    """The folder of what the program writes for itself: the log, crash reports, the session, what was used last."""
    return Path(_DIRS.user_state_dir)


def log_file() -> Path:
    """The log: what went wrong, and what the engine wrote to stderr."""
    return state_dir() / "samplescope.log"


def recent_file() -> Path:
    """The list of the models opened last."""
    return state_dir() / "recent.json"


def prompts_file() -> Path:
    """The list of the prompts submitted last."""
    return state_dir() / "prompts.json"


def theme_file() -> Path:
    """The name of the theme chosen last."""
    return state_dir() / "theme"


def session_file() -> Path:
    """The session that `--resume` opens again."""
    return state_dir() / "session"


def presets_file() -> Path:
    """`presets.toml`: a person's own presets."""
    return config_dir() / "presets.toml"


def data_dir() -> Path:
    """The folder of what the program saves for a person, such as branches."""
    return Path(_DIRS.user_data_dir)


def make_private(folder: Path) -> Path:
    """Create `folder` and its missing parents, readable by their owner alone; an existing folder keeps its mode."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def replace_private(file: Path, data: bytes) -> None:
    """Write a file that its owner alone can read, in one piece: a reader finds the old one or the new one, whole.

    Uses nothing but system calls, so that an exit task may write while the interrupted main thread holds a lock.
    """
    make_private(file.parent)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        finally:
            os.close(descriptor)
        new.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def is_file(name: str) -> bool:
    """True if there is a file of this name, which is no folder."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def is_folder(name: str) -> bool:
    """True if there is a folder of this name. A text that cannot name a file names none, and '' is not `.`."""
    try:
        return bool(name) and Path(name).is_dir()
    except (OSError, ValueError):  # longer than a name may be; a NUL
        return False
