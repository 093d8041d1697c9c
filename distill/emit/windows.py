"""Sums over the last few positions as source: a slice of a list, where naming each value would hide what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from distill.emit.rewrite import flatten
from distill.emit.scope import Scope
from distill.emit.source import Code
from dsl.terms import Call, Expr, Input, call, integer

if TYPE_CHECKING:
    from distill.emit.body import Body

LEAST = 4  # values that are rather summed as a slice than by name


def window_sum(body: Body, term: Call, scope: Scope) -> Code | None:
    """Give `sum(inputs[max(0, i - 4) : i])` for an input and the last ones before it; None for other sums."""
    parts = flatten("add", term)
    source = next((p for p in parts if isinstance(p, Input)), None)
    if len(parts) < LEAST or source is None or source in body.components or scope.depth or scope.fixed:
        return None
    if not _are_last(parts, source):
        return None
    scope.uses_place = True
    back = len(parts) if scope.one_based else len(parts) - 1
    end = scope.letter if scope.one_based else f"{scope.letter} + 1"
    return Code(f"sum({body.list_name(source)}[max(0, {scope.letter} - {back}) : {end}])")


def _are_last(parts: Sequence[Expr], source: Input) -> bool:
    late = [call("shift", source, integer(k), integer(0)) for k in range(1, len(parts))]
    return set(parts) == {source, *late}
