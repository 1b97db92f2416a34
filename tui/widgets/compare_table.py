"""Compared settings as lines of text: their values, their numbers, and their candidates aligned by token."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text

from tui.core.labels import FLAG, stage_label, unasked, value_text
from tui.core.order import ORDER
from tui.core.settings import Settings, Source
from tui.core.stages import PARAMETERS, STAGES
from tui.core.tokens import printable_token
from tui.protocol import Candidate, Cut, Viewed
from tui.widgets.candidate_columns import Column, cell, fit
from tui.widgets.numbers import aligned, percent

LETTERS = "ABCD"
WAITING, UNKNOWN, NOTHING = "…", "?", "–"
_ROOMY = 100
"""Width in cells from which the first column has the raw probabilities too."""
_TOKEN, _RAW = 16, 9
_WIDEST = 28
"""Cells of a column at most."""


@dataclass(frozen=True, slots=True)
class CompareColumn:
    """One of the compared settings as the table shows it."""

    name: str
    settings: Settings
    viewed: Viewed | None
    listed: Mapping[int, Candidate]
    problem: str = ""
    """Why there are no numbers; '' if there are, or will be."""


@dataclass(frozen=True, slots=True)
class CompareTable:
    """Lines of at most `width` cells about up to four settings; the column at index `chosen` is highlighted."""

    columns: Sequence[CompareColumn]
    chosen: int
    width: int

    @property
    def _first(self) -> int:
        return _TOKEN + (_RAW if self.width >= _ROOMY else 0)

    @property
    def _each(self) -> int:
        return min(_WIDEST, (self.width - self._first) // len(LETTERS))

    def _line(self, name: str, texts: Sequence[str], style: str = "") -> Text:
        line = Text(fit(name, self._first), style, no_wrap=True)
        for text in texts:
            line.append(fit(f" {text}", self._each))
        return line

    def head(self) -> list[Text]:
        """The names, the settings in force and the numbers."""
        return [
            self._names(), *self._settings(), *self._numbers(), *self._cuts(), *self._differences(), *self._drawn(),
            *(Text(f"{letter}: {column.problem}", "dim") for letter, column in self._lettered() if column.problem),
        ]  # fmt: skip

    def _lettered(self) -> Iterator[tuple[str, CompareColumn]]:
        return zip(LETTERS, self.columns, strict=False)

    def _names(self) -> Text:
        line = Text(" " * self._first, no_wrap=True)
        for index, (letter, column) in enumerate(self._lettered()):
            name = fit(f"{letter} {column.name}", self._each - 1)
            line.append(" ").append(name, "bold reverse" if index == self.chosen else "bold")
        return line

    def _settings(self) -> Iterator[Text]:
        """A line for each parameter that acts under one of the settings, and for an order that somebody chose."""
        settings = [column.settings for column in self.columns]
        values = [{name: one.value for name, one in each.items()} for each in settings]
        acting = {one.name for stage in STAGES.values() for one in stage.parameters if any(map(stage.acts, values))}
        if any(each["do_sample"].value is False for each in settings if "do_sample" in each):
            acting.add("do_sample")
        if any(each[ORDER].source is not Source.TRANSFORMERS for each in settings if ORDER in each):
            acting.add(ORDER)
        for name in ("do_sample", *PARAMETERS, ORDER):
            if name in acting:
                yield self._line(_LABELS.get(name) or PARAMETERS[name].label, [_value(name, one) for one in settings])

    def _told(self, tell: Callable[[Viewed], str]) -> list[str]:
        """A cell for each column; of one whose numbers are not there a sign."""
        return [
            tell(column.viewed) if column.viewed is not None else NOTHING if column.problem else WAITING
            for column in self.columns
        ]

    def _numbers(self) -> Iterator[Text]:
        yield self._line("kept", self._told(_kept))
        yield self._line("kept mass", self._told(lambda viewed: _number(viewed.kept_mass, percent, " %")))
        yield self._line("entropy, final", self._told(lambda viewed: _bits(viewed.entropy.final)))

    def _cuts(self) -> Iterator[Text]:
        """How many candidates each cut leaves."""
        found = [{cut.stage: cut for cut in column.viewed.cuts} if column.viewed else {} for column in self.columns]
        for stage in dict.fromkeys(name for cuts in found for name in cuts):
            yield self._line(f"{stage_label(stage)} leaves", [_cut(cuts.get(stage)) for cuts in found])

    def _differences(self) -> Iterator[Text]:
        if len(self.columns) < 2:
            return
        yield self._line("overlap with A", self._against("overlap", "{:.3f}"))
        yield self._line("KL to A", self._against("divergence", "{:.3f} bits"))
        if any(column.viewed.compared.only_here for column in self.columns if column.viewed and column.viewed.compared):
            yield self._line("kept, not in A", self._against("only_here", "{:,}"))

    def _against(self, name: str, form: str) -> list[str]:
        def tell(viewed: Viewed) -> str:
            value = getattr(viewed.compared, name, None)
            return UNKNOWN if value is None else "∞" if math.isinf(value) else form.format(value)

        return [NOTHING, *self._told(tell)[1:]]

    def _drawn(self) -> Iterator[Text]:
        """The token that the seed draws here under each of the settings."""
        seed = next((column.viewed.seed for column in self.columns if column.viewed), None)
        if seed is not None:
            yield self._line(f"seed {seed} draws", self._told(_would))

    def heading(self) -> Text:
        """The heading over the candidates."""
        raw = "    raw %" if self.width >= _ROOMY else ""
        return self._line(fit("token", _TOKEN) + raw, ["  final %"] * len(self.columns), "dim")

    def candidates(self, tokens: Sequence[int]) -> list[Text]:
        """A line for each token: its final probability under each of the settings, or the stage that removes it."""
        return [self._candidate(token) for token in tokens]

    def _candidate(self, token: int) -> Text:
        known = [column.listed.get(token) for column in self.columns]
        some = next(one for one in known if one is not None)
        name = fit(printable_token(some.piece, some.token, some.special), _TOKEN)
        raw = f" {aligned(_number(some.raw, percent), 3, 4)}" if self.width >= _ROOMY else ""
        line = Text(fit(name + raw, self._first), no_wrap=True)
        for one in known:
            text = " " + WAITING if one is None else cell(one, Column("final", self._each), "percent", 0.0)
            line.append(fit(text, self._each), "dim" if one is None or one.removed_by else "")
        return line


_LABELS: Mapping[str, str] = {"do_sample": "drawing", ORDER: "order"}
"""Names of settings that are no parameters of a stage."""


def _value(name: str, settings: Settings) -> str:
    """A value, flagged where it is transformers' own, which neither person nor model asked for."""
    if name not in settings:
        return NOTHING
    flag = f" {FLAG}" if name in PARAMETERS and unasked(name, settings[name]) else ""
    return value_text(name, settings[name].value) + flag


def _number(value: float, form: Callable[[float], str], unit: str = "") -> str:
    return UNKNOWN if math.isnan(value) else form(value) + unit


def _bits(value: float) -> str:
    return _number(value, "{:.3f}".format, " bits")


def _kept(viewed: Viewed) -> str:
    """How many candidates are kept; 0 stands for a number that a head does not decide."""
    return f"{viewed.kept:,}" if viewed.kept else UNKNOWN


def _cut(cut: Cut | None) -> str:
    """What a cut leaves, and in brackets what it would keep alone, where that is another number."""
    if cut is None:
        return NOTHING
    alone = f" ({cut.alone:,})" if cut.alone not in (0, cut.left) else ""
    return f"{cut.left:,} or more" if cut.between is not None else f"{cut.left:,}{alone}"


def _would(viewed: Viewed) -> str:
    one = viewed.would
    return UNKNOWN if one is None else printable_token(one.piece, one.token, one.special)
