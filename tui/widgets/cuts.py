"""What the cuts of a view say about themselves, in the list's lines and in the plot's labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui.core.parameters import StageRecord
from tui.core.printable import printable
from tui.core.settings import Settings, Source
from tui.core.stages import STAGES
from tui.protocol import Candidate, Cut, Viewed
from tui.widgets.labels import FLAG, number_text


def stage_label(stage: str) -> str:
    """A stage's name as it is shown: `top-p`; a model's own stage under its class name."""
    return STAGES[stage].label if stage in STAGES else printable(stage, space=" ")


@dataclass(frozen=True, slots=True)
class CutMark:
    """One cut, with what stood before it in the chain."""

    stage: str
    """Its label."""
    record: StageRecord | None
    """None for a model's own."""
    values: tuple[float, ...]
    """The stage's numbers, if it has any."""
    alone: int
    left: int
    before: int
    """How many candidates the stages before it left."""
    after: str
    """The last stage before it that removed anything; '' if none did."""
    mass_before: float
    tie: tuple[int, int] | None
    prefix: bool
    """False where what it keeps is no prefix of the ranking, so that no line can show it."""
    flagged: bool
    """True if the value is transformers' default and nobody asked for it."""
    between: tuple[int, int] | None = None
    """The fewest and the most it may leave, where a head does not decide it; `left` is the fewest then."""
    open_end: bool = False
    """True if that may be all there is."""

    @property
    def value(self) -> str:
        """The numbers as a person writes them, `0.90`; '' if there is none."""
        return "/".join(map(number_text, self.values))

    @property
    def symbol(self) -> str:
        """`p`, where a stage's whole name is too long."""
        return self.record.symbol if self.record else self.stage

    @property
    def name(self) -> str:
        """`top-p 0.90 ⚑`"""
        return " ".join(filter(None, (self.stage, self.value, FLAG if self.flagged else "")))

    @property
    def short(self) -> str:
        """`p=0.90`, for a label in the plot."""
        return f"{self.symbol}={self.value}" if self.value else self.symbol

    @property
    def effect(self) -> str:
        """`leaves 37`, or that it does nothing here, or that what it does is not decided."""
        if self.between is not None:
            fewest, most = self.between
            return f"leaves {fewest:,} {'or more' if self.open_end else f'to {most:,}'}: undecided"
        if self.left == self.before:
            return f"removes nothing{' more' if self.after else ''}"
        return f"leaves {self.left:,}"

    def texts(self) -> list[str]:
        """The same in fewer and fewer words, for narrower and narrower lists."""
        effect, whose, alone = self.effect, "", ""
        if self.after and self.left < self.before and self.between is None:
            whose = f" of the {self.before:,} that {self.after} left"
            alone = f" · alone {self.alone:,}" if self.alone not in (0, self.left) else ""
        tie = f" · {self.tie[1]:,} of {self.tie[0]:,} equal tokens kept" if self.tie else ""
        brief = f" · tie {self.tie[1]:,}/{self.tie[0]:,}" if self.tie else ""
        of = f" of {self.before:,}" if whose else ""
        rest = [whose + alone + tie, whose + tie, of + tie, of + brief, brief, ""]
        return [f"{self.name} {effect}{words}" for words in rest] + [self.name]


def cut_marks(viewed: Viewed, candidates: Iterable[Candidate] = ()) -> list[CutMark]:
    """Every cut of a view in chain order; `candidates` are evidence for cuts that remove from inside the ranking."""
    inside = _removers_inside(viewed.cuts, candidates)
    marks: list[CutMark] = []
    before, after, mass, prefix = viewed.vocabulary, "", 1.0, True
    for cut in viewed.cuts:
        record = STAGES.get(cut.stage)
        names = [parameter.name for parameter in record.parameters] if record else []
        sources = [viewed.settings[name].source for name in names if name in viewed.settings]
        values = tuple(_numbers(record, viewed.settings)) if record else ()
        prefix = prefix and (record is None or record.prefix) and cut.stage not in inside
        flagged = Source.TRANSFORMERS in sources
        label = stage_label(cut.stage)
        marks.append(
            CutMark(
                label, record, values, cut.alone, cut.left, before, after, mass, cut.tie, prefix, flagged,
                cut.between, cut.between is not None and cut.between[1] >= viewed.vocabulary,
            )
        )  # fmt: skip
        # What an undecided cut left is no number that the next one could be measured by.
        after = ("" if cut.between else label) if cut.left < before else after
        before, mass = (viewed.vocabulary if cut.between else cut.left), cut.mass
    return marks


def _numbers(record: StageRecord, settings: Settings) -> Iterator[float]:
    """The values in force for a stage's parameters, whole or not as each is."""
    for parameter in record.parameters:
        setting = settings.get(parameter.name)
        if setting is not None and setting.value is not None:
            yield int(setting.value) if parameter.integer else float(setting.value)


def _removers_inside(cuts: list[Cut], candidates: Iterable[Candidate]) -> set[str]:
    """Stages seen to remove a candidate that a prefix of their length would have kept."""
    left = {cut.stage: cut.left for cut in cuts}
    return {
        candidate.removed_by
        for candidate in candidates
        if candidate.removed_by and candidate.rank <= left.get(candidate.removed_by, 0)
    }


def border_note(marks: Iterable[CutMark]) -> str:
    """What the cuts that no line can show do, in one line for the border."""
    inside = [mark for mark in marks if not mark.prefix]
    return " · ".join(
        f"{mark.name} {mark.effect}" + ("" if mark.between else f", not the top {mark.left:,}") for mark in inside
    )
