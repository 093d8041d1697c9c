"""Rules for neighbours and for how long ago: what an edge or a run says by itself need not be said again.

Each takes a call and gives an equal term, or None where it does not apply.
"""

from __future__ import annotations

from dsl.terms import Call, Expr, Literal, Table, call, integer
from dsl.types import Kind


def default_of_shift(term: Call) -> Expr | None:
    """`shift(x, 2, 0) if index() > 1 else 7` is `shift(x, 2, 7)`."""
    condition, yes, no = term.args
    for late, edge, holds in ((yes, no, True), (no, yes, False)):
        match late, edge:
            case Call(op="shift", args=(value, Literal(value=int(by)) as steps, _)), Literal() if by:
                place = call("index" if by > 0 else "from_end")
                if _least_where(condition, place, holds) == abs(by):
                    return call("shift", value, steps, edge)
    return None


def _least_where(condition: Expr, place: Expr, holds: bool) -> int | None:
    """Give k where a condition (or, `holds` False, its opposite) says that `place` is at least k."""
    match condition:
        case Call(op="lt" | "le" as op, args=(Literal(value=int(k)), other)) if holds and other is place:
            return k + (op == "lt")
        case Call(op="lt" | "le" as op, args=(other, Literal(value=int(k)))) if not holds and other is place:
            return k + (op == "le")
        case Call(op="eq" | "ne" as op, args=(other, Literal(value=0))) if (op == "ne") is holds and other is place:
            return 1
    return None


def edge_of_shift(term: Call) -> Expr | None:
    """`first(shift(x, -1, 0))` is `at(x, 1, 0)`; before the first there is only the default."""
    match term.args:
        case (Call(op="shift", args=(value, Literal(value=int(by)), default)),):
            return default if by > 0 else call("at", value, integer(-by), default)
    return None


def since_says_it(term: Call) -> Expr | None:
    """`x != 0 and since(x == 0) > 2` is `since(x == 0) > 2`: what held just now was 0 positions ago."""
    for one, other in (term.args, term.args[::-1]):
        condition = _asked_of_since(one if term.op == "and" else _opposite(one))
        lacks = other if term.op == "and" else _opposite(other)
        if condition is not None and lacks is not None and lacks is _opposite(condition):
            return one
    return None


def _asked_of_since(term: Expr | None) -> Expr | None:
    """Give p where a term is a comparison of `since(p)` with a constant that fails at 0."""
    match term:
        case Call(op="lt" | "le" as op, args=(Literal(value=int(k)), Call(op="since", args=(condition,)))):
            return condition if k > 0 or (k == 0 and op == "lt") else None
        case Call(op="eq", args=(Call(op="since", args=(condition,)), Literal(value=int(k)))) if k:
            return condition
        case Call(op="ne", args=(Call(op="since", args=(condition,)), Literal(value=0))):
            return condition
    return None


def _opposite(term: Expr) -> Expr | None:
    """Give the opposite of a condition as the simplifier writes it."""
    match term:
        case Call(op="not", args=(inner,)):
            return inner
        case Call(op="eq" | "ne" as op, args=args):
            return Call("ne" if op == "eq" else "eq", args)
        case Call(op="lt" | "le" as op, args=(a, b)):
            return Call("le" if op == "lt" else "lt", (b, a))
        case Call(op="lookup", args=(*keys, Table(entries, bool(default), kinds, Kind.BOOL))):
            return Call("lookup", (*keys, Table(tuple((k, not v) for k, v in entries), not default, kinds, Kind.BOOL)))
    return call("not", term)
