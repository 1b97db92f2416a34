"""The JSON Lines are a contract: the keys, their order, and null for an unknown number."""

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.candidates import Candidate, Cut, Entropy
from tui.core.records import dumps, end_record, error_record, run_record, saved_step_record, step_record
from tui.core.settings import resolve
from tui.core.story import How, Node

NODE = Node(
    id=9, parent=8, position=12, token=464, piece=b" The", how=How.SAMPLED, given={"top_p": 0.9}, seed=42, rank=1,
    raw=0.18, tempered=0.21, final=0.25, kept=37, entropy=4.1, surprisal=2.47, ms=6.9, kept_mass=0.9,
)  # fmt: skip
CUTS = [Cut("top_k", 50, 50, 0.6), Cut("top_p", 4184, 27, 0.54, tie=(15, 7))]
ROWS = [
    Candidate(1, 464, b" The", False, 3.5, 0.18, 0.21, 0.25, 0.21, ""),
    Candidate(38, 257, b"\xe2\x80", False, -math.inf, 0.001, 0.001, 0.0, 0.9, "top_p"),
]


def test_a_run_line():
    record = run_record(
        model="demo",
        backend="transformers",
        device="cpu",
        dtype="float32",
        vocab_size=8192,
        settings=resolve({"top_p": 0.9}, {}, {"top_k": 50}),
        seed=42,
        prompt="Hi",
        prompt_ids=(1, 2),
    )
    line = json.loads(dumps(record))
    assert list(line) == [
        *("type", "version", "model", "backend", "device", "dtype", "vocab_size"),
        *("settings", "seed", "prompt", "prompt_ids", "notes"),
    ]
    assert line["settings"]["top_p"] == {"value": 0.9, "source": "you"}
    assert line["settings"]["top_k"] == {"value": 50, "source": "transformers"}
    assert line["settings"]["min_p"] == {"value": None, "source": "transformers"}
    assert (line["type"], line["version"], line["prompt_ids"]) == ("run", 1, [1, 2])


def test_a_step_line():
    line = json.loads(
        dumps(step_record(3, NODE, kept_mass=0.9, entropy=Entropy(4.1, 3.9, 2.9), cuts=CUTS, candidates=ROWS))
    )
    candidates = line.pop("candidates")
    assert line == {
        "type": "step",
        "index": 3,
        "id": 464,
        "text": " The",
        "bytes": "20546865",
        "special": False,
        "how": "sampled",
        "rank": 1,
        "raw": 0.18,
        "tempered": 0.21,
        "final": 0.25,
        "kept": 37,
        "kept_mass": 0.9,
        "entropy_bits": 4.1,
        "final_entropy_bits": 2.9,
        "surprisal_bits": 2.47,
        "cutoffs": {
            "top_k": {"alone": 50, "left": 50, "mass": 0.6},
            "top_p": {"alone": 4184, "left": 27, "mass": 0.54},
        },
    }
    assert candidates[0] == {
        "rank": 1,
        "id": 464,
        "text": " The",
        "bytes": "20546865",
        "raw": 0.18,
        "tempered": 0.21,
        "final": 0.25,
        "cumulative": 0.21,
        "removed_by": None,
    }
    assert (candidates[1]["text"], candidates[1]["bytes"], candidates[1]["removed_by"]) == ("�", "e280", "top_p")


def test_a_saved_token_has_the_same_keys_with_unknowns_empty_and_what_made_it():
    saved = json.loads(dumps(saved_step_record(3, NODE)))
    assert list(saved) == [*step_record(3, NODE), "given", "seed"]
    assert (saved["given"], saved["seed"]) == ({"top_p": 0.9}, 42)
    assert (saved["final_entropy_bits"], saved["cutoffs"], saved["candidates"]) == (None, {}, [])
    assert (saved["kept"], saved["kept_mass"]) == (37, 0.9)
    older = msgspec.structs.replace(NODE, kept_mass=math.nan)
    assert json.loads(dumps(saved_step_record(3, older)))["kept_mass"] is None
    assert saved["surprisal_bits"] == 2.47


def test_an_end_line_joins_half_characters():
    line = json.loads(dumps(end_record(reason="eos", ids=[1, 2], pieces=[b"\xf0\x9f", b"\x98\x80"], seconds=0.5)))
    assert line == {"type": "end", "reason": "eos", "ids": [1, 2], "text": "😀", "steps": 2, "seconds": 0.5}


def test_an_error_line():
    assert json.loads(dumps(error_record("run", "NaN", "Try float32."))) == {
        "type": "error",
        "kind": "run",
        "message": "NaN",
        "remedy": "Try float32.",
    }


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_null(number):
    assert dumps({"a": number, "b": [number], "c": {"d": number}}) == '{"a":null,"b":[null],"c":{"d":null}}'


def test_lines_are_compact_utf_8():
    assert dumps({"a": "유니콘", "b": [1, 2]}) == '{"a":"유니콘","b":[1,2]}'


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_comes_back_and_none_of_it_acts_on_a_terminal(text):
    line = dumps({"text": text})
    assert json.loads(line) == {"text": text}
    assert line.splitlines() == [line]
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or 0x202A <= ord(char) <= 0x202E for char in line)
