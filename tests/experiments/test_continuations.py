"""Continuation i is the run with seed + i, whatever the batch; rows that end, context, memory, stop, servers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.fake_model import FakeReference, fake_model
from tests.models.tiny import PROMPT, source
from tui.core.presets import UNICORNS
from tui.core.progress import quiet
from tui.core.settings import Given
from tui.engine.engine import Engine
from tui.engine.places import Path
from tui.errors import RunError, StoppedError
from tui.experiments import continuations
from tui.experiments.continuations import Task, Writer
from tui.experiments.metrics import Continuation
from tui.models.batching import TransformersBatch
from tui.models.failing import NoRoomError
from tui.protocol import Open, Prompt, Step

SEED = 42
ROUNDING = 1e-4
"""Where two batch sizes draw different tokens, the logits they are drawn from may differ by less than this."""


def opened(model=None, prompt: Prompt | None = None) -> tuple[Engine, Path]:
    """An engine on a model (None: the demo model), and the prompt's path."""
    engine = Engine(load=lambda *_: model) if model is not None else Engine()
    engine.open(Open(), quiet)
    nodes = engine.prompt(prompt or Prompt(ids=PROMPT), quiet).nodes
    return engine, Path(nodes)


def task(engine: Engine, prompt: Path, given: Given) -> Task:
    reference = engine.model.reference
    processors = {} if reference is None else reference.model_processors(prompt.ids, given)
    return Task(engine.model, engine.decide, prompt, engine.settings(given), processors)


def write(engine: Engine, prompt: Path, given: Given, count: int, batch: int | None, report=quiet):
    writer = Writer(engine.model, prompt.ids, batch, report)
    return writer.write(task(engine, prompt, given), range(SEED, SEED + count), report)


def alone(engine: Engine, prompt: Path, given: Given, seed: int) -> tuple[list[int], str]:
    """The tokens of a run with this seed, and why it ended."""
    steps, ids = engine.step(Step(at=prompt.tip.id, given=given, seed=seed, count=None)), []
    while True:
        try:
            ids.append(next(steps).token)
        except StopIteration as end:
            return ids, end.value.reason


class Watched:
    """Continuations with the logits that each token was drawn from."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def write(self, demo: tuple[Engine, Path], given: Given, count: int, batch: int) -> tuple[list[Continuation], dict]:
        draw, rows = continuations._draw, {}

        def watching(task, row, logits, ids):
            rows[row.text.seed, len(row.text.ids)] = logits.clone()
            draw(task, row, logits, ids)

        with self._monkeypatch.context() as patched:
            patched.setattr(continuations, "_draw", watching)
            return write(*demo, given, count, batch), rows

    def compare(self, one: tuple, other: tuple) -> None:
        """The same tokens; where one differs, it is said, and the rows it was drawn from differed by rounding only."""
        for first, second in zip(one[0], other[0], strict=True):
            if first.ids == second.ids:
                continue
            step = next(i for i, (a, b) in enumerate(zip(first.ids, second.ids, strict=False)) if a != b)
            apart = float((one[1][first.seed, step] - other[1][first.seed, step]).abs().max())
            print(f"seed {first.seed}, token {step + 1}: {first.ids[step]} or {second.ids[step]}, {apart:.1e} apart")
            assert apart < ROUNDING


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


@pytest.fixture(scope="module")
def demo() -> tuple[Engine, Path]:
    return opened(prompt=Prompt(text=UNICORNS))


@pytest.mark.parametrize(
    "given",
    [
        {"top_k": 0},
        {"temperature": 2.0, "top_k": 0, "top_p": 0.9},
        {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2},
        {"do_sample": False},
    ],
    ids=str,
)
def test_each_is_the_run_with_its_seed_at_any_batch_size(demo, given: Given, watched: Watched) -> None:
    count, given = 8, given | {"max_new_tokens": 12}
    one_by_one = watched.write(demo, given, count, 1)
    assert [(one.ids, one.reason) for one in one_by_one[0]] == [
        alone(*demo, given, seed) for seed in range(SEED, SEED + count)
    ]
    assert [one.seed for one in one_by_one[0]] == list(range(SEED, SEED + count))
    for batch in (3, 8):
        watched.compare(one_by_one, watched.write(demo, given, count, batch))


@pytest.mark.long
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_thirty_two_are_the_same_at_batch_1_8_and_32(demo, temperature: float, watched: Watched) -> None:
    given = {"temperature": temperature, "top_k": 0, "max_new_tokens": 64}
    first, *others = [watched.write(demo, given, 32, batch) for batch in (1, 8, 32)]
    for again in others:
        watched.compare(first, again)


def test_its_numbers_are_those_of_the_run(demo: tuple[Engine, Path]) -> None:
    given = {"top_k": 0, "max_new_tokens": 6}
    engine, prompt = demo
    nodes = list(engine.step(Step(at=prompt.tip.id, given=given, seed=SEED, count=None)))
    (one,) = write(engine, prompt, given, 1, None)
    assert one.surprisals == [node.surprisal for node in nodes]
    assert one.entropies == [node.entropy for node in nodes]
    assert one.pieces == [node.piece for node in nodes]


def ending(monkeypatch: pytest.MonkeyPatch, every: int) -> tuple[Engine, Path]:
    """A model for which a token in so many ends the text."""
    model = source("llama")
    monkeypatch.setattr(model, "info", replace(model.info, eos=frozenset(range(0, 300, every))))
    return opened(model)


def test_a_text_ends_with_its_eos_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, prompt = ending(monkeypatch, every=12)
    given = {"top_k": 0, "max_new_tokens": 20}
    written = write(engine, prompt, given, 16, 16)
    assert len({len(one.ids) for one in written}) > 4
    assert [(one.ids, one.reason) for one in written] == [
        alone(engine, prompt, given, seed) for seed in range(SEED, SEED + 16)
    ]
    assert {one.reason for one in written} == {"eos", "max_new_tokens"}


def test_rows_that_have_ended_leave_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, prompt = ending(monkeypatch, every=3)
    rows: list[int] = []
    feed = TransformersBatch.feed
    monkeypatch.setattr(
        TransformersBatch, "feed", lambda self, tokens, report: rows.append(len(tokens)) or feed(self, tokens, report)
    )
    write(engine, prompt, {"top_k": 0, "max_new_tokens": 20}, 16, 16)
    assert rows[0] == 16 and rows[-1] < 8
    assert rows == sorted(rows, reverse=True)


@pytest.mark.parametrize("room", [0, 1, 5])
def test_the_context_ends_a_text(room: int) -> None:
    model = fake_model(context=4 + room)
    engine, prompt = opened(model, Prompt(ids=[0, 1, 2, 3]))
    written = write(engine, prompt, {"max_new_tokens": 9}, 3, None)
    assert [(len(one.ids), one.reason) for one in written] == [(room, "context")] * 3


def test_a_stop_string_ends_a_text() -> None:
    model = fake_model()
    engine, prompt = opened(model, Prompt(ids=[0, 1]))
    first = write(engine, prompt, {"max_new_tokens": 9}, 1, None)[0].ids
    model.reference = FakeReference(stop_string=tuple(first[2:4]))
    (again,) = write(engine, prompt, {"max_new_tokens": 9}, 1, None)
    assert (again.ids, again.reason) == (first[:4], "stop_string")


@pytest.mark.parametrize("family", ["mamba2", "recurrent_gemma"])
def test_a_model_that_cannot_batch_continues_one_text_at_a_time(family: str) -> None:
    engine, prompt = opened(source(family))
    given = {"top_k": 0, "max_new_tokens": 8}
    assert Writer(engine.model, prompt.ids, 8, quiet).one_by_one
    written = write(engine, prompt, given, 3, 8)
    assert [one.ids for one in written] == [alone(engine, prompt, given, seed)[0] for seed in range(SEED, SEED + 3)]


def test_a_server_s_head_is_drawn_from_as_in_a_run_or_says_why_not() -> None:
    engine, prompt = opened(fake_model(head=5), Prompt(ids=[0, 1]))
    given = {"top_k": 3, "max_new_tokens": 6}
    written = write(engine, prompt, given, 3, 8)
    assert [one.ids for one in written] == [alone(engine, prompt, given, seed)[0] for seed in range(SEED, SEED + 3)]
    with pytest.raises(RunError):
        write(engine, prompt, {"top_k": 0, "top_p": 1.0, "max_new_tokens": 6}, 3, 8)


def test_without_room_in_memory_a_batch_is_halved_and_nothing_else_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, prompt = opened(source("llama"))
    given = {"top_k": 0, "max_new_tokens": 6}
    expected = [one.ids for one in write(engine, prompt, given, 12, 3)]
    feed, rows = TransformersBatch.feed, []

    def small(self, tokens, report):
        rows.append(len(tokens))
        if len(tokens) > 3:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return feed(self, tokens, report)

    monkeypatch.setattr(TransformersBatch, "feed", continuations.failing("The model's forward")(small))
    assert [one.ids for one in write(engine, prompt, given, 12, 12)] == expected
    assert [count for count in rows if count > 3] == [12, 6]


def test_without_room_for_one_row_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, prompt = opened(source("llama"))

    def none(*_: object) -> None:
        raise NoRoomError("No room.")

    monkeypatch.setattr(TransformersBatch, "feed", none)
    with pytest.raises(NoRoomError):
        write(engine, prompt, {"max_new_tokens": 6}, 12, None)


def test_by_itself_a_batch_takes_a_share_of_the_free_memory_only(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, prompt = opened(source("llama"))
    given = {"max_new_tokens": 6}
    writer = Writer(engine.model, prompt.ids, None, quiet)
    row = 4 * continuations.LOGITS_COPIES * 300 + engine.model.batches(prompt.ids, quiet).row_bytes(len(PROMPT) + 6)
    for free, rows in ((10**12, continuations.MOST_ROWS), (5 * row / continuations.MEMORY_SHARE + 1, 5), (0, 1)):
        monkeypatch.setattr(continuations, "_free", lambda _device, free=free: free)
        assert writer._rows(task(engine, prompt, given)) == rows


def test_a_stop_ends_it_at_the_next_row_and_progress_counts_every_token() -> None:
    engine, prompt = opened(source("llama"))
    told: list[tuple[float, float | None]] = []

    def report(_stage: str, done: float, total: float | None, unit: str) -> None:
        told.append((done, total))
        if done >= 40:
            raise StoppedError("enough")

    writer = Writer(engine.model, prompt.ids, 4, quiet)
    with pytest.raises(StoppedError):
        writer.write(task(engine, prompt, {"max_new_tokens": 6}), range(12), report)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[0] == (0, 72) and told[-1] == (40, 72)
