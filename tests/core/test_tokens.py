"""Joining the bytes of tokens into text loses and adds no character."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui.core.tokens import decode_incrementally, join_text


def cut(data, places):
    edges = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.text(), st.lists(st.integers(0, 60)))
def test_text_survives_being_cut_anywhere(text, places):
    pieces = cut(text.encode(), places)
    assert join_text(pieces) == text
    assert "".join(decode_incrementally(pieces)) == text


@given(st.lists(st.binary(max_size=5)))
def test_both_ways_of_joining_agree_and_keep_one_text_a_token(pieces):
    texts = decode_incrementally(pieces)
    assert len(texts) == len(pieces)
    assert "".join(texts) == join_text(pieces)


def test_a_character_belongs_to_the_token_that_completes_it():
    assert decode_incrementally([b"a\xf0\x9f", b"\x98", b"\x80 ok"]) == ["a", "", "😀 ok"]


def test_bytes_that_never_become_a_character_are_marked_where_that_is_known():
    assert decode_incrementally([b"\xe2\x80", b"x"]) == ["", "�x"]
    assert decode_incrementally([b"x", b"\xe2\x80"]) == ["x", "�"]


def test_no_tokens_are_no_text():
    assert decode_incrementally([]) == []
    assert join_text([]) == ""
