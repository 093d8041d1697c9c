"""What the bank is grown from: the constants that a problem suggests and the primitives that it allows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from dsl.primitives import PRIMITIVES
from dsl.terms import Literal, Table, Value, symbol
from dsl.types import Axis, Kind
from synthesis.bank import Bank, Column
from synthesis.problem import Problem

FEW = 8  # a column with at most so many different values is compared with each of them
MANY = 32  # an input with at most so many
CONSTANTS = (0, 1, 2, 3)
COMMON = 0.9  # a symbol that stands in so large a share of the rows marks a place in them
LOOKS_AHEAD = frozenset({"sorted"})  # position to position, yet reads later ones


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces a bank may be built of.

    tables: whether steps up and down (`signs`) are among them. unary, running, reductions, aggregates: names of
    primitives; shifts: how far back (negative: ahead).
    """

    causal: bool
    sequence: bool
    constants: tuple[int, ...] = CONSTANTS
    tables: bool = True
    unary: tuple[str, ...] = ("not", "abs")
    shifts: tuple[int, ...] = ()
    running: tuple[str, ...] = ()
    reductions: tuple[str, ...] = ()
    aggregates: tuple[str, ...] = ()
    orders: tuple[str | None, ...] = ()
    atoms: tuple[str, ...] = ()


def vocabulary(problem: Problem) -> Vocabulary:
    """Choose the pieces by what the inputs are: with a sequence axis or not, causal or not."""
    constants = hints(problem.wanted, problem.target.kind)
    if all(i.type.axis is Axis.ROW for i in problem.inputs):
        return Vocabulary(problem.causal, sequence=False, constants=constants)
    aggregates = tuple(
        p.name for p in PRIMITIVES.values() if p.family == "select" and p.name not in ("any_of", "count")
    )
    running = tuple(p.name for p in PRIMITIVES.values() if p.family == "running" and p.name != "running_every")
    if problem.causal:
        return Vocabulary(
            causal=True,
            sequence=True,
            constants=constants,
            shifts=(1, 2, 3),
            running=running,
            reductions=("first",),
            aggregates=aggregates,
            orders=("before", "upto"),
            atoms=("index",),
        )
    return Vocabulary(
        causal=False,
        sequence=True,
        constants=constants,
        unary=("not", "abs", "sorted"),
        shifts=(1, -1, 2, -2, 3),
        running=running,
        reductions=tuple(p.name for p in PRIMITIVES.values() if p.family == "reduce"),
        aggregates=aggregates,
        orders=(None, "before", "upto"),
        atoms=("index", "length", "from_end"),
    )


def hints(wanted: np.ndarray, kind: Kind) -> tuple[int, ...]:
    """Give the constants to compute with: the smallest, and the bounds that integer answers keep to."""
    if kind is not Kind.INT or not len(wanted):
        return CONSTANTS
    bounds = {int(wanted.max()) + 1, int(wanted.max()), int(wanted.min())}
    return (*CONSTANTS, *sorted(b for b in bounds if b not in CONSTANTS and abs(b) < 1000))


def literal(value: Any, kind: Kind, symbols: tuple[Value, ...]) -> Literal:
    """Give the constant for a value as columns hold it (a code, where it is a symbol)."""
    if kind is Kind.SYMBOL:
        code = int(value)
        return symbol(symbols[code] if code >= 0 else None)
    return Literal({Kind.BOOL: bool, Kind.INT: int, Kind.REAL: float}[kind](value), kind)


def landmarks(bank: Bank, column: Column) -> list[int]:
    """Give the values of a column worth comparing it with: all of a few, else those that stand in nearly every row."""
    values, counts = np.unique(column.values, return_counts=True)
    if len(values) <= (MANY if column.size == 1 else FEW):
        return [int(v) for v in values]
    if column.type.kind is not Kind.SYMBOL or column.type.axis is Axis.ROW:
        return []
    rows = len(bank.layout.mask)
    often = values[counts >= COMMON * rows]
    return [int(v) for v in often if len(np.unique(bank.layout.rows[column.values == v])) >= COMMON * rows]


def wide(column: Column) -> bool:
    """Say whether a column takes many values, as inputs over a large alphabet do: few of them are marks."""
    return column.type.kind in (Kind.SYMBOL, Kind.INT) and len(np.unique(column.values)) > MANY


def signs(bank: Bank, column: Column) -> list[Table]:
    """Give the maps that send one value to 1, another to -1 and the rest to 0: steps up and down."""
    values = landmarks(bank, column)
    if not 2 <= len(values) <= 6:
        return []
    kind, symbols = column.type.kind, bank.layout.cases.symbols

    def table(up: int, down: int) -> Table:
        entries = [((literal(v, kind, symbols).value,), s) for v, s in ((up, 1), (down, -1))]
        return Table(tuple(sorted(entries, key=repr)), 0, (kind,), Kind.INT)

    return [table(up, down) for up, down in permutations(values, 2) if up < down]
