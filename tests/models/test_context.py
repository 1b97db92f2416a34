"""The context is found under whatever name a configuration has it, and is unknown where there is none."""

from __future__ import annotations

from typing import Any

import pytest
import transformers

from tui.models.context import context_of

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


def test_of_several_rotary_embeddings_the_longest() -> None:
    config = transformers.Gemma3TextConfig(max_position_embeddings=64)
    config.rope_parameters = {
        "full_attention": {**ROPE, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64},
        "sliding_attention": {**ROPE, "rope_type": "default"},
    }
    assert context_of(config) == 256
