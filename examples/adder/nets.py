"""The adder's network: a small recurrent network that reads two digits a step and gives the digit of their sum."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Recurrent(nn.Module):
    """x: float32 [row, step, 2] -> float32 [row, step, 1]."""

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.update = nn.Sequential(nn.Linear(hidden + 2, width), nn.Tanh(), nn.Linear(width, hidden), nn.Tanh())
        self.output = nn.Sequential(nn.Linear(hidden + 2, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        state = x.new_zeros(len(x), self.hidden)
        digits = []
        for step in x.unbind(1):
            seen = torch.cat([state, step - 1.5], dim=1)
            digits.append(self.output(seen))
            state = self.update(seen)
        return torch.stack(digits, dim=1)


def build(config: dict[str, int]) -> Recurrent:
    """Build the network of a checkpoint's config."""
    return Recurrent(**config)
