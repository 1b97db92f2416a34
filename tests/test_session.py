"""The file of a session: what is written comes back, NaN too; what cannot be gone on with is refused in one line."""

import math
import os
import stat
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import paths, session
from tui.core.origin import Origin
from tui.core.story import ROOT, How, Node
from tui.errors import InputError
from tui.session import Session

NODES = [
    Node(1, ROOT, 0, 5, b"The"),
    Node(2, 1, 1, 9, b" herd"),
    Node(3, 2, 2, 7, b" of", how=How.SAMPLED, given={"top_k": 0}, seed=42, rank=3, raw=0.1, surprisal=3.3),
    Node(7, 2, 2, 8, b" is", how=How.CHOSEN),
]


def made(**changes):
    return Session(
        **{
            "origin": Origin(), "vocabulary": 60, "story": NODES, "cursor": 2, "tip": 7, "given": {"top_k": 0},
            "preset": ["top_k"], "preset_name": "hot", "seed": -3, "text": "The herd", "submitted": None, "chat": False,
            "system": "", "add_special_tokens": True,
        }
        | changes
    )  # fmt: skip


@pytest.fixture
def file(tmp_path):
    return tmp_path / "state" / "session"


def refused(file, data):
    """The one line that refuses a file with these bytes."""
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    with pytest.raises(InputError) as failed:
        session.read(file)
    line = str(failed.value)
    assert line.startswith(f"The session in {file} cannot be resumed: ")
    assert line.endswith(" Start without --resume.")
    assert line.isprintable()
    return line


# -- there and back ----------------------------------------------------------------------------------------------------

numbers = st.floats(min_value=0, max_value=1) | st.just(math.nan)
bits = st.floats(min_value=0) | st.just(math.nan)


@st.composite
def stories(draw):
    """A prompt of one to three tokens, and up to eight tokens drawn anywhere after them."""
    prompt = draw(st.integers(1, 3))
    nodes = [Node(number, number - 1, number - 1, draw(st.integers(0, 59)), b"p") for number in range(1, prompt + 1)]
    for _ in range(draw(st.integers(0, 8))):
        parent = draw(st.sampled_from(nodes))
        shares = {name: draw(numbers) for name in ("raw", "tempered", "final", "kept_mass")}
        drawn = Node(
            nodes[-1].id + draw(st.integers(1, 3)), parent.id, parent.position + 1, draw(st.integers(0, 59)),
            draw(st.binary(max_size=4)), how=draw(st.sampled_from([How.SAMPLED, How.GREEDY, How.CHOSEN])), **shares,
            given=draw(st.sampled_from([{}, {"top_p": 0.9, "min_p": None}, {"do_sample": False}])),
            seed=draw(st.integers(-(2**63), 2**64 - 1)), entropy=draw(bits), surprisal=draw(bits), ms=draw(bits),
        )  # fmt: skip
        nodes.append(drawn)
    return nodes


@given(stories(), st.text(), st.text(), st.integers(-(2**63), 2**64 - 1))
def test_what_is_written_comes_back_bit_for_bit(story, text, system, seed):
    there = made(story=story, cursor=story[-1].id, tip=story[-1].id, text=text, system=system, seed=seed)
    back = session.decode(session.encode(there))
    assert session.encode(back) == session.encode(there)
    for before, after in zip(there.story, back.story, strict=True):
        assert repr(before) == repr(after)  # NaN is unequal to itself


def test_a_prompts_numbers_are_still_unknown(file):
    session.write(made(), file)
    assert math.isnan(session.read(file).story[0].surprisal)


def test_a_session_kept_before_nodes_had_a_kept_mass_still_opens():
    kept = msgspec.msgpack.decode(session.encode(made()))
    kept["story"] = [fields[:-1] for fields in kept["story"]]
    nodes = session.decode(msgspec.msgpack.encode(kept)).story
    assert (nodes[2].raw, nodes[2].surprisal, nodes[2].given) == (0.1, 3.3, {"top_k": 0})
    assert all(math.isnan(node.kept_mass) for node in nodes)


def test_the_file_is_its_owners_alone_and_nothing_else_is_left_there(file):
    session.write(made(), file)
    session.write(made(seed=9), file)
    assert session.read(file).seed == 9
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]


WRITER = """
import sys, msgspec
from pathlib import Path
from tests.test_session import NODES, made
from tui import session

seed, size = map(int, sys.argv[2:])
story = [msgspec.structs.replace(NODES[0], piece=b"x" * size), *NODES[1:]]
for _ in range(200):
    session.write(made(seed=seed, story=story), Path(sys.argv[1]))
"""


def test_of_programs_that_end_at_the_same_time_one_wins_and_its_session_is_whole(file):
    session.write(made(seed=0), file)
    sizes = {0: 3, 1: 300_000, 2: 5}
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, file, str(seed), str(sizes[seed])]) for seed in (1, 2)]
    while any(writer.poll() is None for writer in writers):
        kept = session.read(file)
        assert len(kept.story[0].piece) == sizes[kept.seed]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert session.read(file).seed in (1, 2)
    assert list(file.parent.iterdir()) == [file]


def test_a_session_that_could_not_be_written_leaves_the_last_one(file, monkeypatch):
    session.write(made(seed=1), file)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        session.write(made(seed=2), file)
    monkeypatch.undo()
    assert session.read(file).seed == 1
    assert list(file.parent.iterdir()) == [file]


# -- what is never kept, or never believed -----------------------------------------------------------------------------


def test_nobody_is_trusted_because_a_file_says_so():
    trusting = made(origin=Origin(model="x", allow_pickle=True, trust_remote_code=True))
    assert not session.decode(session.encode(trusting)).origin.trusting


def test_what_is_too_large_to_be_opened_again_is_not_written(file):
    huge = [msgspec.structs.replace(NODES[0], piece=b"x" * (16 << 20))]
    with pytest.raises(InputError, match="15 MiB at most"):
        session.write(made(story=huge, cursor=1, tip=1), file)
    assert not file.exists()


# -- refused -----------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=400))
def test_any_bytes_are_a_session_or_a_sentence(data):
    with pytest.raises(ValueError, match=r"^it is "):
        session.decode(data)


@given(st.data())
def test_any_damaged_session_is_still_one_or_a_sentence(data):
    whole = bytearray(session.encode(made()))
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        session.decode(bytes(whole))
    except ValueError as error:
        assert str(error).startswith("it is ")


@pytest.mark.parametrize("data", [b"", b"\xc0", b"\xdd\xff\xff\xff\xff", b"\x91" * 100_000, b'{"version": 1}', b"\x80"])
def test_what_is_no_session_is_named_as_that(file, data):
    assert "it is no session of samplescope, or is damaged" in refused(file, data)


def test_another_versions_file_names_both_versions(file):
    newer = msgspec.msgpack.encode({"format": "samplescope session", "version": 2, "story": "of another kind"})
    assert "it is of version 2, and this samplescope reads version 1" in refused(file, newer)


def changed(number, **fields):
    """The story with one node changed."""
    return [msgspec.structs.replace(node, **fields) if node.id == number else node for node in NODES]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"story": NODES[1:]}, "node 2 after no node 1"),
        ({"story": [*NODES[:2], NODES[3], NODES[2]]}, "node 3 after node 7"),
        ({"story": [*NODES, NODES[-1]]}, "a second node 7"),
        ({"story": changed(7, parent=5)}, "node 7 after no node 5"),
        ({"story": changed(7, position=9)}, "node 7 after no node 2"),
        ({"story": changed(7, token=60)}, "token 60 of 60"),
        ({"story": changed(7, raw=1.5)}, "a probability of node 7"),
        ({"story": changed(7, kept_mass=-0.1)}, "a probability of node 7"),
        ({"story": changed(7, rank=-1)}, "a negative rank of node 7"),
        ({"story": changed(7, given={"top_p": 7.0})}, "must be above 0 and at most 1"),
        ({"story": [*NODES, Node(8, 7, 3, 1, b"x")]}, "a prompt that goes on after the drawn node 7"),
        ({"story": changed(1, how=How.SAMPLED)}, "a drawn node 1 without a prompt"),
        ({"story": []}, "a cursor at node 2"),
        ({"cursor": 3}, "a cursor at node 3, on no branch to 7"),
        ({"tip": 99}, "on no branch to 99"),
        ({"given": {"temperature": -1.0}}, "--temperature must be above 0"),
        ({"given": {"\x1b]0;x\x07": 1}}, "There is no parameter '\\x1b]0;x\\x07'"),
        ({"preset": ["top_p"]}, "a preset's parameter without a value"),
    ],
)
def test_a_session_that_does_not_hang_together_is_refused(file, changes, said):
    line = refused(file, session.encode(made(**changes)))
    assert "it is damaged: " in line
    assert said in line


def test_a_folder_a_device_and_a_name_that_cannot_be_are_refused(tmp_path):
    for name in (tmp_path, "/dev/zero", tmp_path / "none", "a\0b"):
        with pytest.raises(InputError, match="cannot be resumed"):
            session.read(type(tmp_path)(name))


def test_the_kept_session_lies_in_the_state_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert paths.session_file() == tmp_path / "samplescope" / "session"
