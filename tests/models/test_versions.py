"""A library outside the versions that this release was checked with gives a note, and does not stop the program."""

import importlib.metadata

import pytest

from tests.models.tiny import source
from tui.models import versions
from tui.models.versions import unchecked


def installed(monkeypatch: pytest.MonkeyPatch, **others: str) -> None:
    """Pretend that these versions are installed; other libraries keep theirs."""
    monkeypatch.setattr(versions, "version", lambda name: others.get(name) or importlib.metadata.version(name))


def test_what_the_suite_runs_on_has_been_checked() -> None:
    assert unchecked() == []


@pytest.mark.parametrize("version", ["5.26.0", "5.22.1", "6.0.0", "5.25.0.dev0"])
def test_another_transformers_is_told(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    installed(monkeypatch, transformers=version)
    assert unchecked() == [f"transformers {version} has not been checked; `samplescope verify` tells"]


@pytest.mark.parametrize("version", ["5.23.0", "5.24.3"])
def test_a_version_inside_the_bounds_is_not(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    installed(monkeypatch, transformers=version)
    assert unchecked() == []


def test_without_an_installation_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(versions, "requires", requires)
    assert unchecked() == []


def test_a_model_s_notes_say_it_first(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, transformers="5.26.0", torch="3.0")
    first, second, *_ = source("llama").info.notes
    assert first.startswith("torch 3.0 has not") and second.startswith("transformers 5.26.0 has not")
