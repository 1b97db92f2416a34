"""A GGUF file is read as the checkpoint that it was made of; what cannot be read is one line, at once."""

from __future__ import annotations

import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from gguf import GGMLQuantizationType

from tests.commands import Command
from tests.models import checkpoints
from tests.models.loads import load_all
from tests.models.servers import gguf_file
from tui.core.origin import Origin
from tui.core.progress import quiet
from tui.errors import ModelError, StoppedError
from tui.models.checkpoint import check
from tui.models.gguf import checks
from tui.models.gguf.header import read_gguf
from tui.models.gguf.reading import STAGE
from tui.models.transformers import TransformersModel

TEXT = "The herd of 12 unicorns, naïve 🦄\n\n in a valley"
TEMPLATE = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}<|assistant|>"


@pytest.fixture(scope="session")
def written(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny checkpoint as a GGUF file in float32."""
    return gguf_file.write(checkpoint, tmp_path_factory.mktemp("gguf") / "tiny.F32.gguf", template=TEMPLATE)


@pytest.fixture
def copied(written: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copy(written, tmp_path / "broken.gguf"))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def opened(place: Path, **how: Any) -> TransformersModel:
    return TransformersModel.load(Origin(model=str(place), device="cpu", **how), quiet)


def row(model: TransformersModel, ids: list[int]) -> torch.Tensor:
    return model.decoder(ids).logits(ids, lambda _length: None, quiet)


def refused(place: Path) -> str:
    """What `check` refuses a file or folder with, which is before torch is needed."""
    with pytest.raises(ModelError) as caught:
        check(place, str(place), Origin())
    said = str(caught.value)
    assert said.isprintable() and len(said) < 500
    return said


def test_in_float32_it_has_the_logits_of_its_checkpoint_to_the_bit(checkpoint: Path, written: Path) -> None:
    ours, theirs = opened(written), opened(checkpoint)
    ids = theirs.tokens.encode(TEXT)
    assert ours.tokens.encode(TEXT) == ids
    assert torch.equal(row(ours, ids), row(theirs, ids))


def test_every_token_has_the_bytes_that_it_has_in_its_checkpoint(checkpoint: Path, written: Path) -> None:
    ours, theirs = (opened(place).tokens for place in (written, checkpoint))
    assert [ours.piece(token) for token in range(checkpoints.TOKENS)] == [
        theirs.piece(token) for token in range(checkpoints.TOKENS)
    ]
    assert [token for token in range(checkpoints.TOKENS) if ours.special(token) != theirs.special(token)] == []


def test_it_says_what_it_is_and_ends_where_the_file_says(written: Path) -> None:
    info = opened(written).info
    assert (info.name, info.dtype, info.chat) == (written.name, "float32", True)
    assert info.eos == {0} and info.context == checkpoints.CONTEXT
    assert not any("weights in" in note for note in info.notes)


@pytest.mark.parametrize("stored", [GGMLQuantizationType.Q8_0, GGMLQuantizationType.Q4_1, GGMLQuantizationType.F16])
def test_quantised_weights_are_unpacked_and_that_is_said(
    stored: GGMLQuantizationType, checkpoint: Path, tmp_path: Path, command: Command
) -> None:
    file = gguf_file.write(checkpoint, tmp_path / "tiny.gguf", stored=stored)
    first, *_, end = command.run("-m", file, "-p", TEXT, "--device", "cpu", "--max-new-tokens", 4, "--top", 0)
    assert (first["dtype"], end["steps"]) == (f"{stored.name} weights in float32", 4)
    said = f"{stored.name} weights in float32; llama.cpp computes with other arithmetic"
    assert said in first["notes"]
    assert command("verify", "-m", file, "-p", TEXT, "--device", "cpu", "--max-new-tokens", 4)[0] == 0


def test_nothing_is_written_to_stderr_and_a_second_one_opens_too(checkpoint: Path, tmp_path: Path) -> None:
    file = gguf_file.write(checkpoint, tmp_path / "tiny.gguf", stored=GGMLQuantizationType.Q8_0)
    came, stderr = load_all([{"origin": {"model": str(file), "device": "cpu"}}] * 2)
    assert [outcome["info"]["name"] for outcome in came] == ["tiny.gguf"] * 2
    assert stderr == ""


def test_another_dtype_is_the_persons(written: Path) -> None:
    info = opened(written, dtype="bfloat16").info
    assert info.dtype == "bfloat16"
    assert "F32 weights in bfloat16; llama.cpp computes with other arithmetic" in info.notes


def test_a_folder_that_holds_one_is_that_file(written: Path, tmp_path: Path) -> None:
    for name in ("tiny.gguf", "mmproj-tiny.gguf"):
        shutil.copy(written, tmp_path / name)
    assert opened(tmp_path).info.name == "tiny.gguf"


def test_of_several_one_must_be_chosen(written: Path, tmp_path: Path) -> None:
    for name in ("a.gguf", "b.gguf"):
        shutil.copy(written, tmp_path / name)
    assert "holds 2 GGUF files: a.gguf, b.gguf. Give one of them" in refused(tmp_path)


def test_safetensors_beside_it_come_first(checkpoint: Path, written: Path, tmp_path: Path) -> None:
    folder = checkpoints.copy(checkpoint, tmp_path / "both")
    shutil.copy(written, folder / "tiny.gguf")
    assert opened(folder).info.name == folder.name


def test_a_file_named_by_a_checksum_has_the_models_name(checkpoint: Path, written: Path, tmp_path: Path) -> None:
    blob = Path(shutil.copy(written, tmp_path / "sha256-0123"))
    assert opened(blob).info.name == "sha256-0123"


def test_a_stop_is_felt_while_weights_are_unpacked(written: Path) -> None:
    def report(stage: str, *_: object) -> None:
        if stage == STAGE:
            raise StoppedError("The loading was given up.")

    with pytest.raises(StoppedError):
        TransformersModel.load(Origin(model=str(written), device="cpu"), report)


def test_the_chat_template_is_the_files(written: Path) -> None:
    tokens = opened(written).tokens
    assert tokens.encode_chat("Hi", "Be brief") == tokens.encode(
        "<|system|>Be brief<|user|>Hi<|assistant|>", add_special_tokens=False
    )


@pytest.mark.parametrize(
    ("cut", "pieces", "notes"),
    [("gpt-2", 1, 0), ("smollm", 4, 0), ("some-other", 1, 1)],
)
def test_digits_are_cut_as_the_file_says_or_that_is_said(
    cut: str, pieces: int, notes: int, checkpoint: Path, tmp_path: Path
) -> None:
    model = opened(gguf_file.write(checkpoint, tmp_path / "tiny.gguf", cut=cut))
    whole = opened(checkpoint).tokens.encode("1900")
    ids = model.tokens.encode("1900")
    assert b"".join(map(model.tokens.piece, ids)) == b"1900"
    assert len(ids) == (4 if pieces == 4 else len(whole)) and len(whole) < 4
    assert sum("cuts texts as" in note for note in model.info.notes) == notes


def test_a_missing_tensor_is_named(checkpoint: Path, tmp_path: Path) -> None:
    file = gguf_file.write(checkpoint, tmp_path / "tiny.gguf", leave_out="blk.1.ffn_up.weight")
    with pytest.raises(ModelError, match=r"lacks weights: model\.layers\.1\.mlp\.up_proj\.weight"):
        opened(file)


def test_a_size_that_the_weights_do_not_have_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    forged = gguf_file.write(checkpoint, tmp_path / "tiny.gguf", more={"llama.expert_count": 10**9})
    assert "says llama.expert_count=1000000000, and its weights have nothing of that size" in refused(forged)


def test_a_piece_of_a_split_model_says_how_to_join_it(checkpoint: Path, tmp_path: Path) -> None:
    piece = gguf_file.write(checkpoint, tmp_path / "tiny-00001-of-00003.gguf", more={"split.count": 3})
    for place in (piece, tmp_path):
        assert "is one of 3 pieces" in refused(place) and "--merge" in refused(place)


def test_a_package_that_is_missing_is_named(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find_spec", lambda name: None if name == "gguf" else sys)
    assert "gguf, which transformers reads it with, is not installed. pip install 'samplescope[gguf]'" in refused(
        written
    )


def renamed(data: bytes) -> bytes:
    """The same file of an architecture that nobody knows."""
    return data.replace(b"llama", b"lmama")


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "it is empty"),
    "another beginning": (lambda data: b"GGML" + data[4:], "does not begin with GGUF"),
    "version 1": (lambda data: data[:4] + b"\1\0\0\0" + data[8:], "has version 1"),
    "big-endian": (lambda data: data[:4] + b"\0\0\0\3" + data[8:], "big-endian"),
    "cut in its header": (lambda data: data[:3000], "ends within its header"),
    "cut by a byte": (lambda data: data[:-1], "ends before its tensor"),
    "cut in half": (lambda data: data[: len(data) // 2], "ends before its tensor"),
    "2**60 tensors": (lambda data: data[:8] + struct.pack("<Q", 2**60) + data[16:], "claims"),
    "2**60 entries": (lambda data: data[:16] + struct.pack("<Q", 2**60) + data[24:], "claims"),
    "one tensor more": (
        lambda data: data[:8] + struct.pack("<Q", 1 + struct.unpack("<Q", data[8:16])[0]) + data[16:],
        "its tensor",
    ),
    "a name of 2**62 bytes": (lambda data: data[:24] + struct.pack("<Q", 2**62) + data[32:], "ends within"),
    "zeros": (lambda data: data[:24] + bytes(len(data) - 24), "GGUF file"),
    "an unknown architecture": (renamed, "architecture 'lmama'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_line(name: str, copied: Path) -> None:
    spoil, said = BROKEN[name]
    copied.write_bytes(spoil(copied.read_bytes()))
    assert said in refused(copied)


def test_any_byte_changed_in_the_header_is_a_model_or_one_line(copied: Path) -> None:
    """Each byte of the beginning and of the table of tensors in turn, as another one."""
    whole = copied.read_bytes()
    table = whole.index(b"token_embd.weight") - 8
    for at in [*range(4, 400), *range(table, table + 1500, 3)]:
        copied.write_bytes(whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1 :])
        try:
            read_gguf(copied)
        except ValueError as error:
            assert str(error)
