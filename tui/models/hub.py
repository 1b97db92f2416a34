"""A model of the Hugging Face hub, brought into its cache: how far that is, and in one line why it cannot be.

`huggingface_hub` fetches; it is heard through its progress bars and given up by raising from them.
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
from tui.models.waiting import beside, one_line

CONNECT_SECONDS = 1.5
"""What one address of the hub, or of its proxy, has to take a call; there may be several."""
ANSWER_SECONDS = 5.0
"""What the hub has to answer, the name server's time and the calls in vain included."""
CHUNK_BYTES = 2**18
"""How often the download is heard of: the library's own 10 MB are a minute on a slow line, and deaf so long."""
LONGEST_NAME = 200
"""Characters of a name in a message."""
_SMALL = ("*.json", "*.txt", "*.model", "*.tiktoken", "*.spm", "*.jinja")
_NOT_SMALL = ("*/*.json", "*/*.txt", "*/*.model", "*/*.tiktoken", "*/*.spm", "*/*.py")
"""What lies in folders belongs to other formats; chat templates do not."""


def fetch(origin: Origin, report: Report) -> Path:
    """The folder in the hub's cache that holds all of a model; what is missing there is downloaded.

    ModelError in one line for a name that is none, a model that is not there or not for this person, a hub that
    cannot be reached. What `report` raises ends the download; nothing half-written is left that looks whole.
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
        shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
        raise ModelError(
            f"There is no folder {shown!r}.", "Give a folder with a model, or a Hugging Face id."
        ) from None
    report("asking the hub", 0, None, "")
    reachable = not constants.HF_HUB_OFFLINE and _reachable(report)
    return _Fetching(origin, report, offline=not reachable).all()


class _Fetching:
    """One model's way into the cache: the small files, a look at them, then the weights they ask for."""

    def __init__(self, origin: Origin, report: Report, *, offline: bool) -> None:
        self._origin, self._report, self._offline = origin, report, offline
        self._name = origin.model or ""

    def all(self) -> Path:
        """The snapshot's folder, whole."""
        code = ("*.py",) if self._origin.trust_remote_code else ()
        folder = self._snapshot(self._origin.revision or None, [*_SMALL, *code])
        check_config(folder, self._name, self._origin)  # before gigabytes come that cannot be loaded
        sizes = self._sizes(folder.name) or {path.name: 0 for path in folder.iterdir()}
        files = weight_files(
            sizes, lambda index: json.loads((folder / index).read_text()), self._name,
            allow_pickle=self._origin.allow_pickle,
        )  # fmt: skip
        missing = [file for file in files if not (folder / file).exists()]
        return self._snapshot(folder.name, missing, sum(sizes[file] for file in missing)) if missing else folder

    def _sizes(self, commit: str) -> dict[str, int]:
        """Bytes of each file of the repository; empty where an older cache does not say."""
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
        return Path(beside(work, lambda: meter.tell(self._report), meter.give_up))

    def _download(self, revision: str | None, patterns: list[str], meter: Meter) -> str:
        from huggingface_hub import snapshot_download

        try:
            return snapshot_download(
                self._name, revision=revision, allow_patterns=patterns, ignore_patterns=[*_NOT_SMALL],
                local_files_only=self._offline, tqdm_class=meter.bar_class(),
            )  # fmt: skip
        except Exception as error:  # of the hub, of the network, of the disk: many kinds
            raise _refusal(self._origin, error, offline=self._offline) from None


def _refusal(origin: Origin, error: Exception, *, offline: bool) -> ModelError:
    """What went wrong with a download, as one line with its remedy."""
    from huggingface_hub import errors

    name = origin.model
    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, errors.HfHubHTTPError):
        error = error.__cause__  # the hub did answer
    if isinstance(error, errors.RevisionNotFoundError):
        return ModelError(
            f"The model {name!r} has no revision {origin.revision!r}.", "Leave {revision} out, or check it."
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
        "Check the name, or leave {model} out for the demo model.",
    )


def _reachable(report: Report) -> bool:
    """One question, by the library's own session as downloads go (its endpoint, proxies, certificates).

    Without it the library takes half a minute of retries. Any answer will do: the download says what is wrong with it.
    """
    late = time.monotonic() + ANSWER_SECONDS

    def tick() -> None:
        report("asking the hub", 0, None, "")
        if time.monotonic() > late:  # a name server that says nothing is in no timeout of the session's
            raise TimeoutError

    try:
        return beside(_answers, tick)
    except TimeoutError:
        return False


def _answers() -> bool:
    import httpx2
    from huggingface_hub import constants, get_session

    timeout = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    try:
        get_session().head(constants.ENDPOINT, timeout=timeout, follow_redirects=False)
    except httpx2.TransportError:
        return False
    except Exception:  # such as a kind of proxy that needs a package: the download fails with it, and tells it
        return True
    return True
