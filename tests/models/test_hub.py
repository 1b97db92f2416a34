"""A model of the hub: fetched with progress, given up at once, used without the hub, and refused with one line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import close_session

from tests.models import checkpoints
from tests.models.hub_server import Hub, Repository, serving
from tests.models.loads import load_all
from tui.models import hub as fetching
from tui.models.meter import Meter


@dataclass
class Seen:
    """The outcomes of the loads in three processes, and the hub's log."""

    online: dict[str, dict[str, Any]]
    offline: dict[str, dict[str, Any]]
    alone: dict[str, dict[str, Any]]
    stderr: str
    hub: Hub
    asked: list[str]
    """The requests of the process that was online."""
    home: Path
    size: int
    """The size of the weights in bytes."""


ONLINE: dict[str, dict[str, Any]] = {
    "given up": {"origin": {"model": "org/slow"}, "stop_at": 500_000},
    "given up while nothing comes": {"origin": {"model": "org/held"}, "stop_at": 500_000},
    "whole": {"origin": {"model": "org/whole"}},
    "a name without an owner": {"origin": {"model": "plain"}},
    "a revision": {"origin": {"model": "org/whole", "revision": "v1"}},
    "given up before": {"origin": {"model": "org/again"}, "stop_at": 500_000},
    "taken up again": {"origin": {"model": "org/again"}},
    "no such revision": {"origin": {"model": "org/whole", "revision": "v9"}},
    "gated": {"origin": {"model": "org/gated"}},
    "private": {"origin": {"model": "org/private"}},
    "missing": {"origin": {"model": "org/missing"}},
    "down": {"origin": {"model": "org/down"}},
    "a pickle": {"origin": {"model": "org/pickle"}},
    "a pickle, allowed": {"origin": {"model": "org/pickle", "allow_pickle": True}},
    "an encoder-decoder": {"origin": {"model": "org/t5"}},
}
OFFLINE = {
    "whole": {"origin": {"model": "org/whole"}},
    "a revision": {"origin": {"model": "org/whole", "revision": "v1"}},
    "another revision": {"origin": {"model": "org/whole", "revision": "v2"}},
    "given up": {"origin": {"model": "org/slow"}},
}


@pytest.fixture(scope="module")
def seen(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Loads with the hub reachable, with HF_HUB_OFFLINE, and with the hub gone."""
    base = tmp_path_factory.mktemp("hub")
    home = base / "home"
    first = checkpoints.copy(checkpoint, base / "first")
    (first / "onnx").mkdir()
    (first / "onnx" / "config.json").write_text("{}")
    (first / "evil.py").write_text("raise SystemExit")
    (first / "consolidated.safetensors").write_bytes(b"twice the same")
    second = checkpoints.copy(checkpoint, base / "second")
    checkpoints.edit_json(second / "generation_config.json", lambda content: content.update(temperature=0.5))
    t5 = checkpoints.copy(checkpoint, base / "t5")
    checkpoints.edit_json(t5 / "config.json", lambda content: content.update(is_encoder_decoder=True))
    pickled = checkpoints.copy(checkpoint, base / "pickle")
    checkpoints.pickle(pickled)
    repositories = {
        "org/whole": Repository({"main": first, "v1": second}), "plain": Repository({"main": second}),
        "org/slow": Repository({"main": first}, chunk_seconds=0.01), "org/t5": Repository({"main": t5}),
        "org/held": Repository({"main": first}, hold=threading.Event()),
        "org/again": Repository({"main": second}, chunk_seconds=0.01),
        "org/down": Repository({"main": first}, status=503),
        "org/gated": Repository({"main": first}, gated=True), "org/private": Repository({"main": first}, private=True),
        "org/pickle": Repository({"main": pickled}),
    }  # fmt: skip
    with serving(repositories) as hub:
        environment = {"HF_ENDPOINT": hub.address, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"}
        online, stderr = load_all(list(ONLINE.values()), **environment)
        asked = list(hub.asked)
        offline, more = load_all(list(OFFLINE.values()), **environment, HF_HUB_OFFLINE="1")
    alone, most = load_all(list(OFFLINE.values()), **environment)
    came = [
        dict(zip(names, came, strict=True)) for names, came in ((ONLINE, online), (OFFLINE, offline), (OFFLINE, alone))
    ]
    size = (first / "model.safetensors").stat().st_size
    yield Seen(*came, stderr + more + most, hub, asked, home, size)


def progress(outcome: dict[str, Any]) -> list[tuple[str, float, float | None]]:
    """(stage, bytes done, total) of each report of a download."""
    return [(stage, done, total) for stage, done, total, unit in outcome["told"] if unit == "bytes"]


def test_a_model_is_fetched_and_loaded_under_its_name(seen: Seen) -> None:
    for name, model in (("whole", "org/whole"), ("a name without an owner", "plain"), ("a revision", "org/whole")):
        assert seen.online[name]["info"]["name"] == model
        assert seen.online[name]["info"]["trusted"] is False


def test_the_download_is_told_in_bytes_of_all_its_files(seen: Seen) -> None:
    told = progress(seen.online["taken up again"])
    assert {total for _, _, total in told} == {seen.size}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert 0 < told[len(told) // 2][1] <= seen.size
    assert all(stage.startswith("downloading, 0 of 1 files") for stage, done, _ in told if done < seen.size)
    assert any(stage.endswith(" MB/s") for stage, *_ in told)


def test_only_what_transformers_needs_is_fetched(seen: Seen) -> None:
    files = {line.split("/")[-1] for line in seen.asked if line.startswith("GET /org/whole/resolve/")}
    assert files == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip
    assert not any("onnx" in line for line in seen.asked)


@pytest.mark.parametrize("name", ["given up", "given up while nothing comes", "given up before"])
def test_a_stop_ends_the_download(seen: Seen, name: str) -> None:
    """The hub never sends the second half of the weights file of `slow`."""
    outcome = seen.online[name]
    assert outcome["kind"] == "stopped"
    assert progress(outcome)[-1][1] < seen.size


def test_what_was_given_up_never_loads_as_a_whole(seen: Seen) -> None:
    for outcomes in (seen.offline, seen.alone):
        assert "not whole in the Hugging Face cache" in outcomes["given up"]["message"]
    assert not list(seen.home.rglob("models--org--slow/**/*.safetensors"))
    assert not list(seen.home.rglob("models--org--slow/**/*.incomplete"))


def test_what_was_given_up_is_taken_up_again(seen: Seen) -> None:
    assert seen.online["taken up again"]["info"]["name"] == "org/again"


@pytest.mark.parametrize("which", ["offline", "alone"])
def test_what_is_in_the_cache_needs_no_hub(seen: Seen, which: str) -> None:
    outcomes = getattr(seen, which)
    assert outcomes["whole"]["info"]["name"] == outcomes["a revision"]["info"]["name"] == "org/whole"
    assert progress(outcomes["whole"]) == []


@pytest.mark.parametrize("which", ["offline", "alone"])
def test_another_revision_than_the_cached_is_not_taken_for_it(seen: Seen, which: str) -> None:
    said = getattr(seen, which)["another revision"]["message"]
    assert "'v2'" in said and "cannot be reached" in said


REFUSED = {
    "no such revision": ["'org/whole'", "no revision 'v9'"],
    "gated": ["'org/gated'", "gated", "Ask for access"],
    "private": ["'org/private'", "private", "HF_TOKEN"],
    "missing": ["'org/missing'", "no such folder", "none on the Hugging Face hub"],
    "down": ["503", "'org/down'"],
    "a pickle": ["org/pickle", "pickle", "--allow-pickle"],
    "an encoder-decoder": ["org/t5", "encoder-decoder"],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_had_is_one_line(seen: Seen, name: str) -> None:
    outcome = seen.online[name]
    assert outcome["kind"] == "model"
    assert [word for word in REFUSED[name] if word not in outcome["message"]] == [], outcome["message"]
    assert outcome["message"].isprintable()


@pytest.mark.parametrize(("model", "file"), [("org/pickle", "pytorch_model.bin"), ("org/t5", "model.safetensors")])
def test_what_would_be_refused_is_not_fetched_first(seen: Seen, model: str, file: str) -> None:
    """The pickle was downloaded later, by a load that allowed it."""
    fetched = [line for line in seen.asked if line.startswith(f"GET /{model}/") and line.endswith(file)]
    assert len(fetched) == (1 if model == "org/pickle" else 0)
    assert seen.online["a pickle, allowed"]["info"]["trusted"] is True


def test_nothing_is_written_to_stderr(seen: Seen) -> None:
    assert seen.stderr == ""


# -- a hub that is silent --------------------------------------------------------------------------------------------


def quiet(*_: object) -> None:
    return None


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., bool]]:
    """True if the hub at an endpoint answers, in an environment that names this proxy."""

    def reachable(endpoint: str, proxy: str = "", direct: str = "") -> bool:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        monkeypatch.setenv("no_proxy", direct)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", endpoint)
        close_session()  # it has cached its environment
        return fetching._reachable(quiet)

    yield reachable
    close_session()


def test_the_hub_is_there_whatever_it_answers(asking: Callable[..., bool]) -> None:
    with serving({}) as hub:
        assert asking(hub.address)
        assert hub.asked == ["HEAD /"]
    assert not asking(hub.address)


def test_behind_a_proxy_the_proxy_is_asked(asking: Callable[..., bool]) -> None:
    with serving({}) as proxy:
        assert asking("http://hub.invalid", proxy.address)
        assert not asking("http://hub.invalid", proxy.address, direct="hub.invalid")
        assert proxy.asked == ["HEAD /"]


def test_what_the_download_would_fail_with_is_left_to_it(asking: Callable[..., bool]) -> None:
    assert asking("http://hub.invalid", "nonsense://proxy.invalid")


def test_a_name_server_that_holds_the_question_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr(fetching, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(fetching, "_hub_answers", held.wait)
    assert fetching._reachable(quiet) is False
    held.set()


def test_waiting_for_an_answer_can_be_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr(fetching, "_hub_answers", held.wait)
    told: list[str] = []

    def report(stage: str, *_: object) -> None:
        told.append(stage)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetching._reachable(report)
    assert told == ["asking the hub"]
    held.set()


def test_a_download_that_stands_still_for_a_minute_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    meter = Meter(100)
    bar = meter.bar_class()(total=100, unit="B")
    for _ in range(3):
        now[0] += 59
        bar.update(10)
        meter.tell(quiet)
    now[0] += 59
    meter.tell(quiet)
    now[0] += 2
    with pytest.raises(Exception, match="sent nothing for 60 s"):
        meter.tell(quiet)
