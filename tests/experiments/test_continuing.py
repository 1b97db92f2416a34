"""The experiment `continue`: each text is what stepping under its settings draws, and the story stays as it is."""

from __future__ import annotations

import math
from collections.abc import Generator

import msgspec
import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.engine.walking import start, tokens, walk
from tests.fake_model import FakeModel, fake_model
from tui.core.continuing import AHEAD, CONTINUE, ContinueEach, TextPart
from tui.core.presets import PRESETS, UNICORNS
from tui.core.progress import quiet
from tui.core.settings import Given
from tui.core.story import Node
from tui.engine.engine import Engine
from tui.errors import InputError, StoppedError
from tui.experiments.continuing import _parts
from tui.experiments.jobs import JOBS, make_engine
from tui.experiments.metrics import distinct
from tui.models.loading import DEMO
from tui.protocol import Job, Open, Prompt

GIVEN: list[Given] = [
    {"temperature": 2.0, "top_k": 0},
    {"temperature": 0.5, "top_k": 0},
    {"top_k": 5},
    {"top_p": 0.9, "repetition_penalty": 1.3},
    {"do_sample": False},
    {"temperature": 3.0, "min_p": 0.1},
]


def told(engine: Engine, at: int, given: list[Given], length: int, seed: int = 42) -> list[list[TextPart]]:
    """The parts of each text."""
    parts: list[TextPart] = []
    asked = ContinueEach(at=at, given=given, seed=seed, length=length)
    job = Job(kind=CONTINUE, parameters=msgspec.to_builtins(asked))
    engine.job(job, quiet, lambda part: parts.append(msgspec.convert(part, TextPart)))
    return [[part for part in parts if part.text == number] for number in range(len(given))]


def written(parts: list[TextPart]) -> list[Node]:
    return [node for part in parts for node in part.nodes]


def numbers(node: Node) -> tuple[float, ...]:
    return node.rank, node.raw, node.tempered, node.final, node.kept, node.entropy, node.surprisal


def fake(model: FakeModel | None = None) -> tuple[Engine, int]:
    return start(model=model, jobs=JOBS)


def test_each_text_is_what_stepping_there_draws_and_the_story_stays_as_it_is() -> None:
    engine, tip = fake()
    drawn, _ = walk(engine, tip, count=3, given={"temperature": 1.7}, seed=7)
    (taken,), _ = walk(engine, drawn[1].id, token=5)
    for at in (tip, drawn[-1].id, taken.id):
        before = engine.revision
        texts = [written(parts) for parts in told(engine, at, GIVEN, 12, seed=7)]
        assert engine.revision == before
        for given, text in zip(GIVEN, texts, strict=True):
            nodes, _ = walk(engine, at, given=given, seed=7, count=12)
            assert tokens(text) == tokens(nodes)
            new = [(one, two) for one, two in zip(text, nodes, strict=True) if one.id == AHEAD and two.given == given]
            assert [numbers(one) for one, _ in new] == [numbers(two) for _, two in new]
    assert len({tuple(tokens(text)) for text in texts}) > 3, "settings that write the same prove nothing"


def test_tokens_that_the_story_has_are_its_own_nodes_and_others_have_no_id() -> None:
    engine, tip = fake()
    drawn, _ = walk(engine, tip, count=4)
    (parts,) = told(engine, tip, [{}], 6)
    assert [node.id for node in written(parts)] == [*(node.id for node in drawn), AHEAD, AHEAD]


def test_a_part_comes_with_each_token_and_says_what_the_text_measures_by_then() -> None:
    engine, tip = fake()
    (parts,) = told(engine, tip, [{"temperature": 2.0}], 5)
    assert [len(part.nodes) for part in parts] == [1] * 5 + [0]
    assert [part.reason for part in parts] == [""] * 5 + ["count"]
    nodes, measures = written(parts), parts[4].measures
    mean = sum(node.surprisal for node in nodes) / 5
    assert measures.surprisal == pytest.approx(mean)
    assert measures.perplexity == pytest.approx(2**mean)
    assert measures.distinct_2 == distinct([tokens(nodes)], 2)
    assert parts[0].measures.surprisal == pytest.approx(nodes[0].surprisal)


def test_settings_that_cannot_go_on_say_why_and_the_next_ones_do() -> None:
    engine, tip = fake(fake_model(head=10))
    open_, decided = told(engine, tip, [{"temperature": 2.0, "top_p": 0.9}, {"top_k": 3}], 2)
    assert open_[-1].message and not written(open_)
    assert len(written(decided)) == 2 and decided[-1].reason == "count"
    ((refused,),) = told(engine, tip, [{"temperature": -1.0}], 2)
    assert "temperature" in refused.message


def test_a_stop_ends_it_before_the_next_token() -> None:
    engine, tip = fake()
    seen: list[object] = []

    def tell(part: dict[str, object]) -> None:
        seen.append(part)
        if len(seen) == 3:
            engine.stop()

    asked = ContinueEach(at=tip, given=[{}, {}], length=90_000)
    with pytest.raises(StoppedError):
        engine.job(Job(kind=CONTINUE, parameters=msgspec.to_builtins(asked)), quiet, tell)
    assert len(seen) < 9_000


@pytest.mark.parametrize("wrong", [{"at": 99, "given": [{}], "length": 1}, {"at": 1, "given": [{}], "length": 0}, {}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    engine, _ = fake()
    with pytest.raises(InputError):
        engine.job(Job(kind=CONTINUE, parameters=wrong), quiet)


def test_the_posts_four_on_the_demo_model_are_four_calls_of_generate_also_after_a_replay() -> None:
    engine = make_engine()
    engine.open(Open(), quiet)
    prompt = engine.prompt(Prompt(text=UNICORNS), quiet).nodes
    model = AutoModelForCausalLM.from_pretrained(DEMO, dtype=torch.float32)
    ids = torch.tensor([[node.token for node in prompt]])
    walk(engine, prompt[-1].id, count=5, given={"temperature": 3.0})
    texts = told(engine, prompt[-1].id, [preset.given for preset in PRESETS], 20)
    for preset, parts in zip(PRESETS, texts, strict=True):
        torch.manual_seed(42)
        theirs = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=True, max_new_tokens=20, **preset.given
        )
        nodes = written(parts)
        assert tokens(nodes) == theirs[0, ids.shape[1] :].tolist()
        assert all(math.isfinite(node.surprisal) for node in nodes)


def test_a_stop_inside_a_forward_is_no_problem_of_that_text() -> None:
    def stopped() -> Generator[Node, None, str]:
        yield from ()
        raise StoppedError("The experiment was given up.")

    with pytest.raises(StoppedError):
        list(_parts(0, stopped(), quiet))
