"""Aggregates over selected positions and over whole rows as source: generators, slices and list methods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from distill.emit.commonest import commonest
from distill.emit.lists import is_list, items, last, list_source, settle
from distill.emit.once import same_everywhere
from distill.emit.plan import light
from distill.emit.rewrite import AFTER, BEFORE, NO_EARLIER, UPTO, flatten, of_itself
from distill.emit.scope import Pair, Place, Scope
from distill.emit.source import AND, COMPARISON, OR, PRODUCT, UNARY, Code
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, subterms
from dsl.types import Axis

if TYPE_CHECKING:
    from distill.emit.body import Body

_OF_SOME = frozenset(
    {"first", "last", "min_all", "max_all", "mean_all", "median_all", "mode_all"}
)  # not of an empty row
_CUTS: dict[Expr, str] = {BEFORE: "before", UPTO: "upto", AFTER: "after", NO_EARLIER: "from"}


def aggregate(body: Body, term: Call, scope: Scope) -> Code:
    """Give the source of an aggregate over the positions that a condition selects."""
    where, *rest = term.args
    parts = flatten("and", where)
    order = next((p for p in parts if p in _CUTS), None)
    parts = [p for p in parts if p is not order]
    cut = _CUTS[order] if order is not None else ""
    short = _list_method(body, term.op, parts, cut, scope) or _place_of(body, term, parts, cut, scope)
    if short is not None:
        return short
    clashes = {inner for n in subterms(where) if isinstance(n, Call) and n.op == "query" for inner in subterms(n)}
    alone = bool(scope.fixed) and not cut and same_everywhere(where)
    outer, last = None if alone else scope, term.op == "last_of"
    inner = Scope(body, int(not alone), outer, cut, frozenset(clashes), reverse=last, alone=alone)

    def write(here: Scope) -> list[Code]:
        tests = [body.code(p, Pair(here, scope)) for p in parts] or [Code("True")]
        test = tests[0] if len(tests) == 1 else Code(" and ".join(t.within(AND) for t in tests), AND)
        return [body.spread(rest[0], here) if rest else test, test]

    (value, test), inner = settle(inner, write)
    header = inner.header()
    filtered = f" if {test.within(OR)}" if parts and rest else ""
    over = header.removeprefix(f"for {value.text} in ")
    plain = not filtered and over != header
    source = over if plain else f"{value.text} {header}{filtered}"
    if term.op == "mean" and not filtered and cut in ("", "upto"):
        count = body.length() if not cut else scope.place()
        return Code(f"sum({source}) / {count.within(UNARY)}", PRODUCT)
    certain = cut in ("", "upto", "from") and all(map(of_itself, parts)) and (not scope.fixed or body.facts.least > 0)
    return _aggregated(body, term, source, plain, certain and (not filtered or term.op != "mean"))


def _aggregated(body: Body, term: Call, over: str, plain: bool, certain: bool) -> Code:
    """Wrap a generator (or a plain list) in what aggregates it. certain: something is always selected."""
    template = PRIMITIVES[term.op].python
    if certain and term.op not in ("first_of", "last_of"):
        template = re.sub(r", (default=)?\{2\}", "", template)
    fill = body.fill(term).text if len(term.args) == 3 else ""
    match term.op:
        case "mode_of":
            return commonest(body, term.args[1], over if plain else f"[{over}]", "" if certain else fill)
        case "mean":
            body.helpers.add("mean")
            over = over if plain else f"[{over}]"
        case "first_of" | "last_of" if plain:
            over = f"iter({over})"
        case _ if "{2}" in template and not plain:
            over = f"({over})"
    return Code(template.format(None, None, fill, items=over))


def _list_method(body: Body, op: str, parts: list[Expr], cut: str, scope: Scope) -> Code | None:
    """`xs.count(x)` and `x in xs`, where a list is searched for one value."""
    if op not in ("count", "any_of") or len(parts) != 1:
        return None
    match parts[0]:
        case (
            Call(op="eq", args=(Call(op="key", args=(source,)), sought))
            | Call(op="eq", args=(sought, Call(op="key", args=(source,))))
        ):
            pass
        case _:
            return None
    if source in body.components or (source not in body.lists and light(source)):
        return None
    if isinstance(sought, Call) and sought.op == "query":
        value = body.spread(sought.args[0], scope)
    elif check(sought).axis is Axis.ROW:
        value = body.code(sought, scope)
    else:
        return None
    cutter = Scope(body, depth=1, outer=scope, cut=cut)
    part = cutter.slice(body.list_name(source))
    if op == "count":
        return Code(f"{part}.count({value.text})")
    return Code(f"{value.within(COMPARISON + 1)} in {part}", COMPARISON)


def _place_of(body: Body, term: Call, parts: list[Expr], cut: str, scope: Scope) -> Code | None:
    """`xs.index(max(xs))`, where a list is searched for one of its own values."""
    match term.args, parts:
        case (_, Call(op="index"), _), [Call(op="key", args=(Call(op="eq", args=(a, b)),))] if term.op == "first_of":
            found = next(((v, o) for v, o in ((a, b), (b, a)) if v in body.lists and _is_own(o, v)), None)
        case _:
            return None
    if found is None or cut or body.facts.least < 1 or found[0] in body.components:
        return None
    return Code(f"{body.list_name(found[0])}.index({body.code(found[1], scope).text})")


def _is_own(term: Expr, value: Expr) -> bool:
    """Say whether a term of the row is one of the values of another."""
    return (
        isinstance(term, Call)
        and term.op in ("max_all", "min_all", "mode_all", "first", "last")
        and term.args[0] is value
    )


def reduction(body: Body, term: Call, place: Place) -> Code:
    """Give the source of an aggregate over all positions of the row."""
    (value,) = term.args
    body.fragile |= term.op in _OF_SOME and not _of_selection(value)
    match term:
        case Call(op="first"):
            return body.code(value, Scope(body, fixed="0"))
        case Call(op="last"):
            return last(body, value)
        case Call(op="count_all", args=(Call(op="eq", args=(source, sought)),)) if _searchable(body, source, sought):
            return Code(f"{body.list_name(source)}.count({body.code(sought, place).text})")
        case Call(op="any_all", args=(Call(op="eq", args=(source, sought)),)) if _searchable(body, source, sought):
            return Code(f"{body.code(sought, place).within(5)} in {body.list_name(source)}", COMPARISON)
        case Call(op="every_all", args=(Call(op="ne", args=(source, sought)),)) if _searchable(body, source, sought):
            return Code(f"{body.code(sought, place).within(5)} not in {body.list_name(source)}", COMPARISON)
        case Call(op="every_all" | "any_all" as op, args=(Call(op="eq" | "ne" as sign, args=(a, b)),)) if (
            (op == "every_all") is (sign == "eq") and is_list(body, a) and is_list(body, b)
        ):
            return Code(f"{list_source(body, a)} {'==' if sign == 'eq' else '!='} {list_source(body, b)}", COMPARISON)
        case Call(op="mean_all"):
            return Code(f"sum({items(body, value)}) / {body.length().text}", PRODUCT)
        case Call(op="distinct_all"):
            values = items(body, value)
            return Code(f"len(set({values}))" if " for " not in values else f"len({{{values}}})")
        case Call(op="mode_all"):
            return commonest(body, value, list_source(body, value))
    if term.op == "median_all":
        body.helpers.add("median")
    return Code(PRIMITIVES[term.op].python.format(items(body, value)))


def _of_selection(value: Expr) -> bool:
    """Say whether a value is an aggregate that has a default, also over no positions at all."""
    return isinstance(value, Call) and value.op in PRIMITIVES and PRIMITIVES[value.op].family == "select"


def _searchable(body: Body, source: Expr, sought: Expr) -> bool:
    return source in body.lists and source not in body.components and check(sought).axis is Axis.ROW
