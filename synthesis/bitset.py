"""Sets of cells as packed bits: 64 cells a word."""

from __future__ import annotations

import numpy as np


def pack(members: np.ndarray) -> np.ndarray:
    """Pack bool [..., cell] into uint64 [..., word], absent past the end."""
    return padded(np.packbits(members, axis=-1))


def padded(values: np.ndarray) -> np.ndarray:
    """Give the words uint64 [..., word] that hold values [..., value] of any type, zero past the end."""
    gap = -values.shape[-1] % (8 // values.itemsize)
    if gap:
        whole = np.zeros((*values.shape[:-1], values.shape[-1] + gap), dtype=values.dtype)
        whole[..., :-gap] = values
        values = whole
    return np.ascontiguousarray(values).view(np.uint64)


def count(words: np.ndarray) -> np.ndarray:
    """Give the number of members of each set [..., word] -> [...]."""
    return np.bitwise_count(words).sum(axis=-1)
