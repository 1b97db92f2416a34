"""The draw: torch.multinomial over id-ordered probabilities, with the random state of the seed and the position.

Draw i of a seed uses the generator's state after i draws over this vocabulary, whatever tokens came before. So going
back and forward draws the same token, other settings get the same random numbers, and a fresh run equals generate().
"""

from __future__ import annotations

import random
from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor

SEEDS_KEPT = 4


class DrawStream:
    """One seed's random generator, which can go to any position. Not safe to use from two threads at once."""

    def __init__(self, seed: int, vocabulary: int, device: torch.device | str = "cpu") -> None:
        self._generator = torch.Generator(device)
        self._generator.manual_seed(seed)
        self._states = [self._generator.get_state()]
        self._position = 0
        self._scratch = torch.empty(1, vocabulary, device=device)
        self._noise: tuple[int, Tensor] | None = None
        self._burner = self._find_burner()

    def draw(self, probabilities: Tensor, position: int) -> int:
        """The token generate() draws from `probabilities` [1, V] as its draw number `position`, counted from 0."""
        self._seek(position)
        token = int(torch.multinomial(probabilities, num_samples=1, generator=self._generator))
        self._advanced()
        return token

    def would_draw(self, probabilities: Tensor, position: int) -> int:
        """The token `draw` would give, by noise that is kept for the next call at the same position.

        The token is the argmax of p / Exp(1), which is how torch.multinomial draws a single one.
        """
        if self._noise is None or self._noise[0] != position:
            self._seek(position)
            noise = torch.empty_like(self._scratch).exponential_(generator=self._generator)
            self._advanced()
            self._noise = (position, noise)
        return int((probabilities / self._noise[1]).argmax())

    def _seek(self, position: int) -> None:
        if position == self._position:
            return
        known = min(position, len(self._states) - 1)
        self._generator.set_state(self._states[known])
        self._position = known
        while self._position < position:
            self._burn()

    def _advanced(self) -> None:
        self._position += 1
        if self._position == len(self._states):
            self._states.append(self._generator.get_state())

    def _burn(self) -> None:
        """Advance the generator by one draw without computing a token."""
        if self._burner is None:
            self._scratch.exponential_(generator=self._generator)
        else:
            self._burner.random_(-(2**63), None, generator=self._generator)
        self._advanced()

    def _find_burner(self) -> Tensor | None:
        """An integer tensor: filling it at random advances the generator exactly as a draw does, four times faster.

        None if on this platform it does not advance the generator in the same way.
        """
        if self._scratch.device.type != "cpu":
            return None
        burner = torch.empty(self._scratch.shape, dtype=torch.int64)
        start = self._states[0]
        self._scratch.exponential_(generator=self._generator)
        after = self._generator.get_state()
        self._generator.set_state(start)
        burner.random_(-(2**63), None, generator=self._generator)
        same = torch.equal(self._generator.get_state(), after)
        self._generator.set_state(start)
        return burner if same else None


class ForwardStream:
    """One seed's random generator for a run that never goes back: the same draws as `DrawStream`, no states kept."""

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self._generator = torch.Generator(device)
        self._generator.manual_seed(seed)
        self._position = 0

    def draw(self, probabilities: Tensor, position: int) -> int:
        """The token generate() draws from `probabilities` [1, V] as its draw number `position`, which comes next."""
        if position != self._position:
            raise ValueError(f"draw {position} is not the next one, {self._position}")
        self._position += 1
        return int(torch.multinomial(probabilities, num_samples=1, generator=self._generator))


class DrawStreams:
    """The draw streams of the last few seeds, for one vocabulary and device."""

    def __init__(self, vocabulary: int, device: torch.device | str = "cpu") -> None:
        self._vocabulary = vocabulary
        self._device = device
        self._kept: OrderedDict[int, DrawStream] = OrderedDict()

    def __getitem__(self, seed: int) -> DrawStream:
        stream = self._kept.pop(seed, None) or DrawStream(seed, self._vocabulary, self._device)
        self._kept[seed] = stream
        if len(self._kept) > SEEDS_KEPT:
            self._kept.popitem(last=False)
        return stream


@dataclass(frozen=True, slots=True)
class Noise:
    """Random numbers of a seed at a position, for stages that draw.

    They are independent of the token's draw, so that such a stage does not change the random numbers of the draw.
    """

    seed: int
    position: int

    def uniform(self, stage: str) -> float:
        """A random number from 0 to 1, 1 excluded: the same for the same seed, position and stage."""
        return random.Random(f"{self.seed} {self.position} {stage}").random()


def draw_many(probabilities: Tensor, times: int, seed: int, position: int) -> Tensor:
    """How often each id [V] comes up in `times` independent draws; the same for the same seed and position."""
    generator = torch.Generator(probabilities.device)
    generator.manual_seed((seed * 1_000_003 + position) % 2**63)
    tokens = torch.multinomial(probabilities[0], times, replacement=True, generator=generator)
    return torch.bincount(tokens, minlength=probabilities.shape[-1])
