"""One search under way: the rows that programs are held against, and what was found so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from dsl.check import check
from dsl.size import bits
from dsl.terms import Expr, Input, call, substitute, subterms
from dsl.types import Kind
from synthesis.cover import classes, joint, missed
from synthesis.problem import Problem, Target, near, same

NEAREST = 8  # near misses kept
BITS_A_NODE = 4.0  # what a node costs
MANY_COLUMNS = 2500
SPARE_BITS = (4.0, 10.0)  # what is not worth another level of the bank: of a small one, and of one with many columns


@dataclass(frozen=True, slots=True)
class Settings:
    """How far to search.

    sizes: the largest term of the bank; plain: the largest of one operation on inputs alone; capacity: the bank's most
    columns; cells, pairs: how many scored cells, and pairs of positions, to search on. tolerance: share of the cells
    that a solution may miss (above 0 only for given samples, as networks err on them now and then). entries: the most
    keys of a table. without: terms that no program may hold. heard: terms that the network was found to compute: they
    count as one node. known: programs to be tried first.
    """

    sizes: int = 5
    plain: int = 5
    capacity: int = 12000
    cells: int = 700
    pairs: int = 60_000
    tolerance: float = 0.0
    entries: int = 40
    without: tuple[Expr, ...] = ()
    heard: tuple[Expr, ...] = ()
    known: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program for the target, its description length in bits and how it was found.

    missed: the share of the cells searched on that it misses; above the tolerance in near misses alone.
    """

    term: Expr
    bits: float
    origin: str
    missed: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A way to look at the target, and the way back from a program for it: 0 and 1 are numbers, and conditions too."""

    of: Callable[[Target], Target]
    wrap: Callable[[Expr], Expr]


AS_IT_IS = View(lambda target: target, lambda term: term)


def views(target: Target) -> list[View]:
    """Give the ways to look at a target, the simplest first."""
    if target.kind is Kind.INT and np.isin(target.values[target.scored], (0, 1)).all():
        return [View(_condition, lambda term: call("int", term)), AS_IT_IS]
    return [AS_IT_IS]


def _condition(target: Target) -> Target:
    return Target(target.values == 1, target.scored, Kind.BOOL)


@dataclass(slots=True, eq=False)
class Attempt:
    """What is asked, what was found, and what need not be tried again.

    is_late: asked whether to stop with what was found. report: told what is going on.
    """

    problem: Problem
    settings: Settings
    is_late: Callable[[], bool]
    report: Callable[[str], None]
    found: dict[Expr, Candidate] = field(default_factory=dict)
    near: dict[Expr, Candidate] = field(default_factory=dict)
    tried: set[Expr] = field(default_factory=set)
    explained: set[tuple[Kind, frozenset[Expr]]] = field(default_factory=set)
    _cells: dict[Expr, np.ndarray] = field(default_factory=dict)
    blunder: float = field(init=False)  # what misses more of the cells is no near miss
    _answers: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._answers = classes(self.problem.wanted)
        self.blunder = near(self.problem.wanted)

    @property
    def late(self) -> bool:
        """Whether to stop with what was found."""
        return self.is_late()

    @property
    def best(self) -> float:
        """The description length of the shortest program so far, infinite where there is none."""
        return min((c.bits for c in self.found.values()), default=np.inf)

    @property
    def novel(self) -> float:
        """The same, with what the network was found to compute counted as a node each."""
        heard = {t: Input(f"heard{k}", check(t)) for k, t in enumerate(self.settings.heard)}
        return min((bits(substitute(c.term, heard)) for c in self.found.values()), default=np.inf)

    def short(self, size: int, columns: int = 0) -> bool:
        """Say whether the best program is about as short as one of `size` nodes, so that no better is to be expected.

        columns: the bank's; a small one is worth growing for less. True when it is late, too.
        """
        return self.late or self.novel <= BITS_A_NODE * size + SPARE_BITS[columns > MANY_COLUMNS]

    def offer(self, term: Expr, origin: str) -> None:
        """Hold a program against all rows; keep it if it misses no more than is allowed."""
        if term in self.tried:
            return
        self.tried.add(term)
        if self.settings.without and not set(self.settings.without).isdisjoint(subterms(term)):
            return
        missed = 1.0 - float(same(self.problem.cells(term), self.problem.wanted).mean())
        kept = self.found if missed <= self.settings.tolerance else self.near
        if kept is self.found or missed <= self.blunder:
            kept[term] = Candidate(term, bits(term), origin, missed)

    def ranked(self) -> list[Candidate]:
        """Give what was found, the shortest first; where nothing was, the near misses, those that miss least first."""
        if self.found:
            return sorted(self.found.values(), key=lambda c: c.bits)
        return sorted(self.near.values(), key=lambda c: (round(c.missed, 4), c.bits))[:NEAREST]

    def cells(self, term: Expr) -> np.ndarray:
        """Give a term's values at all scored cells."""
        if term not in self._cells:
            self._cells[term] = self.problem.cells(term)
        return self._cells[term]

    def depends(self, terms: list[Expr]) -> bool:
        """Say whether, on all rows, the target is a function of these terms (but for the cells it may miss)."""
        key = joint(np.stack([classes(self.cells(t)) for t in terms]))
        odd = missed(key, self._answers, len(key))
        return len(odd) <= 2 * self.settings.tolerance * len(key)

    def seen_as(self, view: View) -> Problem:
        """Give the problem with a view's target."""
        return replace(self.problem, target=view.of(self.problem.target))
