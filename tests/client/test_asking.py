"""The stderr of a command that may ask, and a client whose command failed because it could not ask."""

from __future__ import annotations

import io
import sys

import pytest

from tests.client.children import begin
from tests.engines import child_command
from tui import logs
from tui.client import echo
from tui.client.client import Client, EngineFailed
from tui.client.echo import Echo


def test_the_last_line_is_held_back_until_another_comes_or_nothing_does():
    stream = io.StringIO()
    shown = Echo(stream)
    assert shown.patience is None
    shown.add(b"Welcome\r\nVisit https://log.in/123\n")
    assert stream.getvalue() == "Welcome\n"
    assert shown.patience == echo.PATIENCE
    shown.add(b"Try ")
    assert stream.getvalue() == "Welcome\nVisit https://log.in/123\n"
    shown.flush()
    assert stream.getvalue().endswith("123\nTry ")
    assert shown.patience is None


def test_a_last_word_is_never_shown_twice():
    stream = io.StringIO()
    shown = Echo(stream)
    shown.add(b"Permission denied ")
    shown.add(b"(publickey).\n")
    assert stream.getvalue() == ""


def test_nothing_a_command_says_acts_on_the_terminal():
    stream = io.StringIO()
    shown = Echo(stream)
    shown.add(b"\x1b]0;title\x07 caf\xe9\n\n\x9b2J\n")
    shown.flush()
    assert stream.getvalue() == "␛]0;title␇ caf\ufffd\n\n\ufffd2J\n"


async def test_a_line_below_a_question_whose_answer_is_hidden(monkeypatch):
    stream = io.StringIO()
    shown = Echo(stream)
    shown.add(b"Permission denied, please try again.\n")
    monkeypatch.setattr(echo, "_hides_typing", lambda: True)
    shown.flush()
    assert stream.getvalue() == "\nPermission denied, please try again.\n"


REFUSED = ["sh", "-c", "echo 'Permission denied' >&2; exit 255"]


async def test_only_a_command_that_brought_no_greeting_may_have_to_ask(listener, tmp_path):
    flag = tmp_path / "may"
    flag.touch()
    script = f"import pathlib\nif not pathlib.Path({str(flag)!r}).exists(): raise SystemExit(255)"
    client = Client(listener, child_command(script))
    await begin(client)
    assert not client.must_ask
    flag.unlink()
    with pytest.raises(EngineFailed):
        await client.restart()
    assert client.must_ask
    flag.touch()
    await client.restart()
    assert not client.must_ask
    await client.close()


async def test_an_engine_of_our_own_never_asks(listener, monkeypatch):
    monkeypatch.setattr("tui.client.starter.engine_command", lambda: REFUSED)
    client = Client(listener, None)
    with pytest.raises(EngineFailed):
        await client.start()
    assert not client.must_ask
    await client.close()


async def test_an_engine_that_was_asked_for_is_the_one_that_is_used_and_has_the_same_story(listener, tmp_path):
    starts = tmp_path / "starts"
    client = Client(listener, child_command(f"open({str(starts)!r}, 'a').write('x')"))
    at = await begin(client)
    stepped = await client.step(at, {}, count=2)
    before = list(client.mirror.story)
    client.ask()
    assert starts.read_text() == "xx"
    await client.restart()
    assert starts.read_text() == "xx"
    assert list(client.mirror.story) == before
    assert (await client.step(stepped.tip, {}, count=1)).tip == stepped.tip + 1
    await client.close()


async def test_one_that_was_asked_for_and_is_not_used_ends_with_the_client(listener):
    client = Client(listener, child_command())
    client.ask()
    process = client._starter._greeted.child._process
    await client.close()
    assert process.poll() is not None


async def test_asking_in_vain_says_why_and_leaves_nothing(listener):
    client = Client(listener, REFUSED)
    with pytest.raises(EngineFailed, match=r"sh ended with exit code 255\. Its last line: Permission denied"):
        client.ask()
    assert client._starter._greeted is None
    await client.close()


async def test_what_was_said_before_the_greeting_explains_no_later_death(listener, log):
    logs.begin()
    command = child_command("def die(forward):\n    os._exit(3)", "ScriptedEngine(before_forward=die)")
    words = "echo 'Warning: Permanently added gpubox' >&2; exec \"$@\""
    client = Client(listener, ["sh", "-c", words, "sh", *command])
    client.ask()
    await client.start()
    await client.open()
    with pytest.raises(EngineFailed, match=r"sh ended with exit code 3\.$"):
        await client.prompt(text="the")
    await client.close()
    assert "Permanently" in log.read_text()
    assert sys.executable in log.read_text()
