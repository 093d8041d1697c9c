"""Which condition tells some cells from all the others? The one with which they are shortest to write down.

Cells that are sought among many cost bits: which of them they are. A condition that holds at most of them and at few
others saves more bits than it takes to state, or it is not worth stating.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dsl.check import check
from dsl.printer import show
from dsl.size import bits
from dsl.terms import Expr, Input, Literal, Value, call, integer
from dsl.types import Axis, Kind
from synthesis.bank import Bank
from synthesis.grow import grow, seed
from synthesis.problem import Problem
from synthesis.vocabulary import MANY, literal, vocabulary

SIZES, CAPACITY = 4, 3000  # how far the bank grows that conditions are made of
ROWS, PAIRS = 300, 400_000  # rows, and pairs of positions, that columns are ranked on
RANKED = 60  # columns that are then looked at on all rows
PAIRED = 3  # conditions that a second one is sought for


@dataclass(frozen=True, slots=True)
class Split:
    """A condition, at how many cells it holds, and at how many of those sought.

    saved: bits by which the sought cells are shorter to write down with it, its own taken off.
    """

    term: Expr
    cells: int
    hits: int
    saved: float


def price(hits: np.ndarray | float, cells: np.ndarray | float) -> np.ndarray:
    """Give about the bits it takes to say how many of so many cells are meant, and which.

    >>> float(price(0, 1023)), float(price(512, 1024)) > 1024
    (10.0, True)
    """
    cells, hits = np.asarray(cells, dtype=float), np.asarray(hits, dtype=float)
    return np.asarray(_times_log(cells) - _times_log(hits) - _times_log(cells - hits) + np.log2(cells + 1))


def _times_log(count: np.ndarray) -> np.ndarray:
    return count * np.log2(np.maximum(count, 1.0))


def separate(
    problem: Problem,
    rng: np.random.Generator,
    *,
    beside: Sequence[Input] = (),
    late: Callable[[], bool] = lambda: False,
) -> list[Split]:
    """Give conditions that hold at most of the cells sought and at few others, the best first.

    problem: its target is BOOL, true at the cells sought. beside: columns of its cases that stand in no larger term.
    Empty where no condition is worth its bits.
    """
    if not problem.wanted.any() or problem.wanted.all():
        return []
    bank = _Bank.grown(problem, beside, rng, late)
    found = {s.term: s for term in bank.ranked()[:RANKED] for s in _exact(problem, term)}
    for first in sorted(found.values(), key=_order)[:PAIRED]:
        inside = None if late() else bank.narrowed(first.term)
        for term in [] if inside is None else inside.ranked()[:PAIRED]:
            found |= {s.term: s for s in _exact(problem, term, first.term)}
    return sorted((s for s in found.values() if s.saved > 0), key=_order)


def _order(split: Split) -> tuple[float, str]:
    return -split.saved, show(split.term)


def _exact(problem: Problem, term: Expr, within: Expr | None = None) -> list[Split]:
    """Give the best conditions on a term, by all cells; within: a condition that stands beside them."""
    sought = problem.wanted
    here = np.ones(len(sought), bool) if within is None else problem.cells(within)
    cells = _Cells(sought[here], np.ones(int(here.sum())))
    found = _Column.of(term, problem.cells(term)[here]).conditions(cells, problem.cases.symbols)
    return [_measured(problem, t if within is None else call("and", within, t)) for t in found]


def _measured(problem: Problem, term: Expr) -> Split:
    holds, sought = problem.cells(term), problem.wanted
    cells, hits = int(holds.sum()), int((holds & sought).sum())
    total = int(sought.sum())
    saved = price(total, len(sought)) - price(hits, cells) - price(total - hits, len(sought) - cells)
    return Split(term, cells, hits, float(saved) - bits(term))


def _rows(problem: Problem, rng: np.random.Generator) -> np.ndarray:
    """Choose rows: half of them with cells that are sought, as long as there are such."""
    sought = np.any(problem.target.values & problem.target.scored, axis=1)
    most = max(16, min(ROWS, PAIRS // problem.cases.mask.shape[1] ** 2))
    order = rng.permutation(len(problem))
    with_, without = order[sought[order]], order[~sought[order]]
    first = with_[: most // 2]
    return np.sort(np.concatenate([first, without[: most - len(first)]]))


def _weights(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Give how many cells of the whole each cell of a part stands for, sought ones and others apart."""
    weight = np.empty(len(part))
    for kind in (True, False):
        weight[part == kind] = (whole == kind).sum() / max(1, (part == kind).sum())
    return weight


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Cells, those of them that are sought, and how many cells of the whole each stands for."""

    sought: np.ndarray
    weight: np.ndarray

    def take(self, where: np.ndarray) -> _Cells:
        return _Cells(self.sought[where], self.weight[where])


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A term with the values that it takes, and which of them at each cell."""

    term: Expr
    kind: Kind
    values: np.ndarray
    places: np.ndarray

    @staticmethod
    def of(term: Expr, values: np.ndarray) -> _Column:
        return _Column(term, check(term).kind, *np.unique(values, return_inverse=True))

    def take(self, where: np.ndarray) -> _Column:
        return replace(self, places=self.places[where])

    def gain(self, cells: _Cells) -> float:
        """Give the bits that the best condition on the term saves, its own not taken off."""
        return max((float(saved.max()) for *_, saved in self._ways(cells)), default=0.0)

    def conditions(self, cells: _Cells, symbols: tuple[Value, ...]) -> list[Expr]:
        """Give the best bound on the term, and the best of its values; of a condition, itself or its opposite."""
        found, values = [], self.values
        for equal, inside, saved in self._ways(cells):
            k = int(np.argmax(saved))
            if equal:
                found.append(_equality(self.term, values[k], self.kind, bool(inside[k]), symbols))
            else:
                found.append(_bound(self.term, values[k], values[k + 1], self.kind, bool(inside[k])))
        return found

    def _ways(self, cells: _Cells) -> Iterator[tuple[bool, np.ndarray, np.ndarray]]:
        """Give ways to part the cells in two: by one value, or at a bound; whether the first part has more than its
        share of those sought; and the bits saved."""
        if len(self.values) < 2:
            return
        hits = np.bincount(self.places, weights=cells.weight * cells.sought, minlength=len(self.values))
        each = np.bincount(self.places, weights=cells.weight, minlength=len(self.values))
        total, size = hits.sum(), each.sum()
        ways = [(True, hits, each)] if self.kind is not Kind.REAL and len(self.values) <= MANY else []
        if self.kind in (Kind.INT, Kind.REAL):
            ways.append((False, hits.cumsum()[:-1], each.cumsum()[:-1]))
        for equal, part, of in ways:
            rest = price(np.maximum(total - part, 0.0), np.maximum(size - of, 0.0))
            yield equal, part * size >= total * of, price(total, size) - price(part, of) - rest


@dataclass(frozen=True, slots=True, eq=False)
class _Bank:
    """Terms with their values at some of the scored cells."""

    part: Problem
    columns: Sequence[_Column]
    cells: _Cells

    @staticmethod
    def grown(problem: Problem, beside: Sequence[Input], rng: np.random.Generator, late: Callable[[], bool]) -> _Bank:
        """Grow terms on some of the rows."""
        part = problem.take(_rows(problem, rng))
        bank, words = Bank(part.cases, rng), vocabulary(part)
        seed(bank, part.inputs, words)
        for size in range(2, SIZES + 1):
            if late() or not grow(bank, words, size, CAPACITY):
                break
        cells = _Cells(part.wanted, _weights(part.wanted, problem.wanted))
        scored, layout = part.target.scored, bank.layout
        if scored.shape == layout.mask.shape:
            flat = scored[layout.mask]
            found = [(c.term, layout.spread(c.values, c.type.axis)[flat]) for c in bank.columns]
        else:  # one answer a row
            found = [(c.term, c.values[scored[:, 0]]) for c in bank.columns if c.type.axis is Axis.ROW]
        found += [(term, part.cells(term)) for term in beside]
        return _Bank(part, [_Column.of(*pair) for pair in found], cells)

    def narrowed(self, term: Expr) -> _Bank | None:
        """Keep the cells where a condition holds; None where all of them are sought."""
        here = self.part.cells(term)
        cells = self.cells.take(here)
        return None if cells.sought.all() else _Bank(self.part, [c.take(here) for c in self.columns], cells)

    def ranked(self) -> list[Expr]:
        """Order the terms by what their best condition saves, those that save nothing left out."""
        saved = [c.gain(self.cells) - bits(c.term) for c in self.columns]
        order = sorted(range(len(saved)), key=lambda k: (-saved[k], k))
        return [self.columns[k].term for k in order if saved[k] > 0]


def _equality(term: Expr, value: Any, kind: Kind, inside: bool, symbols: tuple[Value, ...]) -> Expr:
    if kind is Kind.BOOL:
        return term if bool(value) is inside else call("not", term)
    return call("eq" if inside else "ne", term, literal(value, kind, symbols))


def _bound(term: Expr, last: Any, following: Any, kind: Kind, below: bool) -> Expr:
    """Give the condition that a term is at most `last`, or that it is more; reals are parted at a round number."""
    if kind is Kind.INT:
        return call("lt", term, integer(last + 1)) if below else call("lt", integer(last), term)
    digits = next(d for d in range(18) if last < round(float(last + following) / 2, d) < following or d == 17)
    limit = Literal(round(float(last + following) / 2, digits), Kind.REAL)
    return call("lt", term, limit) if below else call("lt", limit, term)
