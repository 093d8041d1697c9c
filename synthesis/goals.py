"""Goal tests: which terms over the columns of a bank give the target exactly?

Each test looks one operation beyond the bank, without storing what it looks at: equality, an operation on two columns,
a choice between columns, a two-level formula of conditions, a threshold that depends on a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dsl.evaluate import apply
from dsl.primitives import PRIMITIVES
from dsl.size import bits
from dsl.terms import Expr, Literal, Table, call
from dsl.types import Kind
from synthesis.bank import Bank, Column
from synthesis.bitset import pack
from synthesis.problem import same
from synthesis.vocabulary import literal

MEETING = 1200  # columns that are combined pair by pair
PROBES = (6, 60)  # cells looked at before all of them
NUMERIC = (Kind.INT, Kind.REAL)
MEETS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("add", NUMERIC),
    ("sub", NUMERIC),
    ("mul", NUMERIC),
    ("min", NUMERIC),
    ("max", NUMERIC),
    ("mod", (Kind.INT,)),
    ("floordiv", (Kind.INT,)),
    ("div", NUMERIC),
)
RELATIONS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("eq", (Kind.INT, Kind.SYMBOL)),
    ("ne", (Kind.INT, Kind.SYMBOL)),
    ("lt", NUMERIC),
    ("le", NUMERIC),
)


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """A target over the scored cells, and the bank's columns as they stand at those cells."""

    bank: Bank
    columns: Sequence[Column]
    values: Sequence[np.ndarray]  # one array [cell] a column
    wanted: np.ndarray
    kind: Kind

    def of(self, kinds: tuple[Kind, ...], most: int) -> list[int]:
        """Give the indices of the cheapest columns of these kinds."""
        found = [k for k, c in enumerate(self.columns) if c.type.kind in kinds]
        return sorted(found, key=lambda k: (self.columns[k].size, k))[:most]

    def constants(self) -> list[tuple[Expr, np.ndarray]]:
        """Give the answers themselves as constant columns."""
        symbols = self.bank.layout.cases.symbols
        values = np.unique(self.wanted)[:64]
        return [(literal(v, self.kind, symbols), np.full(len(self.wanted), v)) for v in values]

    def leaves(self, most: int) -> list[tuple[Expr, np.ndarray]]:
        """Give terms of the target's kind with their values: constants, then columns (integers may be symbols)."""
        found = self.constants()
        kinds = {Kind.REAL: NUMERIC}.get(self.kind, (self.kind,))
        found += [(self.columns[k].term, self.values[k]) for k in self.of(kinds, most)]
        if self.kind is Kind.SYMBOL:
            ctx = self.bank.layout.interpreter.ctx
            for k in self.of((Kind.INT,), most):
                found.append((call("symbol", self.columns[k].term), apply(ctx, "symbol", [self.values[k]])))
        return found


def equal(goal: Goal) -> Iterator[Expr]:
    """Yield the columns (and constants) that are the target."""
    for term, values in goal.leaves(len(goal.columns)):
        if same(values, goal.wanted).all():
            yield term


def meet(goal: Goal) -> Iterator[Expr]:
    """Yield operations on two columns that give the target."""
    operations = RELATIONS if goal.kind is Kind.BOOL else MEETS if goal.kind in NUMERIC else ()
    cells = len(goal.wanted)
    probe = np.unique(np.linspace(0, cells - 1, min(cells, PROBES[0])).astype(int))
    for op, kinds in operations:
        for group in [kinds] if Kind.SYMBOL not in kinds else [(k,) for k in kinds]:
            index = goal.of(group, MEETING)
            if index:
                yield from _met(goal, op, index, probe)


def _met(goal: Goal, op: str, index: list[int], probe: np.ndarray) -> Iterator[Expr]:
    ctx = goal.bank.layout.interpreter.ctx
    few = np.stack([goal.values[k][probe] for k in index])
    commutes = PRIMITIVES[op].commutes
    for i, k in enumerate(index):
        theirs = few[: i + 1] if commutes else few
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            near = apply(ctx, op, [few[i][None], theirs])
        for j in np.nonzero(same(near, goal.wanted[probe]).all(axis=1))[0]:
            values = apply(ctx, op, [goal.values[k], goal.values[index[j]]])
            if same(values, goal.wanted).all():
                yield call(op, goal.columns[k].term, goal.columns[index[j]].term)


def chosen(goal: Goal, *, conditions: int = 300, leaves: int = 600, depth: int = 3) -> Iterator[Expr]:
    """Yield decision lists: `leaf if condition else ...`, at most `depth` conditions."""
    if goal.kind is Kind.BOOL:
        return
    ends = goal.leaves(leaves)
    right = pack(np.stack([same(v, goal.wanted) for _, v in ends]))
    tests = _conditions(goal, conditions)
    if not tests:
        return
    holds = pack(np.stack([v for _, v in tests]))
    prices = np.array([bits(t) for t, _ in ends])
    everything = pack(np.ones(len(goal.wanted), dtype=bool))
    found = _list(right, prices, holds, np.array([bits(t) for t, _ in tests]), everything, depth)
    if found is not None:
        *rules, last = found
        term = ends[last[1]][0]
        for test, end in reversed(rules):
            term = call("if", tests[test][0], ends[end][0], term)
        yield term


def _conditions(goal: Goal, most: int) -> list[tuple[Expr, np.ndarray]]:
    """Give the cheapest boolean columns and their negations."""
    found = []
    for k in goal.of((Kind.BOOL,), most):
        found.append((goal.columns[k].term, goal.values[k]))
        found.append((call("not", goal.columns[k].term), ~goal.values[k]))
    return found


def _list(
    right: np.ndarray, prices: np.ndarray, holds: np.ndarray, costs: np.ndarray, left: np.ndarray, depth: int
) -> list[tuple[int, int]] | None:
    """Find the cheapest decision list right on the cells `left`, as (condition, leaf) pairs; the last condition is -1."""
    whole = np.nonzero(~(left & ~right).any(axis=1))[0]
    if len(whole):
        return [(-1, int(whole[np.argmin(prices[whole])]))]
    if depth == 0:
        return None
    here = holds & left
    size = np.bitwise_count(here).sum(axis=1)
    options = []
    for leaf in range(len(right)):
        safe = np.nonzero(~(here & ~right[leaf]).any(axis=1) & (size > 0))[0]
        options += [(float(costs[c] + prices[leaf]), -int(size[c]), int(c), leaf) for c in safe]
    if depth > 1:  # the widest rules first, as each must leave little behind; at the end any that closes the list
        options = sorted(options, key=lambda o: (o[1] / (o[0] + 8), o))[: 24 if depth == 3 else 60]
    best, best_cost = None, np.inf
    for cost, _, test, leaf in sorted(options):
        if cost >= best_cost:
            break
        rest = _list(right, prices, holds, costs, left & ~holds[test], depth - 1)
        if rest is not None:
            total = cost + sum((costs[t] if t >= 0 else 0) + prices[e] for t, e in rest)
            if total < best_cost:
                best, best_cost = [(test, leaf), *rest], total
    return best


def threshold(goal: Goal, *, bounds: int = 12, amounts: int = 60) -> Iterator[Expr]:
    """Yield `amount <= T[key]` and `T[key] <= amount`: a bound that depends on another column."""
    if goal.kind is not Kind.BOOL or goal.wanted.all() or not goal.wanted.any():
        return
    for k in goal.of((Kind.INT, Kind.SYMBOL), bounds):
        key = goal.values[k]
        if len(np.unique(key)) > 64:
            continue
        for a in goal.of((Kind.INT,), amounts):
            if a != k:
                for up in (True, False):
                    yield from _bounded(goal, k, a, up)


def _bounded(goal: Goal, k: int, a: int, up: bool) -> Iterator[Expr]:
    sign = 1 if up else -1
    key, amount = goal.values[k], sign * goal.values[a]
    spans = {}
    for value in np.unique(key):
        here = key == value
        inside, outside = amount[here & goal.wanted], amount[here & ~goal.wanted]
        low = int(inside.max()) if len(inside) else int(outside.min()) - 1
        high = int(outside.min()) - 1 if len(outside) else int(inside.max())
        if low > high:
            return
        spans[value] = (low, high if len(outside) else np.inf)
    usual = max((low for low, _ in spans.values()), key=lambda v: sum(lo <= v <= hi for lo, hi in spans.values()))
    column = goal.columns[k]
    symbols = goal.bank.layout.cases.symbols
    entries = tuple(
        ((literal(v, column.type.kind, symbols).value,), sign * low)
        for v, (low, high) in spans.items()
        if not low <= usual <= high
    )
    table = Table(tuple(sorted(entries, key=repr)), sign * usual, (column.type.kind,), Kind.INT)
    limit: Expr = call("lookup", column.term, table) if entries else Literal(sign * usual, Kind.INT)
    pair = (goal.columns[a].term, limit)
    yield call("le", *(pair if up else pair[::-1]))
