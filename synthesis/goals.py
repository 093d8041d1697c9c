"""Goal tests: which terms over the columns of a bank give the target exactly?

Each test looks one operation beyond the bank, without storing what it looks at: equality, an operation on two columns,
a threshold that depends on a column. Choices and formulas have files of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dsl.evaluate import apply
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Literal, Table, call
from dsl.types import Kind
from synthesis.bank import Bank, Column
from synthesis.grow import DIVISIONS
from synthesis.problem import near, same
from synthesis.vocabulary import literal

MEETING = 1000  # columns that are combined pair by pair
PROBES = (8, 64)  # cells looked at before all of them
ENOUGH = 8  # solutions of one kind
ANSWERS = 64  # that are tried as constants
NEARLY, EXCEPTIONS = 0.2, 3  # share of the cells, and values, that may be exceptions
NUMERIC = (Kind.INT, Kind.REAL)
MEETS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("add", (Kind.REAL,)),
    ("sub", (Kind.REAL,)),
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

    @property
    def binary(self) -> bool:
        """Whether the answers are the numbers 0 and 1, which another view of the target takes as conditions."""
        return self.kind is Kind.INT and bool(np.isin(self.wanted, (0, 1)).all())

    def of(self, kinds: tuple[Kind, ...], most: int) -> list[int]:
        """Give the indices of the cheapest columns of these kinds."""
        found = [k for k, c in enumerate(self.columns) if c.type.kind in kinds]
        return sorted(found, key=lambda k: (self.columns[k].size, k))[:most]

    def constants(self) -> list[tuple[Expr, np.ndarray]]:
        """Give the most common answers themselves as constant columns."""
        symbols = self.bank.layout.cases.symbols
        values, counts = np.unique(self.wanted, return_counts=True)
        values = values[np.sort(np.argsort(-counts, kind="stable")[:ANSWERS])]
        return [(literal(v, self.kind, symbols), np.full(len(self.wanted), v)) for v in values]

    def leaves(self, most: int) -> list[tuple[Expr, np.ndarray]]:
        """Give terms of the target's kind with their values: constants, then columns (integers may be symbols)."""
        found = self.constants()
        kinds = {Kind.REAL: NUMERIC}.get(self.kind, (self.kind,))
        found += [(self.columns[k].term, self.values[k]) for k in self.of(kinds, most)]
        if self.kind is Kind.SYMBOL:
            found += [(call("symbol", self.columns[k].term), v) for k, v in self.named(most)]
        return found

    def named(self, most: int) -> list[tuple[int, np.ndarray]]:
        """Give the cheapest integer columns, each with the codes of the symbols that are its integers."""
        numbers = self.of((Kind.INT,), most)
        if not numbers:
            return []
        stacked = np.stack([self.values[k] for k in numbers])
        return list(zip(numbers, apply(self.bank.layout.interpreter.ctx, "symbol", [stacked]), strict=True))


def equal(goal: Goal) -> Iterator[Expr]:
    """Yield the columns (and constants) that are the target."""
    for term, values in goal.leaves(len(goal.columns)):
        if same(values, goal.wanted).all():
            yield term


def close(goal: Goal) -> Iterator[Expr]:
    """Yield the columns that are the target at nearly all cells: near misses, to which exceptions may be found."""
    least = 1.0 - near(goal.wanted)
    for term, values in goal.leaves(len(goal.columns)):
        if least <= same(values, goal.wanted).mean() < 1.0:
            yield term


def meet(goal: Goal, most: int = MEETING) -> Iterator[Expr]:
    """Yield operations on two columns that give the target."""
    operations = RELATIONS if goal.kind is Kind.BOOL else MEETS if goal.kind in NUMERIC else ()
    probe = spread(goal.wanted)
    for op, kinds in operations:
        for group in [(k,) for k in kinds] if Kind.SYMBOL in kinds else [kinds]:
            if goal.kind is Kind.INT and Kind.INT not in group:  # sums of integers are looked up, not tried
                continue
            group = NUMERIC if goal.kind is Kind.REAL else group
            index = goal.of(group, most)
            if index:
                yield from _met(goal, op, index, probe)
    if goal.kind is Kind.INT:
        yield from _complements(goal)


def _met(goal: Goal, op: str, index: list[int], probe: np.ndarray) -> Iterator[Expr]:
    """Combine each with each: cell by cell for a few cells, then the pairs that are left on some more, then on all."""
    ctx = goal.bank.layout.interpreter.ctx
    commutes, found = PRIMITIVES[op].commutes, 0
    some, wanted = np.stack([goal.values[k][probe] for k in index]), goal.wanted[probe]
    alive = np.ones((len(index), len(index)), dtype=bool)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for k in range(min(PROBES[0], len(probe))):
            alive &= same(apply(ctx, op, [some[:, None, k], some[None, :, k]]), wanted[k])
        pairs = np.argwhere(np.tril(alive) if commutes else alive)
        nearer = apply(ctx, op, [some[pairs[:, 0]], some[pairs[:, 1]]])
    for i, j in pairs[same(nearer, wanted).all(axis=1)]:
        left, right = index[i], index[j]
        if op in DIVISIONS and not isinstance(goal.columns[right].term, Literal):
            continue
        if same(apply(ctx, op, [goal.values[left], goal.values[right]]), goal.wanted).all():
            yield call(op, goal.columns[left].term, goal.columns[right].term)
            found += 1
            if found == ENOUGH:
                return


def spread(wanted: np.ndarray) -> np.ndarray:
    """Choose cells to look at first: every answer in turn, so that rare ones are among them."""
    _, answer = np.unique(wanted, return_inverse=True)
    order = np.argsort(answer, kind="stable")
    rank = np.empty(len(wanted), dtype=int)
    rank[order] = np.arange(len(wanted)) - np.searchsorted(answer[order], answer[order])
    return np.lexsort((np.arange(len(wanted)) % 7, rank))[: PROBES[1]]


def nearly(goal: Goal) -> Iterator[Expr]:
    """Yield columns that are the target but for a few of their values, with those as exceptions.

    A cell or two may be missed even so: where networks err now and then, some are among those searched on.
    """
    if goal.kind is Kind.BOOL:
        return
    spared = near(goal.wanted)
    for term, values, key, kind in _keyed(goal):
        odd = ~same(values, goal.wanted)
        if not 0 < odd.mean() <= NEARLY:
            continue
        keys, at = np.unique(key, return_inverse=True)
        exceptions = np.bincount(at, odd) > np.bincount(at) / 2
        if not 0 < exceptions.sum() <= EXCEPTIONS or (odd & ~exceptions[at]).mean() > spared:
            continue
        answers = {int(keys[k]): _commonest(goal.wanted[at == k]) for k in np.flatnonzero(exceptions)}
        told = np.array([answers.get(int(k), goal.wanted[0]) for k in keys], dtype=goal.wanted.dtype)[at]
        if (~same(np.where(exceptions[at], told, values), goal.wanted)).mean() <= spared:
            yield _excepted(goal, term, kind, answers)


def _commonest(values: np.ndarray) -> int | float:
    found, counts = np.unique(values, return_counts=True)
    return found[counts.argmax()].item()


def _keyed(goal: Goal) -> Iterator[tuple[Expr, np.ndarray, np.ndarray, Kind]]:
    """Give terms of the target's kind: the term, its values, and the column that exceptions are told by."""
    numbers = {Kind.REAL: NUMERIC}.get(goal.kind, (goal.kind,))
    for k in goal.of(numbers, len(goal.columns)):
        yield goal.columns[k].term, goal.values[k], goal.values[k], goal.columns[k].type.kind
    named = goal.named(len(goal.columns)) if goal.kind is Kind.SYMBOL else []
    for k, values in named:  # told by the number, as all numbers that are no symbol look alike
        yield call("symbol", goal.columns[k].term), values, goal.values[k], Kind.INT


def _excepted(goal: Goal, term: Expr, kind: Kind, exceptions: dict) -> Expr:
    symbols = goal.bank.layout.cases.symbols
    key = term.args[0] if isinstance(term, Call) and term.op == "symbol" else term
    result = term
    for value, answer in exceptions.items():
        result = call("if", call("eq", key, literal(value, kind, symbols)), literal(answer, goal.kind, symbols), result)
    return result


def _complements(goal: Goal) -> Iterator[Expr]:
    """Sums and differences among *all* integer columns: look up what each column lacks to the target."""
    index = goal.of((Kind.INT,), len(goal.columns))
    if not index:
        return
    values = np.stack([goal.values[k] for k in index])
    weights = np.random.default_rng(0).integers(1, 2**62, size=values.shape[1], dtype=np.int64)
    with np.errstate(over="ignore"):
        marks, aim = values @ weights, goal.wanted @ weights  # the mark of a sum is the sum of the marks
    known = {mark: k for k, mark in reversed(list(enumerate(marks.tolist())))}
    for op, needs in (("add", aim - marks), ("sub", aim + marks)):
        for k, need in enumerate(needs.tolist()):
            other = known.get(need)
            if other is not None and (op == "sub" or other <= k):
                pair = (index[other], index[k]) if op == "sub" else (index[k], index[other])
                if same(apply(goal.bank.layout.interpreter.ctx, op, [goal.values[p] for p in pair]), goal.wanted).all():
                    yield call(op, *(goal.columns[p].term for p in pair))


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
