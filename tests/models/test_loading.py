"""A model that cannot be loaded is refused with one line that says why, and no code of it is run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from tests.models import checkpoints
from tests.parity.reference import rows_of
from tui.core.origin import Origin
from tui.engine.engine import Engine
from tui.errors import InputError, ModelError, StoppedError
from tui.models.loading import load
from tui.models.transformers import TransformersModel
from tui.protocol import Open, Prompt, Step, View
from tui.widgets.candidate_columns import token_name


def quiet(*_: object) -> None:
    return None


def refused(source: object, dtype: str = "auto", device: str = "cpu") -> str:
    """Load a model that cannot be loaded; the error's message, which is one readable line."""
    with pytest.raises(ModelError) as caught:
        load(Origin(model=str(source), device=device, dtype=dtype), quiet)
    assert "\n" not in str(caught.value) and "Traceback" not in str(caught.value)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_whole_checkpoint_loads(checkpoint: Path) -> None:
    loaded = load(Origin(model=str(checkpoint), device="cpu"), quiet)
    model = loaded.model
    assert not model.training
    assert (model.device.type, model.dtype, loaded.name) == ("cpu", torch.float32, checkpoint.name)


def test_the_demo_model_needs_no_name() -> None:
    loaded = load(Origin(device="cpu"), quiet)
    assert loaded.name == "demo"
    assert loaded.model.dtype == torch.float32


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_another_dtype(checkpoint: Path, dtype: str) -> None:
    assert load(Origin(model=str(checkpoint), device="cpu", dtype=dtype), quiet).model.dtype == getattr(torch, dtype)


def test_each_stage_of_loading_is_reported(checkpoint: Path) -> None:
    stages: list[str] = []
    load(Origin(model=str(checkpoint), device="cpu"), lambda stage, *_: stages.append(stage))
    assert stages == ["importing torch", "loading the tokenizer", "loading the weights", "placing the weights"]


@pytest.mark.parametrize("stage", ["importing torch", "loading the weights", "placing the weights"])
def test_a_stop_is_felt_at_every_stage(checkpoint: Path, stage: str) -> None:
    def report(now: str, *_: object) -> None:
        if now == stage:
            raise StoppedError("The loading was given up.")

    with pytest.raises(StoppedError):
        load(Origin(model=str(checkpoint), device="cpu"), report)


@pytest.mark.parametrize("name", ["", " ", "a/b/c", "../up", "\x1b[31mred"])
def test_what_can_be_no_name(name: str) -> None:
    """More refusals are in test_refusals.py."""
    refused(name)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [("model.gguf", b"GGUF\3\0\0\0", "is a damaged GGUF file"), ("MODEL.GGUF", b"", "is a damaged GGUF file"),
     ("weights", b"GGUF\3\0\0\0", "is a damaged GGUF file"),
     ("model.safetensors", b"version https://git-lfs", "Git LFS"), ("model.safetensors", b"{}", "a model is a folder")],
)  # fmt: skip
def test_a_file_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, said: str) -> None:
    """By its path, and by its name where it is."""
    (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    for source in (tmp_path / name, name):
        assert name in refused(source) and said in refused(source)


def test_many_missing_tensors_are_counted(broken: Path) -> None:
    def drop(tensors: dict[str, torch.Tensor]) -> None:
        for name in [name for name in tensors if ".layers.1." in name]:
            del tensors[name]

    checkpoints.edit_weights(broken, drop)
    assert "and 6 more" in refused(broken)


@pytest.mark.parametrize("what", ["pieces", "pickle", "pickled pieces"])
def test_weights_in_pieces_and_allowed_pickles_load(broken: Path, what: str) -> None:
    """The pickle's weights have the same bits; `trusted` says that a pickle was opened."""
    model = load(Origin(model=str(broken), device="cpu"), quiet).model
    if what == "pieces":
        model.save_pretrained(broken, max_shard_size="1MB")
        (broken / "model.safetensors").unlink(missing_ok=True)
    else:
        checkpoints.pickle(broken, pieces=what == "pickled pieces")
    again = TransformersModel.load(Origin(model=str(broken), device="cpu", allow_pickle=what != "pieces"), quiet)
    assert again.info.trusted is (what != "pieces")
    theirs = again._shared.model.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in model.state_dict().items())


OWN_CODE = """
from pathlib import Path
from transformers import LlamaConfig, LlamaForCausalLM
Path({!r}).touch()
class OwnConfig(LlamaConfig):
    model_type = "own_llama"
class OwnModel(LlamaForCausalLM):
    config_class = OwnConfig
"""


def test_a_repositorys_code_runs_only_where_the_origin_says_so(broken: Path, tmp_path: Path) -> None:
    (broken / "own.py").write_text(OWN_CODE.format(str(tmp_path / "ran")))
    kinds = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"}
    checkpoints.edit_json(broken / "config.json", lambda c: c.update(auto_map=kinds, model_type="own_llama"))
    assert "--trust-remote-code" in refused(broken)
    assert not (tmp_path / "ran").exists()
    model = TransformersModel.load(Origin(model=str(broken), device="cpu", trust_remote_code=True), quiet)
    assert (tmp_path / "ran").exists()
    assert model.info.trusted and type(model._shared.model).__name__ == "OwnModel"
    assert len(model.reference.generate([5, 6], {"max_new_tokens": 3}, 1)) == 5


def test_a_class_transformers_has_itself_needs_no_code_of_the_repository(broken: Path, tmp_path: Path) -> None:
    (broken / "own.py").write_text(OWN_CODE.format(str(tmp_path / "ran")))
    kinds = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"}
    checkpoints.edit_json(broken / "config.json", lambda config: config.update(auto_map=kinds))
    (broken / "custom_generate").mkdir()
    (broken / "custom_generate" / "generate.py").write_text(OWN_CODE.format(str(tmp_path / "ran")))
    assert not TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet).info.trusted
    assert not (tmp_path / "ran").exists()


def test_gpt_neox_is_no_encoder_whatever_its_is_decoder_says(broken: Path) -> None:
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    model = transformers.GPTNeoXForCausalLM(transformers.GPTNeoXConfig(**small, vocab_size=checkpoints.TOKENS))
    assert model.config.is_decoder is False
    model.save_pretrained(broken)
    assert type(load(Origin(model=str(broken), device="cpu"), quiet).model).__name__ == "GPTNeoXForCausalLM"


TEXT = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 2, "head_dim": 16,
    "num_key_value_heads": 1, "vocab_size": checkpoints.TOKENS,
}  # fmt: skip
VISION = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}


def gemma3() -> Any:
    return transformers.Gemma3ForConditionalGeneration(
        transformers.Gemma3Config(
            text_config=TEXT, vision_config={**VISION, "image_size": 28, "patch_size": 14}, mm_tokens_per_image=4
        )
    )


def qwen3_5() -> Any:
    heads = {"linear_num_key_heads": 1, "linear_num_value_heads": 2}
    sizes = {"linear_key_head_dim": 16, "linear_value_head_dim": 16}
    vision = {"depth": 1, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 32}
    config = transformers.Qwen3_5Config(text_config={**TEXT, **heads, **sizes}, vision_config=vision)
    return transformers.Qwen3_5ForConditionalGeneration(config)


@pytest.mark.parametrize("make", [gemma3, qwen3_5])
def test_a_multimodal_checkpoints_text_decoder_has_the_rows_of_generate(broken: Path, make: Callable[[], Any]) -> None:
    (broken / "model.safetensors").unlink()
    make().save_pretrained(broken)
    model = TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet)
    assert model.info.vocabulary == checkpoints.TOKENS and model.info.context
    prompt, tokens = [5, 6, 7], [8, 9, 10, 11]
    decoder, expected = model.decoder(prompt), rows_of(model._shared.model, prompt, tokens)
    for count, row in enumerate(expected):
        assert torch.equal(decoder.logits([*prompt, *tokens[:count]], lambda _length: None), row)


# -- the facts of a loaded model -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loaded(checkpoint: Path) -> TransformersModel:
    return TransformersModel.load(Origin(model=str(checkpoint), device="cpu"), quiet)


def test_rows_beyond_the_tokenizer_are_shown_as_unused(loaded: TransformersModel) -> None:
    assert loaded.info.vocabulary == checkpoints.TOKENS + checkpoints.UNUSED
    for token in (checkpoints.TOKENS, loaded.info.vocabulary - 1):
        assert loaded.tokens.piece(token) == b""
        assert loaded.tokens.special(token)


def test_the_mass_of_rows_beyond_the_tokenizer_is_exact(checkpoint: Path) -> None:
    """An id without a token is a candidate like any other: probabilities include it."""
    engine = Engine()
    engine.open(Open(origin=Origin(model=str(checkpoint), device="cpu")), quiet)
    at = engine.prompt(Prompt(ids=[5, 6, 7]), quiet).nodes[-1].id
    given = {"top_k": 0}
    viewed = engine.view(View(slot="main", at=at, given=given, window=(0, checkpoints.TOKENS + checkpoints.UNUSED)))
    row = rows_of(engine.model._shared.model, [5, 6, 7], [])[0]
    exact = torch.softmax(row, -1)[checkpoints.TOKENS :]
    unused = {row.token: row for row in viewed.candidates if row.token >= checkpoints.TOKENS}
    assert len(viewed.candidates) == len(row) and len(unused) == checkpoints.UNUSED
    for token, shown in unused.items():
        assert shown.raw == shown.final == float(exact[token - checkpoints.TOKENS]) > 0
        assert token_name(shown) == f"⟨unused {token}⟩"
    assert sum(shown.raw for shown in viewed.candidates) == pytest.approx(1.0, abs=1e-5)
    tip = list(engine.step(Step(at=at, given=given, seed=1, count=1, token=checkpoints.TOKENS)))[-1]
    assert tip.special and tip.raw == unused[checkpoints.TOKENS].raw


def test_a_model_without_bos_eos_and_pad_runs(broken: Path) -> None:
    """Prompt by text and by ids, and generate to the requested length."""
    ends = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
    for file in ("config.json", "generation_config.json"):
        checkpoints.edit_json(broken / file, lambda content: content.update(ends))
    names = ("bos_token", "eos_token", "pad_token", "unk_token")
    checkpoints.edit_json(broken / "tokenizer_config.json", lambda c: [c.pop(name, None) for name in names])
    engine = Engine()
    engine.open(Open(origin=Origin(model=str(broken), device="cpu")), quiet)
    for prompt in (Prompt(text="Once upon"), Prompt(ids=[5, 6, 7])):
        nodes = engine.prompt(prompt, quiet).nodes
        given = {"max_new_tokens": 6}
        new = [node.token for node in engine.step(Step(at=nodes[-1].id, given=given, seed=3, count=None))]
        ids = [node.token for node in engine.story.path(nodes[-1].id)]
        assert [*ids, *new] == engine.model.reference.generate(ids, given, 3) and len(new) == 6


def test_an_empty_prompt_is_one_bos(loaded: TransformersModel) -> None:
    assert loaded.tokens.encode("") == [0]


def test_an_empty_prompt_is_what_generate_starts_from(broken: Path) -> None:
    """Its generation_config's BOS, whatever the tokenizer's is, or makes of an empty text."""
    checkpoints.edit_json(broken / "generation_config.json", lambda config: config.update(bos_token_id=7))
    model = TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet)
    theirs = model._shared.model.generate(max_new_tokens=1)[0].tolist()
    assert model.tokens.encode("") == theirs[:1] == [7]


def test_an_empty_prompt_without_a_bos_is_refused(broken: Path) -> None:
    checkpoints.edit_json(broken / "tokenizer_config.json", lambda config: config.pop("bos_token"))
    checkpoints.edit_json(broken / "generation_config.json", lambda config: config.pop("bos_token_id"))
    model = TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet)
    with pytest.raises(InputError, match="empty"):
        model.tokens.encode("")
    assert model.tokens.encode("a")


def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths(loaded: TransformersModel) -> None:
    with pytest.raises(InputError, match=f"{checkpoints.CONTEXT + 1} tokens.*{checkpoints.CONTEXT}"):
        loaded.decoder([5] * (checkpoints.CONTEXT + 1))


def test_a_prompt_that_fills_the_context_has_a_row_and_no_room(loaded: TransformersModel) -> None:
    ids = [5] * checkpoints.CONTEXT
    assert loaded.decoder(ids).logits(ids, lambda _length: None).shape == (loaded.info.vocabulary,)
    assert loaded.reference.generate(ids, {}, 1) == ids
    assert loaded.reference.generate_logits(ids, {}, 1) == []


def test_the_context_caps_generate_too(loaded: TransformersModel) -> None:
    ids = [5] * (checkpoints.CONTEXT - 3)
    assert len(loaded.reference.generate(ids, {"max_new_tokens": 40}, 1)) == checkpoints.CONTEXT
    assert len(loaded.reference.generate(ids, {"max_new_tokens": 2}, 1)) == checkpoints.CONTEXT - 1


def test_what_a_model_asks_and_does_not_get_is_said(broken: Path) -> None:
    asked = {"num_beams": 4, "guidance_scale": 1.5, "temperature": 0.7, "top_k": 50, "use_cache": True}
    checkpoints.edit_json(broken / "generation_config.json", lambda config: config.update(asked))
    info = TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet).info
    assert [note.split("=")[0].split()[-1] for note in info.notes] == ["guidance_scale", "num_beams"]
    assert info.generation["temperature"] == 0.7


def test_a_copy_in_another_place_is_the_same_model(checkpoint: Path, tmp_path: Path) -> None:
    """A folder whose name looks like an option or a URL is only a folder."""
    odd = tmp_path / "--top-k 0 [x]"
    shutil.copytree(checkpoint, odd)
    assert load(Origin(model=str(odd), device="cpu"), quiet).name == odd.name
