"""Any server with OpenAI's /v1/completions: it sends a head of log-probabilities, with tokens by id or by text."""

from __future__ import annotations

from tui.core.progress import Report
from tui.models.probe import Backend, Probe
from tui.models.servers.completions import BY_ID, REFUSALS, Completions, HeadSource, Name, by_id, by_text
from tui.models.servers.faults import ServerError
from tui.models.servers.http import Client
from tui.models.servers.served import ServedModel, server_info
from tui.models.servers.tokenizer import tokenizer_of
from tui.models.vocabulary import Vocabulary

NAME = "OpenAI-compatible"
SAMPLE = "Once upon a time, there was"


def open_openai(probe: Probe) -> ServedModel:
    """Open the model of an OpenAI-compatible server; its tokenizer is loaded here. ServerError says what it lacks."""
    listed = probe.listed
    assert listed is not None  # by which it was recognised
    tokenizer, ends = tokenizer_of(probe)
    width = max(tokenizer.get_vocab().values()) + 1
    tokens = Vocabulary(tokenizer, width)
    completions, head, name = _agreed(probe.client, listed.id, tokens, width, probe.report)
    info = server_info(
        listed.id, NAME, width, listed.max_model_len, eos=ends, head=head,
        notes=(f"only the best {head} tokens are told by this server",), chat=bool(tokenizer.chat_template),
    )  # fmt: skip
    return ServedModel(info, tokens, HeadSource(completions, head, width, name))


def _agreed(
    client: Client, model: str, tokens: Vocabulary, width: int, report: Report
) -> tuple[Completions, int, Name]:
    """(how to ask the server, how many log-probabilities it sends, how to read its names of tokens)."""
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


OPENAI = Backend(NAME, lambda probe: probe.listed is not None, open_openai)
