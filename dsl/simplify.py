"""The simplifier: the same values from a term that is shorter, or as short and easier to read.

Rules (`dsl.rewrite`) are applied from the leaves up until none applies. A rewrite stands only where it keeps the kind,
stays over the same axis or a narrower one that may stand for it, and costs no more bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from dsl.check import TypeMismatch, check
from dsl.rewrite import Rule, rules
from dsl.size import bits
from dsl.terms import Call, Expr, Input, Literal, Program, substitute, subterms
from dsl.types import Axis, Kind

_FUEL = 2000  # rewrites of one term; rules that keep the length could go round in circles
_ROUNDS = 8  # passes over a program's steps, or over the rules

Term = TypeVar("Term", bound="Expr | Program")


def simplify(term: Term) -> Term:
    """Give an equal term or program, with no more bits; a program keeps the names of the steps that remain.

    Equal at every real position of every batch, as far as integers do not overflow and reals are numbers.

    >>> from dsl.parser import parse_expr
    >>> from dsl.printer import show
    >>> show(simplify(parse_expr("not 0 + index() + 1 < 2 + 3")))
    'index() > 3'
    """
    if isinstance(term, Program):
        return _simplify_program(term)
    return _simplify_expr(term)


def _simplify_expr(term: Expr) -> Expr:
    result = _Rewriter(rules()).visit(term)
    if bits(result) <= bits(term):
        return result
    return _one_by_one(term)


def _one_by_one(term: Expr) -> Expr:
    """Apply each rule by itself, where it pays: what shortens a part that is shared can lengthen the whole."""
    for _ in range(_ROUNDS):
        before = term
        for rule in rules():
            result = _Rewriter((rule,)).visit(term)
            term = result if bits(result) <= bits(term) else term
        if term is before:
            break
    return term


class _Rewriter:
    """Applies rules everywhere in a term, each distinct subterm once."""

    def __init__(self, chosen: Iterable[Rule]) -> None:
        self.by_op: dict[str, list[Rule]] = {}
        for rule in chosen:
            for op in rule.ops:
                self.by_op.setdefault(op, []).append(rule)
        self.memo: dict[Expr, Expr] = {}
        self.fuel = _FUEL

    def visit(self, term: Expr) -> Expr:
        if not isinstance(term, Call):
            return term
        found = self.memo.get(term)
        if found is None:
            built = Call(term.op, tuple(map(self.visit, term.args)))
            found = self.memo[term] = self.rewrite(built)
        return found

    def rewrite(self, term: Call) -> Expr:
        """Apply the first rule that improves a call whose arguments are simple already, and go on from there."""
        for rule in self.by_op.get(term.op, ()):
            new = rule.apply(term)
            if new is not None and new is not term and self.fuel > 0:
                better = _fitted(new, term)
                if better is not None:
                    self.fuel -= 1
                    return self.visit(better)
        return term


def _fitted(new: Expr, old: Call) -> Expr | None:
    """Give `new` if it may stand for `old`: same kind, an axis that fits, no more bits; else None."""
    wanted = check(old)
    try:
        found = check(new)
    except TypeMismatch:  # an identity may match what its other side does not take, such as pairs
        return None
    if found.kind is Kind.INT and wanted.kind is Kind.REAL and isinstance(new, Literal):
        new = Literal(float(new.value), Kind.REAL) if isinstance(new.value, int) else new
        found = check(new)
    narrower = found.axis is Axis.ROW and wanted.axis is Axis.POSITION
    fits = found.kind is wanted.kind and (found.axis is wanted.axis or narrower)
    return new if fits and bits(new) <= bits(old) else None


def _simplify_program(program: Program) -> Program:
    """Simplify each step by itself, so that steps stay; where more is gained by seeing through them, do that."""
    for _ in range(_ROUNDS):
        new = _pass(program, {name for name, _ in program.steps} | {None})
        if bits(new) > bits(program):  # sharing between steps was lost: keep the steps whose change pays by itself
            new = program
            for name in [*(name for name, _ in program.steps), None]:
                candidate = _pass(new, {name})
                new = candidate if bits(candidate) <= bits(new) else new
        through = _used(program, [(n, _simplify_expr(t)) for n, t in program.steps], _simplify_expr(program.result))
        new = through if bits(through) < bits(new) else new
        if new == program:
            break
        program = new
    return program


def _used(program: Program, steps: list[tuple[str, Expr]], result: Expr) -> Program:
    """Give the program with these steps and result, less the steps that are trivial or no longer part of the result."""
    parts = set(subterms(result))
    return Program(program.inputs, tuple((n, t) for n, t in steps if t in parts and isinstance(t, Call)), result)


def _pass(program: Program, chosen: set[str | None]) -> Program:
    """Simplify the chosen steps (None: the result), each in terms of the steps before it; drop those no longer used."""
    opaque: dict[Expr, Expr] = {}  # step as it was -> what stands for it: its name, or its value where that is trivial
    meaning: dict[Expr, Expr] = {}  # name -> step as it is now
    steps: list[tuple[str, Expr]] = []

    def renew(name: str | None, term: Expr) -> Expr:
        body = substitute(term, opaque)
        return _simplify_expr(body) if name in chosen else body

    for name, term in program.steps:
        body = renew(name, term)
        full = substitute(body, meaning)
        if isinstance(body, Call):
            steps.append((name, full))
            body = Input(name, check(full))
            meaning[body] = full
        opaque[term] = body
    result = substitute(renew(None, program.result), meaning)
    return _used(program, steps, result)
