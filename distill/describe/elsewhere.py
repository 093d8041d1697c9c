"""Values that stand elsewhere: before, after, at a given position, in order, or as far from the other end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from distill.describe.words import CLAUSE, NOUN, PREFIX, Phrase, ordinal
from dsl.check import check
from dsl.terms import Call, Expr, Literal, call, integer
from dsl.types import Kind

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


def elsewhere(say: Speaker, term: Call) -> Phrase | None:
    """The value that stands before, after, here, or as far from the other end."""
    value, where = term.args[:2]
    condition = check(value).kind is Kind.BOOL
    if term.op != "shift" and isinstance(where, Literal):
        return _nth(say, value, where) or _after(say, value, f"at position {where.value}", condition)
    if term.op != "shift":
        if isinstance(where, Call) and where.op == "index":
            return say.phrase(value)
        if not from_end(where):
            return _nth(say, value, where) or _given(say, value, where, condition)
        if isinstance(value, Call) and value.op == "sorted":
            return Phrase(f"{say.values(value.args[0]).within(PREFIX)} in descending order", PREFIX)
        return _after(say, value, "at the mirrored position", condition)
    steps = where.value if isinstance(where, Literal) and isinstance(where.value, int) else 0
    side = "before" if steps > 0 else "after"
    if steps == 0:
        return say.phrase(value)
    if abs(steps) == 1:
        if condition:
            return _after(say, value, f"one position {side}", condition)
        return Phrase(f"the {'previous' if steps > 0 else 'next'} {say.plain(value)}", PREFIX)
    return _after(say, value, f"{_NUMBERS.get(abs(steps), abs(steps))} positions {side}", condition)


def _given(say: Speaker, value: Expr, where: Expr, condition: bool) -> Phrase:
    place = f"at the position given by {say.value(where).within(NOUN)}"
    if condition:
        return Phrase(f"{say.phrase(value).within(CLAUSE)} {place}", CLAUSE - 1)
    return Phrase(f"{say.value(value).within(PREFIX)} {place}", NOUN)


def _nth(say: Speaker, value: Expr, where: Expr) -> Phrase | None:
    """`the second largest x`: what stands at a position of the values in order."""
    match value, where:
        case Call(op="sorted", args=(source,)), Literal(value=int(k)) if k >= 0:
            return Phrase(f"the {ordinal(k + 1)}smallest {say.plain(source)}", PREFIX)
        case Call(op="sorted", args=(source,)), Call(op="sub", args=(Call(op="length"), Literal(value=int(k)))) if (
            k > 0
        ):
            return Phrase(f"the {ordinal(k)}largest {say.plain(source)}", PREFIX)
        case Call(op="symbol", args=(inner,)), _:
            return _nth(say, inner, where)
    return None


def _after(say: Speaker, value: Expr, words: str, condition: bool) -> Phrase:
    if condition:
        return Phrase(f"{say.phrase(value).within(CLAUSE)} {words}", CLAUSE)
    return Phrase(f"{say.value(value).within(PREFIX)} {words}", PREFIX)


def from_end(where: Expr) -> bool:
    """Whether a position is the one as far from the end as this one is from the beginning."""
    length, index, one = call("length"), call("index"), integer(1)
    return where in (
        call("from_end"),
        call("sub", call("sub", length, one), index),
        call("sub", length, call("add", index, one)),
        call("sub", call("sub", length, index), one),
    )
