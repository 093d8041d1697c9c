"""Tables, choices and what a scan carries, in words."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from distill.describe.conditions import Membership, members, said
from distill.describe.words import CARRY, CLAUSE, LOOSE, PREFIX, Phrase, constant, listed, ordered, pronouns
from distill.emit.missing import missing_test
from dsl.check import check
from dsl.evaluate import reads_state
from dsl.terms import STATE, Call, Expr, Input, Literal, Table, Value, call, integer, subterms
from dsl.types import Axis, Kind

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

_AT = re.compile(r"it is (the (?:first|last) position(?: or the (?:first|last) position)?)")
CASES = 6  # cases of a choice that are spelled out
_ENTRIES = 12  # keys of a table in passing
_MOVES = 8  # moves of a machine that are spelled out
_KEYS = 8  # values of a key in one case


def table(say: Speaker, keys: tuple[Expr, ...], entries: Table, noun: str = "a value") -> Phrase:
    """Give a table in passing: `a value that depends on month (29 for 2, 30 for 4, 6, 9 or 11, else 31)`."""
    by = listed([say.value(k).within(PREFIX) for k in keys])
    if entries.kind is Kind.BOOL:
        return Phrase(f"a table of {by} holds", CLAUSE)
    if len(keys) > 1 or not entries.entries or entries.key_kinds[0] is Kind.BOOL:
        return Phrase(f"a table of {by}", PREFIX)
    kept = _kept(entries)
    shown = [f"{constant(v)} for {listed([constant(k) for k in ks], 'or')}" for v, ks in _grouped(kept[:_ENTRIES])]
    shown += ["..."] * (len(kept) > _ENTRIES)
    shown.append(f"else {constant(entries.default)}")
    return Phrase(f"{noun} that depends on {by} ({', '.join(shown)})", PREFIX)


def fallback(say: Speaker, term: Call) -> Phrase | None:
    """`the next x, or 0 where there is none`: a choice between a value and what stands in for it."""
    condition, yes, no = term.args
    test, found = missing_test(condition), members(condition)
    if test is not None and say.tells(test[0]):
        key, value, instead = test[0], *((no, yes) if test[1] else (yes, no))
        words = "where there is none"
    elif found is not None:
        key, value, instead = found.key, *((no, yes) if found.inside else (yes, no))
        values = listed([constant(v) for v in found.values[:_KEYS]], "or")
        words = "where there is none" if found.values == (None,) else f"where that is {values}"
    else:
        return None
    inner = value.args[0] if isinstance(value, Call) and value.op == "symbol" else value
    if not isinstance(key, Call) or not isinstance(instead, (Literal, Input)):
        return None
    if _beside(key) or (isinstance(inner, Call) and inner.op == "if"):
        return None
    if inner is not key and (test is None or [t for t in subterms(inner) if say.tells(t)] != [key]):
        return None
    return Phrase(f"{say.value(value).text}, or {say.value(instead).within(1)} {words}", LOOSE)


def _beside(term: Expr) -> bool:
    """Say whether a term is a value of a position next to this one, which the first or last position does not have."""
    return isinstance(term, Call) and term.op == "shift" and term.args[1] in (integer(1), integer(-1))


def choice(say: Speaker, term: Expr, most: int = CASES) -> str:
    """Spell out the first cases of a choice or a table, as `1 where x is 0, else 5`; "" for any other term."""
    arms, otherwise = _arms(say, term)
    if len(arms) > CASES and isinstance(term, Call) and term.op == "lookup":
        return ""
    shown = pronouns([condition for _, _, condition in arms[:most]])
    cases = [_case(value, word, condition) for (value, word, _), condition in zip(arms, shown, strict=False)]
    last = f"else {otherwise}" if len(arms) <= most else f"and so on ({len(arms) + 1} cases)"
    return ", ".join([*cases, last]) if cases else ""


def _case(value: str, word: str, condition: str) -> str:
    """`1 at the first position`, `1 where x is 0`."""
    place = _AT.fullmatch(condition)
    return f"{value} at {place[1]}" if place else f"{value} {word} {condition}"


def _arms(say: Speaker, term: Expr) -> tuple[list[tuple[str, str, str]], str]:
    """Give values with the word and the condition that decide them, and what holds otherwise."""
    match term:
        case Call(op="if", args=(condition, yes, no)):
            word = "if" if check(condition).axis is Axis.ROW else "where"
            first = say.value(yes).within(1), word, say.phrase(condition).text
            if not isinstance(no, Call) or no.op != "if" or fallback(say, no) is not None:
                return [first], say.value(no).within(1)
            arms, otherwise = _arms(say, no)
            return [first, *arms], otherwise
        case Call(op="lookup", args=(*keys, Table() as entries)) if entries.kind is not Kind.BOOL:
            word = "if" if check(term).axis is Axis.ROW else "where"
            found = _cases(say, tuple(keys), entries)
            return [(value, word, condition) for value, condition in found], constant(entries.default)
    return [], ""


def _cases(say: Speaker, keys: tuple[Expr, ...], entries: Table) -> list[tuple[str, str]]:
    """Give what a table says by value: the entries of one key that have the same value stand together."""
    kept = _kept(entries)
    key, *others = keys
    if others or check(key).kind is Kind.BOOL:
        return [(constant(value), " and ".join(map(partial(_equal, say), keys, parts))) for parts, value in kept]
    groups = _grouped(kept)
    if len(groups) == 1:
        return [(constant(value), said(say, Membership(key, tuple(parts))).text) for value, parts in groups]
    subject, cases = say.value(key).within(CLAUSE + 1), []
    for value, parts in groups:
        shown = [constant(p) for p in parts[:_KEYS]] + ([f"{len(parts) - _KEYS} more"] if len(parts) > _KEYS else [])
        cases.append((constant(value), f"{subject} is {listed(shown, 'or')}"))
        subject = "it"
    return cases


def _grouped(kept: list[tuple[tuple[Value, ...], Value]]) -> list[tuple[Value, list[Value]]]:
    """Give the keys of each value, values in the order in which they appear."""
    groups: dict[tuple[type, Value], list[Value]] = {}
    for (part,), value in kept:
        groups.setdefault((type(value), value), []).append(part)
    return [(value, parts) for (_, value), parts in groups.items()]


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
        return Phrase(f"a carried flag ({changes(say, *scan.args)}) holds", CLAUSE)
    return Phrase(f"a carried value that {changes(say, *scan.args)}", LOOSE)


def changes(say: Speaker, start: Expr, step: Expr) -> str:
    """Say how what a scan carries starts and how it goes on, without a subject."""
    match step:
        case Call(op="lookup", args=(*keys, Table() as entries)) if all(isinstance(k, Input) for k in keys):
            rule = _moves(say, keys, entries)
        case _:
            rule = f"at each step becomes {say.value(step).text}"
    return f"starts at {say.value(start).text} and {rule}"


def _moves(say: Speaker, keys: list[Expr], entries: Table) -> str:
    """Give the moves of a machine, `goes from 0 to 1 at 'a', ..., else to 0`, where they are few."""
    states = [isinstance(k, Input) and (k.name == STATE or k.name.startswith(CARRY)) for k in keys]
    kept = _kept(entries)
    if len(keys) != 2 or sum(states) != 1 or len(kept) > _MOVES:
        return f"moves by a table of {listed([say.value(k).text for k in keys])}"
    one, other = states.index(True), states.index(False)
    moves: dict[tuple[Value, Value], list[str]] = {}
    for parts, value in kept:
        moves.setdefault((parts[one], value), []).append(constant(parts[other]))
    by = "at" if check(keys[other]).kind is Kind.SYMBOL else f"where {say.value(keys[other]).text} is"
    shown = [
        f"{'stays' if a == b else f'goes from {constant(a)} to'} {constant(b)} {by} {listed(symbols, 'or')}"
        for (a, b), symbols in moves.items()
    ]
    return ", ".join([*shown, f"and otherwise goes to {constant(entries.default)}"]).replace(", goes from", ", from")


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
