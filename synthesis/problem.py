"""What the search is asked: input columns and a target on a batch of rows, and what a solution may use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsl.evaluate import Cases, evaluate
from dsl.terms import Expr, Input
from dsl.types import Kind

TOLERANCE = 1e-4  # two reals closer than this (relative, above 1) are the same answer


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The answers to be explained.

    values: [row, position] or [row, 1]: int64 codes into the cases' symbols, int64, float64 or bool by `kind`;
    scored: bool, same shape: which of them count.
    """

    values: np.ndarray
    scored: np.ndarray
    kind: Kind

    def take(self, index: np.ndarray) -> Target:
        """Give the rows at `index`."""
        return Target(self.values[index], self.scored[index], self.kind)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A search problem.

    causal: no output depends on a later position, so a solution must not look ahead.
    pinned: the last so many rows are always searched on: what refuted earlier solutions.
    """

    inputs: tuple[Input, ...]
    cases: Cases
    target: Target
    causal: bool
    pinned: int = 0

    def __len__(self) -> int:
        return len(self.cases.mask)

    def take(self, index: np.ndarray) -> Problem:
        """Give the problem on the rows at `index`, cut to their longest."""
        mask = self.cases.mask[index]
        width = max(1, int(mask.sum(axis=1).max(initial=1)))

        def cut(array: np.ndarray) -> np.ndarray:
            return array[index][:, :width] if array.shape[1] > 1 else array[index]

        inputs = {name: cut(column) for name, column in self.cases.inputs.items()}
        target = Target(cut(self.target.values), cut(self.target.scored), self.target.kind)
        return Problem(self.inputs, Cases(inputs, mask[:, :width], self.cases.symbols), target, self.causal)

    def cells(self, term: Expr) -> np.ndarray:
        """Give a term's values at the scored cells, one-dimensional."""
        found = evaluate(term, self.cases)
        return np.broadcast_to(found, self.target.scored.shape)[self.target.scored]

    @property
    def wanted(self) -> np.ndarray:
        """The answers at the scored cells, one-dimensional."""
        return self.target.values[self.target.scored]


def same(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Compare answers cell by cell: reals within TOLERANCE, all else exactly."""
    if found.dtype.kind == "f" or wanted.dtype.kind == "f":
        return np.abs(found - wanted) <= TOLERANCE * np.maximum(1.0, np.abs(wanted))
    return found == wanted


def sample_rows(problem: Problem, cells: int, pairs: int, rng: np.random.Generator) -> np.ndarray:
    """Choose rows to search on: short ones first, as they are cheap and tell most, the rest at random.

    Takes rows until `cells` scored cells are there, as long as rows x longest^2 stays below `pairs`.
    """
    lengths = problem.cases.mask.sum(axis=1)
    order = rng.permutation(len(problem))
    by_length = order[np.argsort(lengths[order], kind="stable")]
    spread = by_length[np.unique(np.linspace(0, len(order) - 1, len(order)).astype(int))]
    scored = problem.target.scored.sum(axis=1)
    longest = int(np.quantile(lengths, 0.6)) if lengths.max() > 12 else int(lengths.max())
    candidates = rng.permutation(spread[lengths[spread] <= max(longest, int(lengths.min()))])
    chosen: list[int] = []
    total = 0
    for row in candidates:
        if total >= cells or (len(chosen) >= 16 and (len(chosen) + 1) * longest**2 > pairs):
            break
        chosen.append(int(row))
        total += int(scored[row])
    pinned = range(len(problem) - problem.pinned, len(problem))
    return np.array(sorted({*chosen, *pinned}))
