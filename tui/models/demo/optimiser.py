"""Muon for the matrices: momentum, orthogonalised."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from tui.models.demo.model import PRODUCTS

MOMENTUM = 0.95
ITERATIONS = 5
COEFFICIENTS = 3.4445, -4.7750, 2.0315
"""Of the quintic whose iteration drives singular values towards 1 (Jordan et al. 2024)."""


def orthogonalise(stack: Tensor) -> Tensor:
    """Return each matrix of a stack with its singular values driven to about 1."""
    tall = stack.shape[-2] > stack.shape[-1]
    x = (stack.mT if tall else stack).contiguous()
    x = (x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)).to(PRODUCTS)
    first, third, fifth = COEFFICIENTS
    for _ in range(ITERATIONS):
        gram = torch.bmm(x, x.mT)
        inner = torch.baddbmm(gram, gram, gram, beta=third, alpha=fifth)
        x = torch.baddbmm(x, inner, x, beta=first)
    return (x.mT if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Muon (Jordan et al. 2024) on parameters that are stacks of matrices of one shape.

    A stack is orthogonalised in one batch: on a CPU, one matrix at a time takes far longer.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float) -> None:
        """Take parameters whose last two dimensions are a matrix's rows and columns."""
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every matrix along its orthogonalised Nesterov momentum; no closure is called."""
        for group in self.param_groups:
            for parameter in group["params"]:
                self.move(parameter, group["lr"])

    def move(self, parameter: nn.Parameter, lr: float) -> None:
        """Update one parameter in place."""
        gradient = parameter.grad
        if gradient is None:
            return
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum = state["momentum"].lerp_(gradient, 1 - MOMENTUM)
        rows, columns = parameter.shape[-2:]
        update = orthogonalise(gradient.lerp(momentum, MOMENTUM).reshape(-1, rows, columns))
        # Tall matrices move further, so that every output changes by about the same amount.
        parameter.add_(update.view_as(parameter), alpha=-lr * max(1, rows / columns) ** 0.5)
