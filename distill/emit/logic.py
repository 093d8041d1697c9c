"""Normal forms of conditions: of positions, of tables and of choices, put positively. Each gives an equal term."""

from __future__ import annotations

from distill.emit.facts import Facts
from distill.emit.once import once
from distill.emit.rewrite import opposite
from distill.emit.signature import same_symbol
from dsl.check import check
from dsl.terms import Call, Expr, Input, Literal, Table, call, symbol
from dsl.types import Kind, Type

_DUALS = {
    "any_all": "every_all",
    "every_all": "any_all",
    "running_any": "running_every",
    "running_every": "running_any",
}


def over_row(term: Call, facts: Facts) -> Expr | None:
    """`count(key(p))` is `count_all(p)`."""
    return once(term) if term.op in ("count", "any_of") else None


def everywhere(term: Call, facts: Facts) -> Expr | None:
    """`not any_all(x < y)` is `every_all(y <= x)`."""
    match term:
        case Call(op="not", args=(Call(op=op, args=(condition,)),)) if op in _DUALS:
            other = opposite(condition)
            plain = not isinstance(other, Call) or other.op != "not"
            return call(_DUALS[op], other) if plain else None
    return None


def one_entry(term: Call, facts: Facts) -> Expr | None:
    """`lookup(x, y, {(1, 2): true, else false})` is `x == 1 and y == 2`."""
    match term:
        case Call(op="lookup", args=(*keys, Table(entries=((parts, value),)) as table)) if len(keys) > 1:
            pass
        case _:
            return None
    if same_symbol(value, table.default):
        return Literal(value, table.kind)
    kinds = zip(keys, parts, table.key_kinds, strict=True)
    first, *rest = [call("eq", key, Literal(part, kind)) for key, part, kind in kinds]
    for other in rest:
        first = call("and", first, other)
    if isinstance(value, bool) and isinstance(table.default, bool) and table.kind is Kind.BOOL:
        return first if value else call("not", first)
    return call("if", first, Literal(value, table.kind), Literal(table.default, table.kind))


def at_bound(term: Call, facts: Facts) -> Expr | None:
    """`min(x, y) == 0` is `x == 0 or y == 0` where both are at least 0; `abs(x) == 0` is `x == 0`."""
    match term:
        case Call(op="eq", args=(Call(op="abs", args=(value,)), Literal(value=0) as zero)):
            return call("eq", value, zero)
        case Call(op="eq", args=(Call(op="min" | "max" as op, args=(a, b)), Literal(value=int(k)) as limit)):
            ends = [facts.bounds(v)[op == "max"] for v in (a, b)]
            if all(end == k or ((end > k) is (op == "min") and end != k and abs(end) != float("inf")) for end in ends):
                return call("or", call("eq", a, limit), call("eq", b, limit))
    return None


def as_symbol(term: Call, facts: Facts) -> Expr | None:
    """`number == 3` is `token == #3`, where tokens are numbers and other symbols."""
    match term:
        case Call(op="eq" | "ne" as op, args=(Input(name="number") as number, Literal(value=int(k)))):
            if facts.signature.kind == "tokens" and any(type(s) is int and s == k for s in facts.signature.vocabulary):
                return call(op, Input("token", Type(Kind.SYMBOL, number.type.axis)), symbol(k))
    return None


def merged(term: Call, facts: Facts) -> Expr | None:
    """`x if p else y if q else x` is `y if q and not p else x`."""
    match term:
        case Call(op="if", args=(p, x, Call(op="if", args=(q, y, other)))) if other is x and isinstance(x, Literal):
            first = opposite(p)
            if not isinstance(first, Call) or first.op in ("not", "and", "or") or check(p).axis is not check(q).axis:
                return None
            return call("if", call("and", first, q), y, x)
    return None
