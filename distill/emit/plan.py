"""What to name before anything is written: values used more than once, and values that take a pass of their own."""

from __future__ import annotations

from collections.abc import Container, Iterable

from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import STATE, Call, Expr, Input, Literal, Table, subterms
from dsl.types import Axis
from distill.emit.rewrite import unfold

CARRIED = frozenset({"scan", "since", "running_count", "running_sum", "running_min", "running_max", "running_any", "running_every"})
_ACCUMULATED = frozenset({"running_sum", "running_min", "running_max"})
SMALL = 3  # terms of so many nodes are written out rather than named


def carried(term: Expr, lists: Container[Expr]) -> set[Expr]:
    """Give the values that must be carried from position to position to compute a term in one pass."""
    if not isinstance(term, Call) or term in lists or check(term).axis is not Axis.POSITION:
        return set()
    if term.op in CARRIED:
        return {term}
    if PRIMITIVES.get(term.op) and PRIMITIVES[term.op].family == "select":
        return set()
    match term:
        case Call(op="sorted"):
            return set()
        case Call(op="gather", args=(_, where, _)):
            return carried(where, lists)
        case Call(op="shift", args=(_, Literal(value=int(by)), _)) if by <= 0:
            return set()
    return {found for a in term.args for found in carried(a, lists)}


def accumulates(term: Expr, lists: Container[Expr], components: Container[Expr]) -> bool:
    """Say whether `itertools.accumulate` over a list gives a term's values."""
    return isinstance(term, Call) and term.op in _ACCUMULATED and term.args[0] in lists and term.args[0] not in components


def light(term: Expr) -> bool:
    """Say whether a term is as short as a name for it."""
    if isinstance(term, Input):
        return term.name != "number"
    if isinstance(term, (Literal, Table)):
        return True
    assert isinstance(term, Call)
    if term.op in ("index", "length", "from_end", "before", "upto"):
        return True
    if term.op == "lookup" or PRIMITIVES.get(term.op) is None or PRIMITIVES[term.op].family not in ("elementwise", "pairs"):
        return False
    return len(list(subterms(term))) <= SMALL and all(light(a) for a in term.args)


def shared(roots: Iterable[Expr]) -> list[Expr]:
    """Give the terms that are used more than once and are longer than a name, arguments before what uses them."""
    uses: dict[Expr, int] = {}
    order: dict[Expr, None] = {}

    def visit(term: Expr) -> None:
        uses[term] = uses.get(term, 0) + 1
        if term in order or not isinstance(term, Call):
            return
        order[term] = None
        for argument in (unfold(term),) if term.op == "scan" else term.args:
            visit(argument)

    for root in roots:
        visit(root)
    return [t for t in reversed(order) if uses[t] > 1 and nameable(t) and not light(t)]


def nameable(term: Expr) -> bool:
    """Say whether a term's value can have a variable or a list of its own."""
    if not isinstance(term, Call) or check(term).axis is Axis.PAIR:
        return False
    if term.op == "shift" or term.op in CARRIED:
        return False  # these have variables anyway
    return not _reads_state(term)


def _reads_state(term: Expr) -> bool:
    """Say whether a term reads the state of a scan that it stands in."""
    if isinstance(term, Input):
        return term.name == STATE
    return isinstance(term, Call) and term.op != "scan" and any(map(_reads_state, term.args))


__all__ = ["accumulates", "carried", "light", "nameable", "shared"]
