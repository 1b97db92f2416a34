"""A crash shows one line and the path of a private log; the values of local variables are written nowhere."""

import re
import stat

F5, F9 = "\x1b[15~", "\x1b[20~"
ALTERNATE_SCREEN_LEFT = b"\x1b[?1049l"


def after_the_app(terminal):
    text = terminal.raw.rpartition(ALTERNATE_SCREEN_LEFT)[2]
    return re.sub(rb"\x1b\[[\d;?]*[a-zA-Z]", b"", text).decode().replace("\r\n", "\n").strip()


def crash(ready, key, **options):
    terminal = ready(**options)
    terminal.send(key)
    code = terminal.wait()
    return terminal, code


def test_a_crash_is_one_line_and_the_way_to_the_rest(ready, tmp_path):
    terminal, code = crash(ready, F9, size=(200, 40))
    (log,) = (tmp_path / "state" / "samplescope").iterdir()
    assert code == 1
    assert after_the_app(terminal) == (
        f"samplescope crashed: RuntimeError: no such thing ␛]52;c;eHg=␇ of length 15\nDetails: {log}"
    )


def test_the_log_is_its_owners_and_names_where_it_happened(ready, tmp_path):
    crash(ready, F9)
    folder = tmp_path / "state" / "samplescope"
    (log,) = folder.iterdir()
    text = log.read_text(encoding="utf-8")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "in action_crash" in text
    assert "textual 8" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


def test_local_variables_are_written_nowhere(ready, tmp_path):
    terminal, _ = crash(ready, F9)
    (log,) = (tmp_path / "state" / "samplescope").iterdir()
    assert b"SECRETSECRET" not in terminal.raw
    assert "SECRETSECRET" not in log.read_text(encoding="utf-8")


def test_a_crash_in_a_worker_is_told_as_what_it_was(ready):
    terminal, code = crash(ready, F5)
    assert code == 1
    assert after_the_app(terminal).startswith("samplescope crashed: LookupError: in a worker\n")


def test_a_crash_is_told_where_no_log_can_be_written(ready, tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")
    terminal, code = crash(ready, F9, size=(200, 40))
    assert code == 1
    assert after_the_app(terminal).endswith("(no crash log: Not a directory)")
