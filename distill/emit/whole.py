"""Terms as values of a whole row: at its last position, of a single step, or the same at every position."""

from __future__ import annotations

from distill.emit.rewrite import LENGTH, PICKS
from dsl.check import check
from dsl.terms import Call, Expr, Input, call, integer
from dsl.types import Axis, Type

_ROW_OF = {
    "running_count": "count_all",
    "running_sum": "sum_all",
    "running_mean": "mean_all",
    "running_min": "min_all",
    "running_max": "max_all",
    "running_any": "any_all",
    "running_every": "every_all",
    "running_mode": "mode_all",
}


def at_last(term: Expr) -> Expr:
    """Give a term's value at the last position as a ROW term, running values as what they run to."""
    if check(term).axis is Axis.ROW:
        return term
    match term:
        case Call(op=op, args=(value,)) if op in _ROW_OF:
            return call(_ROW_OF[op], value)
        case Call(op="index"):
            return call("sub", LENGTH, integer(1))
        case Call(op="from_end"):
            return integer(0)
        case Call(op="lookup", args=(*keys, table)):
            return call("lookup", *map(at_last, keys), table)
        case Call(op="gather", args=(source, where, default)):
            return call("at", source, at_last(where), default)
        case Call(op="sorted", args=(source,)):
            return call("max_all", source)
        case Call(op=op, args=args) if op not in _NOT_POINTWISE:
            return Call(op, tuple(map(at_last, args)))
    return call("last", term)


_NOT_POINTWISE = frozenset({"scan", "since", "shift", "count", "sum", "mean", "any_of", *PICKS})


def by_rows(term: Expr) -> Expr:
    """Give a term of a module without a sequence axis with its inputs as one value a row each."""
    if isinstance(term, Input):
        return Input(term.name, Type(term.type.kind, Axis.ROW))
    return Call(term.op, tuple(map(by_rows, term.args))) if isinstance(term, Call) else term
