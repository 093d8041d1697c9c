"""False hypotheses about planted networks, of seven kinds; true ones are the networks' own programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from dsl.check import check
from dsl.evaluate import Cases, evaluate
from dsl.parser import parse_expr
from dsl.terms import Expr, Program, call, integer, substitute, symbol
from dsl.types import Axis, Kind
from tests.planted import attention, feed, pooled, recurrent
from tests.planted.planted import Alignment, Planted

SEEDS = (0, 1)
NETWORKS = {"feed": feed, "recurrent": recurrent, "attention": attention, "pooled": pooled}


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """A program said to be what a network computes, and the site where each of its steps is said to be.

    kind: one of KINDS, the way in which it is false, or "true".
    """

    kind: str
    planted: Planted
    program: Program
    alignment: Alignment

    def __str__(self) -> str:
        places = ", ".join(f"{step}@{site}" for step, site in self.alignment.items())
        return f"{self.kind} in {self.planted.name}: {places}"


Claim = tuple[Program, Alignment]


@cache
def planted(kind: str) -> tuple[Planted, ...]:
    """Give the networks of a kind: each program is planted once a seed."""
    return tuple(build(seed) for build in NETWORKS[kind].NETWORKS for seed in SEEDS)


def true(kind: str) -> list[Hypothesis]:
    """Give what is true of the networks of a kind."""
    return [Hypothesis("true", p, p.program, p.alignment) for p in planted(kind)]


def false(kind: str, network: str) -> list[Hypothesis]:
    """Give the false hypotheses of a kind about the networks of a kind: one each, in turn of those there are."""
    found = []
    for turn, p in enumerate(planted(network)):
        claims = list(KINDS[kind](p))
        found.append(Hypothesis(kind, p, *claims[turn % len(claims)]))
    return found


def misplaced(p: Planted) -> Iterator[Claim]:
    """One step is at a site where it is not held, or not read."""
    for step, site in p.misplaced:
        yield p.program, {**p.alignment, step: site}


def swapped(p: Planted) -> Iterator[Claim]:
    """Two steps stand at each other's site."""
    axes = {name: check(term).axis for name, term in p.program.steps}
    sites = p.alignment
    pairs = [(a, b) for a, b in combinations(axes, 2) if axes[a] is axes[b] and sites[a] != sites[b]]
    for a, b in pairs:
        yield p.program, {**sites, a: sites[b], b: sites[a]}


def coarsened(p: Planted) -> Iterator[Claim]:
    """A step keeps too little; what it loses is computed again from the inputs, or, once, not at all."""
    for step, term in _numbers(p):
        low = integer(_middle(p, term))
        least = call("min", term, low)
        rest = call("max", call("sub", term, low), integer(0))
        yield _instead(p, step, least, call("add", least, rest))
        above = call("lt", low, term)
        high = call("max", term, call("add", low, integer(1)))
        yield _instead(p, step, above, call("if", above, high, least))
        yield _instead(p, step, least, least)


def refined(p: Planted) -> Iterator[Claim]:
    """A step keeps also what nothing needs: twice its value, and one more where something holds."""
    for (step, term), text in zip(_steps(p, Kind.INT, Kind.BOOL), _several(p, BITS), strict=False):
        flag = check(term).kind is Kind.BOOL
        bit = call("int", parse_expr(text, p.question.domain.inputs))
        more = call("add", call("mul", integer(2), call("int", term) if flag else term), bit)
        half = call("floordiv", more, integer(2))
        yield _instead(p, step, more, call("eq", half, integer(1)) if flag else half)


def other_steps(p: Planted) -> Iterator[Claim]:
    """The same answers by other steps."""
    yield from p.others


def of_the_output(p: Planted) -> Iterator[Claim]:
    """A step is computed from what the network answers: the answer itself, or whether it is one value."""
    result = p.program.result
    for site, features in ((p.last, [(result, result), _feature(p)]), ("head", [_feature(p), (result, result)])):
        for (step, whole), steps, sites in zip(features, ((), p.program.steps), ({}, p.alignment), strict=True):
            yield Program(p.program.inputs, (*steps, ("answer", step)), whole), {**sites, "answer": site}


def _feature(p: Planted) -> tuple[Expr, Expr]:
    """Give whether the answer is one value, and the program that goes by it."""
    result, kind = p.program.result, check(p.program.result).kind
    if kind is Kind.BOOL:
        return call("not", result), call("not", call("not", result))
    value = integer(_middle(p, result)) if kind is Kind.INT else symbol(p.question.readout.symbols[0])
    known = call("eq", result, value)
    return known, call("if", known, value, result)


def constant(p: Planted) -> Iterator[Claim]:
    """A step is the same on every input; it is added to one that is not."""
    for (step, term), (text, value) in zip(_numbers(p, endless=True), _several(p, CONSTANTS), strict=False):
        fixed = parse_expr(text, p.question.domain.inputs)
        number = call("int", fixed) if check(fixed).kind is Kind.BOOL else fixed
        instead = call("add", term, number if value == 0 else call("sub", number, integer(value)))
        result = substitute(p.program.result, {term: instead})
        steps, site = ((step, term), ("fixed", fixed)), p.alignment[step]
        yield Program(p.program.inputs, steps, result), {step: site, "fixed": site}


KINDS: dict[str, Callable[[Planted], Iterator[Claim]]] = {
    "misplaced": misplaced,
    "swapped": swapped,
    "coarsened": coarsened,
    "refined": refined,
    "other steps": other_steps,
    "of the output": of_the_output,
    "constant": constant,
}
BITS = {  # of each kind of input, what refined steps also keep
    ("x0", Axis.ROW): ("x3 > 1", "x0 > 0", "x2 == x1"),
    ("x", Axis.ROW): ("first(x) > 0", "length() % 2 == 1", "last(x) == 1"),
    ("x", Axis.POSITION): ("x > 0", "index() > 1", "x == 1"),
    ("token", Axis.ROW): ("length() % 2 == 1", 'first(token == #"a")', 'last(token == #"b")'),
    ("token", Axis.POSITION): ("index() > 1", "index() % 2 == 0", "index() == 1"),
}
CONSTANTS = {  # and terms that have one value on the whole domain, with it
    ("x0", Axis.ROW): (("x0 - x0", 0), ("min(x1, 0)", 0), ("x3 >= 0", 1)),
    ("x", Axis.ROW): (("length() - length()", 0), ("count_all(x < 0)", 0)),
    ("x", Axis.POSITION): (("index() * 0", 0), ("running_any(true)", 1), ("min(x, 0)", 0)),
    ("token", Axis.ROW): (("length() * 0", 0), ("count_all(index() < 0)", 0), ("length() > 0", 1)),
    ("token", Axis.POSITION): (("index() * 0", 0), ("running_any(true)", 1), ("int(index() < 0)", 0)),
}


def _several(p: Planted, table: dict) -> Sequence:
    """Give what a table has for a network's inputs and the axis of its steps."""
    axis = max(check(term).axis for _, term in _steps(p, Kind.INT))
    return table[p.question.domain.inputs[0].name, axis]


def _steps(p: Planted, *kinds: Kind) -> list[tuple[str, Expr]]:
    return [(name, term) for name, term in p.program.steps if check(term).kind in kinds]


def _numbers(p: Planted, endless: bool = False) -> Iterator[tuple[str, Expr]]:
    """Give the steps that are integers, for ever where they are to be paired with something else."""
    yield from _steps(p, Kind.INT)
    while endless:
        yield from _steps(p, Kind.INT)


def _middle(p: Planted, term: Expr) -> int:
    """Give the middle one of the values a term has, the lower of two: what lies above it is lost by a minimum."""
    columns = cases(p)
    found = evaluate(term, columns)
    values = np.unique(found[columns.mask] if found.shape == columns.mask.shape else found)
    return int(values[(len(values) - 1) // 2])


def cases(p: Planted) -> Cases:
    """Give the columns of every input."""
    return p.question.domain.cases(p.rows(), p.question.readout.symbols)


def _instead(p: Planted, step: str, new: Expr, instead: Expr) -> Claim:
    """Give the program with another step in a step's place, and a term in place of what read it."""
    old = dict(p.program.steps)[step]
    rest = {old: instead}
    steps = tuple((n, new if n == step else substitute(t, rest)) for n, t in p.program.steps)
    return Program(p.program.inputs, steps, substitute(p.program.result, rest)), p.alignment


__all__ = ["KINDS", "NETWORKS", "Hypothesis", "cases", "false", "planted", "true"]
