"""A checkpoint with quantised weights: BitNet's, in 2 bits, which transformers unpacks without another library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.models import checkpoints
from tui.core.origin import Origin
from tui.experiments.run import run_records
from tui.experiments.verify import verify_options
from tui.launch import LaunchOptions

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, from importing its compiler


def quantise(tensors: dict[str, torch.Tensor]) -> None:
    """Replace each projection by its signs, four of them in a byte, and their common scale."""
    from transformers.integrations.bitnet import pack_weights

    for name in [name for name in tensors if name.endswith("proj.weight")]:
        scale = 1 / tensors[name].abs().mean()
        tensors[name] = pack_weights((tensors[name] * scale).round().clamp(-1, 1))
        tensors[f"{name}_scale"] = scale.reshape(1)


@pytest.fixture
def options(broken: Path) -> Iterator[LaunchOptions]:
    """A run on the quantised checkpoint; BitNet's layers are compiled where a C++ compiler is at hand, but not here."""
    checkpoints.edit_weights(broken, quantise)
    method = {"quant_method": "bitnet", "linear_class": "bitlinear", "quantization_mode": "offline"}
    checkpoints.edit_json(broken / "config.json", lambda config: config.update(quantization_config=method))
    with torch.compiler.set_stance("force_eager"):
        yield LaunchOptions(origin=Origin(model=str(broken)), prompt="the herd", given={"max_new_tokens": 8})


def test_it_draws_the_tokens_of_generate(options: LaunchOptions) -> None:
    result = verify_options(options)
    assert result["equal"] and len(result["ours"]) == 8


def test_its_method_is_told_with_the_dtype_it_computes_in(options: LaunchOptions) -> None:
    assert next(run_records(options, 0))["dtype"] == "bitnet weights in float32"
