"""Normal forms of what is looked up elsewhere: by rank, or at a position that is chosen. Each gives an equal term."""

from __future__ import annotations

from distill.emit.facts import Facts
from distill.emit.missing import sought
from distill.emit.plan import recall
from distill.emit.rewrite import PICKS, flatten
from dsl import simplify
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Literal, Table, call, integer, substitute, subterms
from dsl.types import Axis, Kind

_RANKED = (Kind.INT, Kind.REAL)
_WITHIN = frozenset(
    {"lookup", *(name for name, p in PRIMITIVES.items() if p.family == "elementwise")}
)  # one position's


def at_index(term: Call, facts: Facts) -> Expr | None:
    """`first_of(key(index()) == query(x), y, 0)` is `gather(y, x, 0)`."""
    match term:
        case Call(op=op, args=(Call(op="eq", args=(a, b)), value, d)) if op in PICKS:
            pass
        case _:
            return None
    for one, other in ((a, b), (b, a)):
        match one, other:
            case Call(op="key", args=(Call(op="index"),)), Call(op="query", args=(where,)):
                return call("gather", value, where, d)
            case Call(op="key", args=(Call(op="from_end"),)), Call(op="query", args=(Call(op="index"),)):
                return call("gather", value, call("from_end"), d)
    return None


def default_of_extreme(term: Call, facts: Facts) -> Expr | None:
    """`max(shift(x, 1, -2), -1)` is `shift(x, 1, -1)` where x is at least -1."""
    match term:
        case Call(op="min" | "max" as op, args=(a, b)):
            pass
        case _:
            return None
    for value, bound in ((a, b), (b, a)):
        found = sought(value)
        if found is None or not isinstance(bound, Literal) or not isinstance(value, Call):
            continue
        low, high = facts.bounds(found[0])
        default, limit = found[1].value, bound.value
        if isinstance(default, int) and isinstance(limit, int) and (limit <= low if op == "max" else limit >= high):
            return Call(
                value.op, (*value.args[:-1], integer(max(default, limit) if op == "max" else min(default, limit)))
            )
    return None


def by_rank(term: Call, facts: Facts) -> Expr | None:
    """`first_of(key(rank) == 1, x, 0)` is `at(sorted(x), 1, 0)` where rank counts the values that sort before x."""
    match term:
        case Call(op="first_of" | "last_of", args=(condition, value, default)):
            found = _at_rank(condition, value)
        case _:
            return None
    if found is None:
        return None
    if found is call("index"):
        return call("sorted", value)
    return call("at" if check(found).axis is Axis.ROW else "gather", call("sorted", value), found, default)


def _at_rank(condition: Expr, value: Expr) -> Expr | None:
    """Give the rank that a condition seeks, where it seeks the position whose value has a rank."""
    match condition:
        case Call(op="key", args=(Call(op="eq", args=(a, b)),)) if Axis.ROW in (check(a).axis, check(b).axis):
            sides = ((a, b), (b, a))
        case Call(op="eq", args=(Call(op="key", args=(a,)), Call(op="query", args=(b,)))):
            sides = ((a, b),)
        case Call(op="eq", args=(Call(op="query", args=(b,)), Call(op="key", args=(a,)))):
            sides = ((a, b),)
        case Call(op="eq", args=(Call(op="key", args=(a,)), b)) if check(b).axis is Axis.ROW:
            sides = ((a, b),)
        case _:
            return None
    return next((sought for rank, sought in sides if rank_of(rank) is value), None)


def rank_of(term: Expr) -> Expr | None:
    """Give the value that a term ranks: it counts where that is smaller, or equal and earlier; None for other terms."""
    if not isinstance(term, Call) or term.op != "count":
        return None
    keys = [t.args[0] for t in subterms(term.args[0]) if isinstance(t, Call) and t.op == "key"]
    return next((v for v in keys if _ranks(term, v)), None)


def _ranks(term: Call, value: Expr) -> bool:
    if check(value).kind not in _RANKED:
        return False
    there, here = call("key", value), call("query", value)
    parts = set(flatten("or", term.args[0]))
    ties = [p for p in parts if isinstance(p, Call) and p.op == "and"]
    if len(parts) != 2 or len(ties) != 1 or call("lt", there, here) not in parts:
        return False
    equal = (call("eq", there, here), call("eq", here, there))
    return any(set(flatten("and", ties[0])) == {call("before"), same} for same in equal)


def by_order(term: Call, facts: Facts) -> Expr | None:
    """`max_of(p, index(), -1)` is `last_of(p, index(), -1)`."""
    match term:
        case Call(op="min_of" | "max_of" as op, args=(where, Call(op="index") as here, default)):
            return call("last_of" if op == "max_of" else "first_of", where, here, default)
    return None


def of_shifted(term: Call, facts: Facts) -> Expr | None:
    """`max_all(shift(sorted(x), 1, 0))` and `last(shift(sorted(x), 1, 0))` are `at(sorted(x), length() - 2, 0)`."""
    match term:
        case Call(
            op="max_all" | "last" as op,
            args=(Call(op="shift", args=(Call(op=inner) as source, Literal(value=int(by)), Literal() as default)),),
        ) if by > 0:
            lowest = inner == "sorted" and isinstance(default.value, int) and default.value <= facts.bounds(source)[0]
            if op == "last" or lowest:
                return call("at", source, call("sub", call("length"), integer(by + 1)), default)
    return None


def default_of_place(term: Call, facts: Facts) -> Expr | None:
    """`#"none" if length() == 1 else symbol(at(x, 1, 0))` is `at(symbol(x), 1, #"none")`: rows are never empty."""
    match term:
        case Call(op="if", args=(condition, Literal() as default, Call(op="at", args=(value, where, _)))):
            pass
        case Call(op="if", args=(condition, Literal() as default, Call(op="symbol", args=(Call(op="at", args=args),)))):
            value, where = call("symbol", args[0]), args[1]
        case _:
            return None
    match condition:
        case Call(op="eq", args=(Call(op="length"), Literal(value=int(most)))) if most <= max(facts.least, 1):
            pass
        case Call(op="lt" | "le" as op, args=(Call(op="length"), Literal(value=int(k)))):
            most = k - (op == "lt")
        case _:
            return None
    match where:
        case Literal(value=int(k)) if k == most:
            return call("at", value, where, default)
        case Call(op="sub", args=(Call(op="length"), Literal(value=int(k)))) if k == most + 1:
            return call("at", value, where, default)
    return None


def ascending(term: Call, facts: Facts) -> Expr | None:
    """`every_all(shift(x, 1, 0) <= x)` is `every_all(x == sorted(x))` where x is at least 0."""
    match term:
        case Call(op="every_all", args=(Call(op="eq", args=(a, b)),)):
            for value, other in ((a, b), (b, a)):
                if other is call("running_max", value):
                    return call("every_all", call("eq", value, call("sorted", value)))
        case Call(op="every_all", args=(Call(op="le", args=(Call(op="shift", args=(late, by, default)), value)),)):
            low = default.value if isinstance(default, Literal) and isinstance(default.value, int) else None
            if late is value and by is integer(1) and low is not None and low <= facts.bounds(value)[0]:
                return call("every_all", call("eq", value, call("sorted", value)))
    return None


def chosen_place(term: Call, facts: Facts) -> Expr | None:
    """`gather(x, index() + (1 if p else -1), 0)` is the next x or the one before."""
    match term:
        case Call(op="gather", args=(value, Call(op="add", args=(a, b)), default)):
            offset = b if a is call("index") else a if b is call("index") else None
        case _:
            return None
    match offset:
        case Call(op="if", args=(condition, Literal(value=int(yes)), Literal(value=int(no)))):
            pass
        case Call(op="lookup", args=(key, Table(entries=(((entry,), int(yes)),), default=int(no)) as table)):
            condition = call("eq", key, Literal(entry, table.key_kinds[0]))
        case _:
            return None
    return call("if", condition, *(call("shift", value, integer(-by), default) for by in (yes, no)))


def of_remembered(term: Call, facts: Facts) -> Expr | None:
    """`"none" if first_of(p, x, 0) == 0 else symbol(first_of(p, x, 0))` is `first_of(p, "none" if x == 0 else ...)`.

    Where a dict answers it, what is made of the value is remembered instead of the value.
    """
    if term.op != "if":
        return None
    found = _only_read(term)
    if found is None or recall(found) is None:
        return None
    where, value, default = found.args
    missing = simplify(substitute(term, {found: default}))
    match missing:
        case Call(op="symbol", args=(Literal(value=number),)) if number not in facts.signature.visible:
            missing = Literal(None, Kind.SYMBOL)
    return Call(found.op, (where, substitute(term, {found: value}), missing)) if isinstance(missing, Literal) else None


def _only_read(term: Expr) -> Call | None:
    """Give the one aggregate that a term is computed from, with constants; None where it reads anything else."""
    found: set[Expr] = set()
    stack = [term]
    while stack:
        node = stack.pop()
        if isinstance(node, Call) and node.op in ("first_of", "last_of"):
            found.add(node)
        elif isinstance(node, Call) and node.op in _WITHIN:
            stack.extend(node.args)
        elif not isinstance(node, Literal | Table):
            return None
    only = next(iter(found), None)
    return only if len(found) == 1 and isinstance(only, Call) else None
