"""Where samplescope's files lie: in the XDG folders, on macOS too. A folder is created only to write a file into it."""

from __future__ import annotations

from pathlib import Path

from platformdirs.unix import Unix

_DIRS = Unix("samplescope")


def config_dir() -> Path:
    """The folder of the files a person writes: `config.toml`, `themes/`, `lessons/`, `api-key`."""
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
    """The folder of what the program writes for itself: the log, crash reports, the recent models."""
    return Path(_DIRS.user_state_dir)


def log_file() -> Path:
    """The log: what went wrong, and what the engine wrote to stderr."""
    return state_dir() / "samplescope.log"


def recent_file() -> Path:
    """The list of the models opened last."""
    return state_dir() / "recent.json"


def data_dir() -> Path:
    """The folder of what the program saves for a person, such as branches."""
    return Path(_DIRS.user_data_dir)


def make_private(folder: Path) -> Path:
    """Create `folder` and its missing parents, readable by their owner alone; an existing folder keeps its mode."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


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
