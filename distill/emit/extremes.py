"""Normal forms of extremes and tables of which only a bound is asked: they are conditions. Each gives an equal term."""

from __future__ import annotations

from distill.emit.facts import Facts
from distill.emit.signature import same_symbol
from dsl.terms import Call, Expr, Literal, Table, Value, call, integer
from dsl.types import Kind

_OF_ANY = {"running_max": "running_any", "running_min": "running_any", "max_all": "any_all", "min_all": "any_all"}
_OF_EVERY = {name: "running_every" if name.startswith("running") else "every_all" for name in _OF_ANY}
_COMPARISONS = ("lt", "le", "eq", "ne")
_FEW = 8  # values that an extreme may take, for a condition to say as much


def bound_of_extreme(term: Call, facts: Facts) -> Expr | None:
    """`running_max(lookup(x, {5: 1, else 0})) > 0` is `running_any(lookup(x, {5: 1, else 0}) > 0)`."""
    if term.op not in _COMPARISONS or isinstance(term.args[0], Literal) == isinstance(term.args[1], Literal):
        return None
    left, right = term.args
    extreme, constant = (right, left) if isinstance(left, Literal) else (left, right)
    if not isinstance(extreme, Call) or extreme.op not in _OF_ANY or not isinstance(constant, Literal):
        return None
    (value,), largest = extreme.args, extreme.op in ("running_max", "max_all")
    if len(_values(value)) < 2:
        return None
    if term.op in ("eq", "ne"):
        least, most = facts.bounds(value)
        if constant.value not in (least, most):
            return _between(extreme, value, constant) if term.op == "eq" else None
        any_ = (constant.value == most) is largest
        found = call((_OF_ANY if any_ else _OF_EVERY)[extreme.op], call("eq", value, constant))
        return found if term.op == "eq" else call("not", found)
    any_ = (extreme is right) is largest
    inner = Call(term.op, (constant, value) if extreme is right else (value, constant))
    return call((_OF_ANY if any_ else _OF_EVERY)[extreme.op], inner)


def _between(extreme: Call, value: Expr, constant: Literal) -> Expr:
    """Say that an extreme is a value in the middle: it is reached and not passed."""
    largest = extreme.op in ("running_max", "max_all")
    ways = [call("le", constant, value), call("le", value, constant)]
    reached, kept = ways if largest else ways[::-1]
    return call("and", call(_OF_ANY[extreme.op], reached), call(_OF_EVERY[extreme.op], kept))


def table_of_extreme(term: Call, facts: Facts) -> Expr | None:
    """`lookup(running_max(v), {1: 7, else 9})` is `7 if running_any(v > 0) else 9` where v is 0 or 1."""
    match term:
        case Call(op="lookup", args=(Call(op=op, args=(value,)), Table() as table)) if op in _OF_ANY:
            values = sorted(_values(value))
        case _:
            return None
    given = [_found(table, v) for v in values]
    cuts = [k for k in range(1, len(values)) if not same_symbol(given[k - 1], given[k])]
    if len(cuts) != 1:
        return None
    reached = call("le", integer(values[cuts[0]]), value)
    condition = call(
        (_OF_ANY if op in ("running_max", "max_all") else _OF_EVERY)[op], compare_table(reached, facts) or reached
    )
    return call("if", condition, *(Literal(v, table.kind) for v in (given[-1], given[0])))


def compare_table(term: Call, facts: Facts) -> Expr | None:
    """`lookup(x, {5: 1, else 0}) > 0` is `lookup(x, {5: true, else false})`."""
    if term.op not in _COMPARISONS:
        return None
    left, right = term.args
    swapped = isinstance(left, Literal)
    looked, constant = (right, left) if swapped else (left, right)
    match looked, constant:
        case Call(op="lookup", args=(*keys, Table() as table)), Literal(value=int() | str() as wanted):
            if table.kind is not constant.kind or table.kind is Kind.REAL:
                return None
        case _:
            return None

    def holds(value: Value) -> bool:
        if term.op in ("eq", "ne"):
            return same_symbol(value, wanted) is (term.op == "eq")
        assert isinstance(value, int)
        assert isinstance(wanted, int)
        a, b = (wanted, value) if swapped else (value, wanted)
        return a < b or (term.op == "le" and a == b)

    entries = tuple((key, holds(value)) for key, value in table.entries)
    return Call("lookup", (*keys, Table(entries, holds(table.default), table.key_kinds, Kind.BOOL)))


def _values(term: Expr) -> set[int]:
    """Give all that an integer term may be, where it chooses between few constants; nothing for any other term."""
    match term:
        case Literal(value=int(value), kind=Kind.INT):
            return {value}
        case Call(op="int"):
            return {0, 1}
        case Call(op="lookup", args=(*_, Table(kind=Kind.INT) as table)):
            found = {v for v in (table.default, *(v for _, v in table.entries)) if isinstance(v, int)}
            return found if len(found) <= _FEW else set()
        case Call(op="if", args=(_, yes, no)):
            left, right = _values(yes), _values(no)
            return left | right if left and right else set()
    return set()


def _found(table: Table, key: int) -> Value:
    return next((value for (entry,), value in table.entries if same_symbol(entry, key)), table.default)
