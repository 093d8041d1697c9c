"""Choices between several values as statements: a branch each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from distill.emit.scope import Place
from distill.emit.source import Code
from dsl.terms import Call, Expr, Literal

if TYPE_CHECKING:
    from distill.emit.body import Body

LONGEST = 72  # a choice between three or more values that takes more characters is made by statements
Case = tuple[Expr | None, Expr]  # a condition, None for what is left, and the value


def cases(body: Body, term: Expr) -> list[Case]:
    """Give the cases of nested choices; the last has no condition."""
    found: list[Case] = []
    while isinstance(term, Call) and term.op == "if" and not body.is_named(term, None) and not _is_condition(term):
        found.append((term.args[0], term.args[1]))
        term = term.args[2]
    return [*found, (None, term)]


def _is_condition(choice: Call) -> bool:
    """Say whether a choice is between true and false: its condition, or the opposite."""
    return all(isinstance(a, Literal) and isinstance(a.value, bool) for a in choice.args[1:])


def branches(
    body: Body,
    found: list[Case],
    place: Place,
    statement: Callable[[Expr], str],
    unless: Code | None = None,
    otherwise: str = "",
) -> str:
    """Give an if statement with one branch a case; before all others, `otherwise` where `unless` does not hold."""
    lines = [] if unless is None else [f"if {unless.text}:", f"    {otherwise}"]
    for test, value in found:
        if test is None:
            lines.append("else:")
        else:
            lines.append(f"{'elif' if lines else 'if'} {body.code(test, place).text}:")
        lines.append(f"    {statement(value)}")
    return "\n".join(lines)
