"""Tables, choices and what a scan carries, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from distill.describe.words import CLAUSE, LOOSE, PREFIX, Phrase, constant, listed
from dsl.check import check
from dsl.evaluate import reads_state
from dsl.terms import STATE, Call, Expr, Input, Literal, Table, Value, call
from dsl.types import Axis, Kind

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

_CASES = 4  # cases of a choice that are spelled out
_ENTRIES = 3  # entries of a table in passing
_KEYS = 4  # values of a key in one case


def table(say: Speaker, keys: tuple[Expr, ...], entries: Table, noun: str = "a value") -> Phrase:
    """Give a table in passing: `a value that depends on month (2: 29, 4: 30, ..., else 31)`."""
    if len(keys) > 1 or not entries.entries or check(keys[0]).kind is Kind.BOOL:
        found = Phrase(f"a table of {listed([say.value(k).within(PREFIX) for k in keys])}", PREFIX)
        return Phrase(f"{found.text} holds", CLAUSE) if entries.kind is Kind.BOOL else found
    shown = [f"{constant(k)}: {constant(v)}" for (k,), v in entries.entries if v != entries.default]
    if len(shown) > _ENTRIES:
        shown = [*shown[: _ENTRIES - 1], "..."]
    shown.append(f"else {constant(entries.default)}")
    return Phrase(f"{noun} that depends on {say.value(keys[0]).within(PREFIX)} ({', '.join(shown)})", PREFIX)


def choice(say: Speaker, term: Expr) -> str:
    """Give a choice or a table as a sentence spells it: `1 where x is 0, 2 where it is 3, else 5`; "" for any other term."""
    word = "if" if check(term).axis is Axis.ROW else "where"
    arms, otherwise = _arms(say, term)
    if not arms or len(arms) > _CASES:
        return ""
    return ", ".join([*(f"{value} {word} {condition}" for value, condition in arms), f"else {otherwise}"])


def _arms(say: Speaker, term: Expr) -> tuple[list[tuple[str, str]], str]:
    """Give (value, condition) pairs and what holds otherwise."""
    match term:
        case Call(op="symbol", args=(inner,)):
            return _arms(say, inner)
        case Call(op="if", args=(condition, yes, no)):
            arms, otherwise = _arms(say, no) if isinstance(no, Call) and no.op == "if" else ([], say.value(no).within(1))
            return [(say.value(yes).within(1), say.phrase(condition).text), *arms], otherwise
        case Call(op="lookup", args=(key, Table() as entries)) if entries.kind is not Kind.BOOL:
            return _cases(say, key, entries), constant(entries.default)
    return [], ""


def _cases(say: Speaker, key: Expr, entries: Table) -> list[tuple[str, str]]:
    groups: dict[Value, list[Value]] = {}
    for (part,), value in entries.entries:
        if value != entries.default:
            groups.setdefault(value, []).append(part)
    if check(key).kind is Kind.BOOL:
        opposite = Call("not", (key,))
        return [(constant(v), say.phrase(key if parts[0] else opposite).text) for v, parts in groups.items()]
    subject, cases = say.value(key).within(CLAUSE + 1), []
    for value, parts in groups.items():
        keys = [constant(p) for p in parts[:_KEYS]] + ([f"{len(parts) - _KEYS} more"] if len(parts) > _KEYS else [])
        cases.append((constant(value), f"{subject} is {listed(keys, 'or')}"))
        subject = "it"
    return cases


def carried(say: Speaker, start: Literal, step: Expr) -> Phrase:
    """Give what a scan carries along: a running sum or its remainder where it is one, else how it starts and changes."""
    known = _as_sum(start, step)
    if known is not None:
        return say.phrase(known)
    first = constant(start.value)
    if start.kind is Kind.BOOL:
        return Phrase(f"a carried flag ({first} at first, then whether {say.phrase(step).text}) holds", CLAUSE)
    match step:
        case Call(op="lookup", args=(*keys, Table())) if len(keys) > 1 or isinstance(keys[0], Input):
            by = listed([say.value(k).within(PREFIX) for k in keys])
            return Phrase(f"a carried value that starts at {first} and moves by a table of {by}", LOOSE)
    return Phrase(f"a carried value that starts at {first} and becomes {say.value(step).text} at each step", LOOSE)


def _as_sum(start: Literal, step: Expr) -> Expr | None:
    """Give a scan as a running sum, or its remainder, where that is what it is."""
    state, bound = Input(STATE, check(step)), reads_state(step)
    if start.value != 0 or start.kind not in (Kind.INT, Kind.REAL):
        return None
    match step:
        case Call(op="add", args=(one, two)) if one is state and two not in bound:
            return call("running_sum", two)
        case Call(op="add", args=(one, two)) if two is state and one not in bound:
            return call("running_sum", one)
        case Call(op="mod", args=(total, Literal() as divisor)):
            inner = _as_sum(start, total)
            return None if inner is None else call("mod", inner, divisor)
    return None


