"""Matching: identities as rewrites of terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dsl.check import check
from dsl.parser import parse_expr
from dsl.primitives import PRIMITIVES
from dsl.rewrite.identities import FAMILIES
from dsl.terms import Call, Expr, Input, Literal, substitute
from dsl.types import Axis, Kind, Type


def _variable(name: str, kind: Kind, axis: Axis = Axis.POSITION) -> Input:
    return Input(name, Type(kind, axis))


NUMBER, ANYTHING = frozenset({Kind.INT, Kind.REAL}), frozenset(Kind)
VARIABLES: dict[Input, frozenset[Kind]] = {
    **{_variable(n, Kind.BOOL): frozenset({Kind.BOOL}) for n in "pqs"},
    **{_variable(n, Kind.INT): NUMBER for n in "abc"},
    **{_variable(n, Kind.INT): frozenset({Kind.INT}) for n in "ijd"},
    **{_variable(n, Kind.INT): ANYTHING for n in "xyz"},
    _variable("w", Kind.BOOL, Axis.PAIR): frozenset({Kind.BOOL}),
}

Binding = dict[Expr, Expr]


@dataclass(frozen=True, slots=True)
class Identity:
    """One rule: `left` with terms for its variables may be replaced by `right` with the same."""

    name: str
    left: Call
    right: Expr

    def apply(self, term: Call) -> Expr | None:
        """Give the right side where the left side matches, else None. What it gives may be ill-typed."""
        for binding in match(self.left, term, {}):
            return substitute(self.right, binding)
        return None


def match(pattern: Expr, term: Expr, binding: Binding) -> Iterator[Binding]:
    """Yield every way to bind the pattern's variables so that it equals the term, up to commuted arguments."""
    if pattern in binding:
        if binding[pattern] is term:
            yield binding
    elif isinstance(pattern, Input) and pattern in VARIABLES:
        if check(term).kind in VARIABLES[pattern]:
            yield {**binding, pattern: term}
    elif isinstance(pattern, Call):
        if isinstance(term, Call) and term.op == pattern.op and len(term.args) == len(pattern.args):
            yield from _match_args(pattern.args, term.args, binding)
            if pattern.op in PRIMITIVES and PRIMITIVES[pattern.op].commutes:
                yield from _match_args(pattern.args, term.args[::-1], binding)
    elif pattern is term or _equal_numbers(pattern, term):
        yield binding


def _match_args(patterns: tuple[Expr, ...], args: tuple[Expr, ...], binding: Binding) -> Iterator[Binding]:
    if not patterns:
        yield binding
        return
    for found in match(patterns[0], args[0], binding):
        yield from _match_args(patterns[1:], args[1:], found)


def _equal_numbers(pattern: Expr, term: Expr) -> bool:
    """Say whether an integer in a pattern stands before the same number: 0 matches 0.0."""
    if isinstance(pattern, Literal) and isinstance(term, Literal) and pattern.kind is Kind.INT:
        return term.kind is Kind.REAL and term.value == pattern.value
    return isinstance(pattern, Input) and isinstance(term, Input) and pattern.name == term.name


@lru_cache(maxsize=1)
def identities() -> tuple[Identity, ...]:
    """Give the identities in the order in which they are tried."""
    found = []
    for family in FAMILIES.values():
        for line in family.strip().splitlines():
            left, right = (parse_expr(side, VARIABLES) for side in line.split(" => "))
            if not isinstance(left, Call):
                raise ValueError(f"the left side of an identity is a call, not {line!r}")
            found.append(Identity(line, left, right))
    return tuple(found)
