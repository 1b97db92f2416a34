"""The trade-off as a person uses it: the real program, the real engine, the demo model, on a terminal."""

import json
import re

from tests.commands import Command
from tests.pty.explorer import Explorer

ENTER, TAB, BACK, ESC, DOWN = "\r", "\t", "\x7f", "\x1b[27u", "\x1b[B"
ASKED = ("--grid", "temperature=0.5,2", "--samples", 2, "--max-new-tokens", 4, "--json", "--texts")


def test_two_settings_are_measured_as_the_command_measures_them(tmp_path, monkeypatch, capsys):
    with Explorer(tmp_path) as explorer:
        explorer.open()
        explorer.press("T", "continuations")
        explorer.send("\x1b[F" + BACK * 30 + "temperature=0.5,2" + TAB + BACK * 3 + "2" + TAB + BACK * 3 + "4")
        explorer.until("2 settings × 2 continuations × 4 tokens = 16 tokens to draw.")
        explorer.send(ENTER)
        screen = explorer.until(lambda screen: "seeds 42 to 43" in screen and "Trade-off after" in screen)
        assert "◆1" in screen and "•2" in screen
        explorer.press("w", "as JSON Lines")
        explorer.send(DOWN * 2 + "w")
        explorer.until("sweep-texts.jsonl")
        explorer.send(ENTER)
        explorer.until(lambda screen: (tmp_path / "sweep-texts.jsonl").exists() and "Save as" not in screen)
        explorer.send(ESC)
        explorer.until("Written")
        explorer.send(ENTER)
        shown = explorer.until("2 continuations · 1: temperature 0.50")
        assert len(re.findall(r"seed 4[23]  ", shown)) == 2
        explorer.send(DOWN + ENTER)
        explorer.until("seed 43: r draws this text here.")
    written = [json.loads(line) for line in (tmp_path / "sweep-texts.jsonl").read_text(encoding="utf-8").splitlines()]
    status, told, _ = Command(monkeypatch, capsys)("sweep", *ASKED)
    assert status == 0 and len(written) == 2
    assert [measures(row) for row in written] == [measures(json.loads(line)) for line in told.splitlines()]


def measures(row):
    """All but who gave a value."""
    return {**row, "settings": {name: one["value"] for name, one in row["settings"].items()}}
