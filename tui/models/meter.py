"""Measures a download through huggingface_hub's progress bars, which are never drawn."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from huggingface_hub import close_session
from huggingface_hub.utils.tqdm import tqdm

from tui.core.progress import Report
from tui.errors import ModelError

SILENT_SECONDS = 60.0
"""After so long without a byte the download is given up."""
SPEED_SECONDS = 5.0
"""The time over which the speed is averaged."""
_GIGA, _MEGA = 1e9, 1e6


class Meter:
    """Counts the bytes and files of one download; the bars made by `bar_class` update it."""

    def __init__(self, total: int | None) -> None:
        """`total`: how many bytes will be downloaded; None if that is not known yet."""
        self._total = total
        self._bars: list[Any] = []
        self._given_up = False
        self._samples: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._last_byte_at = time.monotonic()

    def bar_class(self) -> type[tqdm]:
        """A progress bar class that draws nothing, and whose update raises once the download is given up."""
        meter = self

        class Bar(tqdm):
            monitor_interval = 0

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **{**kwargs, "disable": True})  # type: ignore[no-untyped-call]
                self.bytes = kwargs.get("unit") == "B"
                self.expected, self.counted = kwargs.get("total") or 0, kwargs.get("initial") or 0
                meter._bars.append(self)

            def update(self, n: float | None = 1) -> None:
                if meter._given_up:
                    raise InterruptedError("the download was given up")
                self.counted += n or 0

        return Bar

    def give_up(self) -> None:
        """End the download at its next byte."""
        self._given_up = True
        close_session()

    @property
    def done(self) -> int:
        """Bytes so far: the larger count of two bars, one for the bytes that arrived and one for those on the disk."""
        return max((int(bar.counted) for bar in list(self._bars) if bar.bytes), default=0)

    def tell(self, report: Report) -> None:
        """Call `report` with the progress. ModelError after a minute without a byte."""
        now, done = time.monotonic(), self.done
        if done != self._samples[-1][1]:
            self._last_byte_at = now
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[0][0] > SPEED_SECONDS:
            self._samples.popleft()
        if now - self._last_byte_at > SILENT_SECONDS:
            raise ModelError(f"The hub has sent nothing for {SILENT_SECONDS:.0f} s.", "Try again later.")
        if self._total is None:
            report("asking the hub", 0, None, "")
        else:
            report(f"downloading, {self._files()}{self._speed()}", min(done, self._total), self._total, "bytes")

    def _files(self) -> str:
        counts = next(((bar.counted, bar.expected) for bar in list(self._bars) if not bar.bytes), (0, 0))
        return f"{int(counts[0])} of {int(counts[1])} files"

    def _speed(self) -> str:
        (then, before), (now, done) = self._samples[0], self._samples[-1]
        rate = (done - before) / (now - then) if now > then else 0.0
        return f", {rate / _GIGA:.2f} GB/s" if rate >= _GIGA else f", {rate / _MEGA:.1f} MB/s" if rate > 0 else ""
