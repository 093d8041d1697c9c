"""The networks that read languages; a bundle carries a copy of this file as its factory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


class Reader(nn.Module):
    """One GRU. tokens: int64 [row, position] -> float32 [row, position, 1], positive where the word so far is in."""

    def __init__(self, letters: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(letters, letters)
        self.rnn = nn.GRU(letters, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.out(self.rnn(self.embedding(tokens))[0])


def build(config: Mapping[str, Any]) -> nn.Module:
    """Build the network that a checkpoint's config describes."""
    return Reader(**config)
