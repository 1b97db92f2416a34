"""A chat on a server that completes ids: they are those of the tokenizer's own template, each special token once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer

from tests.models.checkpoints import TOKENIZER_FILES, edit_json
from tests.models.servers.fake_completions import WIDTH, Completions
from tests.models.servers.faulty import Faulty, serving
from tests.models.test_chat import TEMPLATE
from tui.core.origin import Origin
from tui.core.progress import quiet
from tui.engine.engine import Engine
from tui.errors import InputError
from tui.models.loading import DEMO
from tui.protocol import Open, Prompt, Step

MARK = "<|endoftext|>"
TEXT, SYSTEM = "Hello, unicorn. 🦄", "Be brief."
KINDS = {
    "vLLM": Completions(most=WIDTH, by_id=True, owner="vllm"),
    "OpenAI-compatible": Completions(most=5, by_id=True),
}


@pytest.fixture
def server() -> Iterator[Faulty]:
    with serving() as faulty_server:
        yield faulty_server


def folder(to: Path, template: str | None) -> Path:
    """The demo model's tokenizer, which now puts BOS before every text; and perhaps a chat template."""
    for name in TOKENIZER_FILES:
        shutil.copyfile(DEMO / name, to / name)
    tokenizer: Any = AutoTokenizer.from_pretrained(to)
    bos = tokenizer.convert_tokens_to_ids(MARK)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(f"{MARK} $A", special_tokens=[(MARK, bos)])
    tokenizer.backend_tokenizer.save(str(to / "tokenizer.json"))
    marks = {"bos_token": MARK, "eos_token": MARK, "chat_template": template}
    edit_json(to / "tokenizer_config.json", lambda content: content.update(marks))
    return to


def opened(server: Faulty, kind: str, tokenizer: Path) -> Engine:
    fake = KINDS[kind]

    def answer(path: str, body: Any) -> Any:
        if path == "/tokenize" and kind == "vLLM":
            return {"tokens": AutoTokenizer.from_pretrained(tokenizer)(body["prompt"])["input_ids"]}
        return fake.answer(path, body)

    server.answer = answer
    engine = Engine()
    engine.open(Open(origin=Origin(server=server.address, tokenizer=str(tokenizer))), quiet)
    assert engine.model.info.backend == kind
    return engine


@pytest.mark.parametrize("system", [SYSTEM, ""])
@pytest.mark.parametrize("kind", KINDS)
def test_the_server_gets_the_ids_of_the_template(server: Faulty, kind: str, system: str, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder(tmp_path, TEMPLATE))
    engine = opened(server, kind, tmp_path)
    assert engine.model.info.chat
    prompted = engine.prompt(Prompt(text=TEXT, chat=True, system=system), quiet)
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": TEXT})
    wanted = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    sent = server.asked("/v1/completions")[-1].body["prompt"]
    assert sent == [node.token for node in prompted.nodes] == wanted
    bos = tokenizer.bos_token_id
    assert (sent[0], sent[1] == bos, sent.count(bos)) == (bos, False, 2 + bool(system))
    assert [node.token for node in prompted.nodes if node.special] == [bos] * (2 + bool(system))
    assert tokenizer("a")["input_ids"][0] == bos  # which a text outside a template does get
    node = next(engine.step(Step(at=prompted.nodes[-1].id, given={"do_sample": False})))
    list(engine.step(Step(at=node.id, given={"do_sample": False})))
    assert server.asked("/v1/completions")[-1].body["prompt"] == [*wanted, node.token]


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_template_a_chat_is_refused_before_anything_is_sent(
    server: Faulty, kind: str, tmp_path: Path
) -> None:
    engine = opened(server, kind, folder(tmp_path, None))
    assert not engine.model.info.chat
    before = len(server.requests)
    with pytest.raises(InputError, match="no chat template"):
        engine.prompt(Prompt(text=TEXT, chat=True), quiet)
    assert len(server.requests) == before
