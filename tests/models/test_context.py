"""The context is found under whatever name a configuration has it, and is unknown where there is none."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers

from tests.models.tiny import VOCABULARY, tokenizer
from tui.models.context import context_of
from tui.models.transformers import TransformersModel

ROPE = {"rope_theta": 10_000.0}


@pytest.mark.parametrize(
    ("config", "context"),
    [
        (transformers.LlamaConfig(max_position_embeddings=96), 96),
        (transformers.GPT2Config(n_positions=96), 96),
        (transformers.RwkvConfig(context_length=96), 96),
        (transformers.MptConfig(max_seq_len=96), 96),
        (transformers.DbrxConfig(max_seq_len=96), 96),
        (transformers.WhisperConfig(max_target_positions=96), 96),
        (transformers.XLNetConfig(), None),
        (transformers.BloomConfig(), None),
        (transformers.BloomConfig(seq_length=96), None),
        (transformers.Mamba2Config(), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_under_its_own_name(config: Any, context: int | None) -> None:
    assert context_of(config.get_text_config()) == context


@pytest.mark.parametrize("value", [-1, 0, None])
def test_what_is_no_length_is_no_limit(value: int | None) -> None:
    config = transformers.PreTrainedConfig()
    config.max_position_embeddings = value
    assert context_of(config) is None


@pytest.mark.parametrize(
    ("rope", "context"),
    [
        ({"rope_type": "default"}, 64),
        ({"rope_type": "linear", "factor": 4.0}, 64),
        ({"rope_type": "dynamic", "factor": 4.0}, 256),
        ({"rope_type": "dynamic", "factor": 0.5}, 64),
        ({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}, 256),
        ({"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 32}, 64),
        ({"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 32, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0}, 64),
    ],
    ids=lambda value: value["rope_type"] if isinstance(value, dict) else str(value),
)  # fmt: skip
def test_a_scaled_rotary_embedding(rope: dict[str, Any], context: int) -> None:
    config = transformers.LlamaConfig(max_position_embeddings=64, rope_parameters={**ROPE, **rope})
    assert context_of(config) == context


def stretched() -> TransformersModel:
    """A model whose frequencies change with each token from the 33rd on."""
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4,
        max_position_embeddings=32, rope_parameters={**ROPE, "rope_type": "dynamic", "factor": 4.0},
        initializer_range=0.15, eos_token_id=None, bos_token_id=None,
    )  # fmt: skip
    torch.manual_seed(0)
    return TransformersModel(transformers.LlamaForCausalLM(config).eval(), tokenizer(), "stretched")


@pytest.mark.parametrize("length", [5, 30, 40])
def test_a_rotary_embedding_that_stretches_gives_generate_s_rows_each_time(length: int) -> None:
    """Whatever was run before on the same model: a prompt beyond the trained length begins with its own frequencies."""
    model, prompt = stretched(), [7 + 3 * place % 250 for place in range(length)]
    assert model.info.context == 128
    given = {"max_new_tokens": 25}
    fresh = stretched().reference.generate(prompt, given, 3)
    rows = stretched().reference.generate_logits(prompt, given, 3)
    assert len(fresh) == length + 25
    for _ in range(2):
        decoder = model.decoder(prompt)
        for end in range(length, length + 25):
            assert torch.equal(decoder.logits(fresh[:end], lambda _length: None), rows[end - length])
        assert model.reference.generate(prompt, given, 3) == fresh


def test_going_back_over_the_trained_length_gives_the_same_rows() -> None:
    model, prompt = stretched(), list(range(7, 37))
    ids = model.reference.generate(prompt, {"max_new_tokens": 25}, 3)
    rows = dict(enumerate(model.reference.generate_logits(prompt, {"max_new_tokens": 25}, 3), start=len(prompt)))
    decoder = model.decoder(prompt)
    for length in (*range(30, 50), 33, 34, 31, 45, 30, 54):
        assert torch.equal(decoder.logits(ids[:length], rows.get), rows[length])


def test_of_several_rotary_embeddings_the_longest() -> None:
    config = transformers.Gemma3TextConfig(max_position_embeddings=64)
    config.rope_parameters = {
        "full_attention": {**ROPE, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64},
        "sliding_attention": {**ROPE, "rope_type": "default"},
    }
    assert context_of(config) == 256
