"""A program that misses a few cells: the condition that tells these cells, and what is answered there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from dsl.evaluate import evaluate
from dsl.simplify import simplify
from dsl.size import bits
from dsl.terms import Expr, call
from dsl.types import Kind
from synthesis.attempt import Candidate, Settings
from synthesis.problem import Problem, Target, same
from synthesis.search import search
from synthesis.separate import separate
from synthesis.vocabulary import literal

MISSED = 0.05  # share of the cells up to which a program's misses are exceptions, not its failure
RULE = Settings(sizes=4, capacity=6000)  # how far a condition is looked for
ANSWER = Settings(sizes=3, capacity=2000)  # and an answer in its place
ANSWERS = 3  # of the latter, how many conditions are looked for
PINNED = 24  # rows with missed cells that are searched on in any case
NEAR = 8  # conditions of `separate` that are tried


def missed_cells(problem: Problem, term: Expr) -> np.ndarray:
    """Say which scored cells a program misses: bool, of the target's shape."""
    values = problem.target.values
    found = np.broadcast_to(evaluate(term, problem.cases), values.shape)
    return np.asarray(~same(found, values) & problem.target.scored)


def excepted(
    problem: Problem,
    term: Expr,
    rng: np.random.Generator,
    *,
    tolerance: float = 0.0,
    late: Callable[[], bool] = lambda: False,
) -> list[Candidate]:
    """Give terms `other if rule else term` that answer the problem on all its rows, shortest first.

    term: a program that misses at most the share MISSED of the scored cells; of one that misses none or more, nothing.
    tolerance: the share of the cells that what is given may miss.
    """
    missed = missed_cells(problem, term)
    if not 0 < missed.sum() <= MISSED * problem.target.scored.sum():
        return []
    found: dict[Expr, Candidate] = {}
    for other in islice(_others(problem, term, missed, rng, late), ANSWERS):
        for rule in _rules(problem, missed, other, rng, late):
            whole = simplify(call("if", rule, other, term))
            right = same(problem.cells(whole), problem.wanted)
            if 1 - right.mean() <= tolerance:
                found[whole] = Candidate(whole, bits(whole), "exceptions")
    return sorted(found.values(), key=lambda c: c.bits)


def _others(
    problem: Problem, term: Expr, missed: np.ndarray, rng: np.random.Generator, late: Callable[[], bool]
) -> Iterator[Expr]:
    """Yield what answers all missed cells: the opposite of a condition, a constant, else short terms."""
    target = problem.target
    if target.kind is Kind.BOOL:
        yield call("not", term)
        return
    answers = np.unique(target.values[missed])
    if len(answers) == 1:
        yield literal(answers[0], target.kind, problem.cases.symbols)
    if len(answers) == 1 or late():
        return
    rows = np.flatnonzero(missed.any(axis=1))
    posed = replace(problem, target=Target(target.values, missed, target.kind), pinned=0).take(rows)
    yield from (c.term for c in search(posed, ANSWER, rng, late=late))


def _rules(
    problem: Problem, missed: np.ndarray, other: Expr, rng: np.random.Generator, late: Callable[[], bool]
) -> Iterator[Expr]:
    """Yield conditions that hold where the answer is missed, and nowhere where the other one is wrong."""
    if late():
        return
    wrong = missed_cells(problem, other)  # where either is right, it does not matter which answers
    posed = _posed(problem, missed, (missed & ~wrong) | (wrong & ~missed))
    yield from (c.term for c in search(posed, RULE, rng, late=late)[:NEAR])
    yield from (s.term for s in separate(posed, rng, late=late)[:NEAR])


def _posed(problem: Problem, missed: np.ndarray, scored: np.ndarray) -> Problem:
    """Ask for the condition, rows with missed cells last and pinned, the shortest of them."""
    holds = missed.any(axis=1)
    length = problem.cases.mask.sum(axis=1)
    first, last = np.flatnonzero(~holds), np.flatnonzero(holds)
    last = last[np.argsort(-length[last], kind="stable")]
    posed = replace(problem, target=Target(missed, scored, Kind.BOOL))
    whole = posed.take(np.concatenate([first, last]))
    return replace(whole, pinned=min(PINNED, len(last)))
