"""Tables, choices and what a scan carries, in words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from distill.describe.conditions import Membership, said
from distill.describe.words import CLAUSE, LOOSE, PREFIX, Phrase, constant, listed, ordered
from dsl.check import check
from dsl.evaluate import reads_state
from dsl.terms import STATE, Call, Expr, Input, Literal, Table, Value, call
from dsl.types import Axis, Kind

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

CASES = 4  # cases of a choice that are spelled out
_ENTRIES = 3  # entries of a table in passing
_KEYS = 4  # values of a key in one case


def table(say: Speaker, keys: tuple[Expr, ...], entries: Table, noun: str = "a value") -> Phrase:
    """Give a table in passing: `a value that depends on month (2: 29, 4: 30, ..., else 31)`."""
    by = listed([say.value(k).within(PREFIX) for k in keys])
    if entries.kind is Kind.BOOL:
        return Phrase(f"a table of {by} holds", CLAUSE)
    if len(keys) > 1 or not entries.entries or entries.key_kinds[0] is Kind.BOOL:
        return Phrase(f"a table of {by}", PREFIX)
    shown = [f"{constant(k)}: {constant(v)}" for (k,), v in _kept(entries)]
    if len(shown) > _ENTRIES:
        shown = [*shown[: _ENTRIES - 1], "..."]
    shown.append(f"else {constant(entries.default)}")
    return Phrase(f"{noun} that depends on {by} ({', '.join(shown)})", PREFIX)


def choice(say: Speaker, term: Expr, most: int = CASES) -> str:
    """Spell out the first cases of a choice or a table, as `1 where x is 0, else 5`; "" for any other term."""
    word = "if" if check(term).axis is Axis.ROW else "where"
    arms, otherwise = _arms(say, term)
    if len(arms) > CASES and isinstance(term, Call) and term.op == "lookup":
        return ""
    cases = [f"{value} {word} {condition}" for value, condition in arms[:most]]
    last = f"else {otherwise}" if len(arms) <= most else f"and so on ({len(arms) + 1} cases)"
    return ", ".join([*cases, last]) if cases else ""


def _arms(say: Speaker, term: Expr) -> tuple[list[tuple[str, str]], str]:
    """Give (value, condition) pairs and what holds otherwise."""
    match term:
        case Call(op="if", args=(condition, yes, no)):
            first = say.value(yes).within(1), say.phrase(condition).text
            if not isinstance(no, Call) or no.op != "if":
                return [first], say.value(no).within(1)
            arms, otherwise = _arms(say, no)
            return [first, *arms], otherwise
        case Call(op="lookup", args=(*keys, Table() as entries)) if entries.kind is not Kind.BOOL:
            return _cases(say, tuple(keys), entries), constant(entries.default)
    return [], ""


def _cases(say: Speaker, keys: tuple[Expr, ...], entries: Table) -> list[tuple[str, str]]:
    """Give what a table says by value: the entries of one key that have the same value stand together."""
    kept = _kept(entries)
    key, *others = keys
    if others or check(key).kind is Kind.BOOL:
        return [(constant(value), " and ".join(map(partial(_equal, say), keys, parts))) for parts, value in kept]
    groups: dict[Value, list[Value]] = {}
    for (part,), value in kept:
        groups.setdefault(value, []).append(part)
    if len(groups) == 1:
        return [(constant(value), said(say, Membership(key, tuple(parts))).text) for value, parts in groups.items()]
    subject, cases = say.value(key).within(CLAUSE + 1), []
    for value, parts in groups.items():
        shown = [constant(p) for p in parts[:_KEYS]] + ([f"{len(parts) - _KEYS} more"] if len(parts) > _KEYS else [])
        cases.append((constant(value), f"{subject} is {listed(shown, 'or')}"))
        subject = "it"
    return cases


def _kept(entries: Table) -> list[tuple[tuple[Value, ...], Value]]:
    """Give the entries that differ from the default, in the order of their keys."""
    kept = [(parts, value) for parts, value in entries.entries if value != entries.default]
    return sorted(kept, key=lambda entry: tuple(map(ordered, entry[0])))


def _equal(say: Speaker, key: Expr, value: Value) -> str:
    if isinstance(value, bool) and check(key).kind is Kind.BOOL:
        return say.phrase(key if value else Call("not", (key,))).within(CLAUSE)
    return f"{say.value(key).within(CLAUSE + 1)} is {constant(value)}"


def carried(say: Speaker, scan: Call) -> Phrase:
    """Give what a scan carries along: a running sum, or its remainder, where it is one."""
    known = as_sum(scan)
    if known is not None:
        return say.phrase(known)
    if check(scan).kind is Kind.BOOL:
        return Phrase(f"a carried flag ({changes(say, scan)}) holds", CLAUSE)
    return Phrase(f"a carried value that {changes(say, scan)}", LOOSE)


def changes(say: Speaker, scan: Call) -> str:
    """Say how what a scan carries starts and how it goes on, without a subject."""
    start, step = scan.args
    match step:
        case Call(op="lookup", args=(*keys, Table())) if all(isinstance(k, Input) for k in keys):
            rule = f"moves by a table of {listed([say.value(k).text for k in keys])}"
        case _:
            rule = f"at each step becomes {say.value(step).text}"
    return f"starts at {say.value(start).text} and {rule}"


def as_sum(scan: Call) -> Expr | None:
    """Give a scan as a running sum, or its remainder, where that is what it is."""
    match scan.args:
        case Literal(value=0, kind=Kind.INT | Kind.REAL) as start, step:
            bound = reads_state(step)
        case _:
            return None
    match step:
        case Call(op="add", args=(Input(name=name), value)) | Call(op="add", args=(value, Input(name=name))):
            return call("running_sum", value) if name == STATE and value not in bound else None
        case Call(op="mod", args=(total, Literal() as divisor)):
            inner = as_sum(call("scan", start, total))
            return None if inner is None else call("mod", inner, divisor)
    return None
