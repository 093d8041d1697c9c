"""Expansions: what stands behind a primitive that is short to write and long to compute, as a network may do it.

Equal values from a longer term, whose parts can be looked for one by one. Which of them depends on how a network goes
about it: with attention, by selecting; with a state carried from position to position, by a scan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import STATE, Call, Expr, Input, Literal, call, integer
from dsl.types import Axis, Kind, Type

Expansion = Callable[[Call], Expr | None]

_MOVING = frozenset({"positions", "reduce", "running", "select", "scan"})  # families that bring values elsewhere
_STILL = frozenset({"index"})  # of these families, but known at the position itself
_INDEX, _LENGTH = call("index"), call("length")


def moves(term: Call) -> bool:
    """Say whether a call brings values from one position to another."""
    primitive = PRIMITIVES.get(term.op)
    return term.op == "scan" or (primitive is not None and primitive.family in _MOVING and term.op not in _STILL)


def _remaining(_: Call) -> Expr:
    return call("sub", call("sub", _LENGTH, integer(1)), _INDEX)


def _rank(value: Expr) -> Expr:
    """How many values come before this one in ascending order, equal ones from left to right."""
    there, here = call("key", value), call("query", value)
    tie = call("and", call("eq", there, here), call("before"))
    return call("count", call("or", call("lt", there, here), tie))


def _of_rank(value: Expr, rank: Expr) -> Expr:
    """The value that has a rank."""
    chosen = call("eq", call("key", _rank(value)), call("query", rank))
    return call("first_of", chosen, value, _nothing(value))


def _sorted(term: Call) -> Expr | None:
    return _of_rank(term.args[0], _INDEX)


def _median(term: Call) -> Expr | None:
    (value,) = term.args
    low = _of_rank(value, call("floordiv", call("sub", _LENGTH, integer(1)), integer(2)))
    high = _of_rank(value, call("floordiv", _LENGTH, integer(2)))
    return call("first", call("div", call("add", low, high), integer(2)))  # the same at every position


def _nothing(value: Expr) -> Literal:
    return {
        Kind.INT: integer(0),
        Kind.REAL: Literal(0.0, Kind.REAL),
        Kind.BOOL: Literal(False, Kind.BOOL),
        Kind.SYMBOL: Literal(None, Kind.SYMBOL),
    }[check(value).kind]


def _carried(update: Callable[[Expr, Expr], Expr], start: Callable[[Expr], Literal | None]) -> Expansion:
    """Expand a running aggregate into a scan: its state, before and after a position."""

    def expansion(term: Call) -> Expr | None:
        (value,) = term.args
        first = start(value)
        if first is None:
            return None
        return call("scan", first, update(Input(STATE, Type(first.kind, Axis.POSITION)), value))

    return expansion


def _zero(value: Expr) -> Literal:
    return Literal(0.0, Kind.REAL) if check(value).kind is Kind.REAL else integer(0)


def _extreme(sign: int) -> Callable[[Expr], Literal | None]:
    """Where a running extreme begins: beyond every integer that can be told apart as a float."""
    return lambda value: None if check(value).kind is Kind.REAL else integer(sign * 2**53)


ATTENDING: Mapping[str, Expansion] = {"from_end": _remaining, "sorted": _sorted, "median_all": _median}
RECURRENT: Mapping[str, Expansion] = {
    "running_sum": _carried(lambda state, x: call("add", state, x), _zero),
    "running_count": _carried(lambda state, p: call("add", state, call("int", p)), lambda _: integer(0)),
    "running_max": _carried(lambda state, x: call("max", state, x), _extreme(-1)),
    "running_min": _carried(lambda state, x: call("min", state, x), _extreme(1)),
    "running_any": _carried(lambda state, p: call("or", state, p), lambda _: Literal(False, Kind.BOOL)),
    "running_every": _carried(lambda state, p: call("and", state, p), lambda _: Literal(True, Kind.BOOL)),
    "since": _carried(lambda state, p: call("if", p, integer(0), call("add", state, integer(1))), lambda _: integer(0)),
}


def expand(term: Expr, table: Mapping[str, Expansion]) -> Expr:
    """Give an equal term in which the operations of a table are spelt out."""
    memo: dict[Expr, Expr] = {}

    def visit(node: Expr) -> Expr:
        if not isinstance(node, Call):
            return node
        if node not in memo:
            built = Call(node.op, tuple(map(visit, node.args)))
            expansion = table.get(built.op)
            memo[node] = (expansion(built) if expansion else None) or built
        return memo[node]

    return visit(term)
