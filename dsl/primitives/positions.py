"""Positions: where we are, and the value that stands elsewhere.

Templates: {0} is the source of the *list*, {1} the index's source, {2} the default's.
"""

from __future__ import annotations

from dsl.primitives.table import (
    ANY,
    INT,
    ORDERED,
    POSITION,
    ROW,
    Array,
    Context,
    Overload,
    Primitive,
    declare,
    for_each,
)


def lengths(ctx: Context) -> Array:
    """Give the number of real positions, int64 [row, 1]."""
    return ctx.xp.sum(ctx.xp.astype(ctx.mask, ctx.xp.int64), axis=1, keepdims=True)


def wide(ctx: Context, value: Array) -> Array:
    """Spread a value that is one a row over the positions: [row, 1] -> [row, position]."""
    return ctx.xp.broadcast_to(value, ctx.mask.shape) if value.shape != ctx.mask.shape else value


def _gather(ctx: Context, value: Array, where: Array, default: Array) -> Array:
    inside = (where >= 0) & (where < lengths(ctx))
    safe = ctx.xp.where(inside, where, ctx.xp.zeros_like(where))
    return ctx.xp.where(inside, ctx.xp.take_along_axis(wide(ctx, value), safe, axis=1), default)


def _gather_wide(ctx: Context, value: Array, where: Array, default: Array) -> Array:
    return _gather(ctx, value, wide(ctx, where), default)


def _shift(ctx: Context, value: Array, by: Array, default: Array) -> Array:
    return _gather_wide(ctx, value, ctx.index - by, default)


def _sorted(ctx: Context, value: Array) -> Array:
    value = wide(ctx, value)
    ceiling = ctx.xp.max(value) + 1  # padding sorts last
    return ctx.xp.sort(ctx.xp.where(ctx.mask, value, ceiling), axis=1)


declare(
    Primitive(
        "index",
        "positions",
        (Overload((), INT),),
        lambda c: wide(c, c.index),
        "i",
        "the position, from 0",
        axes=((), POSITION),
        cost=3.0,
        noun="index",
        phrase="the position",
    )
)
declare(
    Primitive(
        "length",
        "positions",
        (Overload((), INT),),
        lengths,
        "n",
        "how many positions there are",
        axes=((), ROW),
        cost=3.0,
        noun="length",
        phrase="the length",
    )
)
declare(
    Primitive(
        "from_end",
        "positions",
        (Overload((), INT),),
        lambda c: lengths(c) - 1 - c.index,
        "n - 1 - i",
        "how many positions follow",
        axes=((), POSITION),
        cost=5.0,
        precedence=6,
        noun="remaining",
        phrase="the number of positions that follow",
    )
)
declare(
    Primitive(
        "shift",
        "positions",
        for_each(ANY, "T i T", "T"),
        _shift,
        "{0}[i - {1}]",
        "the value k positions before (after, where k < 0), or the default",
        axes=((POSITION, ROW, ROW), POSITION),
        noun="previous",
        phrase="the {0!} {1} positions before|{0?} {1} positions before",
        literals=(1, 2),
    )
)
declare(
    Primitive(
        "gather",
        "positions",
        for_each(ANY, "T i T", "T"),
        _gather_wide,
        "{0}[{1}]",
        "the value at a position, or the default where there is none",
        axes=((POSITION, POSITION, ROW), POSITION),
        noun="picked",
        phrase="{0} at the position given by {1}|{0?} at the position given by {1}",
        literals=(2,),
    )
)
declare(
    Primitive(
        "at",
        "positions",
        for_each(ANY, "T i T", "T"),
        _gather,
        "{0}[{1}]",
        "the value at one position of the row, or the default where there is none",
        axes=((POSITION, ROW, ROW), ROW),
        noun="picked",
        phrase="{0} at the position given by {1}|{0?} at the position given by {1}",
        literals=(2,),
    )
)
declare(
    Primitive(
        "sorted",
        "positions",
        for_each(ORDERED, "T", "T"),
        _sorted,
        "sorted({0})",
        "the values in ascending order",
        axes=((POSITION,), POSITION),
        noun="ranked",
        phrase="{0+} in ascending order",
    )
)
