"""A transformer without layer norms, for weights set by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Attention(nn.Module):
    """Heads side by side, each looking at all positions but padding."""

    def __init__(self, width: int, heads: int, size: int) -> None:
        super().__init__()
        self.heads, self.size = heads, size
        self.w_q, self.w_k, self.w_v = (nn.Linear(width, heads * size, bias=False) for _ in range(3))
        self.w_o = nn.Linear(heads * size, width, bias=False)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """Give what is added to x [row, position, width]; padding: [row, position]."""
        rows, length, _ = x.shape
        q, k, v = (
            w(x).view(rows, length, self.heads, self.size).transpose(1, 2) for w in (self.w_q, self.w_k, self.w_v)
        )
        scores = (q @ k.transpose(2, 3) / math.sqrt(self.size)).masked_fill(padding[:, None, None, :], -1e9)
        mixed = torch.softmax(scores, -1) @ v
        return self.w_o(mixed.transpose(1, 2).reshape(rows, length, self.heads * self.size))


class Block(nn.Module):
    """Attention, then a hidden layer of rectified units."""

    def __init__(self, width: int, heads: int, size: int, hidden: int) -> None:
        super().__init__()
        self.attn = Attention(width, heads, size)
        self.fc1, self.fc2 = nn.Linear(width, hidden, bias=False), nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """Give the residual stream after the block: [row, position, width]."""
        x = x + self.attn(x, padding)
        return x + self.fc2(torch.relu(self.fc1(x)))


class Transformer(nn.Module):
    """tokens [row, position] -> logits [row, position, column]; sizes: of vocabulary, positions, width, columns."""

    def __init__(self, sizes: tuple[int, int, int, int], blocks: Sequence[Block], pad: int) -> None:
        super().__init__()
        vocab, positions, width, columns = sizes
        self.pad = pad
        self.tok_embed, self.pos_embed = nn.Embedding(vocab, width), nn.Embedding(positions, width)
        self.blocks, self.unembed = nn.ModuleList(blocks), nn.Linear(width, columns, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Give the logits."""
        padding = tokens == self.pad
        x = self.tok_embed(tokens) + self.pos_embed(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x = block(x, padding)
        return self.unembed(x)
