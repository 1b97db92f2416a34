"""The log file: created with the first record, private, bounded in size, and its errors are ignored."""

import logging
import stat

from tui import logs


def note(text="hello", level=logging.INFO):
    logging.getLogger("samplescope").log(level, text)


def test_a_program_that_notes_nothing_makes_no_file(log):
    logs.begin()
    note("a frame", logging.DEBUG)
    assert not log.parent.exists()


def test_what_is_noted_is_there_for_its_owner_only(log):
    logs.begin()
    logs.begin()
    note()
    assert log.read_text().count("INFO hello") == 1
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_frames_are_noted_where_that_is_asked(log, monkeypatch):
    monkeypatch.setenv(logs.LEVEL_VARIABLE, "debug")
    logs.begin()
    note("a frame", logging.DEBUG)
    assert "a frame" in log.read_text()


def test_it_moves_aside_before_it_grows_large(log, monkeypatch):
    monkeypatch.setattr(logs, "MOST_BYTES", 200)
    logs.begin()
    for _ in range(20):
        note("x" * 50)
    assert sorted(file.name for file in log.parent.iterdir()) == ["samplescope.log", "samplescope.log.1"]
    assert log.stat().st_size <= 200


def test_a_log_that_cannot_be_written_is_done_without(log, capfd):
    log.parent.write_text("a file where the folder would be")
    logs.begin()
    note()
    assert capfd.readouterr() == ("", "")
