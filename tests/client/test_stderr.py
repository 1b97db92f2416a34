"""The log holds each stderr line of an engine, each frame by type, id and size, and no word of a prompt."""

import logging

import pytest

from tests.client.children import begin
from tests.engines import child_command
from tui import logs
from tui.client.stderr import MAX_LINE, Stderr


@pytest.fixture
def noted(caplog):
    """The log's lines so far."""
    caplog.set_level(logging.INFO, "samplescope")
    return lambda: [record.getMessage() for record in caplog.records]


def test_a_line_is_noted_once_when_its_end_has_come_or_the_engine_s(noted):
    stderr = Stderr(7)
    stderr.add(b"loading\r 50 %\rhalf a l")
    assert noted() == ["7: loading", "7:  50 %"]
    stderr.add(b"ine\n\n")
    stderr.add(b"the end")
    stderr.end()
    stderr.end()
    assert noted()[2:] == ["7: half a line", "7: the end"]
    assert stderr.last_line == "the end"


def test_what_would_act_on_a_terminal_does_not_when_the_log_is_read_there(noted):
    Stderr(7).add(b"\x1b]52;c;aGk=\x07 caf\xc3\xa9 \xff\n")
    assert noted() == ["7: ␛]52;c;aGk=␇ café \N{REPLACEMENT CHARACTER}"]


def test_a_line_that_never_ends_is_noted_in_pieces(noted):
    stderr = Stderr(7)
    stderr.add(b"x" * (2 * MAX_LINE + 1))
    assert [len(line) for line in noted()] == [MAX_LINE + len("7: ")] * 2
    assert stderr.last_line == "x"


def test_the_first_line_of_a_crash_is_the_one_that_tells(noted):
    stderr = Stderr(7)
    stderr.add(b"well\nFatal Python error: Segmentation fault\n\nThread 1:\n  File x")
    stderr.end()
    assert stderr.last_line == "Fatal Python error: Segmentation fault"
    stderr.forget()
    assert stderr.last_line == ""


async def test_frames_are_noted_by_kind_number_and_size_and_by_none_of_their_words(child, log, monkeypatch):
    monkeypatch.setenv(logs.LEVEL_VARIABLE, "debug")
    logging.getLogger("samplescope").handlers.clear()
    logs.begin()
    client = child(child_command())
    await begin(client, "the herd")
    await client.close()
    frames = [line.split("DEBUG ")[1] for line in log.read_text().splitlines() if "DEBUG" in line]
    assert [frame.rsplit(", ", 1)[0] for frame in frames if "Progress" not in frame] == [
        "← Ready 0", "→ Open 1", "← Opened 1", "→ Prompt 2", "← Prompted 2",
    ]  # fmt: skip
    assert all(frame.endswith(" bytes") for frame in frames)
    assert "herd" not in "".join(frames)
