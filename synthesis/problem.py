"""What the search is asked: input columns and a target on a batch of rows, and what a solution may use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsl.evaluate import Cases, evaluate
from dsl.terms import Expr, Input
from dsl.types import Kind

NEAR, BETTER = 0.05, 0.25  # share of the cells that a near miss may miss, and of those that one answer for all would
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
    if wanted.dtype.kind == "f":
        return np.abs(found - wanted) <= TOLERANCE * np.maximum(1.0, np.abs(wanted))
    return found == wanted


def near(wanted: np.ndarray) -> float:
    """Give the share of the answers that a near miss may miss: few, and few of those that the commonest answer does."""
    if not len(wanted):
        return 0.0
    _, counts = np.unique(wanted, return_counts=True)
    return min(NEAR, BETTER * (1.0 - float(counts.max()) / len(wanted)))


def sample_rows(problem: Problem, cells: int, pairs: int, rng: np.random.Generator) -> np.ndarray:
    """Choose rows to search on: rows with rare answers are as likely as others, and long rows are left out.

    Takes rows until `cells` scored cells are there, as long as rows x longest^2 stays below `pairs`; then the pinned.
    """
    lengths = problem.cases.mask.sum(axis=1)
    longest = int(lengths.max()) if lengths.max() <= 12 else int(np.quantile(lengths, 0.6))
    order = rng.permutation(np.nonzero(lengths <= max(longest, int(lengths.min())))[0])
    order = order[_by_turns(problem, order)]
    chosen: list[int] = []
    total = 0
    for row in order:
        if total >= cells or (len(chosen) >= 16 and (len(chosen) + 1) * longest**2 > pairs):
            break
        chosen.append(int(row))
        total += int(problem.target.scored[row].sum())
    pinned = range(len(problem) - problem.pinned, len(problem))
    return np.array(sorted({*chosen, *pinned}))


def _by_turns(problem: Problem, rows: np.ndarray) -> np.ndarray:
    """Order rows so that each kind of row has its turn; a row's kind is the rarest of its answers."""
    target = problem.target.take(rows)
    values, codes, counts = np.unique(target.values[target.scored], return_inverse=True, return_counts=True)
    rarity = np.full(target.scored.shape, len(codes) + 1)
    rarity[target.scored] = counts[codes]
    kind = rarity.min(axis=1) * (len(values) + 1)
    order = np.argsort(kind, kind="stable")
    turn = np.empty(len(rows), dtype=int)
    turn[order] = np.arange(len(rows)) - np.searchsorted(kind[order], kind[order])
    return np.argsort(turn, kind="stable")
