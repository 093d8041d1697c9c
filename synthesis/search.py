"""The search: engines cheapest first over one bank, candidates ranked by description length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from dsl.evaluate import evaluate
from dsl.size import bits
from dsl.terms import Expr, call, integer
from dsl.types import Axis, Kind, Type
from synthesis.bank import Bank, Column
from synthesis.choose import chosen
from synthesis.cover import Cover, Covers, classes, joint, missed
from synthesis.explain import Effort, explain, keys_of
from synthesis.goals import Goal, equal, meet, nearly
from synthesis.grow import grow, seed
from synthesis.logic import formulas
from synthesis.problem import Problem, same, sample_rows
from synthesis.recur import recurrences, remembered
from synthesis.vocabulary import Vocabulary, vocabulary


@dataclass(frozen=True, slots=True)
class Settings:
    """How far to search.

    sizes: the largest term of the bank; capacity: its most columns; cells, pairs: how much to search on at first.
    tolerance: share of the cells that a solution may miss (0 but for sampled domains, whose networks err).
    """

    sizes: int = 5
    capacity: int = 12000
    cells: int = 700
    pairs: int = 60_000
    tolerance: float = 0.0
    entries: int = 40


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program for the target, its description length in bits and how it was found."""

    term: Expr
    bits: float
    origin: str


@dataclass(slots=True)
class _Run:
    """One search under way: what was found so far, and the rows it is held against."""

    problem: Problem
    settings: Settings
    is_late: Callable[[], bool]
    report: Callable[[str], None]
    found: dict[Expr, Candidate] = field(default_factory=dict)
    tried: set[Expr] = field(default_factory=set)
    explained: set[frozenset[Expr]] = field(default_factory=set)
    columns: dict[Expr, np.ndarray] = field(default_factory=dict)
    answers: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.answers = classes(self.problem.wanted)

    @property
    def late(self) -> bool:
        return self.is_late()

    def offer(self, term: Expr, origin: str) -> bool:
        """Hold a term against all rows; keep it if it misses no more than is allowed."""
        if term in self.tried:
            return term in self.found
        self.tried.add(term)
        hit = same(self.problem.cells(term), self.problem.wanted)
        if 1 - hit.mean() > self.settings.tolerance:
            return False
        self.found[term] = Candidate(term, bits(term), origin)
        return True

    def cells(self, term: Expr) -> np.ndarray:
        """Give a term's values at all scored cells; those of the columns in use are kept."""
        if term not in self.columns:
            self.columns[term] = self.problem.cells(term)
        return self.columns[term]

    def depends(self, terms: list[Expr]) -> bool:
        """Say whether, on all rows, the target is a function of these terms (but for the cells it may miss)."""
        key = joint(np.stack([classes(self.cells(t)) for t in terms]))
        odd = missed(key, self.answers, len(key))
        return len(odd) <= 2 * self.settings.tolerance * len(key)

    @property
    def best(self) -> float:
        return min((c.bits for c in self.found.values()), default=np.inf)


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
    run = _Run(problem, settings, late, report)
    if all(i.type.axis is Axis.ROW for i in problem.inputs):
        _direct(run, rng)
    else:
        for term in recurrences(problem, rng):
            run.offer(term, "recurrence")
        if not run.found:
            _machines(run, rng)
        for attempt in range(3 if settings.tolerance else 1):
            if run.found and attempt:
                break
            _structural(run, rng)
    return sorted(run.found.values(), key=lambda c: c.bits)


def _direct(run: _Run, rng: np.random.Generator) -> None:
    """No sequence axis: the inputs themselves are the keys."""
    problem = run.problem
    terms = [(i, i.type.kind, problem.cells(i)) for i in problem.inputs]
    keys = keys_of(terms, problem.wanted, problem.target.kind, problem.cases.symbols)
    for term in explain(keys, Effort(size=7, capacity=9000, entries=len(keys.wanted) // 2), rng):
        run.offer(term, "expression")


def _machines(run: _Run, rng: np.random.Generator) -> None:
    """A small state carried along by a short rule, and the answer a function of it and the input."""
    problem = run.problem
    part = problem.take(sample_rows(problem, run.settings.cells, run.settings.pairs, rng))
    bank = Bank(part.cases, rng)
    seed(bank, problem.inputs, Vocabulary(causal=True, sequence=True, constants=()))
    type_ = Type(Kind.INT, Axis.POSITION)
    for term, size in remembered(problem, rng):
        for version, extra in ((term, 0), (call("shift", term, integer(1), integer(0)), 1)):
            bank.offer(version, type_, size + extra, bank.layout.flat(evaluate(version, part.cases), type_.axis))
    if len(bank.columns) > len(problem.inputs):
        for term in _dependencies(run, _at_cells(bank, part), rng):
            run.offer(term, "machine")


def _structural(run: _Run, rng: np.random.Generator) -> None:
    """Grow a bank over some of the rows, size by size, and run the goal tests after each."""
    problem, settings = run.problem, run.settings
    part = problem.take(sample_rows(problem, settings.cells, settings.pairs, rng))
    words = vocabulary(problem)
    bank = Bank(part.cases, rng, part.target.scored)
    seed(bank, problem.inputs, words)
    for size in range(1, settings.sizes + 1):
        more = size == 1 or grow(bank, words, size, settings.capacity)
        run.report(f"{len(bank.columns)} columns up to size {size}")
        if size >= 2:
            _goals(run, bank, part, rng)
        if run.best <= 4.0 * (size + 1) + 6 or not more or run.late:
            break


def _goals(run: _Run, bank: Bank, part: Problem, rng: np.random.Generator) -> None:
    """Run every goal test on the bank as it stands."""
    goal = _at_cells(bank, part)
    tests = {"equality": equal, "meeting": meet, "exceptions": nearly, "choice": lambda g: chosen(g, rng), "formula": formulas}
    for name, test in tests.items():
        for term in test(goal):
            run.offer(term, name)
        if run.late:
            return
    for term in _dependencies(run, goal, rng):
        run.offer(term, "dependency")
        if run.late:
            return


def _at_cells(bank: Bank, part: Problem) -> Goal:
    """Give the bank's columns as they stand at the scored cells."""
    scored = part.target.scored
    if scored.shape[1] == 1 and part.cases.mask.shape[1] > 1:  # one answer a row: only what is one a row can be it
        columns = [c for c in bank.columns if c.type.axis is Axis.ROW]
        rows = np.nonzero(scored[:, 0])[0]
        return Goal(bank, columns, [c.values[rows] for c in columns], part.wanted, part.target.kind)
    flat = scored[part.cases.mask]
    columns = bank.columns
    values = [bank.layout.spread(c.values, c.type.axis)[flat] for c in columns]
    return Goal(bank, columns, values, part.wanted, part.target.kind)


def _dependencies(run: _Run, goal: Goal, rng: np.random.Generator) -> Iterator[Expr]:
    """Find the columns that the target is a function of, and explain the function."""
    codes = np.stack([classes(v) for v in goal.values])
    varying = codes.max(axis=1) > 0
    keep = [k for k in np.nonzero(varying)[0]]
    keep = [keep[k] for k in np.unique(codes[keep], axis=0, return_index=True)[1]]  # one of each partition
    keep = sorted(keep, key=lambda k: (goal.columns[k].size, k))
    costs = np.array([bits(goal.columns[k].term) for k in keep])
    target = classes(goal.wanted)
    covers = Covers(codes[keep], costs, target, rng)
    for width in (1, 2, 3, 4):
        if width > 2 and run.found:
            return
        ranked = sorted(covers.find(width, 60), key=lambda c: c.cost + 6.0 * c.entries)
        explained = 0
        for cover in ranked:
            names = frozenset(goal.columns[keep[k]].term for k in cover.columns)
            if cover.entries > len(target) // 3 or names in run.explained:
                continue
            run.explained.add(names)
            if run.late or explained == 6:
                break
            columns = [goal.columns[keep[k]] for k in cover.columns]
            if run.depends([c.term for c in columns]):
                explained += 1
                yield from _explained(run, columns, cover, rng)


def _explained(run: _Run, columns: list[Column], cover: Cover, rng: np.random.Generator) -> list[Expr]:
    """Write the target as a function of these columns, learnt on all rows."""
    problem = run.problem
    terms = [(c.term, c.type.kind, run.cells(c.term)) for c in columns]
    keys = keys_of(terms, problem.wanted, problem.target.kind, problem.cases.symbols)
    if len(keys.wanted) > len(problem.wanted) // 3:
        return []
    floor = min(run.best, cover.cost + 400)
    found = explain(keys, Effort(size=4, capacity=1000, entries=run.settings.entries, meeting=300), rng)
    return [t for t in found[:2] if bits(t) < floor]
