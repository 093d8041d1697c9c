"""The most frequent value of a list, with ties broken as the language breaks them: by the lowest code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from distill.emit.layout import places
from distill.emit.source import Code
from distill.emit.tables import alike
from dsl.check import check
from dsl.terms import Expr, Value
from dsl.types import Kind

if TYPE_CHECKING:
    from distill.emit.body import Body


def commonest(body: Body, value: Expr, over: str, default: str = "") -> Code:
    """Give the source of the most frequent value of a list; default: where the list may be empty.

    Symbols that do not sort as their codes do are tried in the order of these.
    """
    found = body.facts.values(value)
    if check(value).kind is not Kind.SYMBOL or (found is not None and _sort(found, body.order)):
        body.helpers |= {"mode", f"mode of {'none' if default else 'some'}"}
        return Code(f"mode({over}{default and ', '}{default})")
    known = list(found or [None, *body.order])
    new = [s for s in known if not any(alike(s, r) for r in body.ranked)]
    body.ranked = _ranked(body.ranked + new, body.order)
    if not default:
        tight = f"({over})" if places(over, (" + ", " * ")) else over
        return Code(f"max(ORDER, key={tight}.count)")
    body.helpers.add("commonest")
    return Code(f"commonest({over}, {default})")


def _sort(symbols: list[Value], order: tuple[Value, ...]) -> bool:
    """Say whether sorting symbols by value puts them in the order of their codes."""
    ranked = _ranked(symbols, order)
    words = [s for s in ranked if isinstance(s, str)]
    numbers = [s for s in ranked if type(s) is int]
    return (len(words) == len(ranked) and words == sorted(words)) or (
        len(numbers) == len(ranked) and numbers == sorted(numbers)
    )


def _ranked(symbols: list[Value], order: tuple[Value, ...]) -> list[Value]:
    codes = {(type(s), s): k for k, s in enumerate(order)}
    return sorted(symbols, key=lambda s: codes.get((type(s), s), -1))
