"""The real program on a server that fails: a line, a count-down, nothing shown that was not sent, and the key nowhere.

One program serves the tests, in their order; each fault strikes in what follows a token that was just drawn.
"""

import json
import math
import re

import pytest

from tests.models.servers.faults import ROWS, TRANSPORT, says
from tests.models.servers.faulty import PROMPT, serving
from tests.pty.explorer import READY, ROOT, Explorer, after

KEY = "sk-very-secret-0123456789"
TIMEOUTS = "2,1,1"
ENTER, ESC = "\r", "\x1b[27u"
REPEATED = says(401, f'{{"error": {{"message": "Incorrect API key provided: {KEY}."}}}}'.encode())
FAULTS = (
    TRANSPORT
    | ROWS
    | {
        "a gzip bomb": (TRANSPORT["a gzip bomb"][0], "no whole JSON"),  # unpacked it is within the program's own limit
        "the key, repeated": (REPEATED, r"Incorrect API key provided: \*\*\*\."),
    }
)
QUICK = ("hang mid-body", "a token is missing", "NaN", "half JSON", "500", "the key, repeated")

_ROW = re.compile(r"│ +\d+ [▸•§ ]*\S+ +(\d+) +([\d.]+(?:e-\d+)?) ")
_NEW = re.compile(r"─ Text · (\d+) new ")


def begin(folder, server, **env):
    return Explorer(
        folder, "--server", server.address, "--prompt", PROMPT, SAMPLESCOPE_API_KEY=KEY, SAMPLESCOPE_LOG="debug",
        SAMPLESCOPE_TIMEOUTS=TIMEOUTS, **env,
    )  # fmt: skip


@pytest.fixture(scope="module")
def server():
    with serving() as faulty_server:
        yield faulty_server


@pytest.fixture(scope="module")
def opened(server, tmp_path_factory):
    with begin(tmp_path_factory.mktemp("explorer"), server) as explorer:
        yield explorer.open()


@pytest.fixture
def explorer(opened, server):
    """The explorer with candidates shown, and a server that answers as it should."""
    server.faults.clear()
    if not READY.search(opened.screen()):
        step(opened)
    return opened


def drawn(screen):
    """How many tokens the text pane counts as drawn."""
    found = _NEW.search(screen)
    return int(found[1]) if found else 0


def said(screen):
    """What the status line says, without its line break."""
    return " ".join(" ".join(screen.split("\n")[-3:-1]).split())


def claimed(screen):
    """The candidates on screen: id → raw probability in percent."""
    above_the_plot = screen.partition("─ Cumulative")[0]
    return {int(token): float(raw) for token, raw in _ROW.findall(above_the_plot)}


def sent(server):
    """The last answer that the server sent whole: id → probability in percent."""
    # Other replies, such as to a count of the prompt's tokens, may come after it.
    answers = [reply for reply in server.sent if "completion_probabilities" in reply]
    (told,) = answers[-1]["completion_probabilities"]
    return {top["id"]: 100 * math.exp(top["logprob"]) for top in told["top_logprobs"]}


def step(explorer):
    """Draw a token, and wait until what follows it is shown."""
    number = drawn(explorer.screen()) + 1
    explorer.send("n")
    return explorer.until(lambda screen: drawn(screen) == number and after(screen) == len(PROMPT) + number)


def check_claims(explorer, server):
    """What is on screen is what the server sent last, in three digits."""
    screen = explorer.until(lambda screen: len(claimed(screen)) >= 10)
    told = sent(server)
    assert claimed(screen) == {token: pytest.approx(told[token], rel=6e-3) for token in claimed(screen)}
    assert min(claimed(screen).values()) >= sorted(told.values(), reverse=True)[len(claimed(screen))] * 0.99


def test_what_is_shown_is_what_the_server_sent(explorer, server):
    check_claims(explorer, server)
    step(explorer)
    check_claims(explorer, server)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in FAULTS]
)
def test_a_fault_is_a_line_and_a_key_tries_again(explorer, server, name):
    fault, line = FAULTS[name]
    number, asked = drawn(explorer.screen()), len(server.asked("/completion"))
    server.fail(fault)
    explorer.send("n")
    screen = explorer.until(lambda screen: bool(re.search(line, said(screen))) and not claimed(screen))
    assert drawn(screen) == number + 1
    assert "n asks again, and draws the next token." in " ".join(re.sub("[│╭╮╰╯─]", " ", screen).split())
    assert len(server.asked("/completion")) - asked <= 3
    server.faults.clear()
    assert drawn(step(explorer)) == number + 2
    check_claims(explorer, server)


def test_a_busy_server_is_waited_for_with_a_count_down(explorer, server):
    number, asked = drawn(explorer.screen()), len(server.asked("/completion"))
    server.fail(says(429, b"slow down", Retry_After="2"), times=1)
    explorer.send("n")
    explorer.until("server: trying again in 2 s")
    explorer.until("server: trying again in 1 s")
    explorer.until(lambda screen: drawn(screen) == number + 1 and after(screen) == len(PROMPT) + number + 1)
    assert len(server.asked("/completion")) - asked == 2
    check_claims(explorer, server)
    assert "trying again" not in explorer.screen()


def test_the_count_down_can_be_given_up(explorer, server):
    number = drawn(explorer.screen())
    server.fail(says(503, b"", Retry_After="25"))
    explorer.send("n")
    explorer.until("server: trying again in 25 s")
    explorer.until("server: trying again in 24 s")
    asked = len(server.asked("/completion"))
    explorer.send(ESC)
    screen = explorer.until(lambda screen: "was given up" in said(screen) and not claimed(screen))
    assert "trying again" not in screen
    assert drawn(screen) == number + 1
    assert len(server.asked("/completion")) == asked
    server.faults.clear()
    step(explorer)
    check_claims(explorer, server)


def written(folder, raw):
    """Everything that was written: the terminal's bytes, and each file."""
    return {"the terminal": bytes(raw)} | {
        path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_the_story_is_saved_whole_and_the_key_is_written_nowhere(explorer, server):
    number = drawn(explorer.screen())
    explorer.send("w")
    explorer.until("Save as")
    explorer.send(ENTER)
    explorer.until(lambda screen: "Save as" not in screen and "Written" in screen)
    explorer.send("q")
    assert explorer.wait() == 0
    lines = (explorer.folder / "branch.jsonl").read_text(encoding="utf-8").splitlines()
    ids = [record["id"] for record in map(json.loads, lines) if record["type"] == "step"]
    assert len(ids) == number
    assert server.asked("/completion")[-1].body["prompt"][-number:] == ids
    assert {request.headers.get("Authorization") for request in server.requests} == {f"Bearer {KEY}"}
    files = written(explorer.folder, explorer.raw)
    assert {"the terminal", "samplescope.log", "session", "branch.jsonl"} <= files.keys()
    assert b"Viewed" in files["samplescope.log"]
    assert [name for name, data in files.items() if KEY.encode() in data] == []


def test_a_crash_does_not_write_the_key(server, tmp_path):
    """A plot that cannot be drawn ends the program, with the key in its environment and its engine's memory."""
    plotext = tmp_path / "shadow" / "plotext"
    plotext.mkdir(parents=True)
    (plotext / "__init__.py").write_text("raise ArithmeticError('no plots today')\n")
    server.faults.clear()
    with begin(tmp_path, server, PYTHONPATH=f"{plotext.parent}:{ROOT}") as explorer:
        assert explorer.wait() == 1
        files = written(tmp_path / "XDG_STATE_HOME", explorer.raw)
    assert b"samplescope crashed: ArithmeticError: no plots today" in files["the terminal"]
    assert [name for name in files if name.startswith("crash-")]
    assert [name for name, data in files.items() if KEY.encode() in data] == []
