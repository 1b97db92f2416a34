"""A real engine process (with a scripted engine inside): its descriptors, its start, its end."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import struct
import subprocess
import sys

import pytest

from tests.client.children import KILLED, begin, gone, logged
from tests.engines import ROOT_FOLDER, child_command
from tests.patience import PATIENCE
from tui.client.client import EngineFailed
from tui.client.starter import engine_command
from tui.protocol import GREETING, Open, Ready, decode_answer, frame

# -- the pipe stays clean ----------------------------------------------------------------------------------------------

STRAY = """
import ctypes
def stray(forward):
    print("a stray print")
    sys.stdout.write("no newline")
    sys.__stdout__.write("the first stdout")
    sys.__stdout__.flush()
    os.write(1, b"straight to fd 1\\n")
    ctypes.CDLL(None).printf(b"from C\\n")
    ctypes.CDLL(None).fflush(None)
    os.system("echo from a child; cat")
    assert sys.stdin.read() == ""
"""


async def test_stray_output_goes_to_the_log_and_stdin_is_empty(child, log):
    client = child(child_command(STRAY, "ScriptedEngine(before_forward=stray)"))
    at = await begin(client)
    assert (await client.step(at, {}, count=5)).reason == "count"
    await client.close()
    events = [line for line in log.read_text().splitlines() if " is started: " not in line]
    for said in ("a stray print", "no newline", "the first stdout", "straight to fd 1", "from C", "from a child"):
        assert any(said in line for line in events)


async def test_a_login_shells_greeting_is_skipped(child):
    command = child_command()
    shell = ["sh", "-c", 'echo "Welcome to gpubox"; printf "you have mail. $ "; exec "$@"', "sh", *command]
    assert await begin(child(shell))


async def test_a_flood_on_stderr_blocks_nothing_and_does_not_fill_the_disk(child, log):
    flood = "def flood(forward):\n    os.write(2, b'moan ' * 1_000_000)"
    client = child(child_command(flood, "ScriptedEngine(before_forward=flood)"))
    at = await begin(client)
    assert (await client.step(at, {}, count=3)).reason == "count"
    await client.close()
    sizes = [path.stat().st_size for path in log.parent.iterdir()]
    assert sum(sizes) < 10 << 20
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in log.parent.iterdir())


async def test_the_engine_has_its_own_session_and_no_descriptor_of_ours(child, log):
    ours, theirs = os.pipe()
    inherited = f"os.path.exists('/proc/self/fd/{theirs}')"
    script = f"print('pid', os.getpid(), 'session', os.getsid(0), 'ours', {inherited}, file=sys.stderr)"
    client = child(child_command(script))
    await client.start()
    found = await logged(log, r"pid (\d+) session (\d+) ours (\w+)")
    assert found[1] == found[2] and found[3] == "False"
    os.close(ours)
    os.close(theirs)


async def test_a_tui_folder_where_the_person_is_does_not_shadow_ours(child, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT_FOLDER))
    (tmp_path / "tui").mkdir()
    (tmp_path / "tui" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    client = child(engine_command())
    assert isinstance(await client.start(), Ready)


def test_the_greeting_comes_before_anything_heavy_is_imported():
    code = """
import sys
import tui.engine.process
early = {"msgspec", "asyncio"} & set(sys.modules)
import tui.engine.serve, tui.client.client
print(early, {"torch", "transformers", "numpy"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT_FOLDER, capture_output=True, text=True, check=True)
    assert done.stdout == "set() set()\n"


def start(command: list[str]) -> subprocess.Popen:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("make", ["ScriptedEngine()", "(lambda: __import__('time').sleep(1000))()"])
def test_the_engine_is_gone_when_its_stdin_ends_even_while_it_is_being_made(make):
    process = start(child_command(make=make))
    assert process.stdout.read(len(GREETING)) == GREETING
    size = struct.unpack(">I", process.stdout.read(4))[0]
    assert isinstance(decode_answer(process.stdout.read(size)), Ready)
    process.stdin.close()
    assert process.wait(PATIENCE) == 0
    process.stdout.close()
    process.stderr.close()


def test_the_engine_is_gone_when_nobody_reads_its_stdout():
    process = start(child_command())
    assert process.stdout.read(len(GREETING)) == GREETING
    process.stdout.close()
    process.stdin.write(frame(Open(id=1)))
    process.stdin.flush()
    # The engine's stdin stays open: only a failed write shows it that the UI is gone.
    assert process.wait(PATIENCE) == 0
    process.stdin.close()
    process.stderr.close()


async def test_the_engine_is_gone_when_the_ui_is_killed_in_the_middle_of_a_forward(child, log):
    client = child(child_command("print('pid', os.getpid(), file=sys.stderr)", "ScriptedEngine(before_forward=Gate())"))
    await client.start()
    await client.open()
    asked = asyncio.create_task(client.prompt(text="the"))
    pid = int((await logged(log, r"pid (\d+)"))[1])
    # As the kernel does for a killed UI: close its end of the pipe.
    client._link._transport.close()
    await gone(pid)
    with pytest.raises(EngineFailed):
        await asked


def test_on_a_terminal_the_engine_says_what_it_is():
    ours, theirs = os.openpty()
    done = subprocess.run(engine_command(), stdin=theirs, capture_output=True, text=True, cwd=ROOT_FOLDER,
                          env={**os.environ, "PYTHONPATH": str(ROOT_FOLDER)})  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "frames" in done.stderr


# -- starts that fail, ends at any time --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["/no/such/program", "engine"], "No such file or directory"),
        (["/"], "Permission denied"),
        (["sh", "-c", "echo 'ssh: no route' >&2; exit 255"], "exit code 255. Its last line: ssh: no route"),
        (["sh", "-c", "echo samplescope 2; exec cat"], "version 2 of the protocol"),
        (["sh", "-c", "exec yes"], "is no engine"),
    ],
)  # fmt: skip
async def test_an_engine_that_cannot_be_started_is_said_in_one_line(child, listener, command, why):
    client = child(command)
    with pytest.raises(EngineFailed) as failed:
        await client.start()
    assert why in str(failed.value) and "\n" not in str(failed.value)
    assert listener.all("lost") == []
    with pytest.raises(EngineFailed, match=re.escape(why)):
        await client.restart()


async def test_closing_waits_for_no_forward_and_leaves_no_process(child, log):
    script = """
import subprocess
helper = subprocess.Popen(["sleep", "1000"])
print("pids", os.getpid(), helper.pid, file=sys.stderr)
"""
    client = child(child_command(script, "ScriptedEngine(before_forward=Gate())"))
    await client.start()
    await client.open()
    asked = asyncio.create_task(client.prompt(text="the"))
    pids = [int(pid) for pid in (await logged(log, r"pids (\d+) (\d+)")).groups()]
    await client.close()
    for pid in pids:
        await gone(pid)
    with pytest.raises(EngineFailed) as failed:
        await asked
    assert failed.value.kind == "closed"


async def test_closing_while_the_engine_has_not_greeted(child):
    client = child(["sh", "-c", "exec cat"])
    starting = asyncio.create_task(client.start())
    while client._link is None:
        await asyncio.sleep(0)
    await client.close()
    with pytest.raises(EngineFailed) as failed:
        await starting
    assert failed.value.kind == "closed"


async def test_closing_while_it_is_being_started_again(child, listener, log, tmp_path):
    once = tmp_path / "once"
    script = f"""
if os.path.exists({str(once)!r}):
    import time
    print('second', os.getpid(), file=sys.stderr)
    time.sleep(1000)
open({str(once)!r}, "w").close()
{KILLED.format(2)}
"""
    client = child(child_command(script, "ScriptedEngine(before_forward=killed)"))
    at = await begin(client)
    with pytest.raises(EngineFailed):
        await client.step(at, {}, count=9)
    pid = int((await logged(log, r"second (\d+)"))[1])
    await client.close()
    await gone(pid)
    assert listener.all("restored") == []
    assert len(listener.all("lost")) == 1


async def test_giving_up_a_start_ends_what_was_started(child, log):
    client = child(["sh", "-c", "echo pid $$ >&2; exec cat"])
    starting = asyncio.create_task(client.start())
    pid = int((await logged_when_there(log))[1])
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await gone(pid)


async def logged_when_there(log) -> re.Match:
    while not log.exists():
        await asyncio.sleep(0.01)
    return await logged(log, r"pid (\d+)\n")
