"""Train the demo model: python -m tui.models.demo.train TEXT_FOLDER.

TEXT_FOLDER holds train.txt and valid.txt, plain or packed as .xz. Started again with the same
words after an interruption, the training goes on from its last checkpoint, minutes old at most;
with `--earlier` and `--seen` it goes on from a finished model's weights. It wants a C++ compiler
(torch.compile) and, on two CPU cores, an hour and a half where they multiply bfloat16, four where
not. Beside other work, OMP_WAIT_POLICY=passive in the environment keeps it nearly three times as
fast.
"""

import argparse
import math
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from tui.models.demo import data
from tui.models.demo.card import write_card
from tui.models.demo.export import export
from tui.models.demo.model import CONTEXT, Llama
from tui.models.demo.optimiser import Muon

HOME = Path(__file__).parent
TOKENS = 25.1e6
TOKENS_PER_STEP = 8192
WARM_UP_STEPS = 100
DECAY_FROM = 0.4
"""The share of the tokens after which the learning rate falls, linearly, to 0."""
LENGTHS = (0.5, 256), (0.9, 512), (1.0, CONTEXT)
"""Row lengths, each up to a share of the tokens: short rows are cheap, full ones come last."""
STEPS_PER_SHUFFLE = 64
"""Steps whose rows are mixed: neighbouring rows, much alike, should not share a step."""
MATRIX_RATE, OTHER_RATE = 0.02, 3e-3
OTHER_BETAS = 0.9, 0.95
LARGEST_GRADIENT = 1.0
SECONDS_BETWEEN_CHECKPOINTS = 120.0
STEPS_BETWEEN_LINES = 20
MEAN_OVER_STEPS = 50
SEED = 0


def row_length(share: float) -> int:
    """Return the length of the rows trained on when `share` of the tokens is done."""
    return next((length for until, length in LENGTHS if share < until), CONTEXT)


def rate_scale(steps: int, share: float) -> float:
    """Return the learning rate as a share of its peak, `steps` after a start: warm-up, plateau, linear decay."""
    warm_up = min(1.0, (steps + 1) / WARM_UP_STEPS)
    return warm_up * min(1.0, (1 - share) / (1 - DECAY_FROM))


class Training:
    """A model under way: its weights, its optimisers and its place in the text.

    Rate, row length and place all follow from the tokens done, so that a checkpoint needs
    nothing else to resume without a seam.
    """

    def __init__(
        self, ids: data.Ids, budget: int, checkpoint: Path, earlier: Path | None = None, seen: int = 0
    ) -> None:
        """Begin from the checkpoint if that file is there, from an `earlier` model's weights, or anew.

        `budget` is in tokens, those that the earlier model has `seen` among them.
        """
        self.ids, self.budget, self.checkpoint = ids, budget, checkpoint
        self.step = self.first_step = seen // TOKENS_PER_STEP
        torch.manual_seed(SEED)
        self.model = Llama()
        others = [self.model.embedding, self.model.gains]
        self.optimisers: list[torch.optim.Optimizer] = [
            Muon(self.model.matrices(), MATRIX_RATE),
            torch.optim.AdamW(others, OTHER_RATE, OTHER_BETAS, weight_decay=0.0),
        ]
        self.peaks = [optimiser.param_groups[0]["lr"] for optimiser in self.optimisers]
        self.order = np.random.default_rng(SEED).permutation((len(ids) - 1) // CONTEXT)
        self.loss = torch.compile(self.model, dynamic=False)
        if checkpoint.exists():
            self.load()
        elif earlier:
            self.take_over(load_file(earlier / "model.safetensors"))

    @property
    def tokens(self) -> int:
        """Tokens seen so far."""
        return self.step * TOKENS_PER_STEP

    @property
    def share(self) -> float:
        """The part of the budget that is done, 0 to 1."""
        return self.tokens / self.budget

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        temporary = self.checkpoint.with_suffix(".tmp")
        optimisers = [optimiser.state_dict() for optimiser in self.optimisers]
        state = {"step": self.step, "first_step": self.first_step, "optimisers": optimisers}
        torch.save(state | {"model": self.model.state_dict()}, temporary)
        temporary.replace(self.checkpoint)

    def load(self) -> None:
        """Take up the checkpoint."""
        state = torch.load(self.checkpoint, weights_only=True)
        self.step, self.first_step = state["step"], state["first_step"]
        self.model.load_state_dict(state["model"])
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)

    @torch.no_grad()
    def take_over(self, weights: dict[str, Tensor]) -> None:
        """Begin with these weights, under the names that transformers gives them."""
        for name, weight in self.model.named_for_transformers():
            weight.copy_(weights[name])

    def batch(self) -> tuple[Tensor, Tensor]:
        """Return inputs and targets (rows x length), from as many places as there are rows."""
        shuffle, place = divmod(self.step, STEPS_PER_SHUFFLE)
        length = row_length(shuffle * STEPS_PER_SHUFFLE * TOKENS_PER_STEP / self.budget)
        count = TOKENS_PER_STEP // length
        starts = self.starts(shuffle, length)[place * count : (place + 1) * count]
        rows = np.stack([self.ids[start : start + length + 1] for start in starts])
        ids = torch.from_numpy(rows.astype(np.int64))
        return ids[:, :-1].contiguous(), ids[:, 1:].contiguous()

    def starts(self, shuffle: int, length: int) -> npt.NDArray[np.int64]:
        """Return where the rows of many steps begin: the next blocks, cut up and shuffled."""
        count = STEPS_PER_SHUFFLE * TOKENS_PER_STEP // CONTEXT
        places = np.arange(shuffle * count, (shuffle + 1) * count)
        blocks = self.order[places % len(self.order), None] * CONTEXT
        cut = blocks + np.arange(0, CONTEXT, length)
        return np.random.default_rng([SEED, shuffle]).permutation(cut.ravel())

    def advance(self) -> float:
        """Take one step and return its loss, nats a token."""
        scale = rate_scale(self.step - self.first_step, self.share)
        for optimiser, peak in zip(self.optimisers, self.peaks, strict=True):
            optimiser.param_groups[0]["lr"] = peak * scale
        loss = self.loss(*self.batch())
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()
        self.step += 1
        return float(loss.item())

    def run(self, bytes_per_token: float) -> None:
        """Train to the end of the budget, with checkpoints and a line of progress."""
        progress = Progress(self, bytes_per_token)
        saved = time.monotonic()
        while self.tokens < self.budget:
            began = time.monotonic()
            loss = self.advance()
            now = time.monotonic()
            progress.show(loss, now - began)
            if now - saved > SECONDS_BETWEEN_CHECKPOINTS:
                self.save()
                saved = now
        self.save()


class Progress:
    """The line that tells how far the training is: refreshed, or now and then anew in a log."""

    def __init__(self, training: Training, bytes_per_token: float) -> None:
        """Watch a training whose text has so many bytes a token."""
        self.training = training
        self.bits_per_nat = 1 / math.log(2) / bytes_per_token
        self.loss = self.took = 0.0
        self.steps = 0

    def show(self, loss: float, took: float) -> None:
        """Report one step: its loss, nats a token, and its time in seconds."""
        self.steps += 1
        weight = 1 / min(self.steps, MEAN_OVER_STEPS)
        self.loss += weight * (loss - self.loss)
        self.took += weight * (took - self.took)
        if sys.stdout.isatty():
            print(f"\r\x1b[K{self.line()}", end="", flush=True)
        elif self.training.step % STEPS_BETWEEN_LINES == 0:
            print(self.line(), flush=True)

    def line(self) -> str:
        """Return step, tokens, speed, mean loss and the time still to go."""
        training, pace = self.training, TOKENS_PER_STEP / self.took
        left = timedelta(seconds=round(max(0, training.budget - training.tokens) / pace))
        return (
            f"step {training.step:,}  {training.tokens / 1e6:.2f} of {training.budget / 1e6:.2f} M "
            f"tokens  {pace:,.0f} tokens/s  {self.loss * self.bits_per_nat:.3f} bits per byte  "
            f"{left} to go"
        )


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path, help="folder of train.txt and valid.txt (or .txt.xz)")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("demo-training"),
        help="folder of token arrays and checkpoint (default: %(default)s)",
    )
    parser.add_argument("--tokens", type=float, default=TOKENS, help="tokens to train on (default: %(default)g)")
    parser.add_argument(
        "--out",
        type=Path,
        default=HOME,
        help="folder of the model made (default: the demo model's own)",
    )
    parser.add_argument("--earlier", type=Path, help="folder of a model whose weights and tokenizer to begin with")
    parser.add_argument("--seen", type=float, default=0, help="tokens that it was trained on")
    return parser.parse_args()


def main() -> None:
    """Make tokenizer, token arrays, weights and model card, whatever of it is missing."""
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer = data.load_or_train_tokenizer(options.text, options.work, options.earlier)
    ids = data.load_or_encode(options.text, "train", tokenizer, options.work)
    checkpoint = options.work / "checkpoint.pt"
    training = Training(ids, int(options.tokens), checkpoint, options.earlier, int(options.seen))
    training.run(data.size_in_bytes(options.text, "train") / len(ids))
    export(training.model, tokenizer, options.out)
    write_card(options.out, options.text, training.tokens, len(ids))


if __name__ == "__main__":
    main()
