"""What can be told before anything is written: which values a loop carries, which deserve a name."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from distill.emit.rewrite import BEFORE, UPTO, flatten, unfold
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import STATES, Call, Expr, Input, Literal, Table, children, subterms
from dsl.types import Axis

CARRIED = frozenset(
    {"scan", "since", "running_count", "running_sum", "running_min", "running_max", "running_any", "running_every"}
)
_ACCUMULATED = frozenset({"running_sum", "running_min", "running_max"})
_SMALL = 3  # terms of so many nodes are written out rather than named


@dataclass(frozen=True, slots=True)
class Recall:
    """An aggregate that a dict answers: the first or last value that came with some keys, among the positions before.

    inclusive: this position counts too. keep: what must hold of a position for it to be remembered.
    """

    op: str
    keys: tuple[Expr, ...]
    value: Expr
    keep: tuple[Expr, ...]
    sought: tuple[Expr, ...]
    default: Literal
    inclusive: bool


def recall(term: Expr) -> Recall | None:
    """Give how a dict answers an aggregate, where one does."""
    match term:
        case Call(op="first_of" | "last_of" as op, args=(where, value, Literal() as default)):
            pass
        case _:
            return None
    parts = flatten("and", where)
    orders = [p for p in parts if p in (BEFORE, UPTO)]
    equal = [found for p in parts if (found := _sought(p)) is not None]
    keep = [p for p in parts if p not in orders and _sought(p) is None]
    if len(orders) != 1 or not equal or not all(isinstance(p, Call) and p.op == "key" for p in keep):
        return None
    kept = tuple(p.args[0] for p in keep if isinstance(p, Call))
    keys, sought = zip(*equal, strict=True)
    return Recall(op, keys, value, kept, sought, default, orders[0] is UPTO)


def _sought(part: Expr) -> tuple[Expr, Expr] | None:
    """Give the key and what is sought, of a condition that they are equal."""
    match part:
        case Call(op="eq", args=(Call(op="key", args=(key,)), Call(op="query", args=(sought,)))):
            return key, sought
        case Call(op="eq", args=(Call(op="query", args=(sought,)), Call(op="key", args=(key,)))):
            return key, sought
    return None


def carried(term: Expr, lists: Container[Expr]) -> set[Expr]:
    """Give the values that must be carried from position to position to compute a term in one pass."""
    if not isinstance(term, Call) or term in lists or check(term).axis is not Axis.POSITION:
        return set()
    if term.op in CARRIED or recall(term):
        return {term}
    if term.op == "sorted" or (term.op in PRIMITIVES and PRIMITIVES[term.op].family == "select"):
        return set()
    match term:
        case Call(op="gather", args=(_, where, _)):
            return carried(where, lists)
        case Call(op="shift", args=(_, Literal(value=int(by)), _)) if by <= 0:
            return set()
    return {found for a in term.args for found in carried(a, lists)}


def accumulates(term: Expr, lists: Container[Expr], components: Container[Expr]) -> bool:
    """Say whether `itertools.accumulate` over a list gives a term's values."""
    return (
        isinstance(term, Call) and term.op in _ACCUMULATED and term.args[0] in lists and term.args[0] not in components
    )


def delays(term: Expr, value: Expr) -> bool:
    """Say whether a term reads a value as it was at an earlier position."""
    return any(isinstance(n, Call) and n.op == "shift" and n.args[0] is value for n in subterms(term))


def light(term: Expr, *, rows: bool = False) -> bool:
    """Say whether a term is as short as a name for it. rows: values of the row have names already."""
    if rows and check(term).axis is Axis.ROW:
        return True
    if isinstance(term, Input):
        return term.name != "number"
    if not isinstance(term, Call) or term.op in ("index", "length", "from_end", "before", "upto"):
        return True
    if term.op == "lookup" or term.op not in PRIMITIVES or PRIMITIVES[term.op].family not in ("elementwise", "pairs"):
        return False
    return len(_parts(term, rows)) <= _SMALL and all(light(a, rows=rows) for a in term.args)


def _parts(term: Expr, rows: bool) -> set[Expr]:
    """Give the distinct subterms; those of values of the row, which have names, left out."""
    if rows and check(term).axis is Axis.ROW:
        return {term}
    return {term}.union(*(_parts(a, rows) for a in children(term)))


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
    """Say whether a term's value can be given a variable or list; what a loop carries or delays has one anyway."""
    if not isinstance(term, Call) or check(term).axis is Axis.PAIR or term.op == "shift":
        return False
    return term.op not in CARRIED and not _reads_state(term)


def _reads_state(term: Expr) -> bool:
    """Say whether a term reads the state of a scan that it stands in."""
    if isinstance(term, Input):
        return term.name in STATES
    return isinstance(term, Call) and term.op != "scan" and any(map(_reads_state, term.args))


__all__ = ["CARRIED", "Recall", "Table", "accumulates", "carried", "delays", "light", "nameable", "recall", "shared"]
