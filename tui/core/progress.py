"""How far something is, told while it goes on."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str, float, float | None, str], None]
"""(stage, done, total or None, unit): how far a long request is."""
