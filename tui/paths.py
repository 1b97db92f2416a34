"""Where files belong: the XDG folders, on macOS too. Nothing is created until something is written."""

from __future__ import annotations

from pathlib import Path

from platformdirs.unix import Unix

_DIRS = Unix("samplescope")


def config_dir() -> Path:
    """What a person writes: `config.toml`, `themes/`."""
    return Path(_DIRS.user_config_dir)


def config_file() -> Path:
    """The settings file."""
    return config_dir() / "config.toml"


def themes_dir() -> Path:
    """A person's own themes."""
    return config_dir() / "themes"


def state_dir() -> Path:
    """What the program leaves behind: logs, crash logs."""
    return Path(_DIRS.user_state_dir)


def log_file() -> Path:
    """What happened, and what the engine wrote to stderr."""
    return state_dir() / "samplescope.log"


def recent_file() -> Path:
    """The models opened last."""
    return state_dir() / "recent.json"


def data_dir() -> Path:
    """What the program keeps for a person: sessions, saved branches."""
    return Path(_DIRS.user_data_dir)


def make_private(folder: Path) -> Path:
    """Create `folder`, and what is missing above it, for its owner alone; one that is there is left as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def is_folder(name: str) -> bool:
    """True if there is a folder of this name. A text that cannot name a file names none, and '' is not `.`."""
    try:
        return bool(name) and Path(name).is_dir()
    except (OSError, ValueError):  # longer than a name may be; a NUL
        return False
