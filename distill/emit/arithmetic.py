"""Normal forms of arithmetic: parities, windows, totals, sums without repeats. Each gives an equal term, or None."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate

import numpy as np

from distill.emit.facts import Facts
from distill.emit.rewrite import flatten
from dsl.check import check
from dsl.evaluate import Cases, evaluate
from dsl.primitives import PRIMITIVES
from dsl.terms import STATES, Call, Expr, Input, Literal, Table, Value, call, integer, subterms
from dsl.types import Kind

_MOST = 4  # positions of a window that is written as a sum
_TOTALS = ("running_sum", "running_count")
TWO = integer(2)


def tabulated(term: Call, facts: Facts) -> Expr | None:
    """`lookup(max(x, 1), {1: true, 4: true, else false})` is `x` in a set, where x has few values."""
    match term:
        case Call(op="lookup", args=(Call() as key, Table(kind=Kind.BOOL) as table)):
            pass
        case _:
            return None
    inputs = [t for t in subterms(key) if isinstance(t, Input)]
    if len(inputs) != 1 or inputs[0].type.kind is not Kind.INT or inputs[0].name in STATES or not _local(key):
        return None
    values = facts.values(inputs[0])
    if values is None:
        return None
    column = np.array(values, dtype=np.int64)[:, None]
    holds = evaluate(term, Cases({inputs[0].name: column}, np.ones(column.shape, dtype=bool), ()))
    inside = [v for v, held in zip(values, np.broadcast_to(holds, column.shape)[:, 0].tolist(), strict=True) if held]
    default = 2 * len(inside) > len(values)
    odd = [v for v in values if (v in inside) is not default]
    if len(odd) > len(table.entries) + 1:
        return None
    return call("lookup", inputs[0], Table(tuple(((v,), not default) for v in odd), default, (Kind.INT,), Kind.BOOL))


def _local(term: Expr) -> bool:
    """Say whether a term is computed from what it reads at one position."""
    calls = [t for t in subterms(term) if isinstance(t, Call)]
    return all(c.op == "lookup" or (c.op in PRIMITIVES and PRIMITIVES[c.op].axes is None) for c in calls)


def parity(term: Call, facts: Facts) -> Expr | None:
    """`int(x != abs(y - z))` is `(x + y + z) % 2` where all three are 0 or 1."""
    parts = _flags(term, facts)
    if len(parts) < 3 or (term.op == "mod" and parts == flatten("add", term.args[0])):
        return None
    return call("mod", _sum(parts), TWO)


def _flags(term: Expr, facts: Facts) -> list[Expr]:
    """Give integers whose sum is odd exactly where a term is 1."""
    match term:
        case Call(op="abs", args=(Call(op="sub", args=(a, b)),)) | Call(op="int", args=(Call(op="ne", args=(a, b)),)):
            if all(check(v).kind is Kind.INT and facts.bounds(v)[0] >= 0 and facts.bounds(v)[1] <= 1 for v in (a, b)):
                return [*_flags(a, facts), *_flags(b, facts)]
        case Call(op="mod", args=(total, Literal(value=2))):
            return [f for part in flatten("add", total) for f in _flags(part, facts)]
    return [term]


def _sum(parts: list[Expr]) -> Expr:
    *_, total = accumulate(parts, lambda a, b: call("add", a, b))
    return total


def linear(term: Call, facts: Facts) -> Expr | None:
    """`i - k - 1 - k` is `i - 2 * k - 1`: what a sum holds twice is put together."""
    if term.op not in ("add", "sub") or check(term).kind is not Kind.INT:
        return None
    parts = _signed(term, 1)
    atoms = [atom for _, atom in parts if not isinstance(atom, Literal)]
    if len(set(atoms)) == len(atoms):
        return None
    counts: Counter[Expr] = Counter()
    for times, atom in parts:
        counts[integer(1) if isinstance(atom, Literal) else atom] += times
    constant = counts.pop(integer(1), 0)
    up = [_times(k, atom) for atom, k in counts.items() if k > 0]
    down = [_times(-k, atom) for atom, k in counts.items() if k < 0]
    total = _sum(up or [integer(0)])
    for part in down:
        total = call("sub", total, part)
    return call("add", total, integer(constant)) if constant > 0 else call("sub", total, integer(-constant))


def balanced(term: Call, facts: Facts) -> Expr | None:
    """`n - x < x` is `n < 2 * x`: what stands on both sides of a comparison is put together."""
    if term.op not in ("lt", "le", "eq", "ne") or any(check(a).kind is not Kind.INT for a in term.args):
        return None
    sides = [_signed(side, times) for side, times in zip(term.args, (1, -1), strict=True)]
    left, right = ({atom for _, atom in side if not isinstance(atom, Literal)} for side in sides)
    if not left & right:
        return None
    counts: Counter[Expr] = Counter()
    for times, atom in (*sides[0], *sides[1]):
        counts[integer(1) if isinstance(atom, Literal) else atom] += times
    constant = counts.pop(integer(1), 0)
    up = [_times(k, atom) for atom, k in counts.items() if k > 0]
    down = [_times(-k, atom) for atom, k in counts.items() if k < 0]
    (up if constant > 0 else down).extend([integer(abs(constant))] * (constant != 0))
    return Call(term.op, (_sum(up or [integer(0)]), _sum(down or [integer(0)])))


def divisible(term: Call, facts: Facts) -> Expr | None:
    """`x % 2 == 0 and x // 2 % 3 == 0` is `x % 6 == 0`."""
    if term.op != "and":
        return None
    for one, other in (term.args, term.args[::-1]):
        match _divided(one), _divided(other):
            case (x, m), (Call(op="floordiv", args=(y, by)), k) if x is y and by is integer(m):
                return call("eq", call("mod", x, integer(m * k)), integer(0))
    return None


def _divided(condition: Expr) -> tuple[Expr, int] | None:
    """Give what a condition says is divisible, and by what."""
    match condition:
        case Call(op="eq", args=(Call(op="mod", args=(value, Literal(value=int(divisor)))), Literal(value=0))):
            return (value, divisor) if divisor > 0 else None
    return None


def _signed(term: Expr, times: int) -> list[tuple[int, Expr]]:
    """Give the terms of a sum with their factors; a constant as so many times a Literal."""
    match term:
        case Literal(value=int(k)):
            return [(times * k, term)]
        case Call(op="add", args=(a, b)):
            return _signed(a, times) + _signed(b, times)
        case Call(op="sub", args=(a, b)):
            return _signed(a, times) + _signed(b, -times)
        case Call(op="mul", args=(Literal(value=int(k)), a)) | Call(op="mul", args=(a, Literal(value=int(k)))):
            return [(times * k, a)]
    return [(times, term)]


def _times(factor: int, term: Expr) -> Expr:
    return term if factor == 1 else call("mul", integer(factor), term)


def odd(term: Call, facts: Facts) -> Expr | None:
    """`x % 2 != 0` is `x % 2 == 1`."""
    match term:
        case Call(op="ne", args=(Call(op="mod", args=(_, Literal(value=2))) as rest, Literal(value=int(value)))):
            return call("eq", rest, integer(1 - value)) if value in (0, 1) else None
    return None


def window(term: Call, facts: Facts) -> Expr | None:
    """`running_sum(x) - shift(running_sum(x), 2, 0)` is `x + shift(x, 1, 0)`; sums of neighbours are one sum."""
    match term:
        case Call(
            op="sub",
            args=(Call(op=op, args=(value,)) as total, Call(op="shift", args=(late, Literal(value=int(k)), zero))),
        ) if late is total and op in _TOTALS and 1 <= k <= _MOST and zero is integer(0):
            number = call("int", value) if op == "running_count" else value
            return _sum([number, *(call("shift", number, integer(by), zero) for by in range(1, k))])
        case Call(op="shift", args=(Call(op="add") as total, by, Literal(value=0, kind=Kind.INT) as zero)):
            parts = flatten("add", total)
            late = [isinstance(p, Call) and p.op == "shift" and p.args[2] is zero for p in parts]
            if any(late) and all(here or isinstance(p, Input) for here, p in zip(late, parts, strict=True)):
                return _sum([call("shift", part, by, zero) for part in parts])
    return None


def totals(term: Call, facts: Facts) -> Expr | None:
    """`sum_all(lookup(x, {1: 1, 2: -1, else 0}))` is `count_all(x == 1) - count_all(x == 2)`."""
    match term:
        case Call(op="sum_all", args=(Call(op="lookup", args=(key, Table(default=0) as table)),)):
            pass
        case _:
            return None
    if any(value not in (1, -1, 0) for _, value in table.entries):
        return None
    ups, downs = ([k for (k,), value in table.entries if value == sign] for sign in (1, -1))
    counts = [call("count_all", _among(key, keys, table.key_kinds[0])) for keys in (ups, downs) if keys]
    return call("sub", *counts) if len(counts) == 2 else counts[0] if ups else None


def _among(key: Expr, values: list[Value], kind: Kind) -> Expr:
    if len(values) == 1:
        return call("eq", key, Literal(values[0], kind))
    return call("lookup", key, Table(tuple(((v,), True) for v in values), False, (kind,), Kind.BOOL))
