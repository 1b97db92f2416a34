"""Helpers for tests with real engine processes."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.engines import alive
from tests.patience import PATIENCE
from tui.client.client import Client


async def begin(client: Client, text: str = "the herd of unicorns") -> int:
    """Start the engine, open the demo model, send a prompt; the id of the prompt's last node."""
    await client.start()
    await client.open()
    return (await client.prompt(text=text)).nodes[-1].id


async def logged(log: Path, pattern: str) -> re.Match:
    """Wait for the first match in the log: a line that the engine wrote before its last reply may arrive later."""
    async with asyncio.timeout(PATIENCE):
        while (found := re.search(pattern, log.read_text(errors="replace"))) is None:
            await asyncio.sleep(0.01)
    return found


async def gone(pid: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while alive(pid):
            await asyncio.sleep(0.01)


KILLED = "def killed(forward):\n    if forward == {}: os.kill(os.getpid(), signal.SIGKILL)"
"""A script whose `killed`, used as `before_forward`, kills the process in the forward of the given number."""
