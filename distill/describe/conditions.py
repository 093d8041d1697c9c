"""Conditions that say which of some values a value is, and what is counted where they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distill.describe.words import CLAUSE, Phrase, constant, listed
from distill.emit.missing import missing_test
from dsl.check import check
from dsl.terms import Call, Expr, Input, Literal, Table, Value, call
from dsl.types import Kind

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

_MOST = 6  # values that are spelled out
_ENDS = {"index": "first", "from_end": "last"}
_OPPOSITE = {"eq": "ne", "ne": "eq"}
_SWAPPED = {"lt": "le", "le": "lt"}
_DUALS = {
    "any_all": "every_all",
    "every_all": "any_all",
    "running_any": "running_every",
    "running_every": "running_any",
}


@dataclass(frozen=True, slots=True)
class Membership:
    """The condition that `key` is one of `values`, or none of them (inside False)."""

    key: Expr
    values: tuple[Value, ...]
    inside: bool = True


def members(condition: Expr) -> Membership | None:
    """Read a condition as a membership; None where it is none."""
    match condition:
        case Call(op="eq" | "ne" as op, args=(key, Literal(value=value)) | (Literal(value=value), key)):
            if isinstance(key, Literal) or check(key).kind is Kind.BOOL:
                return None
            return Membership(key, (value,), op == "eq")
        case Call(op="lookup", args=(key, Table(entries=entries, default=bool(default), kind=Kind.BOOL))):
            exceptions = tuple(k for (k,), value in entries if value != default)
            return Membership(key, exceptions, not default) if exceptions and check(key).kind is not Kind.BOOL else None
        case Call(op="not", args=(inner,)):
            found = members(inner)
            return found and Membership(found.key, found.values, not found.inside)
        case Call(op="or" | "and" as op):
            parts = [members(c) for c in operands(op, condition)]
            found = [p for p in parts if p is not None and p.inside is (op == "or")]
            if len(found) < len(parts) or len({p.key for p in found}) > 1:
                return None
            return Membership(found[0].key, tuple(v for p in found for v in p.values), op == "or")
    return None


def absence(say: Speaker, condition: Expr) -> Phrase | None:
    """Give the clause that there is nothing to be found, or that there is; None for any other condition."""
    test = missing_test(condition)
    if test is None or not say.tells(test[0]):
        return None
    term, missing = test
    match term:
        case Call(op="shift", args=(_, Literal(value=int(by)), _)):
            end = "first" if by > 0 else "last"
            where = f"the {end} position" if abs(by) == 1 else f"one of the {end} {abs(by)} positions"
            return Phrase(f"it is {'' if missing else 'not '}{where}", CLAUSE)
        case Call(op="gather" | "at", args=(_, where, _)):
            return Phrase(f"there is {'no' if missing else 'a'} position {say.value(where).within(CLAUSE + 1)}", CLAUSE)
        case Call(args=(where, *_)):
            return Phrase(f"there are {'no ' if missing else ''}{say.positions(where)}", CLAUSE)
    return None


def operands(op: str, term: Expr) -> Iterator[Expr]:
    """Yield the operands of a chain of one operator, from left to right."""
    if isinstance(term, Call) and term.op == op:
        for argument in term.args:
            yield from operands(op, argument)
    else:
        yield term


def denied(condition: Expr) -> Expr | None:
    """Give the opposite of a condition where it has a short one."""
    match condition:
        case Input():
            return Call("not", (condition,))
        case Call(op="not", args=(inner,)):
            return inner
        case Call(op="and" | "or" as op, args=args):
            return Call("or" if op == "and" else "and", tuple(denied(a) or Call("not", (a,)) for a in args))
        case Call(op="eq" | "ne" as op, args=args):
            return Call(_OPPOSITE[op], args)
        case Call(op="lt" | "le" as op, args=(a, b)):
            return Call(_SWAPPED[op], (b, a))
        case Call(op="any_all" | "every_all" | "running_any" | "running_every" as op, args=(inner,)):
            other = denied(inner)
            return None if other is None else call(_DUALS[op], other)
        case Call(op="lookup", args=(*keys, Table(entries, bool(default), kinds, Kind.BOOL))):
            flipped = Table(tuple((k, not v) for k, v in entries), not default, kinds, Kind.BOOL)
            return Call("lookup", (*keys, flipped))
    return None


def membership(say: Speaker, condition: Expr) -> Phrase | None:
    """Give the clause of a membership, None where the condition is none."""
    nothing = absence(say, condition)
    if nothing is not None:
        return nothing
    found = members(condition)
    return None if found is None else said(say, found)


def said(say: Speaker, found: Membership) -> Phrase:
    """Give the clause that a value is one of some values, or none of them."""
    special = _special(say, found)
    if special:
        return Phrase(special, CLAUSE)
    shown = [constant(v) for v in found.values[:_MOST]]
    key = say.value(found.key).within(CLAUSE + 1)
    if len(found.values) > _MOST:
        return Phrase(f"{key} is {'one' if found.inside else 'none'} of {len(found.values)} values", CLAUSE)
    if found.inside or len(shown) == 1:
        return Phrase(f"{key} is {'' if found.inside else 'not '}{listed(shown, 'or')}", CLAUSE)
    return Phrase(f"{key} is neither {listed(shown, 'nor')}", CLAUSE)


def _special(say: Speaker, found: Membership) -> str:
    """Give the plain words for being at an end, even, odd or divisible; "" where none apply."""
    negation = "" if found.inside else "not "
    match found.key, found.values:
        case Call(op="count", args=(where,)), (0,):
            return f"there are {'no ' if found.inside else ''}{say.positions(where)}"
        case Call(op="running_count" | "count_all" as op, args=(condition,)), (0,) if counted(condition):
            return occurs(counted(condition), op == "running_count", not found.inside)
        case Call(op="index" | "from_end" as op), (0,):
            return f"it is {negation}the {_ENDS[op]} position"
        case Call(op="mod", args=(value, Literal(value=2))), (0 | 1 as rest,):
            return f"{say.value(value).within(CLAUSE + 1)} is {'even' if (rest == 0) is found.inside else 'odd'}"
        case Call(op="mod", args=(value, Literal(value=divisor))), (0,) if divisor:
            return f"{say.value(value).within(CLAUSE + 1)} is {negation}divisible by {constant(divisor)}"
    return ""


def occurs(symbols: str, running: bool, holds: bool) -> str:
    """Give the clause that a symbol occurs, or has occurred by now; `holds` False: that it does not."""
    if running:
        return f"{symbols} has {'' if holds else 'not '}occurred so far"
    return f"{symbols} {'occurs' if holds else 'does not occur'}"


def counted(condition: Expr) -> str:
    """Give the symbols that a condition asks for, as in `the count of 'a' or 'b'`; "" for any other condition."""
    found = members(condition)
    if found is None or not found.inside or len(found.values) > _MOST:
        return ""
    symbols = isinstance(found.key, Input) and found.key.type.kind is Kind.SYMBOL
    return listed([constant(v) for v in found.values], "or") if symbols else ""


def balance(value: Expr) -> tuple[str, str] | None:
    """Give what counts 1 and what counts -1 in a value of a position (either may be ""); None where it is not so."""
    match value:
        case Call(op="int", args=(condition,)):
            return (counted(condition), "") if counted(condition) else None
        case Call(op="sub", args=(Call(op="int", args=(up,)), Call(op="int", args=(down,)))):
            return (counted(up), counted(down)) if counted(up) and counted(down) else None
        case Call(op="lookup", args=(Input() as key, Table(entries=entries, default=0))):
            if len(entries) > _MOST or any(v not in (1, -1, 0) for _, v in entries):
                return None
            name = "" if key.type.kind is Kind.SYMBOL else f"{key.name} = "
            ups, downs = ([f"{name}{constant(k)}" for (k,), v in entries if v == sign] for sign in (1, -1))
            return (listed(ups, "or"), listed(downs, "or") if downs else "") if ups else None
    return None
