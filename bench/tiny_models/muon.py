"""The Muon optimizer: momentum whose matrices are made orthogonal before each step, all matrices of a shape at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

QUINTIC = (3.4445, -4.7750, 2.0315)  # drives singular values of 0..1 into about 0.7..1.2 in five rounds
ROUNDS = 5


def orthogonal(matrices: Tensor) -> Tensor:
    """``(count, rows, columns)`` with each matrix replaced by roughly the nearest one with equal singular values.

    Newton-Schulz iteration; in bfloat16 on a GPU, where its rounding does no harm.
    """
    a, b, c = QUINTIC
    x = matrices.to(torch.bfloat16) if matrices.is_cuda else matrices
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(Optimizer):
    """Momentum, orthogonal steps, decoupled decay.

    A parameter of three dimensions holds several matrices, each of them stepped alone.

    Steps are scaled so that their entries are of the size that AdamW's have: one learning rate serves both.

    Args:
        matrices: parameters with two or three dimensions.
        lr: learning rate.
        momentum: of the gradients, looked ahead as Nesterov does.
        weight_decay: as AdamW's.
    """

    def __init__(
        self, matrices: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.05
    ) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        for group in self.param_groups:
            if any(matrix.ndim not in (2, 3) for matrix in group["params"]):
                raise ValueError("Muon takes matrices only")

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step for all matrices that have a gradient; a closure is refused."""
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = {}
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike.setdefault(matrix.shape, []).append(matrix)
            for shape, matrices in alike.items():
                self._step(shape, matrices, group)

    def _step(self, shape: torch.Size, matrices: list[Tensor], group: dict[str, Any]) -> None:
        gradients = [matrix.grad for matrix in matrices if matrix.grad is not None]
        momenta = [self.state[matrix].setdefault("momentum", torch.zeros_like(matrix)) for matrix in matrices]
        torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
        ahead = torch._foreach_lerp(gradients, momenta, group["momentum"])
        steps = orthogonal(torch.stack(list(ahead)).view(-1, *shape[-2:])) * (0.2 * max(shape[-2:]) ** 0.5)
        steps = steps.view(-1, *shape)
        torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_add_(matrices, list(steps.unbind()), alpha=-group["lr"])
