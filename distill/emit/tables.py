"""Lookups as source: conditions, sets, exceptions to the key itself, arithmetic, or a dict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dsl.terms import Value
from dsl.types import Kind
from distill.emit.source import AND, CHOICE, COMPARISON, NOT, OR, SUM, Code, constant, negated, tuple_of

LONGEST = 60  # a choice between more than two values takes at most so many characters
INLINE = 44  # a dict of so many characters is written where it is used
Entries = dict[Value, Value]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One lookup to be written.

    keys: the keys' sources. entries: what differs from the default, by key (a tuple where there are several).
    domain: all that the key may be, where known. kind, key_kind: of values and of a single key.
    """

    keys: tuple[Code, ...]
    entries: Entries
    default: Value
    domain: Sequence[Value] | None
    kind: Kind
    key_kinds: tuple[Kind, ...]
    order: tuple[Value, ...]  # of symbols, as sets are written
    bare: bool = False
    once: bool = True  # it is read once, not at each of many positions


Store = Callable[[str], str]  # takes a dict's source, gives the name of the constant that holds it


def write(table: Lookup, store: Store) -> Code:
    """Give the source of a lookup; `store` makes a constant of a dict's source."""
    table = _settled(_in_order(table))
    for form in (_constant, _boolean_key, _condition, _itself, _shifted, _choice):
        found = form(table)
        if found is not None:
            return found
    return _dictionary(table, store)


def _in_order(table: Lookup) -> Lookup:
    """Give the table with its keys in the order of its domain, or numbers by size."""
    if table.domain is not None:
        ranks = {(type(v), v): k for k, v in enumerate(table.domain)}
        return replace(table, entries=dict(sorted(table.entries.items(), key=lambda e: ranks[type(e[0]), e[0]])))
    if all(kind is Kind.INT for kind in table.key_kinds):
        return replace(table, entries=dict(sorted(table.entries.items())))  # type: ignore[type-var]
    return table


def _settled(table: Lookup) -> Lookup:
    """Give the table with the commonest value as its default, where its own never comes up."""
    if table.domain is None or any(k not in table.entries for k in table.domain):
        return table
    values = [table.entries[k] for k in table.domain]
    usual = max(reversed(values), key=lambda v: sum(type(v) is type(w) and v == w for w in values))
    rest = {k: v for k, v in zip(table.domain, values, strict=True) if type(v) is not type(usual) or v != usual}
    return replace(table, entries=rest, default=usual)


def _value(table: Lookup, value: Value) -> Code:
    return constant(value, table.order, bare=table.bare)


def _key(table: Lookup) -> Code:
    return table.keys[0] if len(table.keys) == 1 else Code(tuple_of([k.text for k in table.keys]))


def _key_text(table: Lookup, key: Value | tuple) -> str:
    if len(table.keys) == 1:
        return constant(key, table.order).text
    return tuple_of([constant(k, table.order).text for k in key])  # type: ignore[union-attr]


def _constant(table: Lookup) -> Code | None:
    return None if table.entries else _value(table, table.default)


def _boolean_key(table: Lookup) -> Code | None:
    if table.key_kinds != (Kind.BOOL,):
        return None
    yes, no = table.entries.get(True, table.default), table.entries.get(False, table.default)
    key = table.keys[0]
    if isinstance(yes, bool) and isinstance(no, bool) and yes != no:
        return key if yes else negated(key)
    if (type(yes), yes, type(no), no) == (int, 1, int, 0):
        return Code(f"int({key.text})")
    return Code(f"{_value(table, yes).within(OR)} if {key.within(OR)} else {_value(table, no).text}", CHOICE)


def _condition(table: Lookup) -> Code | None:
    """A table of booleans: the keys that it holds for, or those it does not."""
    if table.kind is not Kind.BOOL:
        return None
    return member(table, list(table.entries), wanted=not table.default)


def member(table: Lookup, keys: list[Value], *, wanted: bool = True) -> Code:
    """Give the source of `key in keys`, or of its opposite: a comparison, a range where it can be shown to be one, a set."""
    if table.domain is not None and len(keys) > len(table.domain) / 2 and len(table.keys) == 1:
        rest = [v for v in table.domain if v not in keys]
        if rest and len(rest) <= 2:
            keys, wanted = rest, not wanted
    left = _key(table).within(COMPARISON + 1)
    if len(keys) == 1:
        return Code(f"{left} {'==' if wanted else '!='} {_key_text(table, keys[0])}", COMPARISON)
    span = _range(table, keys)
    if span is not None:
        return _within(left, span, wanted)
    texts = [_key_text(table, k) for k in keys]
    return Code(f"{left} {'in' if wanted else 'not in'} {{{', '.join(texts)}}}", COMPARISON)


def _range(table: Lookup, keys: list[Value]) -> tuple[int | None, int | None] | None:
    """Give the bounds that part the keys from the rest of the domain: three or more consecutive integers."""
    if table.key_kinds != (Kind.INT,) or len(keys) < 3:
        return None
    numbers = sorted(k for k in keys if isinstance(k, int))
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return None
    others = [v for v in table.domain or [] if isinstance(v, int) and v not in numbers]
    low = None if table.domain is not None and all(v > numbers[-1] for v in others) else numbers[0]
    high = None if table.domain is not None and all(v < numbers[0] for v in others) else numbers[-1]
    return low, high


def _within(left: str, span: tuple[int | None, int | None], wanted: bool) -> Code:
    match span:
        case (None, int(high)):
            return Code(f"{left} {'<=' if wanted else '>'} {high}", COMPARISON)
        case (int(low), None):
            return Code(f"{left} {'>=' if wanted else '<'} {low}", COMPARISON)
    inside = Code(f"{span[0]} <= {left} <= {span[1]}", COMPARISON)
    return inside if wanted else Code(f"not {inside.text}", NOT)


def _total(table: Lookup) -> Entries | None:
    """Give the whole map over the domain, where that is known."""
    if table.domain is None:
        return None
    return {k: table.entries.get(k, table.default) for k in table.domain}


def _itself(table: Lookup) -> Code | None:
    """A map that gives most keys back: the key, with the exceptions."""
    if len(table.keys) > 1 or table.key_kinds[0] is Kind.REAL:
        return None
    whole = _total(table)
    same = [k for k, v in table.entries.items() if type(v) is type(k) and v == k]
    if len(same) < 2 and not (whole and all(v == k for k, v in whole.items())):
        return None
    key = table.keys[0]
    if whole is None:
        if len(same) < len(table.entries):
            return None
        return Code(f"{key.within(OR)} if {member(table, same).within(OR)} else {_value(table, table.default).text}", CHOICE)
    odd = {k: v for k, v in whole.items() if type(v) is not type(k) or v != k}
    if not odd:
        return key
    if len(odd) >= len(same):
        return None
    groups = _grouped(odd)
    if len(groups) == 1:
        (value, keys), = groups
        test = member(table, same) if len(keys) > 2 and len(keys) > len(same) else member(table, keys)
        return Code(f"{_value(table, value).within(OR)} if {test.within(OR)} else {key.text}", CHOICE)
    pairs = ", ".join(f"{_key_text(table, k)}: {_value(table, v).text}" for k, v in odd.items())
    return Code(f"{{{pairs}}}.get({key.text}, {key.text})")


def _shifted(table: Lookup) -> Code | None:
    """A map that adds to the key, or takes it from a constant, all over the domain."""
    whole = _total(table)
    if whole is None or len(whole) < 4 or table.key_kinds != (Kind.INT,):
        return None
    if not all(type(v) is int for v in whole.values()):
        return None
    key = table.keys[0]
    sums = {v + k for k, v in whole.items()}  # type: ignore[operator]
    gaps = {v - k for k, v in whole.items()}  # type: ignore[operator]
    if len(gaps) == 1:
        by = gaps.pop()
        return Code(f"{key.within(SUM)} {'+' if by > 0 else '-'} {abs(by)}", SUM)
    return Code(f"{sums.pop()} - {key.within(SUM + 1)}", SUM) if len(sums) == 1 else None


def _choice(table: Lookup) -> Code | None:
    """A map with one or two values beside the default: a conditional expression."""
    groups = _grouped(table.entries)
    if len(groups) > 2 or (len(groups) == 2 and max(len(keys) for _, keys in groups) > 1):
        return None
    if len(groups) == 2 and len(table.keys) > 1:
        return None
    default = table.default
    if len(groups) == 1 and table.domain is not None and len(table.keys) == 1 and len(table.domain) == 2:
        groups = sorted(groups, key=lambda g: table.domain.index(g[1][0]))  # type: ignore[union-attr]
    parts = [f"{_value(table, v).within(OR)} if {member(table, keys).within(OR)} else " for v, keys in groups]
    text = "".join(parts) + _value(table, default).text
    return Code(text, CHOICE) if len(groups) == 1 or len(text) <= LONGEST else None


def _grouped(entries: Entries) -> list[tuple[Value, list[Value]]]:
    """Give the keys of each value, values in order of first appearance and told apart by type."""
    groups: dict[tuple[type, Value], list[Value]] = {}
    for key, value in entries.items():
        groups.setdefault((type(value), value), []).append(key)
    return [(value, keys) for (_, value), keys in groups.items()]


def _dictionary(table: Lookup, store: Store) -> Code:
    whole = _total(table)
    entries = whole if whole is not None and (len(table.keys) > 1 or len(whole) <= len(table.entries) + 4) else table.entries
    source = _source(table, entries)
    name = source if len(source) <= INLINE and table.once else store(source)
    if entries is whole:
        return Code(f"{name}[{', '.join(k.text for k in table.keys)}]")
    return Code(f"{name}.get({_key(table).text}, {_value(table, table.default).text})")


def _source(table: Lookup, entries: Entries) -> str:
    """Give the source of a dict; long ones of two keys have a line for each first key."""
    pairs = {k: f"{_key_text(table, k)}: {_value(table, v).text}" for k, v in entries.items()}
    source = f"{{{', '.join(pairs.values())}}}"
    if len(table.keys) != 2 or len(source) <= INLINE:
        return source
    rows: dict[str, list[str]] = {}
    for key, pair in pairs.items():
        rows.setdefault(repr(key[0]), []).append(pair)  # type: ignore[index]
    return "{\n" + "".join(f"    {', '.join(row)},\n" for row in rows.values()) + "}"


__all__ = ["AND", "Lookup", "member", "write"]
