"""What of a model is overridden or not used is said once: by run and verify on stderr, by the explorer in its notes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.commands import Command
from tests.models import checkpoints
from tests.models.hostile import bytes_of, json_with
from tui.core.origin import Origin
from tui.core.progress import quiet
from tui.errors import ModelError
from tui.models.transformers import TransformersModel

GENERATION = "generation_config.json"
SYNTHID = {"ngram_len": 5, "keys": [654, 400, 836], "context_history_size": 1024}


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def generation(**asked: Any) -> Callable[[Path], object]:
    return json_with(GENERATION, **asked)


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], object]:
    return lambda folder: checkpoints.edit_weights(folder, change)


def own_generate(folder: Path) -> None:
    (folder / "custom_generate").mkdir()
    (folder / "custom_generate" / "generate.py").write_text("def generate(model, **more): ...")


SAID: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "layers left out": (json_with("config.json", num_hidden_layers=2, layer_types=["full_attention"] * 2),
                        ["model.layers.2.", "not used", "6 more"]),
    "a tensor of nobody": (weights(lambda t: t.update({"extra.weight": torch.zeros(2)})), ["extra.weight", "not used"]),
    "beams and guidance": (generation(num_beams=4, guidance_scale=1.5), ["num_beams=4", "guidance_scale=1.5"]),
    "beams alone with many sequences": (generation(num_return_sequences=3), ["num_return_sequences=3"]),
    "no cache": (generation(use_cache=False), ["use_cache=False", "overridden"]),
    "SynthID": (generation(watermarking_config=SYNTHID), ["SynthID", "overridden"]),
    "an end beyond the vocabulary": (generation(eos_token_id=[0, 99_999]), ["eos_token_id 99999", "ends no text"]),
    "a negative end": (generation(eos_token_id=-1), ["eos_token_id -1", "ends no text"]),
    "a generation_config cut short": (bytes_of(GENERATION, lambda _: b'{"top_k": 1,'), [GENERATION, "not in force"]),
    "a generation_config with a comma": (bytes_of(GENERATION, lambda _: b"{,}"), [GENERATION, "not in force"]),
    "a generation_config that is a list": (bytes_of(GENERATION, lambda _: b"[1]"), [GENERATION, "not in force"]),
    "a generate() of its own": (own_generate, ["custom_generate/generate.py", "not used"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_run_and_verify_say_it_on_stderr(command: Command, broken: Path, name: str) -> None:
    change, words = SAID[name]
    change(broken)
    argv = ("-m", broken, "-p", "The", "--max-new-tokens", 2)
    ran, checked = command("run", *argv, "--top", 0), command("verify", *argv)
    head = json.loads(ran[1].splitlines()[0])
    for status, _, err in (ran, checked):
        lines = err.splitlines()
        assert status == 0 and all(line.startswith("note: ") for line in lines)
        assert [word for word in words if word not in err] == []
        assert len(set(lines)) == len(lines)
        assert [line.removeprefix("note: ") for line in lines] == head["notes"]
    assert checked[1].startswith("equal") and len(checked[1].splitlines()) == 1


def test_nothing_is_said_of_a_whole_checkpoint(command: Command, checkpoint: Path) -> None:
    status, out, err = command("run", "-m", checkpoint, "-p", "The", "--max-new-tokens", 1)
    assert (status, err, json.loads(out.splitlines()[0])["notes"]) == (0, "", [])


@pytest.mark.parametrize("scale", ["weight_scale", "weight_scale_inv", "weight.absmax", "qzeros", "SCB"])
def test_scales_that_nobody_applies_are_refused(broken: Path, scale: str) -> None:
    """The weights beside them are other numbers without them."""
    name = f"model.layers.0.self_attn.q_proj.{scale}"
    checkpoints.edit_weights(broken, lambda tensors: tensors.update({name: torch.ones(1)}))
    with pytest.raises(ModelError, match=f"quantised \\({name}\\).*config\\.json does not say how"):
        TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet)


def test_a_generate_of_its_own_is_left_out_where_its_code_is_trusted_too(broken: Path) -> None:
    own_generate(broken)
    model = TransformersModel.load(Origin(model=str(broken), device="cpu", trust_remote_code=True), quiet)
    assert len(model.reference.generate([5, 6], {"max_new_tokens": 3}, 1)) == 5
