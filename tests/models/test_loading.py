"""What cannot be loaded is refused with one line that says why, and nobody's code is run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
import transformers

from tests.models import checkpoints
from tui.errors import InputError, ModelError
from tui.models import loading
from tui.models.loading import load
from tui.models.transformers import TransformersModel


def quiet(*_: object) -> None:
    return None


def refused(source: object, dtype: str = "auto", device: str = "cpu") -> str:
    """The message for what cannot be loaded: one line, which a person can read."""
    with pytest.raises(ModelError) as caught:
        load(str(source), device, dtype, quiet)
    assert "\n" not in str(caught.value) and "Traceback" not in str(caught.value)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_whole_checkpoint_loads(checkpoint: Path) -> None:
    model, _, name = load(str(checkpoint), "cpu", "auto", quiet)
    assert not model.training
    assert (model.device.type, model.dtype, name) == ("cpu", torch.float32, checkpoint.name)


def test_the_demo_model_needs_no_name() -> None:
    model, _, name = load(None, "cpu", "auto", quiet)
    assert name == "demo"
    assert model.dtype == torch.float32


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_another_dtype(checkpoint: Path, dtype: str) -> None:
    assert load(str(checkpoint), "cpu", dtype, quiet)[0].dtype == getattr(torch, dtype)


def test_each_stage_of_loading_is_reported(checkpoint: Path) -> None:
    stages: list[str] = []
    load(str(checkpoint), "cpu", "auto", lambda stage, *_: stages.append(stage))
    assert stages == ["importing torch", "loading the tokenizer", "loading the weights"]


def test_an_unknown_folder(tmp_path: Path) -> None:
    assert str(tmp_path / "nothing") in refused(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["nobody/has-this-model", "has-this-model"])
def test_an_unknown_name_where_the_hub_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(loading, "_reachable", lambda _endpoint: False)
    said = refused(name)
    assert name in said and "cannot be reached" in said


def test_a_file_is_no_model(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    assert str(file) in refused(file)


def test_an_empty_folder(tmp_path: Path) -> None:
    assert str(tmp_path) in refused(tmp_path)


@pytest.mark.parametrize("name", ["", " ", "a/b/c", "../up", "\x1b[31mred", "https://huggingface.co/gpt2"])
def test_what_can_be_no_name(name: str) -> None:
    refused(name)


def test_no_tokenizer(broken: Path) -> None:
    for name in checkpoints.TOKENIZER_FILES:
        (broken / name).unlink()
    said = refused(broken)
    assert "tokenizer" in said and str(broken) in said


def test_no_configuration(broken: Path) -> None:
    (broken / "config.json").unlink()
    assert str(broken) in refused(broken)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_a_file_that_is_not_json(broken: Path, name: str) -> None:
    (broken / name).write_text('{"model_type": "lla')
    assert str(broken) in refused(broken)


@pytest.mark.parametrize("keep", [0, 5, 1000, 0.5, -1])
def test_truncated_weights(broken: Path, keep: float) -> None:
    file = broken / "model.safetensors"
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * keep)] if isinstance(keep, float) else data[:keep])
    said = refused(broken)
    assert "model" in said and str(broken) in said


def test_a_missing_tensor_is_named(broken: Path) -> None:
    checkpoints.edit_weights(broken, lambda tensors: tensors.pop("model.layers.1.mlp.up_proj.weight"))
    said = refused(broken)
    assert "lacks weights" in said and "model.layers.1.mlp.up_proj.weight" in said


def test_many_missing_tensors_are_counted(broken: Path) -> None:
    def drop(tensors: dict[str, torch.Tensor]) -> None:
        for name in [name for name in tensors if ".layers.1." in name]:
            del tensors[name]

    checkpoints.edit_weights(broken, drop)
    assert "and 6 more" in refused(broken)


def test_a_tensor_of_another_shape_is_named(broken: Path) -> None:
    name = "model.layers.0.mlp.up_proj.weight"
    checkpoints.edit_weights(broken, lambda tensors: tensors.update({name: torch.zeros(3, 3)}))
    assert f"{name} (shape (3, 3))" in refused(broken)


def test_a_pickle_is_not_opened(broken: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    (broken / "model.safetensors").unlink()
    torch.save({"model.norm.weight": Evil()}, broken / "pytorch_model.bin")
    assert str(broken) in refused(broken)
    assert not (tmp_path / "ran").exists()


EVIL = "from pathlib import Path\nPath({!r}).touch()\nclass Evil: pass\n"


@pytest.mark.parametrize("model_type", ["llama", "nobody_knows_this"])
def test_a_repositorys_code_is_never_run(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_type: str
) -> None:
    """Nor does anybody ask on stdin whether it may be."""

    def asked(*_: object) -> str:
        raise AssertionError("a question on stdin")

    monkeypatch.setattr("builtins.input", asked)
    (broken / "evil.py").write_text(EVIL.format(str(tmp_path / "ran")))
    kinds = {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil", "AutoTokenizer": ["evil.Evil", None]}
    change = {"auto_map": kinds, "model_type": model_type}
    checkpoints.edit_json(broken / "config.json", lambda config: config.update(change))
    checkpoints.edit_json(broken / "tokenizer_config.json", lambda config: config.update({"auto_map": kinds}))
    (broken / "custom_generate").mkdir()
    (broken / "custom_generate" / "generate.py").write_text(EVIL.format(str(tmp_path / "ran")))
    if model_type == "llama":
        load(str(broken), "cpu", "auto", quiet)  # there is a class of its own for it
    else:
        refused(broken)
    assert not (tmp_path / "ran").exists()


def test_an_encoder_decoder_is_refused(broken: Path) -> None:
    for file in ("config.json", "model.safetensors", "generation_config.json"):
        (broken / file).unlink()
    small = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 1, "num_heads": 2, "vocab_size": 100}
    transformers.T5ForConditionalGeneration(transformers.T5Config(**small)).save_pretrained(broken)
    said = refused(broken)
    assert "T5" in said or "t5" in said


def test_a_model_that_generates_nothing_is_refused(broken: Path) -> None:
    for file in ("config.json", "model.safetensors", "generation_config.json"):
        (broken / file).unlink()
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    transformers.ViTModel(transformers.ViTConfig(**small)).save_pretrained(broken)
    refused(broken)


def test_a_dtype_that_does_not_exist(checkpoint: Path) -> None:
    assert "--dtype" in refused(checkpoint, dtype="float8")


@pytest.mark.parametrize("device", ["nonsense", "cuda:99", "cpu:-2"])
def test_a_device_that_is_not_there(checkpoint: Path, device: str) -> None:
    assert repr(device) in refused(checkpoint, device=device)


# -- what is known once it is loaded ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loaded(checkpoint: Path) -> TransformersModel:
    return TransformersModel.load(str(checkpoint), "cpu", "auto", quiet)


def test_rows_beyond_the_tokenizer_are_shown_as_unused(loaded: TransformersModel) -> None:
    assert loaded.facts.vocabulary == checkpoints.TOKENS + checkpoints.UNUSED
    for token in (checkpoints.TOKENS, loaded.facts.vocabulary - 1):
        assert loaded.tokens.piece(token) == f"⟨unused {token}⟩".encode()
        assert loaded.tokens.special(token)


def test_an_empty_prompt_is_one_bos(loaded: TransformersModel) -> None:
    assert loaded.tokens.encode("") == [0]


def test_an_empty_prompt_without_a_bos_is_refused(broken: Path) -> None:
    checkpoints.edit_json(broken / "tokenizer_config.json", lambda config: config.pop("bos_token"))
    model = TransformersModel.load(str(broken), "cpu", "auto", quiet)
    with pytest.raises(InputError, match="empty"):
        model.tokens.encode("")
    assert model.tokens.encode("a")


def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths(loaded: TransformersModel) -> None:
    with pytest.raises(InputError, match=f"{checkpoints.CONTEXT + 1} tokens.*{checkpoints.CONTEXT}"):
        loaded.decoder([5] * (checkpoints.CONTEXT + 1))


def test_a_prompt_that_fills_the_context_has_a_row_and_no_room(loaded: TransformersModel) -> None:
    ids = [5] * checkpoints.CONTEXT
    assert loaded.decoder(ids).row(ids, lambda _length: None).shape == (loaded.facts.vocabulary,)
    assert loaded.generate(ids, {}, 1) == ids
    assert loaded.generate_rows(ids, {}, 1) == []


def test_the_context_caps_generate_too(loaded: TransformersModel) -> None:
    ids = [5] * (checkpoints.CONTEXT - 3)
    assert len(loaded.generate(ids, {"max_new_tokens": 40}, 1)) == checkpoints.CONTEXT
    assert len(loaded.generate(ids, {"max_new_tokens": 2}, 1)) == checkpoints.CONTEXT - 1


def test_what_a_model_asks_and_does_not_get_is_said(broken: Path) -> None:
    asked = {"num_beams": 4, "guidance_scale": 1.5, "temperature": 0.7, "top_k": 50, "use_cache": True}
    checkpoints.edit_json(broken / "generation_config.json", lambda config: config.update(asked))
    facts = TransformersModel.load(str(broken), "cpu", "auto", quiet).facts
    assert [note.split("=")[0].split()[-1] for note in facts.notes] == ["guidance_scale", "num_beams"]
    assert facts.generation["temperature"] == 0.7


def test_a_copy_in_another_place_is_the_same_model(checkpoint: Path, tmp_path: Path) -> None:
    """A folder whose name looks like an option or a URL is only a folder."""
    odd = tmp_path / "--top-k 0 [x]"
    shutil.copytree(checkpoint, odd)
    assert load(str(odd), "cpu", "auto", quiet)[2] == odd.name
