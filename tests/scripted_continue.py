"""The scripted engine's `continue`: its own draws, the real measures."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tests.scripted_heads import Head
from tests.scripted_math import Distribution
from tui.core.continuing import AHEAD, ContinueEach, TextPart
from tui.core.progress import Report, Tell
from tui.core.settings import Given
from tui.core.story import How, Node
from tui.errors import RunError, SamplescopeError, StoppedError
from tui.experiments.measures import text_measures
from tui.protocol import Step


def continue_each(engine, parameters: Mapping[str, object], report: Report, tell: Tell) -> dict[str, object]:
    """Tell a `TextPart` a token, text after text; nothing is added to the story."""
    asked = msgspec.convert(parameters, ContinueEach)
    asked.check()
    engine._check(asked.at)
    for number, given in enumerate(asked.given):
        part = TextPart(text=number)
        nodes: list[Node] = []
        path = engine.story.path(asked.at)
        request = Step(at=asked.at, given=given, seed=asked.seed, count=asked.length)
        while not part.reason and not part.message:
            report("continuing", len(nodes), None, "tokens")
            try:
                part = _next(engine, path, nodes, given, request, number)
            except StoppedError:
                raise
            except SamplescopeError as error:
                part = TextPart(text=number, message=error.message, remedy=error.remedy)
            tell(msgspec.to_builtins(part, builtin_types=(bytes,)))
    return {"texts": len(asked.given)}


def _next(engine, path: list[Node], nodes: list[Node], given: Given, request: Step, number: int) -> TextPart:
    """The next token of a text, or its end."""
    settings = engine._settings(given)
    if reason := engine._why_stop(path + nodes, settings, request, len(nodes)):
        return TextPart(text=number, reason=reason)
    engine.wait_for_forward()
    ids = tuple(node.token for node in path + nodes)
    here = Distribution(engine._logits(ids), settings)
    if engine._head is not None and (why := Head(here, engine._head).why):
        raise RunError(why, "A smaller top-k decides it.")
    token = here.draw(request.seed, sum(node.how is not How.PROMPT for node in path + nodes))
    how = How.GREEDY if here.greedy else How.SAMPLED
    nodes.append(
        Node(
            AHEAD, request.at, len(ids), token, engine.vocabulary[token], how=how, given=given, seed=request.seed,
            **engine._standing(here, token),
        )
    )  # fmt: skip
    return TextPart(text=number, nodes=nodes[-1:], measures=text_measures(nodes))
