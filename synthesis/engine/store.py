"""The distinct columns of one type, and an open-addressing table that finds each by its key.

A key is 64 bits, of which an entry of the table holds the upper half beside the column's index. On a hit the column
itself is compared, so that no collision can drop a program; 128 bits would only make it unlikely.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from synthesis.engine.words import fingerprints, fitting, restored, width, worded

BUDGET = 2**29  # bytes that one store may take
SLOTS = 256  # of an empty table
LOAD = 2  # slots to a column, at least
CHUNK = 2**12  # columns entered at a time in a new table
TAG, INDEX = np.uint64(0xFFFFFFFF00000000), np.uint64(0xFFFFFFFF)
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio: neighbouring keys go to slots far apart


class Engine(Enum):
    """What goes through the candidates: numpy, compiled code, or compiled code for large levels where it is there."""

    ARRAY = "array"
    COMPILED = "compiled"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, eq=False)
class Admitted:
    """new: indices of the candidates that no column equalled; examined: how many were looked at before a stop."""

    new: np.ndarray
    examined: int


class Store:
    """Columns of `cells` cells in one type, without repeats, in the order in which they came.

    weights: odd uint64, one for each word at least. budget: bytes; a store that would outgrow it is `full` and takes
    nothing more.
    """

    def __init__(self, cells: int, dtype: np.dtype, weights: np.ndarray, *, budget: int = BUDGET) -> None:
        """Start empty; an integer `dtype` is a beginning and widens as the columns require."""
        self.cells, self.dtype, self.weights, self.budget = cells, np.dtype(dtype), weights, budget
        self.count = 0
        self.full = False
        self.words = np.zeros((0, width(cells, self.dtype)), dtype=np.uint64)
        self.table = np.zeros(SLOTS, dtype=np.uint64)  # tag and index + 1; 0: nothing there

    @property
    def nbytes(self) -> int:
        """Bytes taken."""
        return self.words.nbytes + self.table.nbytes

    def admit(self, values: np.ndarray, *, room: int | None = None, group: int = 1, compiled: bool = False) -> Admitted:
        """Take in columns [column, cell] of this store's kind in whatever width; see `admit_words`."""
        self.widen(fitting(values))
        return self.admit_words(worded(values, self.dtype), room=room, group=group, compiled=compiled)

    def admit_words(
        self, words: np.ndarray, *, room: int | None = None, group: int = 1, compiled: bool = False
    ) -> Admitted:
        """Take in the new ones among columns [column, word], the first of equal ones.

        room: stop at the end of the group of so many columns in which as many new ones have been found.
        """
        if (room is not None and room <= 0) or not self.reserve(len(words)):
            return Admitted(np.zeros(0, dtype=np.intp), 0)
        if compiled:
            from synthesis.engine.compiled import admit  # costs half a second, for those levels that repay it

            new = np.empty(len(words), dtype=np.intp)
            limit = len(words) if room is None else room
            found, examined, _ = admit(words, self.weights, self.words, self.table, self.count, limit, group, new)
            self.count += found
            return Admitted(new[:found], examined)
        return self._admit(words, room, group)

    def _admit(self, words: np.ndarray, room: int | None, group: int) -> Admitted:
        """Put all in their places in rounds, a slot on in each; who asks first for an empty slot has it."""
        if len(words) == 1:
            return Admitted(np.arange(int(self._enter(words[0]))), 1)
        keys, first = fingerprints(words, self.weights), self.count
        self.words[first : first + len(words)] = words  # for now, so that they can be compared with one another
        slots, tags = self._slots(keys), keys & TAG
        new = np.zeros(len(words), dtype=bool)
        pending = np.arange(len(words))
        while len(pending):
            at = slots[pending]
            held = self.table[at]
            empty = held == 0
            asks = pending[empty]
            entries = tags[asks] | (first + asks + 1).astype(np.uint64)
            self.table[at[empty][::-1]] = entries[::-1]  # the last that is written stays
            won = self.table[at[empty]] == entries
            new[asks[won]] = True
            others, held = pending[~empty], held[~empty]
            tagged = (held & TAG) == tags[others]
            equal = np.zeros(len(others), dtype=bool)
            equal[tagged] = (self.words[(held[tagged] & INDEX).astype(np.intp) - 1] == words[others[tagged]]).all(
                axis=1
            )
            passed = others[~equal]
            slots[passed] = (slots[passed] + 1) & (len(self.table) - 1)
            pending = np.concatenate([asks[~won], passed])
            pending.sort()
        return self._settle(words, new, tags, slots, room, group)

    def _enter(self, row: np.ndarray) -> bool:
        """Say whether one column is new, and put it in its place if so."""
        key = fingerprints(row[None], self.weights)
        slot, tag, past = int(self._slots(key)[0]), int(key[0] & TAG), len(self.table) - 1
        while held := int(self.table[slot]):
            if held & int(TAG) == tag and (self.words[(held & int(INDEX)) - 1] == row).all():
                return False
            slot = (slot + 1) & past
        self.table[slot] = tag | (self.count + 1)
        self.words[self.count] = row
        self.count += 1
        return True

    def _settle(
        self, words: np.ndarray, new: np.ndarray, tags: np.ndarray, slots: np.ndarray, room: int | None, group: int
    ) -> Admitted:
        """Move the new columns up to one another, and leave out those behind the stop."""
        first, kept, examined = self.count, np.flatnonzero(new), len(words)
        if room is not None and len(kept) >= room:
            examined = min(examined, (int(kept[room - 1]) // group + 1) * group)
        within = kept[: np.searchsorted(kept, examined)]
        self.words[first : first + len(within)] = words[within]
        self.table[slots[within]] = tags[within] | np.arange(first + 1, first + len(within) + 1, dtype=np.uint64)
        self.count += len(within)
        if len(within) < len(kept):
            self._rebuild(len(self.table))
        return Admitted(within, examined)

    def widen(self, dtype: np.dtype) -> None:
        """Hold the columns in a type that holds also those of `dtype`; their keys change."""
        if dtype.kind != "i" or dtype.itemsize <= self.dtype.itemsize:
            return
        values = restored(self.words[: self.count], self.cells, self.dtype)
        self.dtype = dtype
        self.words = worded(values, dtype)
        self._rebuild(len(self.table))

    def reserve(self, more: int, ahead: int = 0) -> bool:
        """Make room for so many more columns; False where that would take more than the budget.

        ahead: for how many there may have to be room before long; within the budget.
        """
        wide, needed = self.words.shape[1], self.count + more
        self.full = self.full or 8 * needed * (wide + 2 * LOAD) > self.budget
        if self.full:
            return False
        if needed > len(self.words):
            most = self.budget // 8 // (wide + 2 * LOAD)
            rows = min(max(needed, 2 * len(self.words), self.count + ahead), most)
            grown = np.empty((rows, wide), dtype=np.uint64)
            grown[: self.count] = self.words[: self.count]
            self.words = grown
            if len(self.table) < LOAD * rows:
                self._rebuild(1 << (LOAD * rows - 1).bit_length())
        return True

    def _rebuild(self, slots: int) -> None:
        """Enter all columns in a new table. They are distinct, so nothing is compared."""
        self.table = np.zeros(slots, dtype=np.uint64)
        for start in range(0, self.count, CHUNK):
            stop = min(start + CHUNK, self.count)
            keys = fingerprints(self.words[start:stop], self.weights)
            entries = (keys & TAG) | np.arange(start + 1, stop + 1, dtype=np.uint64)
            at = self._slots(keys)
            while len(entries):
                empty = self.table[at] == 0
                self.table[at[empty]] = entries[empty]
                left = self.table[at] != entries
                entries, at = entries[left], (at[left] + 1) & (slots - 1)

    def _slots(self, keys: np.ndarray) -> np.ndarray:
        return ((keys * SPREAD) >> np.uint64(65 - len(self.table).bit_length())).astype(np.intp)
