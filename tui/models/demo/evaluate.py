"""Measure the demo model: python -m tui.models.demo.evaluate TEXT_FOLDER.

Prints the bits per byte of the shipped weights on the folder's valid.txt (or valid.txt.xz).
"""

import argparse
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.utils.logging import disable_progress_bar

from tui.models.demo import data

HOME = Path(__file__).parent
WINDOW = 512
ROWS = 8


def nats(model: PreTrainedModel, ids: Tensor, window: int) -> float:
    """Return the summed loss of all `ids`, each seeing only what precedes it in its window.

    Windows do not overlap; the text counts as preceded by the end of another, id 0.
    """
    inputs = functional.pad(ids, (1, 0))[:-1]
    total = 0.0
    with torch.inference_mode():
        for start in range(0, len(ids), ROWS * window):
            part = slice(start, start + ROWS * window)
            total += part_nats(model, inputs[part], ids[part], window)
    return total


def part_nats(model: PreTrainedModel, inputs: Tensor, targets: Tensor, window: int) -> float:
    """Return the summed loss of at most ROWS windows, the last of which may be short."""
    whole = len(inputs) // window * window
    if 0 < whole < len(inputs):
        rest = part_nats(model, inputs[whole:], targets[whole:], window)
        return rest + part_nats(model, inputs[:whole], targets[:whole], window)
    rows = inputs.view(-1, min(window, len(inputs)))
    logits = model(input_ids=rows, use_cache=False).logits.flatten(0, 1)
    return float(functional.cross_entropy(logits, targets, reduction="sum"))


def load(folder: Path) -> tuple[Any, Any]:
    """Load model and tokenizer from `folder`; the stubs of transformers know too little of them."""
    disable_progress_bar()  # type: ignore[no-untyped-call]
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    return model, AutoTokenizer.from_pretrained(folder, local_files_only=True)


def bits_per_byte(folder: Path, text: Path, window: int = WINDOW) -> float:
    """Return the bits per byte, over all bytes of `text`'s valid.txt, of the model in `folder`."""
    model, tokenizer = load(folder)
    chunks = data.chunks_of(text, "valid")
    ids = [i for chunk in chunks for i in tokenizer.backend_tokenizer.encode(chunk).ids]
    total = nats(model, torch.tensor(ids), window)
    return total / math.log(2) / data.size_in_bytes(text, "valid")


def main() -> None:
    """Read the command line and print the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path, help="folder of valid.txt (or valid.txt.xz)")
    parser.add_argument("--model", type=Path, default=HOME, help="default: the demo model's own")
    parser.add_argument("--window", type=int, default=WINDOW, help="tokens in a window (default: %(default)s)")
    options = parser.parse_args()
    bits = bits_per_byte(options.model, options.text, options.window)
    print(f"{bits:.4f} bits per byte in windows of {options.window} tokens")


if __name__ == "__main__":
    main()
