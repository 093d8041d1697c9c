"""All pairs of two lists of columns under one primitive, a tile at a time: each tile stays in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec

import numpy as np

from dsl.primitives import PRIMITIVES, Context
from synthesis.engine.store import Engine, Store
from synthesis.engine.words import fitting, narrowest, reach, worded

TILE = 2**18  # bytes of one tile's results, less than a second-level cache holds
REPAYS = 3_000_000  # words of candidates in one level, from which compiled code repays that it is loaded


@dataclass(frozen=True, eq=False)
class Level:
    """The candidates op(l, r), for each r in turn all l.

    left, right: [column, cell], of the kinds that the primitive takes; result: dtype of what it gives.
    Where both are the same list and the primitive commutes, each pair is looked at once: l is not before r.
    """

    ctx: Context
    op: str
    left: np.ndarray
    right: np.ndarray
    result: np.dtype

    @cached_property
    def once(self) -> bool:
        """Whether a pair and its mirror image are the same candidate."""
        return self.left is self.right and PRIMITIVES[self.op].commutes

    @cached_property
    def packed(self) -> bool:
        """Whether the primitive works on booleans 64 to a word."""
        return self.left.dtype == np.bool_ and PRIMITIVES[self.op].packed is not None

    def evaluate(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Apply the primitive to operands that broadcast against one another."""
        primitive = PRIMITIVES[self.op]
        if self.packed and primitive.packed is not None:
            return primitive.packed(left, right)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return primitive.evaluate(self.ctx, left, right)

    def operands(self, store: Store) -> tuple[np.ndarray, np.ndarray]:
        """Give both sides as they are computed with: packed, or in the narrowest type that holds the results too.

        Widens the store to that type where the results are integers.
        """
        if self.packed:
            return worded(self.left, self.left.dtype), worded(self.right, self.right.dtype)
        if self.left.dtype.kind != "i" or self.right.dtype.kind != "i":
            return self.left, self.right
        sizes = [int(np.abs(side).max(initial=0)) for side in (self.left, self.right)]
        dtype = max(fitting(self.left), fitting(self.right), key=lambda t: t.itemsize)
        if self.result.kind == "i":
            most = reach(self.ctx, self.op, *sizes)
            store.widen(narrowest(-most, most))
            dtype = max(store.dtype, dtype, key=lambda t: t.itemsize)
        return self.left.astype(dtype), self.right.astype(dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Extension:
    """The new columns of a level: indices into its left and right sides, in order; examined: candidates looked at."""

    left: np.ndarray
    right: np.ndarray
    examined: int


@dataclass(frozen=True, slots=True)
class _Tile:
    """The left columns from `start` to `stop` against some right ones."""

    start: int
    stop: int
    right: range


def extend(level: Level, store: Store, *, room: int | None = None, engine: Engine = Engine.AUTO) -> Extension:
    """Take the new columns of a level into a store.

    room: stop after the right column with which so many new ones have been found. Stops, too, where the store is full.
    """
    left, right = level.operands(store)
    compiled = _compiled(engine, len(left) * len(right) * store.words.shape[1])
    most = len(left) * len(right)
    store.reserve(1, most if room is None else min(most, room + len(left)))
    lefts, rights, examined, found = [], [], 0, 0
    for tile in _tiles(level, store.words.shape[1]):
        if store.full or (room is not None and found >= room and tile.start == (tile.right[0] if level.once else 0)):
            break
        span = tile.stop - tile.start
        results = level.evaluate(left[None, tile.start : tile.stop], right[tile.right.start : tile.right.stop, None])
        words = results if level.packed else worded(results.reshape(-1, store.cells), store.dtype)
        whole = room is not None and len(tile.right) > 1
        admitted = store.admit_words(
            words.reshape(-1, store.words.shape[1]),
            room=room - found if room is not None and whole else None,
            group=span,
            compiled=compiled,
        )
        right_at, left_at = np.divmod(admitted.new, span) if len(tile.right) > 1 else (0, admitted.new)
        lefts.append(left_at + tile.start)
        rights.append(right_at + tile.right.start + np.zeros(len(admitted.new), dtype=np.intp))
        examined += admitted.examined
        found += len(admitted.new)
    none = [np.zeros(0, dtype=np.intp)]
    return Extension(np.concatenate(lefts or none), np.concatenate(rights or none), examined)


def _tiles(level: Level, words: int) -> Iterator[_Tile]:
    """Part a level into tiles, right columns first: whole ones side by side, or pieces of one that is too large."""
    most = max(1, TILE // (8 * words))
    at, end = 0, len(level.right)
    while at < end and len(level.left):
        first = at if level.once else 0
        span = len(level.left) - first
        several = min(end - at, max(1, most // span))
        for start in range(first, len(level.left), most):
            yield _Tile(start, min(start + most, len(level.left)), range(at, at + several))
            if several > 1:
                break
        at += several


def _compiled(engine: Engine, words: int) -> bool:
    """Say whether compiled code is to be used for so many words of candidates."""
    if engine is Engine.AUTO:
        return words >= REPAYS and find_spec("numba") is not None
    return engine is Engine.COMPILED
