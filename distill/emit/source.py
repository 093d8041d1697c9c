"""Pieces of Python source: expressions with their precedence, and constants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dsl.terms import Value

CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, UNARY, ATOM = (
    0,
    1,
    2,
    3,
    4,
    6,
    7,
    8,
    9,
)  # as in dsl/primitives/elementwise.py


@dataclass(frozen=True, slots=True)
class Code:
    """An expression's source and the precedence of its outermost operator."""

    text: str
    level: int = ATOM

    def within(self, least: int) -> str:
        """Give the source for a place that takes operators of precedence `least` or above.

        >>> Code("a + b", SUM).within(PRODUCT)
        '(a + b)'
        """
        return self.text if self.level >= least else f"({self.text})"


def constant(value: Value, order: Sequence[Value] = (), *, bare: bool = False) -> Code:
    """Give a constant's source; a set's members stand in the given order, frozen unless `bare`.

    >>> constant(frozenset({"b", "a"}), ("a", "b")).text, constant(-1).level
    ('frozenset({"a", "b"})', 8)
    """
    match value:
        case frozenset():
            members = [constant(m, order).text for m in ordered(value, order)]
            if bare:
                return Code(f"{{{', '.join(members)}}}" if members else "set()")
            return Code(f"frozenset({{{', '.join(members)}}})" if members else "frozenset()")
        case str():
            return Code(quoted(value))
        case float() if value != value or value in (float("inf"), float("-inf")):
            return Code(f'float("{value}")')
        case _:
            text = repr(value)
            return Code(text, UNARY if text.startswith("-") else ATOM)


def quoted(text: str) -> str:
    """Give a string's source, in double quotes where none need escaping."""
    source = repr(text)
    return source if '"' in text or "'" in text else f'"{source[1:-1]}"'


def ordered(members: frozenset, order: Sequence[Value]) -> list[Value]:
    """Give a set's members in the given order, any others after them by their source."""
    ranks = {(type(v), v): k for k, v in enumerate(order)}
    return sorted(members, key=lambda m: (ranks.get((type(m), m), len(ranks)), repr(m)))


def tuple_of(parts: Sequence[str]) -> str:
    """Give the source of a tuple.

    >>> tuple_of(["a"]), tuple_of(["a", "b"])
    ('(a,)', '(a, b)')
    """
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


def negated(code: Code) -> Code:
    """Give the source of a condition's opposite.

    >>> negated(Code("x in xs", COMPARISON)).text, negated(Code("x")).text
    ('x not in xs', 'not x')
    """
    sought = re.fullmatch(r"(\S+) (in|is) (.*)", code.text) if code.level == COMPARISON else None
    if sought:
        return Code(f"{sought[1]} {'not in' if sought[2] == 'in' else 'is not'} {sought[3]}", COMPARISON)
    return Code(f"not {code.within(NOT)}", NOT)
