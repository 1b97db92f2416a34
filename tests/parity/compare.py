"""One run's JSON Lines against one generate() call, number for number. Does not import the package."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

import reference
import torch
from cases import Case
from reference import Generated
from torch import Tensor


@dataclass
class Seen:
    """What went by: so that a report can say the rows were worth comparing."""

    steps: int = 0
    bf16: int = 0
    entropies: list[float] = field(default_factory=list)


def run(case: Case, status: int, records: list[dict[str, Any]], stderr: str, seen: Seen) -> str:
    """The first thing that differs from generate(), or ''."""
    if status != 0 or not records or records[-1]["type"] != "end":
        return f"exit status {status}; {stderr.strip()[-300:]}"
    theirs = reference.generate(case.folder, case.dtype, case.prompt, case.options, case.seed)
    head, *steps, end = records
    seen.steps += len(steps)
    seen.bf16 += head["dtype"] == "bfloat16"
    if not case.demo:
        seen.entropies += [step["entropy_bits"] for step in steps]
    return (
        _differ("prompt ids", head["prompt_ids"], theirs.prompt)
        or _ids(steps, end, theirs)
        or next((wrong for index in range(len(steps)) if (wrong := _step(case, steps[index], theirs, index))), "")
        or ("" if end["reason"] in theirs.reasons else f"it ended by {end['reason']}, not {theirs.reasons}")
    )


def _differ(what: str, ours: Any, theirs: Any) -> str:
    return "" if ours == theirs else f"{what}: {ours} here, {theirs} in generate()"


def _ids(steps: list[dict[str, Any]], end: dict[str, Any], theirs: Generated) -> str:
    ours = [step["id"] for step in steps]
    if ours != end["ids"]:
        return f"steps {ours} and end {end['ids']}"
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs.ids, strict=False)) if a != b), None)
    if at is not None:
        return f"token {at + 1}: {ours[at]} here, {theirs.ids[at]} in generate(); {_step_bits(steps[at], theirs, at)}"
    return _differ("length", len(ours), len(theirs.ids))


def _step_bits(step: dict[str, Any], theirs: Generated, index: int) -> str:
    raw = torch.softmax(theirs.logits[index][None], -1)[0]
    return f"raw {step['raw']!r} here, {float(raw[step['id']])!r} in generate()"


def _step(case: Case, step: dict[str, Any], theirs: Generated, index: int) -> str:
    """The numbers of one step, as floats that must be equal to the last bit."""
    logits, scores = theirs.logits[index], theirs.scores[index]
    raw, token = torch.softmax(logits[None], -1)[0], step["id"]
    final = _final(case, scores)
    checks: list[tuple[str, Any, Any]] = [("raw", step["raw"], float(raw[token]))]
    checks += [("final", step["final"], float(final[token]))]
    checks += [("kept", step["kept"], 1 if _greedy(case) else int((scores > -torch.inf).sum()))]
    checks += [("how", step["how"], "greedy" if _greedy(case) else "sampled")]
    if case.seen:
        checks += [("rank", step["rank"], int((logits > logits[token]).sum()) + 1)]
    for row in step["candidates"]:
        checks += [(f"raw of {row['id']}", row["raw"], float(raw[row["id"]]))]
        checks += [(f"final of {row['id']}", row["final"], float(final[row["id"]]))]
    if case.seen:
        best = torch.topk(logits, len(step["candidates"])).values.tolist()
        checks += [("the best logits", [float(logits[row["id"]]) for row in step["candidates"]], best)]
    wrong = next((_differ(*check) for check in checks if check[1] != check[2]), "")
    return f"step {index + 1}: {wrong}" if wrong else _entropy(step, raw, index)


def _entropy(step: dict[str, Any], raw: Tensor, index: int) -> str:
    bits = float(torch.special.entr(raw.double()).sum()) / math.log(2)
    close = abs(bits - step["entropy_bits"]) < 1e-5
    return "" if close else f"step {index + 1}: entropy {step['entropy_bits']} here, {bits} from generate()'s row"


def _greedy(case: Case) -> bool:
    return case.options.get("do_sample") is False


def _final(case: Case, scores: Tensor) -> Tensor:
    """What the draw uses: [V]."""
    if not _greedy(case):
        return torch.softmax(scores[None], -1)[0]
    final = torch.zeros_like(scores)
    final[int(scores.argmax())] = 1.0
    return final


def on_the_edge(case: Case) -> Case:
    """The case with a top-p that is, to the bit, a cumulative probability of its first row: `<=` is not `<` there."""
    first = reference.generate(case.folder, case.dtype, case.prompt, {"max_new_tokens": 1}, case.seed).logits[0]
    cumulative = torch.sort(first[None])[0].softmax(-1).cumsum(-1)[0]
    # Below one half the float32's complement is exact in float64, and 1 - top_p gives it back.
    near = int((cumulative < 0.3).sum())
    return dataclasses.replace(case, options=case.options | {"top_p": 1.0 - float(cumulative[near])})
