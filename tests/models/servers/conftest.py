from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.servers import gguf_file, llama_process, unicorn
from tui.models.loading import DEMO


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the API key of the person who runs the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("SAMPLESCOPE_API_KEY", "SAMPLESCOPE_API_KEY_FILE", "SAMPLESCOPE_TIMEOUTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real llama.cpp server with the demo model."""
    with llama_process.running(gguf_file.write(DEMO, tmp_path_factory.mktemp("gguf") / "demo.gguf")) as address:
        yield address


@pytest.fixture(scope="session")
def unicorns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real llama.cpp server whose model writes an emoji byte by byte."""
    folder = tmp_path_factory.mktemp("unicorn")
    with llama_process.running(gguf_file.write(unicorn.save(folder), folder / "unicorn.gguf")) as address:
        yield address
