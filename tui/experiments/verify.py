"""`verify`: compares samplescope's run with the model's own generate(), same options and seed, id for id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from tui.core.order import ORDER, order_text
from tui.core.progress import Report, Tell, quiet
from tui.core.settings import DEFAULT_SEED, Given, normalise
from tui.engine.engine import Engine
from tui.engine.places import Path
from tui.errors import InputError, RunError
from tui.experiments.run import start
from tui.launch import LaunchOptions
from tui.models.base import Reference
from tui.protocol import Step


def verify_options(options: LaunchOptions, report: Report = quiet) -> dict[str, Any]:
    """Open the model that `options` name, run, and compare."""
    _check_order(options.given)
    engine, prompted = start(options, report)
    result = verify(engine, prompted.nodes[-1].id, options.given, options.seed, report)
    return {**result, "notes": [*result["notes"], *prompted.notes]}


def verify_job(engine: Engine, parameters: Mapping[str, Any], report: Report, _tell: Tell) -> dict[str, object]:
    """The experiment `verify` on an open model. Parameters: `at` (a node; its prompt is run), `given`, `seed`."""
    at = parameters.get("at")
    if not isinstance(at, int) or at not in engine.story:
        raise InputError(f"There is no node {at}.")
    path = Path(engine.story.path(at))
    tip = path.nodes[path.prompt - 1].id
    return verify(engine, tip, dict(parameters.get("given") or {}), int(parameters.get("seed", DEFAULT_SEED)), report)


def verify(engine: Engine, tip: int, given: Given, seed: int, report: Report) -> dict[str, Any]:
    """Run from a prompt's last node to the end, then call generate().

    The result holds `equal` and both id lists; if they differ, `step` is the first difference and `logits` the largest
    difference of the logits there. `notes` lists the model's settings that are overridden on both sides. generate()
    gets only the settings the person gave, so that the resolution of defaults is tested too. InputError where there is
    no generate() to call, or for an order of the stages that it does not have; RunError if two calls of generate()
    differ.
    """
    _check_order(given)
    reference = _reference(engine)
    report("stepping", 0, None, "")
    prompt = [node.token for node in engine.story.path(tip)]
    ours = _run(engine, Step(at=tip, given=given, seed=seed, count=None))
    report("generate()", 0, None, "")
    theirs = reference.generate(prompt, given, seed)[len(prompt) :]
    result: dict[str, Any] = {
        "equal": ours == theirs, "ours": ours, "theirs": theirs, "step": None, "logits": None,
        "notes": list(engine.model.info.notes),
    }  # fmt: skip
    if ours != theirs:
        _check_itself(reference, prompt, given, seed, theirs)
        step = _first_difference(ours, theirs)
        result |= {"step": step, "logits": _difference(engine, tip, given, seed, ours, step)}
    return result


def _check_order(given: Given) -> None:
    order = normalise(given).get(ORDER)
    if order is not None:
        raise InputError(
            f"generate() has transformers' order only, not {order_text(str(order))}: there is nothing to compare with.",
            "Leave {--order} out.",
        )


def _check_itself(reference: Reference, prompt: list[int], given: Given, seed: int, theirs: list[int]) -> None:
    """RunError if a second call of generate() gives other tokens: then a difference from ours proves nothing."""
    again = reference.generate(prompt, given, seed)[len(prompt) :]
    if again != theirs:
        step = _first_difference(theirs, again)
        raise RunError(
            f"generate() does not agree with itself: called twice, it gives other tokens from token {step + 1} on.",
            "Nothing can be compared here.",
        )


def _first_difference(first: list[int], second: list[int]) -> int:
    """The index of the first token in which two runs differ; the shorter one's length if it begins the other."""
    pairs = zip(first, second, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def _reference(engine: Engine) -> Reference:
    model = engine.model
    if model.reference is None:
        raise InputError(f"{model.info.backend} has no generate() to compare with.", "Give its weights with {--model}.")
    return model.reference


def _run(engine: Engine, request: Step) -> list[int]:
    """The tokens of a whole run; RunError if it was stopped, because half a run cannot be compared."""
    tokens: list[int] = []
    steps = engine.step(request)
    while True:
        try:
            tokens.append(next(steps).token)
        except StopIteration as end:
            if end.value.reason == "stopped":
                raise RunError("Stopped before it was compared.") from None
            return tokens


def _difference(engine: Engine, tip: int, given: Given, seed: int, ours: list[int], step: int) -> float | None:
    """The largest difference between samplescope's and generate()'s logits at a step; None if one had ended there."""
    at = tip
    for token in ours[:step]:
        child = engine.story.child(at, token, prompt=False)
        if child is None:
            return None
        at = child.id
    prompt = [node.token for node in engine.story.path(tip)]
    theirs = _reference(engine).generate_logits(prompt, given, seed)
    if step >= len(theirs):
        return None
    logits = engine.places.at(at, given).logits
    difference = (logits - theirs[step].to(logits.device)).abs()
    return float(torch.where(torch.isnan(difference), 0.0, difference).max())  # -inf minus -inf


def report_lines(result: Mapping[str, Any]) -> list[str]:
    """The result as lines for a person: one line if equal, else the first difference and both lists."""
    ours, theirs = result["ours"], result["theirs"]
    if result["equal"]:
        return [f"equal: the same {len(ours)} tokens as generate()"]
    largest = result["logits"]
    distance = "generate() had ended there" if largest is None else f"the logits differ by at most {largest:.3g}"
    return [
        f"DIFFERENT from token {result['step'] + 1} on; {distance}",
        f"samplescope: {' '.join(map(str, ours))}",
        f"generate():  {' '.join(map(str, theirs))}",
    ]
