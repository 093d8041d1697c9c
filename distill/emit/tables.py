"""Lookups as source: conditions, sets, exceptions to the key itself, arithmetic, or a dict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from distill.emit.source import CHOICE, COMPARISON, NOT, OR, SUM, Code, constant, negated, tuple_of
from dsl.terms import Value
from dsl.types import Kind

LONGEST = 60  # a choice between more than two values takes at most so many characters
INLINE = 44  # a dict of so many characters is written where it is used
Key = tuple[Value, ...]
Entries = dict[Key, Value]
Store = Callable[[str], str]  # takes a dict's source, gives the name of the constant that holds it


@dataclass(frozen=True, slots=True)
class Lookup:
    """One lookup to be written.

    keys: the keys' sources. entries: what differs from the default. domain: all that the keys may be, where known.
    kind, key_kinds: of values and keys. order: of symbols, as sets are written. bare: sets are not frozen.
    once: it is read once, not at each of many positions.
    """

    keys: tuple[Code, ...]
    entries: Entries
    default: Value
    domain: Sequence[Key] | None
    kind: Kind
    key_kinds: tuple[Kind, ...]
    order: tuple[Value, ...]
    bare: bool = False
    once: bool = True

    @property
    def key(self) -> Code:
        """The source of the key, a tuple where there are several."""
        return self.keys[0] if len(self.keys) == 1 else Code(tuple_of([k.text for k in self.keys]))

    @property
    def whole(self) -> Entries | None:
        """The whole map over the domain, where that is known."""
        return None if self.domain is None else {k: self.entries.get(k, self.default) for k in self.domain}

    def value_text(self, value: Value) -> Code:
        """Give a value's source."""
        return constant(value, self.order, bare=self.bare)

    def key_text(self, key: Key) -> str:
        """Give a key's source."""
        parts = [constant(part, self.order).text for part in key]
        return parts[0] if len(parts) == 1 else tuple_of(parts)


def alike(a: Value, b: Value) -> bool:
    """Say whether two values are one: True, 1 and 1.0 are three."""
    return type(a) is type(b) and a == b


def write(table: Lookup, store: Store) -> Code:
    """Give the source of a lookup; `store` makes a constant of a dict's source."""
    table = _settled(_in_order(table))
    for form in (_constant, _boolean_key, _condition, _itself, _arithmetic, _choice):
        found = form(table)
        if found is not None:
            return found
    return _dictionary(table, store)


def _in_order(table: Lookup) -> Lookup:
    """Give the table with its keys in the order of its domain, or numbers by size."""
    if table.domain is not None:
        ranks = {_typed(key): k for k, key in enumerate(table.domain)}
        return replace(table, entries=dict(sorted(table.entries.items(), key=lambda e: ranks[_typed(e[0])])))
    if all(kind is Kind.INT for kind in table.key_kinds):
        return replace(table, entries=dict(sorted(table.entries.items(), key=lambda e: _numbers(e[0]))))
    return table


def _typed(key: Key) -> tuple:
    return tuple((type(part), part) for part in key)


def _numbers(key: Key) -> tuple[int, ...]:
    return tuple(part for part in key if isinstance(part, int))


def _settled(table: Lookup) -> Lookup:
    """Give the table with the commonest value as its default, where its own never comes up."""
    whole = table.whole
    if whole is None or any(key not in table.entries for key in whole):
        return table
    values = list(whole.values())
    usual = max(reversed(values), key=lambda v: sum(alike(v, w) for w in values))
    return replace(table, entries={k: v for k, v in whole.items() if not alike(v, usual)}, default=usual)


def _constant(table: Lookup) -> Code | None:
    return None if table.entries else table.value_text(table.default)


def _boolean_key(table: Lookup) -> Code | None:
    """A choice by one condition: the condition itself, where it is between true and false or 1 and 0."""
    if table.key_kinds != (Kind.BOOL,):
        return None
    yes, no = (table.entries.get((key,), table.default) for key in (True, False))
    key = table.keys[0]
    if isinstance(yes, bool) and isinstance(no, bool) and yes != no:
        return key if yes else negated(key)
    if alike(yes, 1) and alike(no, 0):
        return Code(f"int({key.text})")
    return Code(f"{table.value_text(yes).within(OR)} if {key.within(OR)} else {table.value_text(no).text}", CHOICE)


def _condition(table: Lookup) -> Code | None:
    """A table of booleans: the keys that it holds for, or those it does not."""
    return member(table, list(table.entries), wanted=not table.default) if table.kind is Kind.BOOL else None


def member(table: Lookup, keys: list[Key], *, wanted: bool = True) -> Code:
    """Give the source of `key in keys`, or of its opposite: a comparison, a range where it is one, a set."""
    if table.domain is not None and len(keys) > len(table.domain) / 2:
        rest = [key for key in table.domain if key not in keys]
        if 1 <= len(rest) <= 2:
            keys, wanted = rest, not wanted
    left = table.key.within(COMPARISON + 1)
    if len(keys) == 1:
        return Code(f"{left} {'==' if wanted else '!='} {table.key_text(keys[0])}", COMPARISON)
    bounds = _range(table, keys)
    if bounds is not None:
        return _within(left, *bounds, wanted=wanted)
    members = ", ".join(map(table.key_text, keys))
    return Code(f"{left} {'in' if wanted else 'not in'} {{{members}}}", COMPARISON)


def _range(table: Lookup, keys: list[Key]) -> tuple[int | None, int | None] | None:
    """Give the bounds that part the keys from the rest of the domain: three or more consecutive integers."""
    if table.key_kinds != (Kind.INT,) or len(keys) < 3:
        return None
    numbers = sorted(n for key in keys for n in _numbers(key))
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return None
    if table.domain is None:
        return numbers[0], numbers[-1]
    others = [n for key in table.domain if key not in keys for n in _numbers(key)]
    low = None if all(n > numbers[-1] for n in others) else numbers[0]
    return low, None if all(n < numbers[0] for n in others) else numbers[-1]


def _within(left: str, low: int | None, high: int | None, *, wanted: bool) -> Code:
    if low is None:
        return Code(f"{left} {'<=' if wanted else '>'} {high}", COMPARISON)
    if high is None:
        return Code(f"{left} {'>=' if wanted else '<'} {low}", COMPARISON)
    inside = Code(f"{low} <= {left} <= {high}", COMPARISON)
    return inside if wanted else Code(f"not {inside.text}", NOT)


def _itself(table: Lookup) -> Code | None:
    """A map that gives most keys back: the key, with the exceptions."""
    if len(table.keys) != 1 or Kind.REAL in table.key_kinds:
        return None
    whole, key = table.whole, table.keys[0]
    same = [k for k, v in (whole or table.entries).items() if alike(v, k[0])]
    odd = {k: v for k, v in (whole or table.entries).items() if not alike(v, k[0])}
    if len(same) < 2 or len(odd) >= len(same):
        return None
    if whole is None:
        test, rest = member(table, same).within(OR), table.value_text(table.default).text
        return None if odd else Code(f"{key.within(OR)} if {test} else {rest}", CHOICE)
    groups = _grouped(odd)
    if len(groups) > 1:
        pairs = ", ".join(f"{table.key_text(k)}: {table.value_text(v).text}" for k, v in odd.items())
        return Code(f"{{{pairs}}}.get({key.text}, {key.text})")
    for value, keys in groups:
        test = member(table, keys).within(OR)
        return Code(f"{table.value_text(value).within(OR)} if {test} else {key.text}", CHOICE)
    return key


def _arithmetic(table: Lookup) -> Code | None:
    """A map that adds to the key, or takes it from a constant, all over the domain."""
    whole = table.whole
    if whole is None or len(whole) < 4 or table.key_kinds != (Kind.INT,):
        return None
    pairs = [(*_numbers(key), value) for key, value in whole.items() if type(value) is int]
    if len(pairs) < len(whole):
        return None
    key, gaps, sums = table.keys[0], {v - k for k, v in pairs}, {v + k for k, v in pairs}
    if len(gaps) == 1:
        by = gaps.pop()
        return Code(f"{key.within(SUM)} {'+' if by > 0 else '-'} {abs(by)}", SUM)
    return Code(f"{sums.pop()} - {key.within(SUM + 1)}", SUM) if len(sums) == 1 else None


def _choice(table: Lookup) -> Code | None:
    """A map with one or two values beside the default: a conditional expression."""
    groups = _grouped(table.entries)
    if len(groups) > 2 or (len(groups) == 2 and (len(table.keys) > 1 or len(table.entries) > 2)):
        return None
    parts = [f"{table.value_text(v).within(OR)} if {member(table, keys).within(OR)} else " for v, keys in groups]
    text = "".join(parts) + table.value_text(table.default).text
    return Code(text, CHOICE) if len(groups) == 1 or len(text) <= LONGEST else None


def _grouped(entries: Entries) -> list[tuple[Value, list[Key]]]:
    """Give the keys of each value, values in order of first appearance and told apart by type."""
    groups: dict[tuple[type, Value], list[Key]] = {}
    for key, value in entries.items():
        groups.setdefault((type(value), value), []).append(key)
    return [(value, keys) for (_, value), keys in groups.items()]


def _dictionary(table: Lookup, store: Store) -> Code:
    whole, entries = table.whole, table.entries
    few = len(entries) + 2 if len(table.keys) == 1 else 2 * len(entries)
    closed = whole is not None and len(whole) <= few
    source = _source(table, whole) if closed and whole is not None else _row(table, entries)
    name = source if len(source) <= INLINE and table.once else store(source)
    if closed:
        return Code(f"{name}[{', '.join(k.text for k in table.keys)}]")
    return Code(f"{name}.get({table.key.text}, {table.value_text(table.default).text})")


def _source(table: Lookup, entries: Entries) -> str:
    """Give the source of a whole map; long ones of two keys have a line for each first key."""
    source = _row(table, entries)
    if len(table.keys) != 2 or len(source) <= INLINE:
        return source
    rows: dict[str, Entries] = {}
    for key, value in entries.items():
        rows.setdefault(repr(key[0]), {})[key] = value
    return "{\n" + "".join(f"    {_row(table, row)[1:-1]},\n" for row in rows.values()) + "}"


def _row(table: Lookup, entries: Entries) -> str:
    """Give the source of a dict on one line."""
    return f"{{{', '.join(f'{table.key_text(k)}: {table.value_text(v).text}' for k, v in entries.items())}}}"
