"""A prompt that is framed twice, or ends like a finished text: a person is told, for the model goes on differently."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence


def framing_notes(
    ids: Sequence[int],
    begins: Container[int | None],
    ends: Container[int | None],
    names: Mapping[int, str],
    appended: int | None,
) -> list[str]:
    """One line for BOS twice at the beginning of a prompt's ids, and one for EOS at their end.

    `begins`, `ends`: tokens that begin and end a text; `appended`: the one that the tokenizer put there, if it did.
    """
    notes = []
    if len(ids) > 1 and ids[0] == ids[1] and ids[0] in begins:
        notes.append(f"the prompt begins with {names.get(ids[0], ids[0])} twice")
    if len(ids) > 1 and ids[-1] in ends:
        who = "the tokenizer ends the prompt" if ids[-1] == appended else "the prompt ends"
        notes.append(f"{who} with {names.get(ids[-1], ids[-1])}")
    return notes
