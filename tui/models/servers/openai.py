"""Any server with OpenAI's /v1/completions: a head of log-probabilities, tokens by id or by their exact text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.core.progress import Report
from tui.models.base import Facts
from tui.models.servers.completions import BY_ID, REFUSALS, Completions, HeadRows, Name, by_id, by_text
from tui.models.servers.faults import ServerError
from tui.models.servers.http import Client
from tui.models.servers.served import ServedModel, transformers_defaults
from tui.models.vocabulary import Vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SAMPLE = "Once upon a time, there was"


def open_openai(
    client: Client, model: str, context: int | None, tokenizer: PreTrainedTokenizerBase, ends: frozenset[int],
    report: Report,
) -> ServedModel:  # fmt: skip
    """The model of an OpenAI-compatible server, with its tokenizer from here. ServerError says what it lacks."""
    width = max(tokenizer.get_vocab().values()) + 1
    tokens = Vocabulary(tokenizer, width)
    completions, head, name = _agreed(client, model, tokens, width, report)
    facts = Facts(
        name=model.rpartition("/")[2], vocabulary=width, device="cpu", dtype="", exact=False, logits=False, head=head,
        context=context - 1 if context else None, defaults=transformers_defaults(), backend="OpenAI-compatible",
        notes=(f"only the best {head} tokens are told by this server",), chat=bool(tokenizer.chat_template),
    )  # fmt: skip
    return ServedModel(facts, tokens, ends, HeadRows(completions, head, width, name))


def _agreed(
    client: Client, model: str, tokens: Vocabulary, width: int, report: Report
) -> tuple[Completions, int, Name]:
    """How the server is to be asked, how many log-probabilities it tells, and how it names tokens."""
    sample = tokens.encode(SAMPLE)
    for completions in (Completions(client, model, BY_ID), Completions(client, model, {})):
        try:
            head = completions.widest(sample, report)
        except ServerError as error:
            if error.status not in REFUSALS:
                raise
            refusal = error
            continue
        if all(by_id(name) is not None for name in completions.ask(sample, head, report).tops):
            return completions, head, by_id
        if not completions.joins(sample, report):
            raise ServerError(
                f"{client.host} names tokens by texts that do not add up to what they make: which they are is unknown.",
                "A server that names them by id is needed (vLLM does).",
            )
        return completions, head, by_text(tokens, width)
    raise refusal
