"""Aggregates over selected positions and over whole rows as source: generators, slices and list methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dsl.terms import Call, Expr, Literal, call
from dsl.types import Axis
from dsl.check import check
from distill.emit.expression import flatten
from distill.emit.rewrite import BEFORE, INDEX, UPTO
from distill.emit.scope import Pair, Scope
from distill.emit.source import AND, COMPARISON, PRODUCT, Code, constant

if TYPE_CHECKING:
    from distill.emit.body import Body, Place

AFTER = call("lt", call("query", INDEX), call("key", INDEX))
_CUTS = {BEFORE: "before", UPTO: "upto", AFTER: "after"}
_AGGREGATES = {"count_all": "sum", "sum_all": "sum", "min_all": "min", "max_all": "max", "any_all": "any", "every_all": "all"}


def settle(scope: Scope, write: Callable[[Scope], list[Code]]) -> tuple[list[Code], Scope]:
    """Write expressions in a scope, and once more where what they ask for calls for another header."""
    before = scope.body.uses.copy()
    codes = write(scope)
    other = scope.again()
    if other is None:
        return codes, scope
    scope.body.uses = before
    return write(other), other


def aggregate(body: Body, term: Call, scope: Scope) -> Code:
    """Give the source of an aggregate over the positions that a condition selects."""
    where, *rest = term.args
    parts = flatten("and", where)
    order = next((p for p in parts if p in _CUTS), None)
    parts = [p for p in parts if p is not order]
    cut = _CUTS[order] if order is not None else ""
    short = _list_method(body, term.op, parts, cut, scope)
    if short is not None:
        return short
    inner = Scope(body, depth=1, outer=scope, cut=cut, reverse=term.op == "last_of")
    value = rest[0] if rest else None
    if term.op in ("count", "any_of"):
        wanted, parts = parts, []
    else:
        wanted = []

    def write(here: Scope) -> list[Code]:
        pair = Pair(here, scope)
        tests = [body.code(p, pair) for p in (wanted or parts)]
        test = tests[0] if len(tests) == 1 else Code(" and ".join(t.within(AND) for t in tests), AND)
        result = test if value is None else body.spread(value, here)
        return [result, test]

    (result, test), inner = settle(inner, write)
    filter_ = f" if {test.text}" if parts else ""
    generator = f"{result.text} {inner.header()}{filter_}"
    plain = not filter_ and inner.header() == f"for {result.text} in {_over(inner)}"
    certain = not filter_ and cut in ("", "upto")
    return _aggregated(body, term, _over(inner) if plain else generator, plain, certain)


def _over(scope: Scope) -> str:
    return scope.header().partition(" in ")[2]


def _aggregated(body: Body, term: Call, items: str, plain: bool, certain: bool) -> Code:
    """Wrap a generator (or a plain list) in what aggregates it. certain: something is always selected."""
    default = term.args[2] if len(term.args) == 3 else None
    fill = constant(default.value, body.order).text if isinstance(default, Literal) else ""
    grouped = items if plain else f"({items})"
    match term.op:
        case "count" | "sum":
            return Code(f"sum({items})")
        case "any_of":
            return Code(f"any({items})")
        case "min_of" | "max_of":
            return Code(f"{term.op[:3]}({items})" if certain else f"{term.op[:3]}({grouped}, default={fill})")
        case "first_of" | "last_of":
            return Code(f"next({f'iter({items})' if plain else grouped}, {fill})")
    helper = body.helper(term.op.removesuffix("_of"), term.args[1])
    source = items if plain and not items.startswith("zip") else f"[{items}]"
    return Code(f"{helper}({source})" if certain else f"{helper}({source}, {fill})")


def _list_method(body: Body, op: str, parts: list[Expr], cut: str, scope: Scope) -> Code | None:
    """`xs.count(x)` and `x in xs`, where a list is searched for one value."""
    if op not in ("count", "any_of") or len(parts) != 1:
        return None
    match parts[0]:
        case Call(op="eq", args=(Call(op="key", args=(source,)), sought)) | Call(op="eq", args=(sought, Call(op="key", args=(source,)))):
            pass
        case _:
            return None
    if source in body.components or (source not in body.lists and not body.heavy(source)):
        return None
    if isinstance(sought, Call) and sought.op == "query":
        value = body.spread(sought.args[0], scope)
    elif check(sought).axis is Axis.ROW:
        value = body.code(sought, scope)
    else:
        return None
    cutter = Scope(body, depth=1, outer=scope, cut=cut)
    items = cutter._cut(body.list_name(source))
    if op == "count":
        return Code(f"{items}.count({value.text})")
    return Code(f"{value.within(COMPARISON + 1)} in {items}", COMPARISON)


def reduction(body: Body, term: Call, place: Place) -> Code:
    """Give the source of an aggregate over all positions of the row."""
    (value,) = term.args
    match term:
        case Call(op="first"):
            return body.code(value, Scope(body, fixed="0"))
        case Call(op="last"):
            return body.last(value)
        case Call(op="count_all", args=(Call(op="eq", args=(source, sought)),)) if _searchable(body, source, sought):
            return Code(f"{body.list_name(source)}.count({body.code(sought, place).text})")
        case Call(op="any_all", args=(Call(op="eq", args=(source, sought)),)) if _searchable(body, source, sought):
            return Code(f"{body.code(sought, place).within(5)} in {body.list_name(source)}", COMPARISON)
        case Call(op="every_all", args=(Call(op="ne", args=(source, sought)),)) if _searchable(body, source, sought):
            return Code(f"{body.code(sought, place).within(5)} not in {body.list_name(source)}", COMPARISON)
        case Call(op="mean_all"):
            return Code(f"sum({body.items(value)}) / {body.length().text}", PRODUCT)
        case Call(op="distinct_all"):
            items = body.items(value)
            return Code(f"len(set({items}))" if " for " not in items else f"len({{{items}}})")
        case Call(op="mode_all"):
            return Code(f"{body.helper('mode', value)}({body.list_source(value)})")
    return Code(f"{_AGGREGATES[term.op]}({body.items(value)})")


def _searchable(body: Body, source: Expr, sought: Expr) -> bool:
    return source in body.lists and source not in body.components and check(sought).axis is Axis.ROW
