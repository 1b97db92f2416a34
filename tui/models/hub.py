"""Downloads a model of the Hugging Face hub into the hub's cache, with progress, and with one line if it fails.

`huggingface_hub` downloads. Its progress bars tell the progress, and end the download by raising an exception.
"""

from __future__ import annotations

import json
import logging
import os
import time
from functools import partial
from pathlib import Path

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.errors import ModelError
from tui.models.checkpoint import check_config, weight_files
from tui.models.meter import Meter
from tui.models.waiting import one_line, run_in_thread

CONNECT_SECONDS = 1.5
"""Time limit to connect to one address of the hub, or of its proxy; there may be several addresses."""
ANSWER_SECONDS = 5.0
"""Time limit for the hub's answer, name resolution and failed connections included."""
CHUNK_BYTES = 2**18
"""After so many bytes the progress bars are updated. The library's own 10 MB can take a minute on a slow line, and
nobody could stop the download meanwhile."""
_SMALL = ("*.json", "*.txt", "*.model", "*.tiktoken", "*.spm", "*.jinja")
_NOT_SMALL = ("*/*.json", "*/*.txt", "*/*.model", "*/*.tiktoken", "*/*.spm", "*/*.py")
"""Files in subfolders belong to other formats; chat templates (*.jinja) do not, so they are not in this list."""


def fetch(origin: Origin, report: Report) -> Path:
    """Download the missing files of a model; the folder in the hub's cache that holds all of it.

    ModelError says in one line that the name is invalid, the model does not exist or is not open to this person, or
    the hub cannot be reached. An exception in `report` ends the download; a partial file never looks complete.
    """
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import constants
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK_BYTES
    name = origin.model or ""
    try:
        validate_repo_id(name)
    except HFValidationError:
        raise ModelError(f"There is no folder {name}.", "Give a folder with a model, or a Hugging Face id.") from None
    report("asking the hub", 0, None, "")
    reachable = not constants.HF_HUB_OFFLINE and _reachable(report)
    return _Fetching(origin, report, offline=not reachable).all()


class _Fetching:
    """The download of one model: first the small files, then a check of them, then the weights."""

    def __init__(self, origin: Origin, report: Report, *, offline: bool) -> None:
        self._origin, self._report, self._offline = origin, report, offline
        self._name = origin.model or ""

    def all(self) -> Path:
        """Download everything; the snapshot's folder."""
        code = ("*.py",) if self._origin.trust_remote_code else ()
        folder = self._snapshot(self._origin.revision or None, [*_SMALL, *code])
        check_config(folder, self._name, self._origin)  # before downloading gigabytes that cannot be loaded
        sizes = self._sizes(folder.name) or {path.name: 0 for path in folder.iterdir()}
        files = weight_files(
            sizes, lambda index: json.loads((folder / index).read_text()), self._name,
            allow_pickle=self._origin.allow_pickle,
        )  # fmt: skip
        missing = [file for file in files if not (folder / file).exists()]
        return self._snapshot(folder.name, missing, sum(sizes[file] for file in missing)) if missing else folder

    def _sizes(self, commit: str) -> dict[str, int]:
        """The size in bytes of each file of the repository; empty if an older cache does not know it."""
        from huggingface_hub import get_cached_repo_tree
        from huggingface_hub.errors import CachedRepoTreeNotFoundError

        try:
            tree = get_cached_repo_tree(self._name, revision=commit)
        except CachedRepoTreeNotFoundError:
            return {}
        return {file.path: file.size for file in tree if "/" not in file.path}

    def _snapshot(self, revision: str | None, patterns: list[str], total: int | None = None) -> Path:
        meter = Meter(total)
        work = partial(self._download, revision, patterns, meter)
        return Path(run_in_thread(work, lambda: meter.tell(self._report), meter.give_up))

    def _download(self, revision: str | None, patterns: list[str], meter: Meter) -> str:
        from huggingface_hub import snapshot_download

        try:
            return snapshot_download(
                self._name, revision=revision, allow_patterns=patterns, ignore_patterns=[*_NOT_SMALL],
                local_files_only=self._offline, tqdm_class=meter.bar_class(),
            )  # fmt: skip
        except Exception as error:  # the hub, the network and the disk raise many kinds
            raise _download_error(self._origin, error, offline=self._offline) from None


def _download_error(origin: Origin, error: Exception, *, offline: bool) -> ModelError:
    """The error of a failed download, as one line with its remedy."""
    from huggingface_hub import errors

    name = origin.model
    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, errors.HfHubHTTPError):
        error = error.__cause__  # the hub did answer
    if isinstance(error, errors.RevisionNotFoundError):
        return ModelError(
            f"The model {name!r} has no revision {origin.revision!r}.", "Leave --revision out, or check it."
        )
    if isinstance(error, errors.GatedRepoError):
        return ModelError(
            f"The model {name!r} is gated: its owner must let you in.",
            "Ask for access on its page on the hub, then `hf auth login` or set HF_TOKEN.",
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return ModelError(
            f"There is no model {name!r}: no such folder, and none on the Hugging Face hub, or a private one.",
            "Check the name; for a private one `hf auth login` or set HF_TOKEN.",
        )
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        return ModelError(f"The hub answers {error.response.status_code} for {name!r}.", "Try again later.")
    if isinstance(error, errors.LocalEntryNotFoundError) and offline:
        return _not_here(origin)
    return ModelError(f"Downloading {name!r} failed: {one_line(error)}", "Try again: what is whole is kept.")


def _not_here(origin: Origin) -> ModelError:
    revision = f" at revision {origin.revision!r}" if origin.revision else ""
    return ModelError(
        f"There is no model {origin.model!r} here{revision}: no such folder, not whole in the Hugging Face cache, and "
        "the hub cannot be reached.",
        "Check the name, or leave -m out for the demo model.",
    )


def _reachable(report: Report) -> bool:
    """True if the hub answers one request, sent by the library's own session (its endpoint, proxies, certificates).

    Without this check the library would retry for half a minute. Any answer counts, also an error: the download itself
    then says what is wrong.
    """
    deadline = time.monotonic() + ANSWER_SECONDS

    def tick() -> None:
        report("asking the hub", 0, None, "")
        if time.monotonic() > deadline:  # the session's timeouts do not cover name resolution
            raise TimeoutError

    try:
        return run_in_thread(_hub_answers, tick)
    except TimeoutError:
        return False


def _hub_answers() -> bool:
    import httpx2
    from huggingface_hub import constants, get_session

    timeout = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    try:
        get_session().head(constants.ENDPOINT, timeout=timeout, follow_redirects=False)
    except httpx2.TransportError:
        return False
    except Exception:  # such as a proxy that needs another package: the download then fails with the same error
        return True
    return True
