"""Values that may be missing: looked up where there may be nothing, with a default that only says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from distill.emit.facts import Facts
from dsl.primitives import PRIMITIVES
from dsl.printer import show
from dsl.terms import Call, Expr, Literal, call, integer, substitute, subterms
from dsl.types import Kind

_SOUGHT = {  # what looks for a value, and which of its arguments is the value
    **dict.fromkeys(("shift", "gather", "at"), 0),
    **dict.fromkeys(("min_of", "max_of", "first_of", "last_of", "mode_of"), 1),
}


def sought(term: Expr) -> tuple[Expr, Literal] | None:
    """Give the value that a term looks for and the default where there is none; None for any other term."""
    match term:
        case Call(op=op, args=(*_, Literal() as default)) if op in _SOUGHT:
            return term.args[_SOUGHT[op]], default
    return None


def missing_test(condition: Expr) -> tuple[Expr, bool] | None:
    """Give what a condition compares with its own default, and whether it asks for its absence."""
    match condition:
        case Call(op="eq" | "ne" as op, args=(term, Literal() as other)):
            found = sought(term)
            return (term, op == "eq") if found is not None and found[1] is other else None
    return None


def telling(term: Expr, facts: Facts) -> bool:
    """Say whether a term is its default only where there is nothing to be found."""
    found = sought(term)
    if found is None or found[1].kind is Kind.BOOL:
        return False
    return facts.excludes(found[0], found[1].value)


def edges(roots: list[Expr], facts: Facts) -> list[Expr]:
    """Say of a neighbour that is missing what is said of the position, where nothing else is said of that.

    `0 if index() == 0 else x - shift(x, 1, -1)` becomes `0 if shift(x, 1, -1) == -1 else ...`.
    """
    here, nodes = call("index"), {n for root in roots for n in subterms(root)}
    uses = [n for n in nodes if isinstance(n, Call) and here in n.args]
    shifts = [n for n in nodes if isinstance(n, Call) and n.op == "shift"]
    late = [n for n in shifts if n.args[1] is integer(1) and telling(n, facts)]
    if not late or not uses or here in roots or any(use is not call("eq", here, integer(0)) for use in uses):
        return roots
    neighbour = min(late, key=show)
    test = call("eq", neighbour, neighbour.args[2])
    return [substitute(root, {uses[0]: test}) for root in roots]


def absent(roots: Iterable[Expr], facts: Facts) -> frozenset[Expr]:
    """Give the values whose default may as well be None: all that is done with it is to tell that there is none."""
    roots = list(roots)
    nodes = {n for root in roots for n in subterms(root)}
    uses = Counter(a for n in nodes if isinstance(n, Call) for a in n.args)
    tested = {test[0] for n in nodes if (test := missing_test(n)) is not None}
    found = {t for t in tested if telling(t, facts)}
    return frozenset(t for t in found if not any(_Reader(t, facts, uses).exposed(root) for root in roots))


class _Reader:
    """Finds where the default of one value is read as a value, not told apart first."""

    def __init__(self, term: Expr, facts: Facts, uses: Counter[Expr]) -> None:
        self.term, self.facts, self.uses = term, facts, uses
        found = sought(term)
        self.default = found[1].value if found else None
        self.memo: dict[Expr, bool] = {}

    def exposed(self, node: Expr) -> bool:
        """Say whether a term may come to read the default."""
        if node not in self.memo:
            self.memo[node] = node is self.term if not isinstance(node, Call) or node is self.term else self._in(node)
        return self.memo[node]

    def _in(self, node: Call) -> bool:
        test = missing_test(node)
        if (test is not None and test[0] is self.term) or self._differs(node):
            return any(self.exposed(a) for a in node.args if a is not self.term)
        if node.op != "if":
            return any(map(self.exposed, node.args))
        condition, *branches = node.args
        unsafe = [
            b for b, asked in zip(branches, (False, True), strict=True) if not self._excluded(condition, asked, b)
        ]
        return self.exposed(condition) or any(map(self.exposed, unsafe))

    def _differs(self, node: Call) -> bool:
        """Say whether a node compares the value with one that the default cannot be."""
        if node.op not in ("eq", "ne") or self.term not in node.args:
            return False
        return any(self.facts.excludes(a, self.default) for a in node.args if a is not self.term)

    def _excluded(self, condition: Expr, asked: bool, branch: Expr) -> bool:
        """Say whether a branch is taken only where there is a value, and reads it there and then."""
        joint = "or" if asked else "and"
        tests = [missing_test(c) for c in _operands(joint, condition)]
        return (self.term, asked) in tests and self._at_once(branch)

    def _at_once(self, node: Expr) -> bool:
        """Say whether what reads the value is computed where it stands: elementwise, and nowhere else."""
        if node is self.term or not isinstance(node, Call) or self.term not in subterms(node):
            return True
        plain = node.op == "lookup" or (node.op in PRIMITIVES and PRIMITIVES[node.op].family == "elementwise")
        return plain and self.uses[node] == 1 and all(map(self._at_once, node.args))


def _operands(op: str, term: Expr) -> list[Expr]:
    if isinstance(term, Call) and term.op == op:
        return [part for a in term.args for part in _operands(op, a)]
    return [term]
