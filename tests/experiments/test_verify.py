"""`verify` calls generate() with what the person gave, and says where both differ; the story's logits stay."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.fake_model import fake_model
from tests.models.tiny import PROMPT, source
from tui.engine.engine import Engine
from tui.engine.places import Path
from tui.errors import InputError, RunError
from tui.experiments.jobs import JOBS
from tui.experiments.verify import report_lines, verify
from tui.models.reference import GenerateReference
from tui.protocol import Job, Open, Prompt, Step

SHORT = {"max_new_tokens": 12}


def quiet(*_: object) -> None:
    return None


def opened(family: str = "llama") -> tuple[Engine, int]:
    """An engine on a tiny model, and its prompt's last node."""
    model = source(family)
    engine = Engine(load=lambda *_: model, jobs=JOBS)
    engine.open(Open(), quiet)
    return engine, engine.prompt(Prompt(ids=PROMPT), quiet).nodes[-1].id


def run(engine: Engine, at: int, **more: object) -> list[int]:
    request = Step(**{"at": at, "given": SHORT, "seed": 3, "count": None, **more})
    return [node.token for node in engine.step(request)]


@pytest.mark.parametrize("given", [{}, {"top_k": 0}, {"top_p": 0.5}, {"temperature": 1.7}, {"do_sample": False}])
def test_equal_under_any_settings(given: dict) -> None:
    engine, tip = opened()
    result = verify(engine, tip, given | SHORT, 5, quiet)
    assert (result["equal"], len(result["ours"]), result["step"]) == (True, 12, None)
    assert report_lines(result) == ["equal: the same 12 tokens as generate()"]


@pytest.mark.parametrize("order", ["llama.cpp", "top_p,top_k"])
def test_another_order_than_transformers_is_refused_as_generate_has_no_other(order: str) -> None:
    engine, tip = opened()
    with pytest.raises(InputError, match=r"transformers' order only, not .*\. Leave --order out\."):
        verify(engine, tip, {"order": order} | SHORT, 5, quiet)
    assert verify(engine, tip, {"order": "transformers"} | SHORT, 5, quiet)["equal"]


def test_the_result_says_what_the_model_s_notes_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes such as an unchecked transformers version, or num_beams overridden on both sides."""
    engine, tip = opened()
    monkeypatch.setattr(engine.model, "info", replace(engine.model.info, notes=("transformers 6 is unknown",)))
    assert verify(engine, tip, SHORT, 5, quiet)["notes"] == ["transformers 6 is unknown"]


def test_where_generate_does_not_agree_with_itself_nothing_is_said_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, tip = opened()
    calls: list[int] = []

    def other_each_time(self: GenerateReference, prompt: list[int], given: dict, seed: int) -> list[int]:
        calls.append(1)
        return [*prompt, 1, 2, len(calls)]

    monkeypatch.setattr(GenerateReference, "generate", other_each_time)
    with pytest.raises(RunError, match="agree with itself: called twice, it gives other tokens from token 3 on"):
        verify(engine, tip, SHORT, 5, quiet)


@pytest.mark.parametrize("prompt", [[7], PROMPT])
def test_a_model_that_keeps_its_state_in_its_modules_is_compared_as_if_just_loaded(prompt: list[int]) -> None:
    """With a prompt of one token RecurrentGemma's prefill would begin with the state that the last call left."""
    engine, _ = opened("recurrent_gemma")
    for seed in (5, 6, 5):
        tip = engine.prompt(Prompt(ids=prompt), quiet).nodes[-1].id
        result = verify(engine, tip, SHORT | {"top_k": 0}, seed, quiet)
        assert result["equal"], report_lines(result)


def test_generate_gets_only_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing top_k means 50 in transformers, top_k=None means none: a parameter not given must be left out."""
    engine, tip = opened()
    asked: list[dict] = []
    model = engine.model._shared.model
    generate = model.generate
    monkeypatch.setattr(model, "generate", lambda **keywords: asked.append(keywords) or generate(**keywords))
    verify(engine, tip, {"top_p": 0.9, **SHORT}, 5, quiet)
    keywords = asked[-1]
    assert "custom_generate" not in keywords
    assert (keywords["top_p"], keywords["do_sample"], keywords["max_new_tokens"]) == (0.9, True, 12)
    assert not {"top_k", "temperature", "min_p", "typical_p", "repetition_penalty"} & keywords.keys()
    assert keywords["attention_mask"].tolist() == [[1] * len(PROMPT)]


def test_where_there_is_no_generate_to_compare_with_a_line_says_so_before_anything_is_run() -> None:
    model = fake_model(head=5)
    engine = Engine(load=lambda *_: model, jobs=JOBS)
    engine.open(Open(), quiet)
    tip = engine.prompt(Prompt(ids=[0, 1]), quiet).nodes[-1].id
    with pytest.raises(InputError, match=r"^nothing has no generate\(\) to compare with\.") as refused:
        engine.job(Job(kind="verify", parameters={"at": tip, "given": SHORT}), quiet)
    assert "-m" in refused.value.remedy
    assert (len(engine.story), len(model.forwards)) == (2, 1)


def test_another_row_shows_both_sides_the_step_and_the_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, tip = opened()
    right = run(engine, tip, given={"do_sample": False, **SHORT})
    engine, tip = opened()
    decoder = engine.places.decoder(Path(engine.story.path(tip)))
    logits = decoder.logits

    def wrong(ids, known, report):
        """From the fourth new token on, generate()'s fourth token gets a low logit."""
        spoilt = logits(ids, known, report).clone()
        if len(ids) >= len(PROMPT) + 3:
            spoilt[right[3]] -= 7.5
        return spoilt

    monkeypatch.setattr(decoder, "logits", wrong)
    result = verify(engine, tip, {"do_sample": False, **SHORT}, 5, quiet)
    assert (result["equal"], result["step"]) == (False, 3)
    assert result["logits"] == pytest.approx(7.5, abs=1e-4)
    assert result["theirs"] == right
    assert result["ours"][:3] == right[:3] and result["ours"][3] != right[3]
    first, ours, theirs = report_lines(result)
    assert "token 4" in first and "7.5" in first
    assert str(result["ours"][3]) in ours and str(right[3]) in theirs


def test_another_draw_from_the_same_row_says_the_rows_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, tip = opened()
    generate = GenerateReference.generate
    monkeypatch.setattr(GenerateReference, "generate", lambda self, ids, given, seed: generate(self, ids, given, 6))
    result = verify(engine, tip, {"top_k": 0, **SHORT}, 5, quiet)
    assert (result["equal"], result["logits"]) == (False, 0.0)


def test_one_side_that_ends_earlier_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, tip = opened()
    generate = GenerateReference.generate
    monkeypatch.setattr(GenerateReference, "generate", lambda *asked: generate(*asked)[:-2])
    rows = GenerateReference.generate_logits
    monkeypatch.setattr(GenerateReference, "generate_logits", lambda *asked: rows(*asked)[:-2])
    result = verify(engine, tip, SHORT, 5, quiet)
    assert (result["equal"], result["step"], result["logits"]) == (False, 10, None)
    assert "generate() had ended there" in report_lines(result)[0]


def test_from_any_node_it_is_the_prompt_that_is_verified() -> None:
    engine, tip = opened()
    run(engine, tip)
    last = list(engine.story)[-1].id
    for at in (tip, last):
        parameters = {"at": at, "given": SHORT, "seed": 9}
        result = engine.job(Job(kind="verify", parameters=parameters), quiet).result
        assert (result["equal"], len(result["ours"])) == (True, 12)


def test_a_node_that_is_not_there() -> None:
    engine, _ = opened()
    for at in (None, 999, "1"):
        with pytest.raises(InputError, match="no node"):
            engine.job(Job(kind="verify", parameters={"at": at}), quiet)


def test_stopped_it_says_so_and_not_that_the_two_differ() -> None:
    engine, tip = opened()

    def stop(stage: str, *_: object) -> None:
        if stage == "stepping":
            engine._accepted = lambda _node: engine.stop()

    with pytest.raises(RunError, match="Stopped"):
        engine.job(Job(kind="verify", parameters={"at": tip, "given": SHORT}), stop)


@pytest.mark.parametrize("family", ["llama", "mistral", "mamba2", "recurrent_gemma"])
def test_stepping_goes_on_afterwards_as_if_nothing_had_been(family: str) -> None:
    """This holds also for a model that keeps its state in the module, which verify's generate() overwrites."""
    engine, tip = opened(family)
    undisturbed = run(engine, tip, given={"max_new_tokens": 24})
    engine, tip = opened(family)
    run(engine, tip, count=12, given={})
    parameters = {"at": tip, "given": {"top_k": 0, "max_new_tokens": 5}, "seed": 8}
    engine.job(Job(kind="verify", parameters=parameters), quiet)
    assert run(engine, tip, given={"max_new_tokens": 24}) == undisturbed
    rows = engine.model.reference.generate_logits(PROMPT, {"max_new_tokens": 24}, 3)
    at = tip
    for token, row in zip(undisturbed, rows, strict=True):
        assert torch.equal(engine.places.at(at, {}).logits, row)
        at = engine.story.child(at, token, prompt=False).id
