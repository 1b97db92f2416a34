"""`compare`: up to four settings on one step, beside each other, and what each goes on to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tui.core import records
from tui.core.candidates import Cut, Entropy
from tui.core.choices import Choice
from tui.core.progress import Report, quiet
from tui.core.records import Record
from tui.core.settings import Settings
from tui.core.stages import MAX_NEW_TOKENS
from tui.core.story import Node
from tui.core.tokens import join_text
from tui.engine.comparing import compared
from tui.engine.decide import Distribution
from tui.engine.engine import Engine
from tui.experiments.run import start
from tui.launch import LaunchOptions
from tui.models.base import CONTEXT
from tui.protocol import Prompted, Step


@dataclass(frozen=True, slots=True)
class Side:
    """One of the compared settings on the step. A number that a server's head does not decide is None."""

    name: str
    settings: Settings
    """Every value in force, with its source."""
    cuts: list[Cut]
    kept: int | None
    kept_mass: float
    """Tempered probability of the kept set; NaN if it is not decided."""
    entropy: Entropy
    overlap: float | None
    """Jaccard index of this kept set and the first setting's, 0–1."""
    divergence: float | None
    """KL(this ‖ the first) of the final probabilities, in bits; infinite where `only_here` is not 0."""
    only_here: int | None
    """How many tokens are kept here that the first setting removes."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A token under one of the compared settings; NaN for a number that a server's head does not decide."""

    rank: int
    """1 + the number of better tokens; 0 in the unseen tail."""
    tempered: float
    final: float
    removed_by: str
    """The first stage that removes it; '' if it is kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """A token under every setting, in the order of the settings."""

    token: int
    piece: bytes
    special: bool
    raw: float
    standings: list[Standing]


@dataclass(frozen=True, slots=True)
class Continuation:
    """What one of the compared settings goes on to write, drawn with the same seed as the others."""

    ids: list[int]
    pieces: list[bytes]
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Up to four settings on one step."""

    sides: list[Side]
    rows: list[Row]
    """The best candidates of every setting, in the order of each token's best rank."""
    continuations: list[Continuation]
    """One for each setting; empty if none was asked for."""


def compare(engine: Engine, at: int, chosen: Sequence[Choice], seed: int, top: int, length: int = 0) -> Comparison:
    """Compare settings on the step after node `at`; with a `length` each is continued for so many tokens.

    `top` is how many of the best candidates of each setting are listed (-1: all). InputError for settings that the
    model cannot apply; RunError if a step cannot be computed, or not be drawn in a continuation.
    """
    if length:
        chosen = [replace(choice, given={**choice.given, MAX_NEW_TOKENS.name: length}) for choice in chosen]
    for choice in chosen:
        engine.settings(choice.given)
    with torch.inference_mode():
        dists = [engine.distribution(at, choice.given, seed) for choice in chosen]
        sides = [_side(engine, choice, dist, dists[0]) for choice, dist in zip(chosen, dists, strict=True)]
        rows = list(_rows(engine, dists, top))
    runs = [Step(at=at, given=choice.given, seed=seed, count=None) for choice in chosen] if length else []
    return Comparison(sides, rows, [_continued(engine, run) for run in runs])


def _side(engine: Engine, choice: Choice, dist: Distribution, first: Distribution) -> Side:
    differing = compared(dist, first)
    return Side(
        choice.name, choice.sourced(engine.settings(choice.given)), dist.cuts, dist.kept or None, dist.kept_mass,
        dist.entropy,
        overlap=differing.overlap, divergence=differing.divergence, only_here=differing.only_here,
    )  # fmt: skip


def _rows(engine: Engine, dists: Sequence[Distribution], top: int) -> Iterator[Row]:
    ids = torch.tensor(_best_tokens(dists, top), dtype=torch.long, device=dists[0].logits.device)
    tokens, before = engine.model.tokens, dists[0].ids[0, -CONTEXT:].tolist()
    columns = [_standings(dist, ids) for dist in dists]
    for token, raw, *standings in zip(ids.tolist(), dists[0].raw[0, ids].tolist(), *columns, strict=True):
        yield Row(token, tokens.piece(token, before), tokens.special(token), raw, standings)


def _best_tokens(dists: Sequence[Distribution], top: int) -> list[int]:
    """The ids of the best `top` candidates of each setting, without repetition, by their best rank."""
    best: dict[int, int] = {}
    for dist in dists:
        count = dist.ranked if top < 0 else min(top, dist.ranked)
        for rank, token in enumerate(torch.topk(dist.scored.base[0], count).indices.tolist()):
            best[token] = min(best.get(token, rank), rank)
    return sorted(best, key=lambda token: (best[token], token))


def _standings(dist: Distribution, ids: Tensor) -> list[Standing]:
    numbers = dist.tempered[0, ids].tolist(), dist.final[0, ids].tolist(), dist.removed_by(ids)
    return [Standing(dist.rank(token), *each) for token, *each in zip(ids.tolist(), *numbers, strict=True)]


def _continued(engine: Engine, request: Step) -> Continuation:
    steps, nodes = engine.step(request), list[Node]()
    while True:
        try:
            nodes.append(next(steps))
        except StopIteration as end:
            return Continuation([node.token for node in nodes], [node.piece for node in nodes], end.value.reason)


# -- the command -------------------------------------------------------------------------------------------------------


def compare_options(
    options: LaunchOptions, chosen: Sequence[Choice], top: int, length: int, report: Report = quiet
) -> Record:
    """Open the model that `options` name and compare on the step after the prompt; the result as one record."""
    engine, prompted = start(replace(options, given=chosen[0].given), report)
    compared = compare(engine, prompted.nodes[-1].id, chosen, options.seed, top, length)
    return record(engine, prompted, options, compared)


def record(engine: Engine, prompted: Prompted, options: LaunchOptions, compared: Comparison) -> Record:
    """A comparison as one JSON object; its numbers are those of `run`'s step."""
    info = engine.model.info
    sides = [_side_record(side) for side in compared.sides]
    for side, continuation in zip(sides, compared.continuations, strict=False):
        side["continuation"] = {
            "ids": continuation.ids, "text": join_text(continuation.pieces), "reason": continuation.reason,
        }  # fmt: skip
    return {
        "type": "comparison", "version": records.VERSION, "model": info.name, "backend": info.backend,
        "device": info.device, "dtype": info.dtype, "vocab_size": info.vocabulary, "seed": options.seed,
        "prompt": options.prompt, "prompt_ids": [node.token for node in prompted.nodes],
        "notes": [*info.notes, *prompted.notes, *_notes(compared.sides)],
        "compared": sides, "candidates": [_row_record(row) for row in compared.rows],
    }  # fmt: skip


def _side_record(side: Side) -> Record:
    return {
        "name": side.name,
        "settings": records.settings_record(side.settings),
        "cutoffs": records.cutoffs_record(side.cuts),
        "kept": side.kept,
        "kept_mass": side.kept_mass,
        "entropy_bits": side.entropy.raw,
        "tempered_entropy_bits": side.entropy.tempered,
        "final_entropy_bits": side.entropy.final,
        "overlap": side.overlap,
        "kl_bits": side.divergence,
        "kept_only_here": side.only_here,
    }


def _row_record(row: Row) -> Record:
    return {
        "id": row.token, **records.piece_record(row.piece), "special": row.special, "raw": row.raw,
        "compared": [
            {"rank": one.rank or None, "tempered": one.tempered, "final": one.final,
             "removed_by": one.removed_by or None}
            for one in row.standings
        ],
    }  # fmt: skip


def _notes(sides: Sequence[Side]) -> list[str]:
    """Why a number is null, in one line each."""
    infinite = [
        f"kl_bits of {side.name} is infinite: it keeps {side.only_here:,} tokens that {sides[0].name} removes"
        for side in sides
        if side.only_here
    ]
    open_ = [f"{side.name} is not compared: what is kept is not certain" for side in sides if side.only_here is None]
    return [*infinite, *open_]
