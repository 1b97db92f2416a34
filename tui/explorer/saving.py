"""Writes branches and settings to new files. An existing file is never overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tui.core.records import dumps, end_record, run_record, saved_step_record
from tui.core.settings import Settings
from tui.core.story import How, Node
from tui.core.tokens import join_text
from tui.errors import InputError
from tui.protocol import Opened


def branch_text(opened: Opened, settings: Settings, seed: int, branch: Sequence[Node]) -> str:
    """A branch as JSON Lines like those of `run`: the run, each drawn token with its settings, the end."""
    prompt = [node for node in branch if node.how is How.PROMPT]
    drawn = [node for node in branch if node.how is not How.PROMPT]
    pieces = [node.piece for node in drawn]
    records = [
        run_record(
            model=opened.model,
            backend=opened.backend,
            device=opened.device,
            dtype=opened.dtype,
            vocab_size=opened.vocabulary,
            settings=settings,
            seed=seed,
            prompt=join_text(node.piece for node in prompt),
            prompt_ids=[node.token for node in prompt],
            notes=opened.notes,
            head=opened.head,
        ),
        *(saved_step_record(index, node) for index, node in enumerate(drawn)),
        end_record(reason="interrupted", ids=[node.token for node in drawn], pieces=pieces, seconds=None),
    ]
    return "".join(dumps(record) + "\n" for record in records)


def free_name(stem: str, ending: str, taken: Iterable[str]) -> str:
    """`stem` + `ending`, with the first free number if that is taken: `branch.jsonl`, `branch-2.jsonl`."""
    names = set(taken)
    number = 1
    name = f"{stem}{ending}"
    while name in names:
        number += 1
        name = f"{stem}-{number}{ending}"
    return name


def suggested(stem: str, ending: str) -> str:
    """A free name in the current folder; the plain name if the folder cannot be listed."""
    try:
        return free_name(stem, ending, (entry.name for entry in Path.cwd().iterdir()))
    except OSError:
        return stem + ending


def write_new(name: str, text: str) -> Path:
    """Write a new file and return its absolute path; InputError if the file exists or cannot be written."""
    path = Path(name).expanduser()
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{path} is there already.", "Nothing is overwritten: choose another name.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"{path} cannot be written: {reason}.") from None
    return path.absolute()
