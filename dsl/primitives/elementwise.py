"""Arithmetic, comparison and logic: value by value. Total: division by zero gives 0.

Templates: {0}, {1}, ... are the arguments' sources. The emitter guards a divisor that may be 0.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from array_api_compat import device

from dsl.primitives.table import (
    ANY,
    BOOL,
    INT,
    NUMBER,
    ORDERED,
    REAL,
    SYMBOL,
    Array,
    Context,
    Overload,
    Primitive,
    declare,
    for_each,
)

_SAFE = 1  # what a zero divisor is replaced with before the result there is set to 0


def _nonzero(ctx: Context, divisor: Array) -> Array:
    return ctx.xp.where(divisor == 0, ctx.xp.full_like(divisor, _SAFE), divisor)


def _divided(ctx: Context, quotient: Array, divisor: Array) -> Array:
    return ctx.xp.where(divisor == 0, ctx.xp.zeros_like(quotient), quotient)


def _real(ctx: Context, value: Array) -> Array:
    return ctx.xp.astype(value, ctx.xp.float64)


def _true_divide(ctx: Context, a: Array, b: Array) -> Array:
    return _divided(ctx, _real(ctx, a) / _real(ctx, _nonzero(ctx, b)), b)


def _if(ctx: Context, condition: Array, yes: Array, no: Array) -> Array:
    if yes.dtype != no.dtype:
        yes, no = _real(ctx, yes), _real(ctx, no)
    return ctx.xp.where(condition, yes, no)


def _binary(
    name: str,
    overloads: tuple[Overload, ...],
    evaluate: Any,
    python: str,
    doc: str,
    precedence: int = 9,
    *,
    cost: float = 4.0,
    commutes: bool = False,
    noun: str = "",
    phrase: str = "",
    packed: Callable[[Array, Array], Array] | None = None,
) -> None:
    infix = python.split()[1] if python.startswith("{0} ") and python.endswith(" {1}") else ""
    declare(
        Primitive(
            name,
            "elementwise",
            overloads,
            evaluate,
            python,
            doc,
            cost=cost,
            precedence=precedence,
            commutes=commutes,
            noun=noun,
            phrase=phrase,
            packed=packed,
            infix=infix,
        )
    )


# precedence as in Python: or 1, and 2, not 3, comparison 4, + - 6, * / // % 7, unary minus 8, atoms and calls 9
_binary(
    "add",
    for_each(NUMBER, "T T", "T"),
    lambda _, a, b: a + b,
    "{0} + {1}",
    "the sum",
    6,
    commutes=True,
    noun="total",
    phrase="{0} plus {1}",
)
_binary(
    "sub",
    for_each(NUMBER, "T T", "T"),
    lambda _, a, b: a - b,
    "{0} - {1}",
    "the difference",
    6,
    noun="difference",
    phrase="{0} minus {1}",
)
_binary(
    "mul",
    for_each(NUMBER, "T T", "T"),
    lambda _, a, b: a * b,
    "{0} * {1}",
    "the product",
    7,
    commutes=True,
    noun="product",
    phrase="{0} times {1}",
)
_binary(
    "floordiv",
    for_each((INT,), "T T", "T"),
    lambda c, a, b: _divided(c, a // _nonzero(c, b), b),
    "{0} // {1}",
    "the quotient rounded down; 0 where the divisor is 0",
    7,
    noun="quotient",
    phrase="the whole quotient of {0} by {1}",
)
_binary(
    "mod",
    for_each((INT,), "T T", "T"),
    lambda c, a, b: _divided(c, a % _nonzero(c, b), b),
    "{0} % {1}",
    "the remainder, with the divisor's sign; 0 where the divisor is 0",
    7,
    noun="remainder",
    phrase="the remainder of {0} divided by {1}",
)
_binary(
    "div",
    (Overload((REAL, REAL), REAL),),
    _true_divide,
    "{0} / {1}",
    "the quotient; 0 where the divisor is 0",
    7,
    noun="ratio",
    phrase="{0} divided by {1}",
    cost=6.0,
)
_binary(
    "min",
    for_each(ORDERED, "T T", "T"),
    lambda c, a, b: c.xp.minimum(a, b),
    "min({0}, {1})",
    "the smaller",
    commutes=True,
    noun="least",
    phrase="the smaller of {0} and {1}",
)
_binary(
    "max",
    for_each(ORDERED, "T T", "T"),
    lambda c, a, b: c.xp.maximum(a, b),
    "max({0}, {1})",
    "the larger",
    commutes=True,
    noun="largest",
    phrase="the larger of {0} and {1}",
)
_binary(
    "eq",
    for_each(ANY, "T T", "b"),
    lambda _, a, b: a == b,
    "{0} == {1}",
    "whether they are equal",
    4,
    commutes=True,
    noun="same",
    phrase="{0} equals {1}|{0?} exactly when {1?}",
)
_binary(
    "ne",
    for_each(ANY, "T T", "b"),
    lambda _, a, b: a != b,
    "{0} != {1}",
    "whether they differ",
    4,
    commutes=True,
    noun="differs",
    phrase="{0} differs from {1}|{0?} or {1?}, not both",
    packed=operator.xor,
)
_binary(
    "lt",
    for_each(ORDERED, "T T", "b"),
    lambda _, a, b: a < b,
    "{0} < {1}",
    "whether the first is smaller",
    4,
    noun="below",
    phrase="{0} is below {1}",
)
_binary(
    "le",
    for_each(ORDERED, "T T", "b"),
    lambda _, a, b: a <= b,
    "{0} <= {1}",
    "whether the first is at most the second",
    4,
    noun="at_most",
    phrase="{0} is at most {1}",
)
_binary(
    "and",
    for_each((BOOL,), "T T", "T"),
    lambda _, a, b: a & b,
    "{0} and {1}",
    "whether both hold",
    2,
    commutes=True,
    noun="both",
    phrase="{0?} and {1?}",
    packed=operator.and_,
)
_binary(
    "or",
    for_each((BOOL,), "T T", "T"),
    lambda _, a, b: a | b,
    "{0} or {1}",
    "whether either holds",
    1,
    commutes=True,
    noun="either",
    phrase="{0?} or {1?}",
    packed=operator.or_,
)

declare(
    Primitive(
        "not",
        "elementwise",
        for_each((BOOL,), "T", "T"),
        lambda _, a: ~a,
        "not {0}",
        "whether it fails",
        precedence=3,
        noun="lacks",
        phrase="it is false that {0?}",
    )
)
declare(
    Primitive(
        "neg",
        "elementwise",
        for_each(NUMBER, "T", "T"),
        lambda _, a: -a,
        "-{0}",
        "the negative",
        precedence=8,
        noun="negative",
        phrase="minus {0}",
    )
)
declare(
    Primitive(
        "abs",
        "elementwise",
        for_each(NUMBER, "T", "T"),
        lambda c, a: c.xp.abs(a),
        "abs({0})",
        "the absolute value",
        noun="size",
        phrase="the absolute value of {0}",
    )
)
declare(
    Primitive(
        "int",
        "elementwise",
        (Overload((BOOL,), INT),),
        lambda c, a: c.xp.astype(a, c.xp.int64),
        "int({0})",
        "1 where it holds, else 0",
        cost=2.0,
        noun="flag",
        phrase="1 where {0?}, else 0",
    )
)
declare(
    Primitive(
        "if",
        "elementwise",
        tuple(Overload((BOOL, k, k), k) for k in (INT, REAL, BOOL, SYMBOL)),
        _if,
        "{1} if {0} else {2}",
        "the second where the first holds, else the third",
        precedence=0,
        noun="choice",
        phrase="{1} where {0?}, else {2}|{1?} where {0?}, else {2?}",
    )
)


def _symbol(ctx: Context, value: Array) -> Array:
    codes = {name: code for code, name in enumerate(ctx.symbols) if type(name) is int}
    if not codes:
        return ctx.xp.zeros_like(value) - 1
    low, high = min(codes), max(codes)
    known = ctx.xp.asarray([codes.get(k, -1) for k in range(low, high + 1)], device=device(value))
    inside = (value >= low) & (value <= high)
    return ctx.xp.where(inside, known[ctx.xp.where(inside, value - low, ctx.xp.zeros_like(value))], -1)


declare(
    Primitive(
        "symbol",
        "elementwise",
        (Overload((INT,), SYMBOL),),
        _symbol,
        "{0}",
        "the symbol that is this integer; no symbol where there is none such",
        cost=1.0,
        noun="symbol",
        phrase="{0}",
    )
)
