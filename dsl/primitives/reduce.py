"""Aggregates over all positions of a row: POSITION in, ROW out.

Templates: {0} is a source of the values as an iterable (a list, or a generator without its own brackets).
Rows are never empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsl.primitives.positions import lengths, wide
from dsl.primitives.table import (
    ANY,
    BOOL,
    INT,
    NUMBER,
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


def as_number(ctx: Context, value: Array) -> Array:
    """Count booleans as 0 and 1; leave numbers alone."""
    return ctx.xp.astype(value, ctx.xp.int64) if value.dtype == ctx.xp.bool else value


def extreme(ctx: Context, value: Array, sign: int) -> Array:
    """Give a value beyond every one in `value`, below (sign -1) or above (+1): what padding is replaced with."""
    edge = ctx.xp.max(value) if sign > 0 else ctx.xp.min(value)
    return edge + sign


def modes(ctx: Context, value: Array, tally: Callable[[Array], Array]) -> Array:
    """Give the most frequent value, the lowest at a tie. `tally` counts a boolean array in the way wanted."""
    best, winner = None, None
    for candidate in ctx.xp.unique_values(value):  # ascending, so that a tie stays with the lower
        counts = tally(value == candidate)
        if best is None or winner is None:
            best, winner = counts, ctx.xp.zeros_like(counts) + candidate
        else:
            winner = ctx.xp.where(counts > best, candidate, winner)
            best = ctx.xp.maximum(counts, best)
    return ctx.xp.astype(winner, value.dtype)


def _total(ctx: Context, value: Array) -> Array:
    kept = ctx.xp.where(ctx.mask, wide(ctx, value), ctx.xp.zeros_like(value))
    return ctx.xp.sum(as_number(ctx, kept), axis=1, keepdims=True)


def _mean(ctx: Context, value: Array) -> Array:
    return ctx.xp.astype(_total(ctx, value), ctx.xp.float64) / ctx.xp.astype(lengths(ctx), ctx.xp.float64)


def _low(ctx: Context, value: Array) -> Array:
    return ctx.xp.min(ctx.xp.where(ctx.mask, wide(ctx, value), extreme(ctx, value, 1)), axis=1, keepdims=True)


def _high(ctx: Context, value: Array) -> Array:
    return ctx.xp.max(ctx.xp.where(ctx.mask, wide(ctx, value), extreme(ctx, value, -1)), axis=1, keepdims=True)


def _last(ctx: Context, value: Array) -> Array:
    return ctx.xp.take_along_axis(wide(ctx, value), lengths(ctx) - 1, axis=1)


def _median(ctx: Context, value: Array) -> Array:
    value = ctx.xp.sort(ctx.xp.where(ctx.mask, wide(ctx, value), extreme(ctx, value, 1)), axis=1)
    n = lengths(ctx)
    middle = ctx.xp.take_along_axis(value, (n - 1) // 2, axis=1) + ctx.xp.take_along_axis(value, n // 2, axis=1)
    return ctx.xp.astype(middle, ctx.xp.float64) / 2


def _mode(ctx: Context, value: Array) -> Array:
    return modes(ctx, wide(ctx, value), lambda hit: _total(ctx, hit))


def _distinct(ctx: Context, value: Array) -> Array:
    value = wide(ctx, value)
    earlier = ctx.index[:, :, None] > ctx.index[:, None, :]
    repeat = ctx.xp.any((value[:, :, None] == value[:, None, :]) & earlier & ctx.mask[:, None, :], axis=2)
    return _total(ctx, ~repeat)


def _over_row(
    name: str,
    overloads: tuple[Overload, ...],
    evaluate: Any,
    python: str,
    doc: str,
    noun: str,
    phrase: str,
    *,
    cost: float = 4.0,
    precedence: int = 9,
) -> None:
    declare(
        Primitive(
            name,
            "reduce",
            overloads,
            evaluate,
            python,
            doc,
            axes=((POSITION,), ROW),
            cost=cost,
            precedence=precedence,
            noun=noun,
            phrase=phrase,
        )
    )


_over_row(
    "count_all",
    (Overload((BOOL,), INT),),
    _total,
    "sum({0})",
    "at how many positions it holds",
    "count",
    "the number of positions where {0?}",
)
_over_row("sum_all", for_each(NUMBER, "T", "T"), _total, "sum({0})", "the sum over the row", "total", "the sum of {0+}")
_over_row(
    "mean_all",
    (Overload((REAL,), REAL), Overload((BOOL,), REAL)),
    _mean,
    "sum({0}) / n",
    "the mean over the row",
    "average",
    "the mean of {0+}|the share of positions where {0?}",
    precedence=7,
    cost=6.0,
)
_over_row(
    "median_all",
    for_each(NUMBER, "T", "r"),
    _median,
    "median({0})",
    "the median of the row",
    "median",
    "the median of {0+}",
    cost=6.0,
)
_over_row(
    "min_all", for_each(NUMBER, "T", "T"), _low, "min({0})", "the smallest of the row", "smallest", "the smallest {0!}"
)
_over_row(
    "max_all", for_each(NUMBER, "T", "T"), _high, "max({0})", "the largest of the row", "largest", "the largest {0!}"
)
_over_row(
    "any_all",
    (Overload((BOOL,), BOOL),),
    lambda c, v: _total(c, v) > 0,
    "any({0})",
    "whether it holds anywhere",
    "some",
    "{0?} at some position",
)
_over_row(
    "every_all",
    (Overload((BOOL,), BOOL),),
    lambda c, v: _total(c, ~v) == 0,
    "all({0})",
    "whether it holds everywhere",
    "every",
    "{0?} at every position",
)
_over_row(
    "first",
    for_each(ANY, "T", "T"),
    lambda c, v: wide(c, v)[:, :1],
    "{0}[0]",
    "the first position's value",
    "first",
    "the first {0!}|{0?} at the first position",
)
_over_row(
    "last",
    for_each(ANY, "T", "T"),
    _last,
    "{0}[-1]",
    "the last position's value",
    "last",
    "the last {0!}|{0?} at the last position",
)
_over_row(
    "mode_all",
    for_each((INT, SYMBOL), "T", "T"),
    _mode,
    "mode({0})",
    "the most frequent value, the lowest at a tie",
    "commonest",
    "the most frequent {0!}",
    cost=14.0,
)
_over_row(
    "distinct_all",
    for_each((INT, SYMBOL), "T", "i"),
    _distinct,
    "len(set({0}))",
    "how many different values there are",
    "variety",
    "the number of different values of {0+}",
    cost=6.0,
)
