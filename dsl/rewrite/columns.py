"""Rules for tables, shifts, aggregates and scans. Each takes a call and gives an equal term, or None."""

from __future__ import annotations

from dsl.check import check, free_state
from dsl.rewrite.bounds import bounds
from dsl.terms import STATE, Call, Expr, Input, Literal, Table, Value, call, integer
from dsl.types import Axis, Kind


def constant_over_row(term: Call) -> Expr | None:
    """`running_max(k)` is `k` where k is one value a row."""
    (value,) = term.args
    return value if check(value).axis is Axis.ROW else None


def _lookup(term: Call) -> tuple[tuple[Expr, ...], Table]:
    *keys, table = term.args
    if not isinstance(table, Table):
        raise TypeError(f"a lookup without a table: {term!r}")
    return tuple(keys), table


def _same(a: Value, b: Value) -> bool:
    """Compare values of one kind; symbols of different classes differ."""
    return type(a) is type(b) and a == b


def _alone(key: Expr, table: Table) -> bool:
    """Say whether a single key is an integer or a symbol, as the table has it."""
    return len(table.key_kinds) == 1 and check(key).kind is table.key_kinds[0]


def prune_table(term: Call) -> Expr | None:
    """An entry is needless where it says the default, or where its key cannot occur; no entries are a constant."""
    keys, table = _lookup(term)
    least, most = bounds(keys[0]) if len(keys) == 1 and table.key_kinds[0] is Kind.INT else (0, 0)
    needed = [(k, v) for k, v in table.entries if not _same(v, table.default)]
    if least < most:
        needed = [(k, v) for k, v in needed if isinstance(k[0], int) and least <= k[0] <= most]
    if not needed:
        return Literal(table.default, table.kind)
    if len(needed) == len(table.entries):
        return None
    return Call(term.op, (*keys, Table(tuple(needed), table.default, table.key_kinds, table.kind)))


def drop_constant_key(term: Call) -> Expr | None:
    """`lookup(x, 2, {(1, 2): 5, (1, 3): 6, else 0})` is `lookup(x, {1: 5, else 0})`."""
    keys, table = _lookup(term)
    for k, (key, kind) in enumerate(zip(keys, table.key_kinds, strict=True)):
        if len(keys) > 1 and isinstance(key, Literal) and key.kind is kind:
            kept = tuple(((*e[:k], *e[k + 1 :]), v) for e, v in table.entries if _same(e[k], key.value))
            kinds = (*table.key_kinds[:k], *table.key_kinds[k + 1 :])
            return Call(term.op, (*keys[:k], *keys[k + 1 :], Table(kept, table.default, kinds, table.kind)))
    return None


def table_to_comparison(term: Call) -> Expr | None:
    """`lookup(x, {5: true, else false})` is `x == 5`; entries that reach up to a bound of the key are `x <= 5`."""
    (key, *more), table = _lookup(term)
    if more or table.kind is not Kind.BOOL or any(v is table.default for _, v in table.entries):
        return None
    members = [entry[0] for entry, _ in table.entries]
    if len(members) == 1:
        return call("ne" if table.default else "eq", key, Literal(members[0], table.key_kinds[0]))
    numbers = sorted(m for m in members if type(m) is int)
    if not _alone(key, table) or table.key_kinds[0] is not Kind.INT or not numbers:
        return None
    first, last = numbers[0], numbers[-1]
    if last - first + 1 != len(numbers):
        return None
    least, most = bounds(key)
    if first == least:
        return call("lt", integer(last), key) if table.default else call("le", key, integer(last))
    if last == most:
        return call("lt", key, integer(first)) if table.default else call("le", integer(first), key)
    return None


def identity_table(term: Call) -> Expr | None:
    """A table that gives back each integer that can occur is its key."""
    (key, *more), table = _lookup(term)
    least, most = bounds(key)
    if more or not _alone(key, table) or not all(_same(entry[0], value) for entry, value in table.entries):
        return None
    covered = {entry[0] for entry, _ in table.entries} | {table.default}
    return key if most - least < len(covered) and covered.issuperset(range(int(least), int(most) + 1)) else None


def compose_tables(term: Call) -> Expr | None:
    """A table of a table's values is one table."""
    (key, *more), outer = _lookup(term)
    if more or not isinstance(key, Call) or key.op != "lookup":
        return None
    keys, inner = _lookup(key)
    if outer.key_kinds[0] is not inner.kind:
        return None

    def then(value: Value) -> Value:
        return next((v for entry, v in outer.entries if _same(entry[0], value)), outer.default)

    entries = tuple((entry, then(value)) for entry, value in inner.entries)
    return Call("lookup", (*keys, Table(entries, then(inner.default), inner.key_kinds, outer.kind)))


def merge_shifts(term: Call) -> Expr | None:
    """`shift(shift(x, 1, 0), 2, 0)` is `shift(x, 3, 0)`; a shift by 0, or of its own default, is none."""
    value, by, default = term.args
    if by is integer(0) or value is default:
        return value
    match value, by:
        case Call(op="shift", args=(inner, Literal(value=int(a)), filler)), Literal(value=int(b)):
            return call("shift", inner, integer(a + b), default) if filler is default and a * b > 0 else None
    return None


def gather_to_shift(term: Call) -> Expr | None:
    """`gather(x, index() - 1, 0)` is `shift(x, 1, 0)`; one place for the whole row is `at`."""
    value, where, default = term.args
    if check(where).axis is Axis.ROW:
        return call("at", value, where, default)
    here = call("index")
    if where is here:
        return value
    match where:
        case Call(op="sub", args=(base, Literal(value=int(k)))) if base is here:
            return call("shift", value, integer(k), default)
        case Call(op="add", args=(base, Literal(value=int(k)))) if base is here:
            return call("shift", value, integer(-k), default)
    return None


def at_edge(term: Call) -> Expr | None:
    """`at(x, 0, d)` is `first(x)`, `at(x, length() - 1, d)` is `last(x)`: rows are never empty."""
    value, where, default = term.args
    if where is integer(0):
        return call("first", value)
    if where is call("sub", call("length"), integer(1)):
        return call("last", value)
    return default if bounds(where)[1] < 0 else None


def scan_of_nothing(term: Call) -> Expr | None:
    """`scan(0, x)` is `x`, `scan(0, state)` is `0`: a step that does not carry the state on is no scan."""
    start, step = term.args
    if isinstance(step, Input) and step.name == STATE:
        return start
    return None if free_state(step) else step


def scan_from_elsewhere(term: Call) -> Expr | None:
    """`scan(3, state + x)` is `running_sum(x) + 3`, `scan(0, max(state, x))` is `max(running_max(x), 0)`."""
    start, step = term.args
    running = {"add": "running_sum", "min": "running_min", "max": "running_max"}
    if not isinstance(step, Call) or step.op not in running or check(start).kind is not Kind.INT:
        return None
    rest = [a for a in step.args if not (isinstance(a, Input) and a.name == STATE)]
    if len(rest) != 1 or free_state(rest[0]):
        return None
    return call(step.op, call(running[step.op], rest[0]), start)
