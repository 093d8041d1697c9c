"""The dependency test: which few columns is the target a function of?

Two cells with different answers are a conflict; a set of columns explains the target iff for every conflict one of
them differs between the two cells. So explanations are set covers. Conflicts are sampled, and grow by those that a
proposed cover turns out to have missed; columns are packed to one bit a conflict, so that testing a pair of columns
costs a few machine words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synthesis.bitset import pack

FIRST = 384  # conflicts drawn at the start
DENSE = 8  # values below so many times their number are numbered by counting
ROUNDS = 16  # times that missed conflicts are added
POOLS = {1: None, 2: 4000, 3: 400, 4: 100}  # how many of the cheapest columns covers of each width are made of
TOGETHER = 2**16  # pairs of columns looked at together
TESTED = 24  # of them held against all cells at a time
KEPT = 4000  # covers of one width followed up, the cheapest first


@dataclass(frozen=True, slots=True)
class Cover:
    """Columns (by index) that the target is a function of, on the rows searched; entries: distinct keys."""

    columns: tuple[int, ...]
    entries: int
    cost: float


def classes(values: np.ndarray) -> np.ndarray:
    """Number the distinct values of a one-dimensional array; reals that agree to six digits are one."""
    if values.dtype.kind == "f":
        values = np.round(values, 6) + 0.0
    elif values.dtype.kind in "iu" and len(values):
        low = int(values.min())
        if int(values.max()) - low < DENSE * len(values):
            return _counted(values - low).astype(np.int32)
    return np.unique(values, return_inverse=True)[1].astype(np.int32)


def _counted(values: np.ndarray) -> np.ndarray:
    """Number the distinct values of integers from 0 that are not much larger than there are many, without sorting."""
    there = np.zeros(int(values.max()) + 1, dtype=bool)
    there[values] = True
    return (np.cumsum(there) - 1)[values]


def joint(codes: np.ndarray) -> np.ndarray:
    """Number the distinct columns of `codes` [column, cell] as seen at each cell: the key of a table's entry."""
    key = classes(codes[0])
    for row in codes[1:]:
        key = classes(key.astype(np.int64) * (int(row.max(initial=0)) + 1) + row)
    return key


def missed(key: np.ndarray, target: np.ndarray, most: int) -> np.ndarray:
    """Give up to `most` pairs of cells [pair, 2] with one key and two answers: none iff target is a function of key."""
    if len(key):
        answers = np.empty(int(key.max()) + 1, dtype=target.dtype)
        answers[key] = target
        if (answers[key] == target).all():  # each key has one answer
            return np.zeros((0, 2), dtype=np.intp)
    order = np.lexsort((target, key))
    k, t = key[order], target[order]
    at = np.nonzero((k[1:] == k[:-1]) & (t[1:] != t[:-1]))[0]
    at = at[np.unique(np.linspace(0, len(at) - 1, min(most, len(at))).astype(int))] if len(at) else at
    return np.stack([order[at], order[at + 1]], axis=1)


def drawn(cells: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """Draw pairs of cells [pair, 2], half of them of neighbours, which share most of their input."""
    anywhere = rng.integers(0, cells, size=(most // 2, 2))
    near = rng.integers(0, max(1, cells - 1), size=most // 2)
    near = np.stack([near, np.minimum(near + rng.integers(1, 4, size=len(near)), cells - 1)], axis=1)
    return np.concatenate([anywhere, near])


class Covers:
    """The covers of one target by a set of columns."""

    def __init__(self, codes: np.ndarray, costs: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> None:
        """Take codes int64 [column, cell] (equal code: equal value), costs [column] in bits, target int32 [cell]."""
        self.codes, self.costs, self.target = codes, costs, target
        self._numbered: dict[int, np.ndarray] = {}
        self.alike = np.zeros((len(codes), 0), dtype=np.uint64)  # bit: the column is equal at both cells of a conflict
        pairs = drawn(len(target), 16 * FIRST, rng)
        apart = np.nonzero(target[pairs[:, 0]] != target[pairs[:, 1]])[0]
        self._learn(pairs[rng.permutation(apart)[:FIRST]])

    def _learn(self, pairs: np.ndarray) -> None:
        """Add conflicts."""
        if not len(pairs):
            return
        alike = self.codes[:, pairs[:, 0]] == self.codes[:, pairs[:, 1]]
        self.alike = np.concatenate([self.alike, pack(alike)], axis=1)

    def find(self, width: int, most: int, entries: int) -> Iterator[Cover]:
        """Yield covers of exactly `width` columns, of at most so many entries, the cheapest first, at most `most`."""
        if not self.alike.shape[1]:
            return
        survivors, cut = self._propose(width)
        seen: set[bytes] = set()
        found = 0
        for _ in range(ROUNDS):
            if not len(survivors):
                if not cut:
                    return
                survivors, cut = self._propose(width)  # what was learnt since leaves room for dearer ones
                continue
            lessons = []
            keep = np.ones(len(survivors), dtype=bool)
            for k in range(min(len(survivors), TESTED)):
                columns = survivors[k]
                key = joint(np.stack([self._classes(int(column)) for column in columns]))
                pairs = missed(key, self.target, TESTED)
                keep[k] = False
                if len(pairs):
                    lessons.append(pairs)
                    continue
                size = int(key.max()) + 1
                if size > entries or columns.tobytes() in seen:
                    continue
                seen.add(columns.tobytes())
                found += 1
                yield Cover(tuple(int(c) for c in columns), size, float(self.costs[columns].sum()))
                if found >= most:
                    return
            survivors = survivors[keep]
            if lessons:
                known = self.alike.shape[1]
                self._learn(np.concatenate(lessons))
                news = self.alike[:, known:]
                survivors = survivors[~_all_alike(news, survivors)]

    def _classes(self, column: int) -> np.ndarray:
        """Give the numbers of a column's values."""
        found = self._numbered.get(column)
        if found is None:
            found = self._numbered[column] = classes(self.codes[column])
        return found

    def _propose(self, width: int) -> tuple[np.ndarray, bool]:
        """Give the cheapest `KEPT` sets of columns [set, width] that separate every known conflict; and if more did."""
        pool = np.argsort(self.costs, kind="stable")[: POOLS[width]]
        alike = self.alike[pool]
        sets = _cover(alike, self.costs[pool], width)
        if not len(sets):
            return sets, False
        order = np.argsort(self.costs[pool][sets].sum(axis=1), kind="stable")
        return pool[sets[order[:KEPT]]], len(sets) > KEPT


def _all_alike(alike: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Say for each set of columns whether some conflict is left that none of them separates."""
    left = alike[sets[:, 0]]
    for k in range(1, sets.shape[1]):
        left = left & alike[sets[:, k]]
    return np.asarray(left.any(axis=1))


def _cover(alike: np.ndarray, costs: np.ndarray, width: int) -> np.ndarray:
    """Give the sets of `width` rows of `alike` whose AND is zero, branching on the conflict fewest columns separate."""
    if width == 1:
        return np.nonzero(~alike.any(axis=1))[0][:, None]
    separates = _rarest(alike)
    if width == 2:
        return _couples(alike, separates)
    found = []
    tried = np.zeros(len(alike), dtype=bool)
    for i in separates:
        tried[i] = True
        open_ = np.nonzero(alike[i])[0]  # the words in which conflicts are left
        if not len(open_):  # covers by itself: what contains it is no smallest cover
            continue
        rest = _cover(alike[:, open_] & alike[i, open_], costs, width - 1)
        rest = rest[~tried[rest].any(axis=1)] if len(rest) else rest
        if len(rest):
            found.append(np.concatenate([np.full((len(rest), 1), i), rest], axis=1))
    return np.concatenate(found) if found else np.zeros((0, width), dtype=int)


def _couples(alike: np.ndarray, separates: np.ndarray) -> np.ndarray:
    """Give the pairs of rows of `alike` whose AND is zero, the first of them one of `separates`, each pair once.

    Rows that are zero by themselves are left out.
    """
    words, rows = np.ascontiguousarray(alike.T), len(alike)
    turn = np.full(rows, len(separates))
    turn[separates] = np.arange(len(separates))
    found = []
    step = max(1, TOGETHER // rows)
    for start in range(0, len(separates), step):
        first = separates[start : start + step]
        both = np.zeros((len(first), rows), dtype=np.uint64)
        for word in words:
            both |= word[first, None] & word
        free = (both == 0) & (turn > turn[first, None]) & np.any(alike[first], axis=1, keepdims=True)
        at, other = np.nonzero(free)
        found.append(np.stack([first[at], other], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=int)


def _rarest(alike: np.ndarray) -> np.ndarray:
    """Give the rows that separate the conflict which the fewest rows separate."""
    unpacked = np.unpackbits(np.ascontiguousarray(alike).view(np.uint8), axis=1).astype(bool)
    apart = (~unpacked).sum(axis=0)
    return np.nonzero(~unpacked[:, int(np.argmin(apart))])[0]
