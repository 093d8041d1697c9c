"""Columns as 64-bit words: what is hashed, compared and stored."""

from __future__ import annotations

import numpy as np

from dsl.primitives import PRIMITIVES, Context
from synthesis.bitset import pack, padded

INTEGERS = (np.dtype(np.int8), np.dtype(np.int16), np.dtype(np.int32), np.dtype(np.int64))
WORD = 8  # bytes
DIGITS = 9  # to which reals must agree to be the same
EXACT = 2**31  # numbers below it have no product that leaves int64


def narrowest(low: int, high: int) -> np.dtype:
    """Give the narrowest integer type that holds everything from `low` to `high`."""
    return next((t for t in INTEGERS[:-1] if np.iinfo(t).min <= low and high <= np.iinfo(t).max), INTEGERS[-1])


def fitting(values: np.ndarray) -> np.dtype:
    """Give the type that columns are kept in: the narrowest for integers, their own otherwise."""
    if values.dtype.kind != "i" or not values.size:
        return values.dtype
    return narrowest(int(values.min()), int(values.max()))


def worded(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Give the words uint64 [column, word] of columns [column, cell] in a type that holds them, zero past the end.

    Booleans stand as bits; reals are rounded, and minus zero is zero.
    """
    if dtype == np.bool_:
        return pack(values)
    if dtype.kind == "f":
        return (np.round(values, DIGITS) + 0.0).view(np.uint64)
    return padded(np.asarray(values, dtype=dtype))


def restored(words: np.ndarray, cells: int, dtype: np.dtype) -> np.ndarray:
    """Give the columns that the words stand for (reals as they were rounded)."""
    if dtype == np.bool_:
        return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=-1, count=cells).astype(bool)
    return np.ascontiguousarray(words).view(dtype)[:, :cells]


def width(cells: int, dtype: np.dtype) -> int:
    """Give the number of words a column."""
    return -(-cells // 64) if dtype == np.bool_ else -(-cells * dtype.itemsize // WORD)


def fingerprints(words: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give a 64-bit key for each row of words: a weighted sum, each word's high half folded on its low one first.

    Without the fold, words that differ in their highest bits alone would share a key whatever the weights are.
    """
    return ((words ^ (words >> np.uint64(32))) * weights[: words.shape[-1]]).sum(axis=-1, dtype=np.uint64)


def reach(ctx: Context, op: str, left: int, right: int) -> int:
    """Give a bound on the size of an integer primitive's results for arguments of at most these sizes.

    Asks the primitive itself, at the ends and round zero: on either side of it the results grow or fall throughout.
    """
    if max(left, right) >= EXACT:
        return np.iinfo(np.int64).max
    ends = [np.array(sorted({-size, -1, 0, 1, size}), dtype=np.int64) for size in (left, right)]
    found = PRIMITIVES[op].evaluate(ctx, ends[0][:, None], ends[1][None])
    return int(np.abs(found).max())
