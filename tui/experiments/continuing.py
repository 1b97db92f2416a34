"""What settings go on to write from one place: the tokens that stepping would draw, while the story stays as it is."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any

import msgspec
import torch

from tui.core.continuing import AHEAD, ContinueEach, TextPart
from tui.core.progress import Report, Tell, paced, quiet
from tui.core.story import Node
from tui.engine.decide import draw, node_numbers
from tui.engine.engine import Engine
from tui.engine.places import Path, Place
from tui.engine.stopping import stop_reason
from tui.errors import InputError, SamplescopeError, StoppedError
from tui.experiments.measures import text_measures
from tui.models.failing import failing
from tui.protocol import Step
from tui.sampling.draw import DrawStream


def continued(engine: Engine, request: Step, stream: DrawStream, report: Report = quiet) -> Generator[Node, None, str]:
    """Yield the tokens that `Engine.step` would draw for this request, and return why they end. No node is added.

    `stream`: the draws of the request's seed. The logits are the decoder's own, those of a step: bit for bit.
    """
    settings = engine.settings(request.given)
    path, done = Path(engine.story.path(request.at)), 0
    while not (reason := stop_reason(engine.model, path, settings, request, done)):
        place = engine.places.after(path, request.given, report)
        with failing("The step"), torch.inference_mode():
            dist = engine.decide(place, settings, request.seed)
            token, how = draw(dist, stream, place.position)
            fields = {"how": how, "given": request.given, "seed": request.seed, **node_numbers(dist, token)}
        node = engine.story.child(place.node, token, prompt=False) or _ahead(engine, place, token, fields)
        yield node
        path.append(node)
        done += 1
    return reason


def _ahead(engine: Engine, place: Place, token: int, fields: Mapping[str, Any]) -> Node:
    """A token after a place, as a node that is not in the story."""
    tokens = engine.model.tokens
    piece, special = tokens.piece(token, place.before), tokens.special(token)
    return Node(AHEAD, place.node, place.ids.shape[1], token, piece, special, ms=place.ms, **fields)


def new_stream(engine: Engine, seed: int) -> DrawStream:
    """The draws of a seed over the open model's vocabulary."""
    return DrawStream(seed, engine.model.info.vocabulary, engine.model.info.device)


def continue_job(engine: Engine, parameters: Mapping[str, Any], report: Report, tell: Tell) -> dict[str, object]:
    """The experiment `continue` on an open model; its parameters are those of `ContinueEach`.

    It tells a `TextPart` a token. The texts grow one after the other, so that one cache serves them all; one that
    cannot go on says why, and the next one begins.
    """
    try:
        asked = msgspec.convert(parameters, ContinueEach)
    except msgspec.ValidationError as error:
        raise InputError(f"This is nothing to continue: {error}.") from None
    asked.check()
    if asked.at not in engine.story:
        raise InputError(f"There is no node {asked.at}.", "Send a prompt first.")
    stream, watch = new_stream(engine, asked.seed), paced(report)
    for number, given in enumerate(asked.given):
        request = Step(at=asked.at, given=given, seed=asked.seed, count=asked.length)
        for part in _parts(number, continued(engine, request, stream, watch), watch):
            tell(msgspec.to_builtins(part, builtin_types=(bytes,)))
    return {"texts": len(asked.given)}


def _parts(number: int, tokens: Generator[Node, None, str], report: Report) -> Iterator[TextPart]:
    """A part for each token of a text, and one for its end."""
    nodes: list[Node] = []
    while True:
        report("continuing", len(nodes), None, "tokens")
        try:
            nodes.append(next(tokens))
        except StopIteration as end:
            yield TextPart(text=number, reason=end.value)
            return
        except StoppedError:
            raise
        except SamplescopeError as error:
            yield TextPart(text=number, message=error.message, remedy=error.remedy)
            return
        yield TextPart(text=number, nodes=nodes[-1:], measures=text_measures(nodes))
