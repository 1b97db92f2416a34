"""The JSON Lines of `samplescope run` and of a branch saved from the explorer: one object a line.

A run is a `run` line, its `step` lines and an `end` line; a run that failed ends with an `error` line instead. A saved
branch has the same lines; a field whose value the story does not keep is null or empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tui.core.candidates import Candidate, Cut, Entropy
from tui.core.settings import Settings
from tui.core.story import Node
from tui.core.tokens import join_text

VERSION = 1
"""The version of the format. It rises when a key is renamed or changes its meaning, not when one is added."""

Record = dict[str, Any]

# JSON escapes C0 only. These are the other characters a terminal acts on: DEL, C1, bidi, line separators, BOM.
_ACTING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def dumps(record: Record | Sequence[str]) -> str:
    """A record, or a list of texts, as one line of JSON, without its line break; NaN and infinities become null.

    Characters that a terminal would act on are escaped, so that it is safe to print the file.
    """
    text = msgspec.json.encode(record).decode("utf-8")
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def settings_record(settings: Settings) -> Record:
    """Every setting in force, with who decided it."""
    return {name: {"value": setting.value, "source": setting.source} for name, setting in settings.items()}


def run_record(
    *,
    model: str,
    backend: str,
    device: str,
    dtype: str,
    vocab_size: int,
    settings: Settings,
    seed: int,
    prompt: str,
    prompt_ids: Sequence[int],
    notes: Sequence[str] = (),
    head: int | None = None,
) -> Record:
    """The first line of a run: model, prompt and seed, and every setting in force with its source.

    `notes` are the model's and the prompt's: what of it is overridden or not used. `head` is how many tokens a server
    gives log-probabilities for; None for the whole vocabulary.
    """
    record = {
        "type": "run",
        "version": VERSION,
        "model": model,
        "backend": backend,
        "device": device,
        "dtype": dtype,
        "vocab_size": vocab_size,
        "settings": settings_record(settings),
        "seed": seed,
        "prompt": prompt,
        "prompt_ids": list(prompt_ids),
        "notes": list(notes),
    }
    return record if head is None else record | {"head": head}


def step_record(
    index: int,
    node: Node,
    *,
    kept_mass: float | None = None,
    entropy: Entropy | None = None,
    cuts: Iterable[Cut] = (),
    candidates: Iterable[Candidate] = (),
    tail_mass: float | None = None,
) -> Record:
    """The line of one token: how it was chosen, its rank and probabilities, what the cuts left.

    `index` counts new tokens from 0. The key `text` is what this token adds to the text before it, U+FFFD for half a
    character; `bytes` is exact; both are empty for an id that the tokenizer does not use. `tail_mass` is the raw
    probability of a head's unseen tail, None without a head; a number that the tail leaves undecided is null.
    """
    record = {
        "type": "step",
        "index": index,
        "id": node.token,
        **piece_record(node.piece),
        "special": node.special,
        "how": node.how,
        "rank": node.rank or None,
        "raw": node.raw,
        "tempered": node.tempered,
        "final": node.final,
        "kept": node.kept or None,
        "kept_mass": kept_mass,
        "entropy_bits": node.entropy,
        "final_entropy_bits": None if entropy is None else entropy.final,
        "surprisal_bits": node.surprisal,
        "cutoffs": cutoffs_record(cuts),
        "candidates": [_candidate(candidate) for candidate in candidates],
    }
    return record if tail_mass is None else record | {"tail_mass": tail_mass}


def score_record(
    *, model: str, dtype: str, settings: Settings, seed: int, text: str, tokens: int, notes: Sequence[str] = ()
) -> Record:
    """The first line of a scored text: the model, the settings that are asked about, and the text."""
    return {
        "type": "score",
        "version": VERSION,
        "model": model,
        "dtype": dtype,
        "settings": settings_record(settings),
        "seed": seed,
        "text": text,
        "tokens": tokens,
        "notes": list(notes),
    }


def token_record(index: int, node: Node, removed_by: str | None) -> Record:
    """The line of one token of a scored text. `removed_by`: the stage that removes it, '' if it could be drawn.

    The rank and the numbers are the model's own, before any setting. The first token has nothing before it: null.
    """
    return {
        "type": "token",
        "index": index,
        "id": node.token,
        **piece_record(node.piece),
        "special": node.special,
        "rank": node.rank or None,
        "raw": node.raw,
        "surprisal_bits": node.surprisal,
        "entropy_bits": node.entropy,
        "reachable": None if removed_by is None else not removed_by,
        "removed_by": removed_by or None,
    }


def score_end_record(
    *, reason: str, scored: int, unreachable: int, mean_logprob: float, perplexity: float, seconds: float
) -> Record:
    """The last line of a scored text. `scored` is how many tokens have a number; mean ln p is in nats."""
    return {
        "type": "end",
        "reason": reason,
        "scored": scored,
        "unreachable": unreachable,
        "mean_logprob": mean_logprob,
        "perplexity": perplexity,
        "seconds": seconds,
    }


def saved_step_record(index: int, node: Node) -> Record:
    """The line of one token of a saved branch, with its settings and seed: they may vary along a branch."""
    return step_record(index, node, kept_mass=node.kept_mass) | {"given": dict(node.given), "seed": node.seed}


def end_record(*, reason: str, ids: Sequence[int], pieces: Iterable[bytes], seconds: float | None) -> Record:
    """The last line: why the run ended, and the new tokens' ids and text. `seconds` is None for a saved branch.

    `text` is what the new tokens add to the prompt's text, as the tokenizer decodes it. Decoding their ids alone may
    drop the blank in front; and bytes that are no UTF-8 are U+FFFD here, whatever the tokenizer makes of them.
    """
    return {
        "type": "end",
        "reason": reason,
        "ids": list(ids),
        "text": join_text(pieces),
        "steps": len(ids),
        "seconds": seconds,
    }


def error_record(kind: str, message: str, remedy: str = "") -> Record:
    """The last line of a run that failed."""
    return {"type": "error", "kind": kind, "message": message, "remedy": remedy}


def cutoffs_record(cuts: Iterable[Cut]) -> Record:
    """What each stage that cuts would keep alone, what it leaves, and the mass of that."""
    return {cut.stage: _cutoff(cut) for cut in cuts}


def _cutoff(cut: Cut) -> Record:
    return {"alone": cut.alone or None, "left": cut.left if cut.between is None else None, "mass": cut.mass}


def _candidate(candidate: Candidate) -> Record:
    return {
        "rank": candidate.rank,
        "id": candidate.token,
        **piece_record(candidate.piece),
        "raw": candidate.raw,
        "tempered": candidate.tempered,
        "final": candidate.final,
        "cumulative": candidate.cumulative,
        "removed_by": candidate.removed_by or None,
    }


def piece_record(piece: bytes) -> Record:
    """A token's text, U+FFFD for what is no UTF-8, and its bytes in hex."""
    return {"text": piece.decode("utf-8", "replace"), "bytes": piece.hex()}
