"""Rewrites before emission: each gives an equal term that is closer to what a person writes in Python."""

from __future__ import annotations

from distill.emit.once import once
from dsl.check import check
from dsl.terms import OLDER, STATE, STATES, Call, Expr, Input, Literal, Table, Value, call, integer, subterms
from dsl.types import Kind

BEFORE, UPTO = call("before"), call("upto")
INDEX, LENGTH, FROM_END = call("index"), call("length"), call("from_end")
PLACE = call("add", INDEX, integer(1))  # the position, from 1
AFTER = call("lt", call("query", INDEX), call("key", INDEX))
NO_EARLIER = call("le", call("query", INDEX), call("key", INDEX))
_TOTALS = frozenset({"running_count", "running_sum"})
PICKS = frozenset({"first_of", "last_of", "min_of", "max_of", "mode_of"})


def prepare(roots: list[Expr]) -> list[Expr]:
    """Rewrite terms bottom-up until nothing changes. What two terms share stays shared."""
    while True:
        uses = _uses(roots)
        memo: dict[Expr, Expr] = {}
        after = [_bottom_up(root, uses, memo) for root in roots]
        if after == roots:
            return roots
        roots = after


def _uses(roots: list[Expr]) -> dict[Expr, int]:
    uses: dict[Expr, int] = {}
    for node in {n for root in roots for n in subterms(root)}:
        for child in node.args if isinstance(node, Call) else ():
            uses[child] = uses.get(child, 0) + 1
    return uses


def _bottom_up(term: Expr, uses: dict[Expr, int], memo: dict[Expr, Expr]) -> Expr:
    if not isinstance(term, Call):
        return term
    found = memo.get(term)
    if found is None:
        single = all(uses.get(a, 0) <= 1 for a in term.args)
        rebuilt = Call(term.op, tuple(_bottom_up(a, uses, memo) for a in term.args))
        found = memo[term] = _rewrite(rebuilt, single)
    return found


def _rewrite(term: Call, single: bool) -> Expr:
    """Rewrite the outermost operation. single: nothing else uses the arguments."""
    if term.op == "lookup" and all(isinstance(a, (Literal, Table)) for a in term.args):
        return _looked_up(term)
    for rule in (_negation, _arithmetic, _selection, once, _running):
        found = rule(term, single)
        if found is not term:
            return found
    return term


def _looked_up(term: Call) -> Expr:
    """Give what a table holds for constants."""
    *keys, table = term.args
    assert isinstance(table, Table)
    for entry, value in table.entries:
        if all(
            isinstance(k, Literal) and type(k.value) is type(e) and k.value == e
            for k, e in zip(keys, entry, strict=True)
        ):
            return Literal(value, table.kind)
    return Literal(table.default, table.kind)


def _negation(term: Call, single: bool) -> Expr:
    match term:
        case Call(op="not", args=(Call(op="not", args=(inner,)),)):
            return inner
        case Call(op="not", args=(Call(op="upto"),)):
            return AFTER
        case Call(op="not", args=(Call(op="before"),)):
            return NO_EARLIER
        case Call(op="not", args=(Call(op="eq", args=args),)):
            return Call("ne", args)
        case Call(op="not", args=(Call(op="ne", args=args),)):
            return Call("eq", args)
        case Call(op="not", args=(Call(op="lt", args=(a, b)),)):
            return call("le", b, a)
        case Call(op="not", args=(Call(op="le", args=(a, b)),)):
            return call("lt", b, a)
        case Call(op="not", args=(Call(op="lookup", args=(*keys, Table() as t)),)):
            entries = tuple((k, not v) for k, v in t.entries)
            return call("lookup", *keys, Table(entries, not t.default, t.key_kinds, t.kind))
    return term


def opposite(condition: Expr) -> Expr:
    """Give the opposite of a condition, with the negation as far inside as it goes."""
    match condition:
        case Call(op="and" | "or" as op, args=args):
            return Call("or" if op == "and" else "and", tuple(map(opposite, args)))
    return _negation(call("not", condition), False)


def _arithmetic(term: Call, single: bool) -> Expr:
    match term:
        case Call(op="add", args=(a, Call(op="neg", args=(b,)))):
            return call("sub", a, b)
        case Call(op="add", args=(a, Literal(value=int(k), kind=Kind.INT))) if k < 0:
            return call("sub", a, integer(-k))
        case Call(op="sub", args=(a, Literal(value=int(k), kind=Kind.INT))) if k < 0:
            return call("add", a, integer(-k))
        case Call(op="add", args=(a, b)) if a is b and check(a).kind is Kind.INT:
            return call("mul", integer(2), a)
        case Call(op="add") if check(term).kind is Kind.INT:
            return _in_order(term)
        case Call(op="mul", args=(a, Literal() as k)) if not isinstance(a, Literal):
            return call("mul", k, a)
        case Call(op="sub", args=(Call(op="length"), Call(op="add", args=(Call(op="index"), Literal(value=1))))):
            return FROM_END
        case Call(op="sub", args=(Call(op="sub", args=(Call(op="length"), Call(op="index"))), Literal(value=1))):
            return FROM_END
        case Call(op="sub", args=(Call(op="sub", args=(Call(op="length"), Literal(value=1))), Call(op="index"))):
            return FROM_END
        case Call(op="lt" | "le" as op, args=(Call(op="index"), Call(op="from_end"))):
            half = call("floordiv", LENGTH, integer(2))
            return call("lt", INDEX, half) if op == "lt" else call("lt", call("mul", integer(2), INDEX), LENGTH)
        case Call(op="lt" | "le" as op, args=(Call(op="from_end"), Call(op="index"))):
            half = call("floordiv", LENGTH, integer(2))
            return call("le", half, INDEX) if op == "le" else call("le", LENGTH, call("mul", integer(2), INDEX))
        case Call(op="lt" | "le" as op, args=(Literal(value=0.5), Call(op="mean_all" | "running_mean") as share)):
            return _half(op, share) or term
        case Call(op="eq" | "ne", args=(Call(op="from_end"), Literal(value=int(k)))):
            return call(term.op, INDEX, call("sub", LENGTH, integer(k + 1)))
        case Call(op="eq" | "ne", args=(Literal() as k, b)) if not isinstance(b, Literal):
            return call(term.op, b, k)
    return term


def _half(op: str, share: Call) -> Expr | None:
    """Say that a condition holds at half of the positions in whole numbers: `n < 2 * count`."""
    (condition,), row = share.args, share.op == "mean_all"
    if check(condition).kind is not Kind.BOOL:
        return None
    count = call("count_all" if row else "running_count", condition)
    return call(op, LENGTH if row else PLACE, call("mul", integer(2), count))


def _in_order(term: Call) -> Expr:
    """Give a sum with its inputs first and its constants last, so that equal sums are one."""
    parts = flatten("add", term)
    ranked = sorted(parts, key=_rank)
    result = ranked[0]
    for part in ranked[1:]:
        result = call("add", result, part)
    return result


def _rank(term: Expr) -> tuple[int, str]:
    match term:
        case Input(name=name) if name not in STATES:
            return 0, name
        case Literal(value=value):
            return 3, repr(value)
        case Call(op="mul"):
            return 1, ""
    return 2, ""


def _selection(term: Call, single: bool) -> Expr:
    match term:
        case Call(op="lt", args=(Call(op="key", args=(Call(op="index"),)), Call(op="query", args=(Call(op="index"),)))):
            return BEFORE
        case Call(op="le", args=(Call(op="key", args=(Call(op="index"),)), Call(op="query", args=(Call(op="index"),)))):
            return UPTO
        case Call(op=op, args=(Call(op="eq", args=(a, b)), value, default)) if op in PICKS:
            for one, other in ((a, b), (b, a)):
                if one is call("key", INDEX) and isinstance(other, Call) and other.op == "query":
                    return call("gather", value, other.args[0], default)
        case Call(op="gather", args=(source, Call(op="index"), _)):
            return source
        case Call(op="gather", args=(source, Call(op="sub", args=(Call(op="index"), Literal() as k)), Literal() as d)):
            return call("shift", source, k, d)
        case Call(op="shift", args=(source, Literal(value=0), _)):
            return source
        case Call(op="at", args=(source, Literal(value=0), _)):
            return call("first", source)
        case Call(op="count", args=(Call(op="before"),)):
            return INDEX
        case Call(op="count", args=(Call(op="upto"),)):
            return PLACE
    return term


def _running(term: Call, single: bool) -> Expr:
    match term:
        case Call(op="running_mean", args=(value,)):
            total = "running_count" if check(value).kind is Kind.BOOL else "running_sum"
            return call("div", call(total, value), PLACE)
        case Call(op="running_mode", args=(value,)):
            return call("mode_of", UPTO, value, _some(value))
        case Call(op="running_sum", args=(Call(op="lookup", args=(key, Table() as table)),)) if _is_balance(table):
            (up,), (down,) = ([k for (k,), v in table.entries if v == sign] for sign in (1, -1))
            return call("running_sum", call("sub", *(_is(key, k, table.key_kinds[0]) for k in (up, down))))
        case Call(op="running_sum", args=(Call(op="int", args=(value,)),)):
            return call("running_count", value)
        case Call(op="sum_all", args=(Call(op="int", args=(value,)),)):
            return call("count_all", value)
        case Call(op="add" | "sub" as op, args=(Call(op=left, args=(a,)), Call(op=right, args=(b,)))) if single:
            if left in _TOTALS and right in _TOTALS and check(term).kind is Kind.INT:
                return call("running_sum", call(op, _as_number(left, a), _as_number(right, b)))
    return term


def _is_balance(table: Table) -> bool:
    """Say whether a table gives 1 for one key, -1 for another and 0 for the rest."""
    return table.default == 0 and sorted(v for _, v in table.entries if isinstance(v, int)) == [-1, 1]


def _is(key: Expr, value: Value, kind: Kind) -> Expr:
    return call("int", call("eq", key, Literal(value, kind)))


def _as_number(op: str, value: Expr) -> Expr:
    return call("int", value) if op == "running_count" else value


def _some(value: Expr) -> Literal:
    """Give a constant of a term's kind, for a default that is never used."""
    kind = check(value).kind
    return Literal({Kind.INT: 0, Kind.REAL: 0.0, Kind.BOOL: False}.get(kind), kind)


def flatten(op: str, term: Expr) -> list[Expr]:
    """Give the operands of nested calls of one operation.

    >>> len(flatten("add", call("add", call("add", INDEX, LENGTH), INDEX)))
    3
    """
    if isinstance(term, Call) and term.op == op:
        return [part for a in term.args for part in flatten(op, a)]
    return [term]


def of_itself(condition: Expr) -> bool:
    """Say whether a condition on pairs always holds of a position and itself."""
    match condition:
        case Call(op="upto"):
            return True
        case Call(op="eq" | "le", args=(Call(op=one, args=a), Call(op=other, args=b))):
            return {one, other} == {"key", "query"} and a == b
    return False


def reads_older(term: Call) -> bool:
    """Say whether a term is a scan whose step reads what the state was two positions before."""
    return term.op == "scan" and any(isinstance(t, Input) and t.name == OLDER for t in subterms(term.args[1]))


def unfold(scan: Call) -> Expr:
    """Give a scan's step with the state as what it is: the scan's own value one position before, or two.

    Where the step reads the state and a program reads the delayed scan, both read one variable.
    """
    start, step = scan.args
    past = {STATE: call("shift", scan, integer(1), start), OLDER: call("shift", scan, integer(2), start)}

    def visit(term: Expr) -> Expr:
        if isinstance(term, Input):
            return past.get(term.name, term)
        if not isinstance(term, Call) or term.op == "scan":
            return term
        return Call(term.op, tuple(map(visit, term.args)))

    return visit(step)
