"""Defaults that are never used: what a program says there is no claim, so an intervention may not be judged by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dsl.evaluate import Cases
from dsl.terms import Call, Expr, Literal, Table, Value
from dsl.types import Kind

Place = tuple[Call, int]  # a call, and which of its arguments
KEYS = 64  # of a table, up to which it is known which of them there are
OTHERS = 4  # values tried in the place of a default
FAR = 1009  # from a default to one that could not be taken for it


def others_than(default: Literal, cases: Cases) -> Sequence[Literal]:
    """Give values of the same kind that are not the default."""
    match default:
        case Literal(value=bool() as value):
            return [Literal(not value, default.kind)]
        case Literal(value=int() | float() as value, kind=Kind.INT | Kind.REAL):
            return [Literal(value + FAR, default.kind), Literal(value - FAR, default.kind)]
    others = [s for s in cases.symbols if cases.code(s) != cases.code(default.value)]
    return [Literal(s, default.kind) for s in others[:OTHERS]] or [default]


def closed(table: Table, keys: Sequence[np.ndarray], cases: Cases) -> Sequence[Table]:
    """Give a table that lists every key there is, with other defaults; nothing where there are too many keys."""
    shape = np.broadcast_shapes(cases.mask.shape, *(k.shape for k in keys))
    if len(shape) != 2:
        return []
    columns = np.stack([np.broadcast_to(k, shape)[cases.mask] for k in keys], axis=1)
    met = np.unique(columns, axis=0)
    if len(met) > KEYS:
        return []
    entries = dict(table.entries)
    for line in met:
        key = tuple(_value(v, kind, cases) for v, kind in zip(line, table.key_kinds, strict=True))
        entries.setdefault(key, table.default)
    listed = tuple(sorted(entries.items(), key=repr))
    others = others_than(Literal(table.default, table.kind), cases)
    return [Table(listed, other.value, table.key_kinds, table.kind) for other in others]


def _value(held: np.generic, kind: Kind, cases: Cases) -> Value:
    """Give the constant that a column's number stands for."""
    if kind is Kind.SYMBOL:
        code = int(held)
        return cases.symbols[code] if code >= 0 else None
    return {Kind.BOOL: bool, Kind.INT: int, Kind.REAL: float}[kind](held)


def rebuilt(term: Expr, changed: Mapping[Place, Expr]) -> Expr:
    """Give a term with some arguments exchanged: (call as it was, place of the argument) -> what stands there."""
    memo: dict[Expr, Expr] = {}

    def visit(node: Expr) -> Expr:
        if not isinstance(node, Call):
            return node
        if node not in memo:
            args = [changed.get((node, k)) or visit(a) for k, a in enumerate(node.args)]
            memo[node] = Call(node.op, tuple(args))
        return memo[node]

    return visit(term)
