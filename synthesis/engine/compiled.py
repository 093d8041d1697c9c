"""The inner loop of `Store.admit_words` as machine code. Importing it needs numba.

The code is kept on disk between processes: beside this file where that can be written, else in the user's cache
directory, as numba chooses; where neither can be, it is compiled anew.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from synthesis.engine.store import INDEX, SPREAD, TAG

FOLD, ZERO, ONE = np.uint64(32), np.uint64(0), np.uint64(1)
BLOCK = 32  # candidates whose places in memory are asked for before any is looked at


def _kept(function: Callable) -> Callable:
    """Compile a function, its code kept on disk where there is a place for it."""
    try:
        return njit(function, cache=True, nogil=True)
    except RuntimeError:  # no directory that can be written
        return njit(function, nogil=True)


@_kept
def _fingerprint(words, row, weights):
    key = ZERO
    for w in range(words.shape[1]):
        key += (words[row, w] ^ (words[row, w] >> FOLD)) * weights[w]
    return key


@_kept
def _equal(words, row, store, other):
    w = 0
    while w < words.shape[1] and store[other, w] == words[row, w]:
        w += 1
    return w == words.shape[1]


@_kept
def _insert(words, row, key, slot, store, table, count):
    """Say whether the row is new, and enter it as column `count` if so."""
    while table[slot] != ZERO:
        held = table[slot]
        if (held & TAG) == (key & TAG) and _equal(words, row, store, np.int64(held & INDEX) - 1):
            return False
        slot = (slot + ONE) & np.uint64(len(table) - 1)
    table[slot] = (key & TAG) | np.uint64(count + 1)
    for w in range(words.shape[1]):
        store[count, w] = words[row, w]
    return True


@_kept
def _ask(keys, slots, more, store, table):
    """Read where a block's entries and columns stand, none waiting for another, so that memory gives them together."""
    read = ZERO
    for k in range(more):
        held = table[slots[k]]
        if held != ZERO and (held & TAG) == (keys[k] & TAG):
            read ^= store[np.int64(held & INDEX) - 1, 0]
    return read


@_kept
def admit(words, weights, store, table, count, room, group, new):
    """Enter new rows of `words` at `store[count:]` and in `table`, their indices in `new`.

    Gives how many there were, how many rows were looked at until `room` were found, at the end of a group, and what
    keeps the reading ahead from being left out as useless.
    """
    shift, size = np.uint64(64), len(table)
    while size > 1:
        size >>= 1
        shift -= ONE
    keys, slots = np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.uint64)
    found, read, rows = 0, ZERO, words.shape[0]
    for start in range(0, rows, BLOCK):
        more = min(BLOCK, rows - start)
        for k in range(more):
            keys[k] = _fingerprint(words, start + k, weights)
            slots[k] = (keys[k] * SPREAD) >> shift
        read ^= _ask(keys, slots, more, store, table)
        for k in range(more):
            if found >= room and (start + k) % group == 0:
                return found, start + k, read
            if _insert(words, start + k, keys[k], slots[k], store, table, count + found):
                new[found] = start + k
                found += 1
    return found, rows, read
