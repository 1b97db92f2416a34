"""The text of a view's cuts, for the list's lines and the plot's labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui.core.labels import FLAG, number_text, stage_label
from tui.core.parameters import StageRecord
from tui.core.settings import Settings, Source
from tui.core.stages import STAGES
from tui.protocol import Candidate, Cut, Viewed


def stage_name(stage: str, settings: Settings) -> str:
    """A stage's label, the values in force of its parameters, and a flag if nobody asked for them: `top-k 50 ⚑`."""
    record = STAGES.get(stage)
    values = "/".join(map(number_text, _numbers(record, settings))) if record else ""
    return " ".join(filter(None, (stage_label(stage), values, FLAG if _flagged(record, settings) else "")))


@dataclass(frozen=True, slots=True)
class CutMark:
    """One cut, with the number of candidates and the mass that reached it."""

    stage: str
    """The stage's label."""
    record: StageRecord | None
    """The stage's record; None for a model's own stage."""
    values: tuple[float, ...]
    """The values of the stage's parameters, if it has any."""
    alone: int
    left: int
    before: int
    """How many candidates the earlier stages left."""
    after: str
    """Label of the last earlier stage that removed a candidate; '' if none did."""
    mass_before: float
    tie: tuple[int, int] | None
    prefix: bool
    """False if the kept set is not a prefix of the ranking, so that no line in the list can show the cut."""
    flagged: bool
    """True if a value is transformers' default, not the person's or the model's choice."""
    between: tuple[int, int] | None = None
    """The fewest and the most candidates left, if the head does not determine the number; `left` is the fewest then."""
    open_end: bool = False
    """True if the most in `between` is the whole vocabulary."""

    @property
    def value(self) -> str:
        """The values as text, `0.90`; '' if there is none."""
        return "/".join(map(number_text, self.values))

    @property
    def symbol(self) -> str:
        """The stage's short name: `p`."""
        return self.record.symbol if self.record else self.stage

    @property
    def name(self) -> str:
        """Label, values and flag: `top-p 0.90 ⚑`."""
        return " ".join(filter(None, (self.stage, self.value, FLAG if self.flagged else "")))

    @property
    def effect(self) -> str:
        """`leaves 37`, `removes nothing`, or the bounds of an undecided cut."""
        if self.between is not None:
            fewest, most = self.between
            return f"leaves {fewest:,} {'or more' if self.open_end else f'to {most:,}'}: undecided"
        if self.left == self.before:
            return f"removes nothing{' more' if self.after else ''}"
        return f"leaves {self.left:,}"

    def texts(self) -> list[str]:
        """The cut's line in several wordings, longest first, for ever narrower lists."""
        effect, whose, alone = self.effect, "", ""
        if self.after and self.left < self.before and self.between is None:
            whose = f" of the {self.before:,} that {self.after} left"
            alone = f" · {self.alone:,} if it were the only cut" if self.alone not in (0, self.left) else ""
        tie = f" · {self.tie[1]:,} of {self.tie[0]:,} equal tokens kept" if self.tie else ""
        brief = f" · tie {self.tie[1]:,}/{self.tie[0]:,}" if self.tie else ""
        of = f" of {self.before:,}" if whose else ""
        rest = [whose + alone + tie, whose + tie, of + tie, of + brief, brief, ""]
        return [f"{self.name} {effect}{words}" for words in rest] + [self.name]


def cut_marks(viewed: Viewed, candidates: Iterable[Candidate] = ()) -> list[CutMark]:
    """Every cut of a view in chain order; `candidates` show which cuts remove from inside the ranking."""
    inside = _removers_inside(viewed.cuts, candidates)
    marks: list[CutMark] = []
    before, after, mass, prefix = viewed.vocabulary, "", 1.0, True
    for cut in viewed.cuts:
        record = STAGES.get(cut.stage)
        values = tuple(_numbers(record, viewed.settings)) if record else ()
        prefix = prefix and (record is None or record.prefix) and cut.stage not in inside
        flagged = _flagged(record, viewed.settings)
        label = stage_label(cut.stage)
        marks.append(
            CutMark(
                label, record, values, cut.alone, cut.left, before, after, mass, cut.tie, prefix, flagged,
                cut.between, cut.between is not None and cut.between[1] >= viewed.vocabulary,
            )
        )  # fmt: skip
        # The number left by an undecided cut is unknown, so the next cut is not compared with it.
        after = ("" if cut.between else label) if cut.left < before else after
        before, mass = (viewed.vocabulary if cut.between else cut.left), cut.mass
    return marks


def _flagged(record: StageRecord | None, settings: Settings) -> bool:
    """True if a value of a stage in force is transformers' default."""
    names = [parameter.name for parameter in record.parameters] if record else []
    return Source.TRANSFORMERS in [settings[name].source for name in names if name in settings]


def _numbers(record: StageRecord, settings: Settings) -> Iterator[float]:
    """The values in force of a stage's parameters, as int or float; parameters without a value are left out."""
    for parameter in record.parameters:
        setting = settings.get(parameter.name)
        if setting is not None and setting.value is not None:
            yield int(setting.value) if parameter.integer else float(setting.value)


def _removers_inside(cuts: list[Cut], candidates: Iterable[Candidate]) -> set[str]:
    """Names of the stages that removed a candidate whose rank is within the number they left."""
    left = {cut.stage: cut.left for cut in cuts}
    return {
        candidate.removed_by
        for candidate in candidates
        if candidate.removed_by and candidate.rank <= left.get(candidate.removed_by, 0)
    }


def border_note(marks: Iterable[CutMark]) -> str:
    """The border's text about cuts that no line in the list can show."""
    inside = [mark for mark in marks if not mark.prefix]
    return " · ".join(
        f"{mark.name} {mark.effect}" + ("" if mark.between else f", not the top {mark.left:,}") for mark in inside
    )
