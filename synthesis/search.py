"""The search: engines cheapest first over one bank, candidates ranked by description length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dsl.evaluate import evaluate
from dsl.terms import call, integer
from dsl.types import Axis, Kind, Type
from synthesis.attempt import Attempt, Candidate, Settings, View, views
from synthesis.bank import Bank
from synthesis.choose import chosen
from synthesis.depend import dependencies
from synthesis.explain import Effort, explain, keys_of
from synthesis.goals import Goal, equal, meet, nearly
from synthesis.grow import grow, seed
from synthesis.logic import formulas
from synthesis.problem import Problem, Target, sample_rows
from synthesis.recur import recurrences, remembered
from synthesis.vocabulary import Vocabulary, vocabulary

DIRECT = Effort(size=7, capacity=9000)  # where there is no sequence axis
SMALL = 3  # terms up to this size are tried before machines
ATTEMPTS = 3  # samples tried where networks err, as an error among the rows searched on hides the program


def search(
    problem: Problem,
    settings: Settings,
    rng: np.random.Generator,
    *,
    late: Callable[[], bool] = lambda: False,
    report: Callable[[str], None] = lambda _: None,
) -> list[Candidate]:
    """Give programs that answer the problem on all its rows, shortest first; empty where none was found.

    late: asked now and then whether to stop with what was found; the search stops by itself when nothing shorter is to
    be expected.
    """
    attempt = Attempt(problem, settings, late, report)
    if all(i.type.axis is Axis.ROW for i in problem.inputs):
        _direct(attempt, rng)
    else:
        for term in recurrences(problem, rng):
            attempt.offer(term, "recurrence")
        for sizes in (SMALL, settings.sizes):
            for _ in range(ATTEMPTS if settings.tolerance and sizes > SMALL else 1):
                if attempt.best > 4.0 * (sizes + 1) + 6 and not attempt.late:
                    _structural(attempt, sizes, rng)
            if sizes == SMALL and not attempt.found:
                _machines(attempt, rng)
    return sorted(attempt.found.values(), key=lambda c: c.bits)


def _direct(attempt: Attempt, rng: np.random.Generator) -> None:
    """No sequence axis: the inputs themselves are the keys."""
    problem = attempt.problem
    terms = [(i, i.type.kind, problem.cells(i)) for i in problem.inputs]
    for view in views(problem.target):
        seen = attempt.seen_as(view)
        keys = keys_of(terms, seen.wanted, seen.target.kind, problem.cases.symbols)
        effort = Effort(DIRECT.size, DIRECT.capacity, len(keys.wanted) // 2)
        for term in explain(keys, effort, rng):
            attempt.offer(view.wrap(term), "expression")
        if attempt.found:
            return


def _machines(attempt: Attempt, rng: np.random.Generator) -> None:
    """A small state carried along by a short rule, and the answer a function of it and the input."""
    problem = attempt.problem
    part = problem.take(sample_rows(problem, attempt.settings.cells, attempt.settings.pairs, rng))
    bank = Bank(part.cases, rng)
    seed(bank, problem.inputs, Vocabulary(causal=True, sequence=True, constants=()))
    type_ = Type(Kind.INT, Axis.POSITION)
    for term, size in remembered(problem, rng):
        for version, extra in ((term, 0), (call("shift", term, integer(1), integer(0)), 1)):
            bank.offer(version, type_, size + extra, bank.layout.flat(evaluate(version, part.cases), type_.axis))
    if len(bank.columns) == len(problem.inputs):
        return
    for view in views(problem.target):
        for term in dependencies(attempt, view, _at_cells(bank, part, view.of(part.target)), rng):
            attempt.offer(view.wrap(term), "machine")


def _structural(attempt: Attempt, sizes: int, rng: np.random.Generator) -> None:
    """Grow a bank over some of the rows, size by size, and run the goal tests after each."""
    problem, settings = attempt.problem, attempt.settings
    part = problem.take(sample_rows(problem, settings.cells, settings.pairs, rng))
    words = vocabulary(problem)
    bank = Bank(part.cases, rng, part.target.scored)
    seed(bank, problem.inputs, words)
    for size in range(1, sizes + 1):
        more = size == 1 or grow(bank, words, size, settings.capacity)
        attempt.report(f"synthesize: {len(bank.columns)} columns of at most {size} nodes")
        if size > 1:
            for view in views(problem.target):
                _goals(attempt, view, _at_cells(bank, part, view.of(part.target)), rng)
        if attempt.best <= 4.0 * (size + 1) + 6 or not more or attempt.late:
            break


def _goals(attempt: Attempt, view: View, goal: Goal, rng: np.random.Generator) -> None:
    """Run every goal test on the bank as it stands."""
    tests = {
        "equality": equal,
        "operation": meet,
        "exceptions": nearly,
        "choice": lambda g: chosen(g, rng),
        "formula": formulas,
        "dependency": lambda g: dependencies(attempt, view, g, rng),
    }
    for name, test in tests.items():
        for term in test(goal):
            attempt.offer(view.wrap(term), name)
        if attempt.late:
            return


def _at_cells(bank: Bank, part: Problem, target: Target) -> Goal:
    """Give the bank's columns as they stand at the scored cells."""
    scored, wanted = target.scored, target.values[target.scored]
    if scored.shape[1] == 1 and part.cases.mask.shape[1] > 1:  # one answer a row: only what is one a row can be it
        columns = [c for c in bank.columns if c.type.axis is Axis.ROW]
        rows = np.nonzero(scored[:, 0])[0]
        return Goal(bank, columns, [c.values[rows] for c in columns], wanted, target.kind)
    flat = scored[part.cases.mask]
    columns = bank.columns
    values = [bank.layout.spread(c.values, c.type.axis)[flat] for c in columns]
    return Goal(bank, columns, values, wanted, target.kind)
