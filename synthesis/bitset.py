"""Sets of cells as packed bits: 64 cells a word."""

from __future__ import annotations

import numpy as np


def pack(members: np.ndarray) -> np.ndarray:
    """Pack bool [..., cell] into uint64 [..., word], absent past the end."""
    gap = [(0, 0)] * (members.ndim - 1) + [(0, -members.shape[-1] % 64)]
    return np.ascontiguousarray(np.packbits(np.pad(members, gap), axis=-1)).view(np.uint64)


def count(words: np.ndarray) -> np.ndarray:
    """Give the number of members of each set [..., word] -> [...]."""
    return np.bitwise_count(words).sum(axis=-1)
