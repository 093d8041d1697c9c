"""Select and aggregate (RASP): at each position (the query), over the positions (keys) that a condition selects.

`key(v)` and `query(v)` spread a column over pairs; conditions on pairs are the elementwise primitives.
Templates of aggregates: {items} is a generator's source over the selected keys (`value for ... if condition`),
{0} the condition's source, {1} the value's, {2} the default's.
"""

from __future__ import annotations

from typing import Any

from dsl.primitives.positions import wide
from dsl.primitives.reduce import extreme, modes
from dsl.primitives.table import (
    ANY,
    BOOL,
    INT,
    NUMBER,
    PAIR,
    POSITION,
    REAL,
    ROW,
    SYMBOL,
    Array,
    Context,
    Overload,
    Primitive,
    declare,
    for_each,
)


def _selected(ctx: Context, where: Array) -> Array:
    """Give the condition on real keys alone, spread to [row, query, key]."""
    rows, length = ctx.mask.shape
    return ctx.xp.broadcast_to(where & ctx.mask[:, None, :], (rows, length, length))


def _count(ctx: Context, where: Array) -> Array:
    return ctx.xp.sum(ctx.xp.astype(_selected(ctx, where), ctx.xp.int64), axis=2)


def _sum(ctx: Context, where: Array, value: Array) -> Array:
    value = wide(ctx, value)[:, None, :]
    return ctx.xp.sum(ctx.xp.where(_selected(ctx, where), value, ctx.xp.zeros_like(value)), axis=2)


def _mean(ctx: Context, where: Array, value: Array, default: Array) -> Array:
    real = ctx.xp.float64
    count = _count(ctx, where)
    total = _sum(ctx, where, ctx.xp.astype(value, real))
    mean = total / ctx.xp.astype(ctx.xp.where(count == 0, ctx.xp.ones_like(count), count), real)
    return ctx.xp.where(count == 0, ctx.xp.astype(default, real), mean)


def _low(ctx: Context, where: Array, value: Array, default: Array) -> Array:
    where, value = _selected(ctx, where), wide(ctx, value)
    found = ctx.xp.min(ctx.xp.where(where, value[:, None, :], extreme(ctx, value, 1)), axis=2)
    return ctx.xp.where(ctx.xp.any(where, axis=2), found, default)


def _high(ctx: Context, where: Array, value: Array, default: Array) -> Array:
    where, value = _selected(ctx, where), wide(ctx, value)
    found = ctx.xp.max(ctx.xp.where(where, value[:, None, :], extreme(ctx, value, -1)), axis=2)
    return ctx.xp.where(ctx.xp.any(where, axis=2), found, default)


def _pick(ctx: Context, where: Array, value: Array, default: Array, order: Array) -> Array:
    """Give the value at the selected key that comes last in `order` [key]."""
    where = _selected(ctx, where)
    best = ctx.xp.argmax(ctx.xp.where(where, order, ctx.xp.zeros_like(order) - 1), axis=2)
    return ctx.xp.where(ctx.xp.any(where, axis=2), ctx.xp.take_along_axis(wide(ctx, value), best, axis=1), default)


def _first(ctx: Context, where: Array, value: Array, default: Array) -> Array:
    return _pick(ctx, where, value, default, ctx.mask.shape[1] - 1 - ctx.index[:, None, :])


def _last(ctx: Context, where: Array, value: Array, default: Array) -> Array:
    return _pick(ctx, where, value, default, ctx.index[:, None, :])


def _mode(ctx: Context, where: Array, value: Array, default: Array) -> Array:
    where, value = _selected(ctx, where), wide(ctx, value)[:, None, :]
    winner = modes(ctx, value, lambda hit: ctx.xp.sum(ctx.xp.astype(hit & where, ctx.xp.int64), axis=2))
    return ctx.xp.where(ctx.xp.any(where, axis=2), winner, default)


def _spread(name: str, evaluate: Any, doc: str, phrase: str) -> None:
    declare(
        Primitive(
            name,
            "pairs",
            for_each(ANY, "T", "T"),
            evaluate,
            "{0}",
            doc,
            axes=((POSITION,), PAIR),
            cost=1.0,
            phrase=phrase,
        )
    )


_spread("key", lambda c, v: wide(c, v)[:, None, :], "the value at the position looked at", "{0} there|{0?} there")
_spread("query", lambda c, v: wide(c, v)[:, :, None], "the value at the position that looks", "{0} here|{0?} here")


def _order(name: str, evaluate: Any, python: str, doc: str, phrase: str) -> None:
    declare(
        Primitive(
            name,
            "pairs",
            (Overload((), BOOL),),
            evaluate,
            python,
            doc,
            axes=((), PAIR),
            cost=3.0,
            precedence=4,
            phrase=phrase,
        )
    )


_order(
    "before",
    lambda c: c.index[:, None, :] < c.index[:, :, None],
    "j < i",
    "whether the position looked at comes before",
    "it comes before",
)
_order(
    "upto",
    lambda c: c.index[:, None, :] <= c.index[:, :, None],
    "j <= i",
    "whether it comes before or is the same",
    "it comes no later",
)


def _aggregate(
    name: str, overloads: tuple[Overload, ...], evaluate: Any, python: str, doc: str, noun: str, phrase: str
) -> None:
    axes = {1: (PAIR,), 2: (PAIR, POSITION), 3: (PAIR, POSITION, ROW)}[len(overloads[0].params)]
    declare(
        Primitive(
            name,
            "select",
            overloads,
            evaluate,
            python,
            doc,
            axes=(axes, POSITION),
            noun=noun,
            phrase=phrase,
            literals=(2,) if len(axes) == 3 else (),
        )
    )


_aggregate(
    "count", (Overload((BOOL,), INT),), _count, "sum({items})", "how many are selected", "count", "the number of {0*}"
)
_aggregate("sum", for_each(NUMBER, "b T", "T"), _sum, "sum({items})", "their sum", "total", "the sum of {1+} at {0*}")
_aggregate(
    "mean",
    (Overload((BOOL, REAL, REAL), REAL),),
    _mean,
    "mean({items}, {2})",
    "their mean",
    "average",
    "the mean of {1+} at {0*}",
)
_aggregate(
    "min_of",
    for_each(NUMBER, "b T T", "T"),
    _low,
    "min({items}, default={2})",
    "the smallest of them",
    "smallest",
    "the smallest {1!} among {0*}",
)
_aggregate(
    "max_of",
    for_each(NUMBER, "b T T", "T"),
    _high,
    "max({items}, default={2})",
    "the largest of them",
    "largest",
    "the largest {1!} among {0*}",
)
_aggregate(
    "first_of",
    for_each(ANY, "b T T", "T"),
    _first,
    "next({items}, {2})",
    "the first of them",
    "first",
    "{1} at the first of {0*}|{1?} at the first of {0*}",
)
_aggregate(
    "last_of",
    for_each(ANY, "b T T", "T"),
    _last,
    "next({items}, {2})",
    "the last of them",
    "latest",
    "{1} at the last of {0*}|{1?} at the last of {0*}",
)
_aggregate(
    "mode_of",
    for_each((INT, SYMBOL), "b T T", "T"),
    _mode,
    "mode({items}, {2})",
    "the most frequent of them, the lowest at a tie",
    "commonest",
    "the most frequent {1!} at {0*}",
)
_aggregate(
    "any_of",
    (Overload((BOOL,), BOOL),),
    lambda c, w: _count(c, w) > 0,
    "any({items})",
    "whether any is selected",
    "some",
    "there are {0*}",
)
