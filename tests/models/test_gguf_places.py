"""The GGUF files of LM Studio, Ollama and llama.cpp are listed from their headers, under the names people know."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.models.servers import gguf_file
from tui.core.catalog import Entry, needed
from tui.models import catalog
from tui.models.gguf import places


@pytest.fixture(scope="module")
def tiny(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gguf_file.write(checkpoint, tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, in which the hub's cache is too."""
    for name in ("OLLAMA_MODELS", "LLAMA_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


def put(file: Path, tiny: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(tiny, file))


def pulled(models: Path, name: str, tiny: Path | None, digest: str = "sha256:0a1b") -> None:
    """A model as Ollama keeps it: a manifest, and the file under its checksum."""
    layers = [
        {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:ffff"},
        {"mediaType": "application/vnd.ollama.image.model", "digest": digest},
    ]
    manifest = models / "manifests" / "registry.ollama.ai" / name
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps({"layers": layers}))
    if tiny is not None:
        put(models / "blobs" / digest.replace(":", "-"), tiny)


def listed() -> dict[str, Entry]:
    return {entry.title: entry for entry in catalog.entries() if entry.place}


def test_without_such_folders_there_are_none(home: Path) -> None:
    assert listed() == {}


def test_each_programs_files_are_listed_with_what_their_headers_say(home: Path, tiny: Path) -> None:
    put(home / ".lmstudio" / "models" / "maker" / "name-GGUF" / "new.gguf", tiny)
    put(home / ".cache" / "lm-studio" / "models" / "maker" / "name" / "old.gguf", tiny)
    put(home / ".cache" / "llama.cpp" / "down.gguf", tiny)
    pulled(home / ".ollama" / "models", "library/llama3/8b", tiny)
    pulled(home / ".ollama" / "models", "somebody/model/latest", None)  # the same file
    found = listed()
    assert {title: entry.place for title, entry in found.items()} == {
        "new.gguf": "LM Studio", "old.gguf": "LM Studio", "llama3:8b": "Ollama", "somebody/model:latest": "Ollama",
        "down.gguf": "llama.cpp",
    }  # fmt: skip
    entry = found["llama3:8b"]
    assert Path(entry.name) == home / ".ollama" / "models" / "blobs" / "sha256-0a1b"
    assert (entry.files, entry.dtype) == (tiny.stat().st_size, "F32")
    assert entry.parameters and needed(entry) == 4 * entry.parameters


def test_folders_that_the_programs_were_told_are_the_ones(
    home: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled(home / "other", "library/small/latest", tiny)
    put(home / "cache" / "a.gguf", tiny)
    monkeypatch.setenv("OLLAMA_MODELS", str(home / "other"))
    monkeypatch.setenv("LLAMA_CACHE", str(home / "cache"))
    assert sorted(listed()) == ["a.gguf", "small:latest"]


def test_those_of_the_hubs_cache_are_listed_too(home: Path, tiny: Path) -> None:
    put(home / "hub" / "models--org--name-GGUF" / "snapshots" / ("a" * 40) / "tiny.gguf", tiny)
    assert listed()["tiny.gguf"].place == "Hugging Face"


def test_pieces_and_projectors_are_left_out_and_a_damaged_one_is_a_size_and_no_more(
    home: Path, tiny: Path, checkpoint: Path
) -> None:
    folder = home / ".cache" / "llama.cpp"
    put(folder / "mmproj-tiny.gguf", tiny)
    put(folder / "big-00002-of-00003.gguf", tiny)
    gguf_file.write(checkpoint, folder / "big-00001-of-00003.gguf", more={"split.count": 3})
    (folder / "broken.gguf").write_bytes(b"GGUF\3\0\0\0")
    assert listed() == {
        "broken.gguf": Entry(name=str(folder / "broken.gguf"), title="broken.gguf", place="llama.cpp", files=8)
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"layers": 1}', '{"layers": [{}]}', "[" * 100_000])
def test_a_manifest_that_is_none_is_passed_over(home: Path, text: str) -> None:
    manifest = home / ".ollama" / "models" / "manifests" / "registry" / "library" / "x" / "latest"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(text)
    assert listed() == {}


def test_a_manifest_leads_to_no_file_elsewhere(home: Path, tiny: Path) -> None:
    put(home / "secret", tiny)
    pulled(home / ".ollama" / "models", "library/x/latest", None, digest="../../../secret")
    (home / ".ollama" / "models" / "blobs").mkdir()
    assert list(places.found({"HOME": str(home)})) == []
