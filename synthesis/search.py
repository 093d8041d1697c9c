"""The search: engines cheapest first over one bank, candidates ranked by description length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dsl.terms import Call, Expr, call, integer, subterms
from dsl.types import Axis, Kind, Type
from synthesis.attempt import Attempt, Candidate, Settings, View, views
from synthesis.bank import Bank
from synthesis.choose import chosen
from synthesis.cover import classes, joint, missed
from synthesis.depend import WIDTHS, dependencies
from synthesis.explain import Effort, explain, keys_of
from synthesis.goals import Goal, close, equal, meet, nearly
from synthesis.grow import grow, seed
from synthesis.logic import bounds, formulas
from synthesis.problem import Problem, Target, sample_rows
from synthesis.recur import linear, recurrences, remembered
from synthesis.vocabulary import Vocabulary, vocabulary

DIRECT, CAPACITY = 2, 9000  # where there is no sequence axis: sizes that a bank grows beyond others, and its columns
SMALL = 3  # terms up to this size are tried before machines
SHORT = 48.0  # bits of a program than which the last level of a bank seldom has a shorter one
RULE = 56.0  # and of a machine that is arithmetic
SETTLED = 32.0  # of such a machine, than which larger terms seldom have a shorter one
OFTEN = 4  # times that each input comes up, on the average, where the answer is held to follow from it
ATTEMPTS = 3  # samples tried where networks err, as an error among the rows searched on hides the program


def search(
    problem: Problem,
    settings: Settings,
    rng: np.random.Generator,
    *,
    late: Callable[[], bool] = lambda: False,
    report: Callable[[str], None] = lambda _: None,
) -> list[Candidate]:
    """Give programs that answer the problem on all its rows, shortest first; near misses where none was found.

    late: asked now and then whether to stop with what was found; the search stops by itself when nothing shorter is to
    be expected.
    """
    attempt = Attempt(problem, settings, late, report)
    sequence = any(i.type.axis is not Axis.ROW for i in problem.inputs)
    if not sequence or _pointwise(problem):
        _direct(attempt, rng)
    if sequence and not attempt.found:
        _over_positions(attempt, rng)
    return attempt.ranked()


def _pointwise(problem: Problem) -> bool:
    """Say whether the answer at a position follows from the input there, which comes up time and again."""
    if problem.target.scored.shape != problem.cases.mask.shape:
        return False
    key = joint(np.stack([classes(problem.cells(i)) for i in problem.inputs]))
    return int(key.max(initial=0)) < len(key) // OFTEN and not len(missed(key, classes(problem.wanted), 1))


def _over_positions(attempt: Attempt, rng: np.random.Generator) -> None:
    """Answers that hang on other positions: recurrences, small terms, then whatever else there is."""
    problem, settings, linearly = attempt.problem, attempt.settings, False
    if problem.causal:
        for term in linear(problem):
            attempt.offer(term, "linear recurrence")
        linearly = bool(attempt.found)
        for term in recurrences(problem, rng):
            attempt.offer(term, "recurrence")
    for term in settings.known:
        attempt.offer(term, "machine")
    growth = _Growth.start(problem, settings, rng)
    apart = rng.spawn(1)[0]  # whose draws move no others
    _structural(attempt, growth, SMALL - 1, rng)
    _plain(attempt, growth, apart)
    _structural(attempt, growth, SMALL, rng)
    if settings.sizes > SMALL and not linearly:
        if problem.causal and not settings.known and not attempt.short(SMALL + 3):
            _machines(attempt, growth.part, rng)
        if not _has_rule(attempt, SETTLED):
            _further(attempt, growth, rng)


def _has_rule(attempt: Attempt, most: float) -> bool:
    """Say whether a machine was found whose step and answers are arithmetic, of so many bits at most."""
    machines = [c.term for c in attempt.found.values() if c.origin == "machine" and c.bits <= most]
    return any(all(not isinstance(t, Call) or t.op != "lookup" for t in subterms(term)) for term in machines)


def _further(attempt: Attempt, growth: _Growth, rng: np.random.Generator) -> None:
    """What small terms do not give: terms over what was heard, larger terms."""
    problem, settings = attempt.problem, attempt.settings
    fewer = replace(settings, cells=settings.cells // 2)  # among fewer cells there are fewer errors
    if settings.heard:
        told = _Growth.start(problem, settings, rng, settings.heard)
        _structural(attempt, told, SMALL, rng)
        if settings.tolerance and attempt.near and not attempt.found:
            _structural(attempt, _Growth.start(problem, fewer, rng, settings.heard), SMALL, rng)
        _structural(attempt, told, SMALL + 1, rng, settings.capacity // 3)
    _structural(attempt, growth, SMALL + 1, rng)
    if attempt.best <= SHORT or _has_rule(attempt, RULE):
        return
    _structural(attempt, growth, settings.sizes, rng)
    for _ in range(ATTEMPTS if settings.tolerance else 1):
        if not attempt.found:
            _structural(attempt, _Growth.start(problem, fewer, rng, settings.heard), settings.sizes, rng)


def _direct(attempt: Attempt, rng: np.random.Generator) -> None:
    """No sequence axis: the inputs themselves are the keys."""
    problem = attempt.problem
    terms = [(i, i.type.kind, problem.cells(i)) for i in problem.inputs]
    for view in views(problem.target):
        seen = attempt.seen_as(view)
        keys = keys_of(terms, seen.wanted, seen.target.kind, problem.cases.symbols)
        size, capacity = attempt.settings.sizes + DIRECT, min(CAPACITY, attempt.settings.capacity)
        effort = Effort(size, capacity, len(keys.wanted) // 2)
        for term in explain(keys, effort, rng):
            attempt.offer(view.wrap(term), "expression")
        if attempt.found:
            return


def _machines(attempt: Attempt, part: Problem, rng: np.random.Generator) -> None:
    """A small state carried along by a short rule, and the answer a function of it and the input."""
    problem = attempt.problem
    bank = Bank(part.cases, rng)
    seed(bank, problem.inputs, Vocabulary(causal=True, sequence=True, constants=()))
    type_ = Type(Kind.INT, Axis.POSITION)
    for term, size, states in remembered(part, rng):
        before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)
        bank.offer(term, type_, size, bank.layout.flat(states, type_.axis))
        late = call("shift", term, integer(1), integer(0))
        bank.offer(late, type_, size + 1, bank.layout.flat(before, type_.axis))
    if len(bank.columns) == len(problem.inputs):
        return
    for view in views(problem.target):
        for term in dependencies(attempt, view, _at_cells(bank, part, view.of(part.target)), rng):
            attempt.offer(view.wrap(term), "machine")


@dataclass(slots=True, eq=False)
class _Growth:
    """A bank over some of the rows, and the size up to which it has grown."""

    part: Problem
    words: Vocabulary
    bank: Bank
    size: int = 1
    full: bool = False

    @staticmethod
    def start(problem: Problem, settings: Settings, rng: np.random.Generator, heard: Sequence[Expr] = ()) -> _Growth:
        """Choose rows and enter the terms of size one."""
        part = problem.take(sample_rows(problem, settings.cells, settings.pairs, rng))
        words = vocabulary(problem)
        bank = Bank(part.cases, rng, part.target.scored, settings.without)
        seed(bank, problem.inputs, words, heard)
        return _Growth(part, words, bank)


def _structural(
    attempt: Attempt, growth: _Growth, sizes: int, rng: np.random.Generator, capacity: int | None = None
) -> None:
    """Grow a bank size by size and run the goal tests after each, until nothing shorter is to be expected."""
    bank, part = growth.bank, growth.part
    while growth.size < sizes and not growth.full and not attempt.short(growth.size + 1, len(bank.columns)):
        growth.size += 1
        growth.full = not grow(bank, growth.words, growth.size, capacity or attempt.settings.capacity)
        attempt.report(f"synthesize: {len(bank.columns)} columns of at most {growth.size} nodes")
        for view in views(attempt.problem.target):
            _goals(attempt, view, _at_cells(bank, part, view.of(part.target)), rng)


def _plain(attempt: Attempt, growth: _Growth, rng: np.random.Generator) -> None:
    """One operation on the inputs alone, selections included: cheap, as nothing else is combined."""
    part = growth.part
    bank = Bank(part.cases, rng, part.target.scored, attempt.settings.without)
    seed(bank, part.inputs, growth.words)
    for size in range(1, attempt.settings.plain + 1):
        if size > 1:
            if attempt.short(size):
                return
            grow(bank, growth.words, size, attempt.settings.capacity)
            for view in views(attempt.problem.target):
                _goals(attempt, view, _at_cells(bank, part, view.of(part.target)), rng, WIDTHS[:1])
        bank.narrow(size, part.inputs)


def _goals(attempt: Attempt, view: View, goal: Goal, rng: np.random.Generator, widths: Sequence[int] = WIDTHS) -> None:
    """Run every goal test on the bank as it stands."""
    tests = {
        "equality": equal,
        "near miss": close,
        "operation": meet,
        "exceptions": nearly,
        "choice": lambda g: chosen(g, rng),
        "formula": formulas,
        "bounds": bounds,
        "dependency": lambda g: dependencies(attempt, view, g, rng, widths),
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
