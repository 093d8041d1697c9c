"""The networks of the benchmark; a bundle carries a copy of this file as its factory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import nn


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """Build linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for k, (wide, narrow) in enumerate(pairwise(sizes)):
        layers += [nn.ReLU()] * (k > 0) + [nn.Linear(wide, narrow)]
    return nn.Sequential(*layers)


class SmallRNN(nn.Module):
    """h[t] = f([h[t-1], x[t]]), y[t] = g(h[t]), h[-1] = 0: as in MIPS. f and g are MLPs; depth 1 is linear.

    x: float32 [row, step, in_dim] -> float32 [row, step, out_dim].
    """

    def __init__(
        self, in_dim: int, out_dim: int, hidden: int, f_depth: int, f_width: int, g_depth: int, g_width: int
    ) -> None:
        super().__init__()
        self.hidden = hidden
        self.f = mlp([hidden + in_dim, *[f_width] * (f_depth - 1), hidden])
        self.g = mlp([hidden, *[g_width] * (g_depth - 1), out_dim])

    def forward(self, x: torch.Tensor, noise: float = 0.0) -> torch.Tensor:
        """noise: standard deviation of what is added to the state at each step, in training."""
        h = x.new_zeros(x.shape[0], self.hidden)
        found = []
        for t in range(x.shape[1]):
            h = self.f(torch.cat([h, x[:, t]], dim=-1))
            if noise:
                h = h + noise * torch.randn_like(h)
            found.append(self.g(h))
        return torch.stack(found, dim=1)


class Gated(nn.Module):
    """`nn.GRU` or `nn.LSTM` with a linear readout. x: float32 [row, step, in_dim] -> float32 [row, step, out_dim]."""

    def __init__(self, cell: str, in_dim: int, out_dim: int, hidden: int) -> None:
        super().__init__()
        self.rnn = {"gru": nn.GRU, "lstm": nn.LSTM}[cell](in_dim, hidden, batch_first=True)
        self.out = nn.Linear(hidden, out_dim)

    def forward(self, x: torch.Tensor, noise: float = 0.0) -> torch.Tensor:
        """noise: as in SmallRNN, but on what is read out."""
        h = self.rnn(x)[0]
        return self.out(h + noise * torch.randn_like(h) if noise else h)


def build(config: Mapping[str, Any]) -> nn.Module:
    """Build the network that a checkpoint's config describes."""
    return Gated(**config) if "cell" in config else SmallRNN(**config)
