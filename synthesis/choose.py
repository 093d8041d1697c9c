"""Choices: a target that no one column gives, split by conditions: `leaf if condition else leaf ...`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dsl.terms import Expr, call, integer
from dsl.types import Kind
from synthesis.bitset import pack
from synthesis.goals import Goal
from synthesis.problem import same

CONDITIONS, LEAVES, CELLS = 120, 90, 512
FEW = 4  # numbers that take so many values in a row at most are compared with each: remainders, mostly
DEPTH = 4  # conditions in a list
WIDTHS = {4: 4, 3: 6, 2: 8}  # rules followed up with so many conditions left
BIAS = 8.0  # bits added to a rule's price when rules are compared by cells a bit


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Terms with what they cost and, as bit sets over the cells, where they are right (leaves) or hold (conditions)."""

    terms: list[Expr]
    costs: np.ndarray
    cells: np.ndarray

    @staticmethod
    def of(pairs: list[tuple[Expr, np.ndarray]], cost: Callable[[Expr], float], most: int) -> _Pieces:
        """Keep the cheapest of each distinct set, and of those the `most` cheapest and the `most` largest."""
        packed = pack(np.stack([v for _, v in pairs]))
        costs = np.array([cost(t) for t, _ in pairs])
        order = np.argsort(costs, kind="stable")
        _, first = np.unique(packed[order], axis=0, return_index=True)
        distinct = np.array([k for k in order[np.sort(first)] if packed[k].any()], dtype=int)
        large = np.argsort(-np.bitwise_count(packed[distinct]).sum(axis=1), kind="stable")[:most]
        keep = distinct[np.unique(np.concatenate([np.arange(min(most, len(distinct))), large]))]
        return _Pieces([pairs[k][0] for k in keep], costs[keep], packed[keep])


Rule = tuple[int, int]  # a condition (-1: otherwise) and a leaf


def chosen(goal: Goal, rng: np.random.Generator) -> Iterator[Expr]:
    """Yield the cheapest decision list found that gives the target, at most DEPTH conditions."""
    if goal.kind is Kind.BOOL or goal.binary:
        return
    cells = len(goal.wanted)
    some = np.arange(cells) if cells <= CELLS else np.sort(rng.choice(cells, CELLS, replace=False))
    ends = _Pieces.of([(t, same(v[some], goal.wanted[some])) for t, v in goal.leaves(600)], goal.bank.cost, LEAVES)
    booleans = [(goal.columns[k].term, goal.values[k][some]) for k in goal.of((Kind.BOOL,), 2 * CONDITIONS)]
    booleans += _classes(goal, some)
    if not booleans:
        return
    tests = _Pieces.of([*booleans, *((call("not", t), ~v) for t, v in booleans)], goal.bank.cost, CONDITIONS)
    found = _list(ends, tests, pack(np.ones(len(some), dtype=bool)), DEPTH)
    if found is not None:
        *rules, (_, last) = found[1]
        term = ends.terms[last]
        for test, end in reversed(rules):
            term = call("if", tests.terms[test], ends.terms[end], term)
        yield term


def _classes(goal: Goal, some: np.ndarray) -> list[tuple[Expr, np.ndarray]]:
    """Give the conditions that a number is this or that one, for numbers that are one of few: remainders, mostly."""
    found = []
    for k in goal.of((Kind.INT,), len(goal.columns)):
        low, high = goal.values[k].min(), goal.values[k].max()
        values = np.unique(goal.values[k]) if 0 < high - low < FEW else ()
        if len(values):
            equal = [(v, goal.values[k][some] == v) for v in values]
            found += [(call("eq", goal.columns[k].term, integer(int(v))), holds) for v, holds in equal]
    return found


def _list(ends: _Pieces, tests: _Pieces, left: np.ndarray, depth: int) -> tuple[float, list[Rule]] | None:
    """Find a cheap list right on the cells `left`: the shortest depth that does, then the cheapest rules."""
    whole = np.nonzero(~(left & ~ends.cells).any(axis=1))[0]
    if len(whole):
        best = int(whole[np.argmin(ends.costs[whole])])
        return float(ends.costs[best]), [(-1, best)]
    if depth == 0:
        return None
    inside, outside = tests.cells & left, left & ~tests.cells
    safe = _fits(inside, ends)
    found = _two_way(ends, tests, safe, _fits(outside, ends))
    if found is not None or depth == 1:
        return found
    size = np.bitwise_count(inside).sum(axis=1)
    gain = np.where(safe & (size > 0), size / (tests.costs + ends.costs[:, None] + BIAS), 0.0)
    best, best_cost = None, np.inf
    for flat in np.argsort(-gain, axis=None, kind="stable")[: WIDTHS[depth]]:
        leaf, test = divmod(int(flat), len(tests.terms))
        price = float(tests.costs[test] + ends.costs[leaf])
        if gain[leaf, test] == 0 or price >= best_cost:
            continue
        rest = _list(ends, tests, left & ~tests.cells[test], depth - 1)
        if rest is not None and price + rest[0] < best_cost:
            best, best_cost = [(test, leaf), *rest[1]], price + rest[0]
    return None if best is None else (best_cost, best)


def _fits(sets: np.ndarray, ends: _Pieces) -> np.ndarray:
    """Say for each leaf and each set of cells whether the leaf is right on all of it: bool [leaf, set]."""
    wrong, outside = ~ends.cells, np.zeros((len(ends.cells), len(sets)), dtype=np.uint64)
    for word in np.flatnonzero(sets.any(axis=0)):
        outside |= sets[:, word] & wrong[:, word, None]
    return outside == 0


def _two_way(ends: _Pieces, tests: _Pieces, yes: np.ndarray, no: np.ndarray) -> tuple[float, list[Rule]] | None:
    """Find the cheapest single choice."""
    price_yes = np.where(yes, ends.costs[:, None], np.inf)
    price_no = np.where(no, ends.costs[:, None], np.inf)
    total = tests.costs + price_yes.min(axis=0) + price_no.min(axis=0)
    test = int(np.argmin(total))
    if not np.isfinite(total[test]):
        return None
    return float(total[test]), [(test, int(np.argmin(price_yes[:, test]))), (-1, int(np.argmin(price_no[:, test])))]
