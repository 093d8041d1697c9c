"""Rewriting: the rules that `dsl.simplify` applies, as data, in the order in which they are tried.

identities: equations written in the language; match: applies them; numbers, columns, nearby: rules that compute;
bounds: what integers can be. A rule may give a term of another type or a longer one: `dsl.simplify` refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from dsl.primitives import PRIMITIVES
from dsl.rewrite import columns, nearby, numbers
from dsl.rewrite.match import identities
from dsl.terms import Call, Expr


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rewrite of calls of some operations: it gives an equal term, or None where it does not apply."""

    name: str
    ops: tuple[str, ...]
    apply: Callable[[Call], Expr | None]


_ELEMENTWISE = tuple(p.name for p in PRIMITIVES.values() if p.axes is None)
_COMMUTING = tuple(p.name for p in PRIMITIVES.values() if p.commutes)
_KEEPING = (  # aggregates that give a value back where all are the same
    *("first", "last", "min_all", "max_all", "any_all", "every_all", "mode_all", "sorted"),
    *("running_min", "running_max", "running_any", "running_every", "running_mode"),
)
_COMPUTED: tuple[tuple[Callable[[Call], Expr | None], tuple[str, ...]], ...] = (
    (numbers.fold_constants, (*_ELEMENTWISE, "lookup")),
    (numbers.choose_branch, ("if",)),
    (columns.prune_table, ("lookup",)),
    (columns.drop_constant_key, ("lookup",)),
    (columns.identity_table, ("lookup",)),
    (columns.table_to_comparison, ("lookup",)),
    (nearby.default_of_shift, ("if",)),
    (nearby.edge_of_shift, ("first",)),
    (nearby.since_says_it, ("and", "or")),
    (numbers.fold_choice, (*_ELEMENTWISE, "lookup")),
    (columns.compose_tables, ("lookup",)),
    (numbers.decide_by_bounds, ("abs", "mod", "floordiv", "lt", "le", "eq", "ne", "min", "max")),
    (numbers.gather_offsets, ("add", "sub")),
    (numbers.float_offset, ("add", "sub")),
    (numbers.move_offset, ("eq", "ne", "lt", "le")),
    (numbers.cheapen_bound, ("lt", "le")),
    (columns.constant_over_row, _KEEPING),
    (columns.merge_shifts, ("shift",)),
    (columns.gather_to_shift, ("gather",)),
    (columns.at_edge, ("at",)),
    (columns.scan_of_nothing, ("scan",)),
)
_LAST: tuple[tuple[Callable[[Call], Expr | None], tuple[str, ...]], ...] = (
    (columns.scan_from_elsewhere, ("scan",)),
    (numbers.order_arguments, _COMMUTING),
)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Give every rule, in order: those that compute, the identities, those that only tidy."""
    named = [[Rule(f.__name__, ops, f) for f, ops in group] for group in (_COMPUTED, _LAST)]
    return (*named[0], *(Rule(i.name, (i.left.op,), i.apply) for i in identities()), *named[1])
