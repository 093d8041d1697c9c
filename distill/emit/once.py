"""Aggregates that are the same for every position: they are computed once, as values of the row."""

from __future__ import annotations

from dsl.check import check
from dsl.terms import Call, Expr, call
from dsl.types import Axis


def once(term: Call, single: bool = False) -> Expr:
    """`count(key(p))` is `count_all(p)`; what selects the same positions from everywhere is computed once."""
    match term:
        case Call(op="count" | "any_of" as op, args=(where,)) if same_everywhere(where):
            return call(f"{op.removesuffix('_of')}_all", _there(where))
        case Call(op="first", args=(value,)) if check(value).axis is Axis.ROW:
            return value
        case Call(op="sum" | "mean" | "min_of" | "max_of" | "first_of" | "last_of" | "mode_of", args=(where, *_)):
            return call("first", term) if same_everywhere(where) else term
    return term


def same_everywhere(where: Expr) -> bool:
    """Say whether a condition on pairs does not depend on the position that looks."""
    match where:
        case Call(op="before" | "upto"):
            return False
        case Call(op="query", args=(value,)):
            return check(value).axis is Axis.ROW
        case Call(op="key"):
            return True
        case Call(args=args):
            return all(map(same_everywhere, args))
    return True


def _there(where: Expr) -> Expr:
    """Give a condition on the position looked at as one on that position."""
    if isinstance(where, Call) and where.op in ("key", "query"):
        return where.args[0]
    return Call(where.op, tuple(map(_there, where.args))) if isinstance(where, Call) else where
