"""Values that are read by a key or at a computed position."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from distill.emit import tables
from distill.emit.rewrite import FROM_END
from distill.emit.scope import Place, Scope
from distill.emit.source import CHOICE, COMPARISON, Code
from dsl.terms import Call, Expr, Literal, Table

if TYPE_CHECKING:
    from distill.emit.body import Body

_FEW = 64  # a table of several keys is written out in full up to so many entries


def lookup(body: Body, term: Call, place: Place, *, bare: bool = False) -> Code:
    """Give the source of a lookup; sets among its values are not frozen where `bare`."""
    *keys, table = term.args
    assert isinstance(table, Table)
    domain = _domain(body, keys)
    entries = {key: value for key, value in table.entries if not tables.alike(value, table.default)}
    if domain is not None:
        reachable = {tuple((type(part), part) for part in key) for key in domain}
        entries = {k: v for k, v in entries.items() if tuple((type(part), part) for part in k) in reachable}
    request = tables.Lookup(
        tuple(body.code(k, place) for k in keys),
        entries,
        table.default,
        domain,
        table.kind,
        table.key_kinds,
        body.order,
        bare=bare,
        once=place is None or (isinstance(place, Scope) and bool(place.fixed)),
    )
    return tables.write(request, lambda source: body.constant(source, term))


def _domain(body: Body, keys: list[Expr]) -> list[tables.Key] | None:
    """Give all that a lookup's keys may be, where that is known to be few."""
    parts = [body.facts.values(k) for k in keys]
    known = [p for p in parts if p is not None]
    few = len(known) == len(parts) and (len(parts) == 1 or prod(map(len, known)) <= _FEW)
    return list(product(*known)) if few else None


def gathered(body: Body, term: Call, place: Place) -> Code:
    """Give the source of the value at a computed position, guarded where there may be none."""
    source, where, _ = term.args
    if isinstance(source, Call) and source.op == "symbol":
        source = source.args[0]
    name = body.list_name(source)
    if where is FROM_END:
        i = body.code(FROM_END, place)
        return Code(f"{name}[{i.text}]")
    match where:
        case Call(op="sub", args=(Call(op="length"), Literal(value=int(k)))) if k > 0:
            item, tests = f"{name}[-{k}]", f"{body.length().within(5)} >= {k}" if k > body.facts.least else ""
        case _:
            index = body.code(where, place)
            item, tests = f"{name}[{index.text}]", _guards(body, where, index, place)
    return Code(f"{item} if {tests} else {body.fill(term).text}", CHOICE) if tests else Code(item)


def _guards(body: Body, where: Expr, index: Code, place: Place) -> str:
    """Give the test that an index is one of a position, as far as it cannot be shown to be."""
    under, over = body.facts.outside(where)
    text, length = index.within(COMPARISON + 1), body.length().within(5) if over else ""
    if under and over:
        return f"0 <= {text} < {length}"
    if over:
        return f"{length} > {text}" if isinstance(where, Literal) else f"{text} < {length}"
    match where:
        case Call(op="sub", args=(Call() as base, Literal() as least)) if under:
            return f"{body.code(base, place).within(COMPARISON + 1)} >= {body.code(least, place).text}"
    return f"{text} >= 0" if under else ""
