"""Running aggregates: at each position, over it and all before it. POSITION in, POSITION out.

Templates: the update of a loop variable `{state}` by the position's value `{0}`, a statement in the body of a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsl.primitives.positions import wide
from dsl.primitives.reduce import as_number, modes
from dsl.primitives.table import (
    BOOL,
    INT,
    NUMBER,
    POSITION,
    REAL,
    SYMBOL,
    Array,
    Context,
    Overload,
    Primitive,
    declare,
    for_each,
)


def _total(ctx: Context, value: Array) -> Array:
    return ctx.xp.cumulative_sum(as_number(ctx, wide(ctx, value)), axis=1)


def _mean(ctx: Context, value: Array) -> Array:
    return ctx.xp.astype(_total(ctx, value), ctx.xp.float64) / ctx.xp.astype(ctx.index + 1, ctx.xp.float64)


def _prefix(operation: str) -> Callable[[Context, Array], Array]:
    """Give an inclusive scan by doubling, for an idempotent operation of the array namespace."""

    def run(ctx: Context, value: Array) -> Array:
        value = wide(ctx, value)
        combine, step = getattr(ctx.xp, operation), 1
        while step < value.shape[1]:
            value = ctx.xp.concat([value[:, :step], combine(value[:, step:], value[:, :-step])], axis=1)
            step *= 2
        return value

    return run


def _since(ctx: Context, value: Array) -> Array:
    last = ctx.xp.where(wide(ctx, value), wide(ctx, ctx.index), ctx.xp.zeros_like(ctx.index) - 1)
    return ctx.index - _prefix("maximum")(ctx, last)


def _running(
    name: str,
    overloads: tuple[Overload, ...],
    evaluate: Any,
    python: str,
    doc: str,
    noun: str,
    phrase: str,
    cost: float = 4.0,
) -> None:
    declare(
        Primitive(
            name,
            "running",
            overloads,
            evaluate,
            python,
            doc,
            axes=((POSITION,), POSITION),
            cost=cost,
            noun=noun,
            phrase=phrase,
        )
    )


_running(
    "running_count",
    (Overload((BOOL,), INT),),
    _total,
    "{state} += {0}",
    "how often it held so far",
    "count",
    "the number of positions so far where {0?}",
)
_running(
    "running_sum",
    for_each(NUMBER, "T", "T"),
    _total,
    "{state} += {0}",
    "the sum so far",
    "total",
    "the running sum of {0+}",
)
_running(
    "running_mean",
    (Overload((REAL,), REAL), Overload((BOOL,), REAL)),
    _mean,
    "{state} += {0}",
    "the mean so far",
    "average",
    "the running mean of {0+}|the share of positions so far where {0?}",
    cost=6.0,
)
_running(
    "running_min",
    for_each(NUMBER, "T", "T"),
    _prefix("minimum"),
    "{state} = min({state}, {0})",
    "the smallest so far",
    "smallest",
    "the smallest {0!} so far",
)
_running(
    "running_max",
    for_each(NUMBER, "T", "T"),
    _prefix("maximum"),
    "{state} = max({state}, {0})",
    "the largest so far",
    "largest",
    "the largest {0!} so far",
)
_running(
    "running_any",
    (Overload((BOOL,), BOOL),),
    _prefix("logical_or"),
    "{state} = {state} or {0}",
    "whether it held so far",
    "seen",
    "{0?} at some position so far",
)
_running(
    "running_every",
    (Overload((BOOL,), BOOL),),
    _prefix("logical_and"),
    "{state} = {state} and {0}",
    "whether it always held so far",
    "always",
    "{0?} at every position so far",
)
_running(
    "since",
    (Overload((BOOL,), INT),),
    _since,
    "{state} = 0 if {0} else {state} + 1",
    "how many positions ago it last held (one more than the index where it never did)",
    "since",
    "the number of positions since {0?}",
)
_running(
    "running_mode",
    for_each((INT, SYMBOL), "T", "T"),
    lambda c, v: modes(c, wide(c, v), lambda hit: _total(c, hit)),
    "{state} = mode({0})",
    "the most frequent value so far, the lowest at a tie",
    "commonest",
    "the most frequent {0!} so far",
    cost=14.0,
)
