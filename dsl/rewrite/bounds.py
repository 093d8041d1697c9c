"""What holds of an integer term on every input: the least and the most it can be at a real position."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from math import inf, isnan

from dsl.terms import Call, Expr, Literal, Table
from dsl.types import Kind

Bounds = tuple[float, float]
ANYTHING: Bounds = (-inf, inf)

_FIXED: dict[str, Bounds] = {
    "int": (0, 1),
    "length": (1, inf),
    "distinct_all": (1, inf),
    **dict.fromkeys(("index", "from_end", "since", "count", "count_all", "running_count"), (0, inf)),
}
_SAME = (  # the result is one of the first argument's values
    *("first", "last", "min_all", "max_all", "mode_all", "sorted", "key", "query"),
    *("running_min", "running_max", "running_mode"),
)
_PICKS = {  # the result is a value of one of these arguments
    "if": (1, 2),
    **dict.fromkeys(("shift", "gather", "at"), (0, 2)),
    **dict.fromkeys(("min_of", "max_of", "first_of", "last_of", "mode_of"), (1, 2)),
}
_SUMS = ("sum_all", "running_sum", "sum")  # of the last argument, over one position or many (`sum`: or none)


@lru_cache(maxsize=1 << 14)
def bounds(term: Expr) -> Bounds:
    """Give (least, most) of a term of kind int, infinite where nothing is known.

    >>> from dsl.terms import call, integer
    >>> bounds(call("mod", call("index"), integer(3)))
    (0, 2)
    """
    if isinstance(term, Literal):
        return (term.value, term.value) if term.kind is Kind.INT and isinstance(term.value, int) else ANYTHING
    if not isinstance(term, Call):
        return ANYTHING
    op, args = term.op, term.args
    if op in _FIXED:
        return _FIXED[op]
    if op in _SAME:
        return bounds(args[0])
    if op in _PICKS:
        return _hull(bounds(args[k]) for k in _PICKS[op])
    if op in _SUMS:
        least, most = bounds(args[-1])
        return (0 if least >= 0 else -inf), (0 if most <= 0 else inf)
    if op == "lookup" and isinstance(args[-1], Table) and args[-1].kind is Kind.INT:
        values = (args[-1].default, *(value for _, value in args[-1].entries))
        return _hull((v, v) for v in values if isinstance(v, int))
    return _ARITHMETIC[op](*map(bounds, args)) if op in _ARITHMETIC else ANYTHING


def _hull(parts: Iterable[Bounds]) -> Bounds:
    lows, highs = zip(*parts, strict=True)
    return min(lows), max(highs)


def _product(a: Bounds, b: Bounds) -> Bounds:
    corners = [0 if isnan(c) else c for c in (x * y for x in a for y in b)]  # 0 * inf bounds as 0
    return min(corners), max(corners)


def _magnitude(a: Bounds) -> Bounds:
    least, most = a
    return (max(0, least, -most), max(abs(least), abs(most)))


def _remainder(a: Bounds, divisor: Bounds) -> Bounds:
    """The remainder has the divisor's sign and is smaller; 0 where the divisor is 0."""
    least, most = divisor
    if a[0] >= 0 and a[1] < least:
        return a
    return min(0, least + 1), max(0, most - 1)


def _quotient(a: Bounds, divisor: Bounds) -> Bounds:
    (least, most), (d, top) = a, divisor
    if d != top or d <= 0:
        return ANYTHING
    return (least if least == -inf else least // d), (most if most == inf else most // d)


_ARITHMETIC: dict[str, Callable[..., Bounds]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "neg": lambda a: (-a[1], -a[0]),
    "mul": _product,
    "abs": _magnitude,
    "mod": _remainder,
    "floordiv": _quotient,
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
}
