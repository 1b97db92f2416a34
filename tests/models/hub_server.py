"""A stand-in for the Hugging Face hub: the few paths that a download asks for, over plain HTTP on loopback."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

CHUNK = 64 * 1024


@dataclass
class Repository:
    """One model: its files at each revision, and how it answers."""

    revisions: dict[str, Path]
    """Branch or tag → folder."""
    gated: bool = False
    """True if the list of files is public, but the files are not."""
    private: bool = False
    status: int = 0
    """The status of every response, unless it is 0."""
    chunk_seconds: float = 0.0
    """Seconds between two pieces of 64 KiB of a weights file."""
    hold: threading.Event | None = None
    """If there is an event, weights files stop half-way until it is set."""

    def commit(self, revision: str) -> str:
        """The commit of a branch, or of a commit itself. KeyError if there is none."""
        commits = {name: hashlib.sha1(name.encode()).hexdigest() for name in self.revisions}
        return commits.get(revision) or {commit: commit for commit in commits.values()}[revision]

    def folder(self, revision: str) -> Path:
        """The files at a revision."""
        commit = self.commit(revision)
        return next(folder for name, folder in self.revisions.items() if self.commit(name) == commit)


@dataclass
class Hub:
    """The repositories, and a log of the requests."""

    repositories: dict[str, Repository]
    asked: list[str] = field(default_factory=list)
    """`METHOD PATH` of every request."""
    sent: int = 0
    """How many bytes of files were sent so far."""
    address: str = ""


@contextmanager
def serving(repositories: dict[str, Repository]) -> Iterator[Hub]:
    """A hub on a port of its own, until the end of the block."""
    hub = Hub(repositories)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        for repository in repositories.values():
            if repository.hold is not None:
                repository.hold.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        return None

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(f"{self.command} {path}")
        with suppress(BrokenPipeError, ConnectionResetError):
            if path.startswith("/api/models/"):
                self._api(path.removeprefix("/api/models/"))
            elif "/resolve/" not in path:
                self._error(404, "")
            else:
                name, _, rest = path[1:].partition("/resolve/")
                self._file(name, *rest.split("/", 1))

    def _refused(self, name: str, revision: str, *, file: bool) -> bool:
        """Send an error response as the hub does."""
        repository = self.hub.repositories.get(name)
        if repository is None or repository.private:
            self._error(401, "RepoNotFound")
        elif repository.status:
            self._error(repository.status, "")
        elif file and repository.gated:
            self._error(403, "GatedRepo")
        else:
            try:
                repository.commit(revision)
                return False
            except KeyError:
                self._error(404, "RevisionNotFound")
        return True

    def _api(self, path: str) -> None:
        name, _, rest = path.partition("/tree/")
        listing = bool(rest)
        if not listing:
            name, _, rest = path.partition("/revision/")
        revision = rest or "main"
        if self._refused(name, revision, file=False):
            return
        repository = self.hub.repositories[name]
        files = sorted(file for file in repository.folder(revision).rglob("*") if file.is_file())
        paths = [str(file.relative_to(repository.folder(revision))) for file in files]
        if listing:
            self._json([
                {"type": "file", "path": path, "size": file.stat().st_size, "oid": _etag(file)}
                for path, file in zip(paths, files, strict=True)
            ])  # fmt: skip
        else:
            self._json({
                "id": name, "modelId": name, "sha": repository.commit(revision), "private": False, "gated": False,
                "disabled": False, "downloads": 0, "likes": 0, "tags": [],
                "siblings": [{"rfilename": path} for path in paths],
            })  # fmt: skip

    def _file(self, name: str, revision: str, file: str) -> None:
        if self._refused(name, revision, file=True):
            return
        repository = self.hub.repositories[name]
        path = repository.folder(revision) / file
        if not path.is_file():
            return self._error(404, "EntryNotFound")
        self.send_response(200)
        self.send_header("Content-Length", str(path.stat().st_size))
        self.send_header("ETag", f'"{_etag(path)}"')
        self.send_header("X-Repo-Commit", repository.commit(revision))
        self.end_headers()
        if self.command == "GET":
            self._send(path, repository if path.suffix == ".safetensors" else Repository({}))

    def _send(self, path: Path, repository: Repository) -> None:
        size, sent = path.stat().st_size, 0
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                if repository.hold is not None and sent >= size // 2:
                    repository.hold.wait()
                self.wfile.write(chunk)
                sent += len(chunk)
                self.hub.sent += len(chunk)
                time.sleep(repository.chunk_seconds)

    def _json(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _error(self, status: int, code: str) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()
