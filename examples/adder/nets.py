"""The adder's network: a small recurrent network that reads two digits a step and scores the ten digits of the sum."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Recurrent(nn.Module):
    """x: float32 [row, step, 2] -> logits float32 [row, step, 10]."""

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.update = nn.Sequential(nn.Linear(hidden + 2, width), nn.ReLU(), nn.Linear(width, hidden), nn.Tanh())
        self.output = nn.Sequential(nn.Linear(hidden + 2, width), nn.ReLU(), nn.Linear(width, 10))

    def forward(self, x: Tensor) -> Tensor:
        state = x.new_zeros(len(x), self.hidden)
        logits = []
        for step in x.unbind(1):
            logits.append(self.output(torch.cat([state, step], dim=1)))
            state = self.update(torch.cat([state, step], dim=1))
        return torch.stack(logits, dim=1)


def build(config: dict[str, int]) -> Recurrent:
    """Build the network of a checkpoint's config."""
    return Recurrent(**config)
