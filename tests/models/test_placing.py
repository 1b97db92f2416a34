"""Where weights go: devices, dtypes, maps of layers, and the errors for impossible ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import transformers

from tests.models import checkpoints
from tests.parity.reference import rows_of
from tui.core.origin import Origin
from tui.errors import ModelError
from tui.models import placing
from tui.models.loading import load
from tui.models.placing import checked_device, input_device, layer_devices, placement
from tui.models.transformers import TransformersModel

MAP_ON_THE_DISK = {
    "model.embed_tokens": "disk", "model.layers.0": "disk", "model.layers.1": "cpu", "model.layers.2": "cpu",
    "model.norm": "cpu", "model.rotary_emb": "cpu", "lm_head": "cpu",
}  # fmt: skip


def quiet(*_: object) -> None:
    return None


def refused(**origin: object) -> str:
    with pytest.raises(ModelError) as caught:
        placement(Origin(**origin), quantised=False)
    return str(caught.value)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Patch torch to report two CUDA devices."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch, "empty", lambda *_, **__: SimpleNamespace(is_meta=False))
    yield


@pytest.fixture
def no_cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    yield


def test_auto_is_cuda_where_there_is_any(cuda: None) -> None:
    assert checked_device("auto") == "cuda"


def test_auto_is_the_cpu_where_there_is_none(no_cuda: None) -> None:
    assert checked_device("auto") == "cpu"


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:1"])
def test_a_cuda_device_that_is_there(cuda: None, device: str) -> None:
    assert checked_device(device) == device


def test_one_cuda_device_too_far_says_how_many_there_are(cuda: None) -> None:
    assert "'cuda:2'" in refused(device="cuda:2") and "there are 2 CUDA devices" in refused(device="cuda:2")


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:7"])
def test_cuda_without_a_cuda_device_is_one_line(no_cuda: None, device: str) -> None:
    assert re.fullmatch(
        f"Device '{device}' cannot be used: (torch finds no CUDA device|this torch was built without CUDA). "
        "Try --device cpu.",
        refused(device=device),
    )


def test_metal_without_metal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert "no Metal GPU" in refused(device="mps")


@pytest.mark.parametrize("device", ["meta", "nonsense", "cuda:-1", "cuda:x", "", "cpu:-2", "cuda:²"])
def test_what_computes_nothing_is_no_device(device: str) -> None:
    said = refused(device=device)
    assert said.startswith(f"Device {device!r} cannot be used: ") and "\n" not in said


@pytest.mark.parametrize("dtype", ["float8", "", "FLOAT32", "int8"])
def test_a_dtype_that_is_none(dtype: str) -> None:
    assert refused(dtype=dtype) == f"--dtype must be one of auto, float32, bfloat16, float16, not {dtype!r}."


# -- maps of layers --------------------------------------------------------------------------------------------------


def test_a_map_that_is_none() -> None:
    assert "--device-map must be one of auto, balanced" in refused(device_map="all over")


def test_a_map_and_a_device_are_one_too_many() -> None:
    said = refused(device_map="auto", device="cpu")
    assert "--device-map auto" in said and "--device cpu" in said


@pytest.mark.parametrize("quantised", [True, False])
def test_without_accelerate_its_package_is_named(monkeypatch: pytest.MonkeyPatch, quantised: bool) -> None:
    monkeypatch.setattr(placing, "find_spec", lambda _name: None)
    with pytest.raises(ModelError, match=r"accelerate, which is not installed.*samplescope\[accelerate\]"):
        placement(Origin(device="cpu", device_map="") if quantised else Origin(device_map="auto"), quantised=quantised)


def test_a_quantised_checkpoint_is_placed_while_it_is_loaded() -> None:
    assert placement(Origin(device="cpu"), quantised=True) == ({"dtype": "auto", "device_map": {"": "cpu"}}, None)
    assert placement(Origin(device="cpu"), quantised=False) == ({"dtype": "auto"}, "cpu")


def test_an_automatic_map_gives_the_rows_of_generate(checkpoint: Path) -> None:
    model = TransformersModel.load(Origin(model=str(checkpoint), device_map="auto"), quiet)
    row = model.decoder([5, 6, 7]).logits([5, 6, 7], lambda _length: None)
    assert str(row.device) == str(model._shared.model.device) == model.info.device
    assert torch.equal(row.cpu(), rows_of(model._shared.model.cpu(), [5, 6, 7], [])[0])


@pytest.mark.filterwarnings("ignore")
def test_weights_on_the_disk_give_rows_where_they_are_computed(checkpoint: Path, tmp_path: Path) -> None:
    """The first weights are offloaded then, so model.device is of no use."""
    spread_out = transformers.AutoModelForCausalLM.from_pretrained(
        checkpoint, device_map=MAP_ON_THE_DISK, offload_folder=tmp_path
    )
    loaded = load(Origin(model=str(checkpoint), device="cpu"), quiet)
    whole, tokenizer = loaded.model, loaded.tokenizer
    assert spread_out.device.type == "meta"
    model = TransformersModel(spread_out, tokenizer, "spread")
    assert model.info.device == "cpu"
    assert "layers on disk, cpu" in model.info.notes
    prompt, tokens = [5, 6, 7], [8, 9, 10]
    decoder = model.decoder(prompt)
    rows = [decoder.logits([*prompt, *tokens[:count]], lambda _length: None) for count in range(4)]
    assert {str(row.device) for row in rows} == {"cpu"}
    for row, expected in zip(rows, rows_of(whole, prompt, tokens), strict=True):
        assert torch.equal(row, expected)
    both = (model, TransformersModel(whole, tokenizer, "whole"))
    ours, theirs = (one.reference.generate(prompt, {"max_new_tokens": 5}, 3) for one in both)
    assert ours == theirs


@pytest.mark.parametrize(
    ("places", "device", "shown"),
    [
        ({"embed": 1, "a": 1, "b": 0, "head": "cpu"}, "cuda:1", ["cuda:1", "cuda:0", "cpu"]),
        ({"embed": "disk", "a": "cpu", "b": 0}, "cuda:0", ["disk", "cpu", "cuda:0"]),
        ({"embed": "disk", "a": "cpu"}, "cpu", ["disk", "cpu"]),
        ({"": "mps"}, "mps", []),
    ],
)
def test_rows_of_spread_layers_come_out_at_the_first_device_that_computes(
    places: dict[str, object], device: str, shown: list[str]
) -> None:
    model = SimpleNamespace(device=torch.device("meta"), hf_device_map=places)
    assert str(input_device(model)) == device
    assert layer_devices(model) == shown


def test_a_model_in_one_place_is_at_home_there() -> None:
    model = SimpleNamespace(device=torch.device("cuda", 1))
    assert str(input_device(model)) == "cuda:1" and layer_devices(model) == []


# -- quantised -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, ["bitsandbytes"]),
        ({"quant_method": "gptq", "bits": 4}, ["gptq"]),
        ({"quant_method": "awq", "bits": 4}, ["awq"]),
    ],
)
def test_a_quantisation_library_that_is_missing_is_named(
    broken: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, object], wanted: list[str]
) -> None:
    method = asked["quant_method"]

    def lacking(*_: object, **__: object) -> None:
        raise ImportError(f"Loading this\nrequires {method}: pip install {method}")

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", lacking)
    checkpoints.edit_json(broken / "config.json", lambda config: config.update(quantization_config=asked))
    with pytest.raises(ModelError) as caught:
        load(Origin(model=str(broken), device="cpu"), quiet)
    said = str(caught.value)
    assert f"is quantised ({method}) and needs a library that is not installed" in said and "\n" not in said
