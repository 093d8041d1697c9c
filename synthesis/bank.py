"""The bank: every distinct column of values that a small term gives on the sampled rows, cheapest term first.

Observational equivalence: of all terms with the same values on all rows only the first (smallest) is kept.
Columns are flat: a position column holds the real cells of all rows one after the other, a row column one value a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dsl.check import check
from dsl.evaluate import Cases, Interpreter, evaluate
from dsl.size import own_bits
from dsl.terms import Expr, children
from dsl.types import Axis, Kind, Type

DTYPES = {Kind.BOOL: np.bool_, Kind.INT: np.int64, Kind.SYMBOL: np.int64, Kind.REAL: np.float64}


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One term with its values: flat [real cell] for positions, [row] for rows. size: nodes, as the search counts."""

    term: Expr
    type: Type
    size: int
    values: np.ndarray


class Layout:
    """Where the cells of a batch stand: changes columns between flat and rectangular form."""

    def __init__(self, cases: Cases) -> None:
        self.cases = cases
        self.mask = np.asarray(cases.mask)
        self.rows = np.nonzero(self.mask)[0]  # the row of each real cell
        self.interpreter = Interpreter(cases)

    def flat(self, array: np.ndarray, axis: Axis) -> np.ndarray:
        """Give the flat form of [row, position] or [row, 1]."""
        if axis is Axis.ROW:
            return np.broadcast_to(array, (len(self.mask), 1))[:, 0]
        return np.broadcast_to(array, self.mask.shape)[self.mask]

    def square(self, column: Column) -> np.ndarray:
        """Give the rectangular form, 0 at padding."""
        if column.type.axis is Axis.ROW:
            return column.values[:, None]
        array = np.zeros(self.mask.shape, column.values.dtype)
        array[self.mask] = column.values
        return array

    def spread(self, values: np.ndarray, axis: Axis) -> np.ndarray:
        """Give one value a real cell: row columns are repeated over their positions."""
        return values[..., self.rows] if axis is Axis.ROW else values


class Bank:
    """Columns by type and size, without repeats."""

    def __init__(
        self,
        cases: Cases,
        rng: np.random.Generator,
        scored: np.ndarray | None = None,
        without: Sequence[Expr] = (),
    ) -> None:
        """Start empty; scored: bool [row, position], where answers count (default: at all real positions).

        without: terms whose values no column may have.
        """
        self.layout = Layout(cases)
        wanted = scored if scored is not None and scored.shape == self.layout.mask.shape else self.layout.mask
        self.scored = wanted & self.layout.mask
        self.columns: list[Column] = []
        self.tried = 0  # candidates whose values were looked at
        self._costs: dict[Expr, float] = {}
        self._by: dict[tuple[Kind, Axis, int], list[Column]] = {}
        self._seen: set[tuple[Kind, Axis, int]] = set()
        cells = int(self.layout.mask.sum())
        self._weights = rng.integers(1, 2**63, size=max(cells, len(self.layout.mask)), dtype=np.uint64) | np.uint64(1)
        for term in without:
            type_ = check(term)
            values = self.layout.flat(evaluate(term, cases), type_.axis)
            self.fresh(np.asarray(values, dtype=DTYPES[type_.kind])[None], type_)

    def of(self, kind: Kind, axis: Axis, size: int) -> Sequence[Column]:
        """Give the columns of exactly this type and size."""
        return self._by.get((kind, axis, size), ())

    def narrow(self, size: int, terms: Sequence[Expr]) -> None:
        """Let larger terms be built of no columns of this size but those of `terms`; the others can be the answer."""
        for place in [p for p in self._by if p[2] == size]:
            self._by[place] = [c for c in self._by[place] if c.term in terms]

    def upto(self, kinds: Iterable[Kind], axis: Axis, size: int) -> list[Column]:
        """Give the columns of these kinds with at most this size."""
        return [c for kind in kinds for s in range(size + 1) for c in self.of(kind, axis, s)]

    def fingerprints(self, values: np.ndarray) -> np.ndarray:
        """Give a 64-bit key for each row of `values` [candidate, cell]; reals are rounded to nine digits first."""
        if values.dtype.kind == "f":
            values = np.round(values, 9) + 0.0  # + 0.0: minus zero is zero
        words = values.astype(np.uint64) if values.dtype == np.bool_ else np.ascontiguousarray(values).view(np.uint64)
        with np.errstate(over="ignore"):
            return (words * self._weights[: values.shape[-1]]).sum(axis=-1, dtype=np.uint64)

    def fresh(self, values: np.ndarray, type_: Type) -> np.ndarray:
        """Give the indices of the candidates [candidate, cell] that no column equals yet, and remember them."""
        keys = self.fingerprints(values)
        self.tried += len(values)
        new = []
        for k, key in enumerate(keys.tolist()):
            full = (type_.kind, type_.axis, key)
            if full not in self._seen:
                self._seen.add(full)
                new.append(k)
        return np.array(new, dtype=int)

    def add(self, term: Expr, type_: Type, size: int, values: np.ndarray, *, grows: bool = True) -> Column:
        """Enter a column that `fresh` has let through; unless it `grows`, no larger terms are built of it."""
        column = Column(term, type_, size, np.ascontiguousarray(values, dtype=DTYPES[type_.kind]))
        self.columns.append(column)
        if grows:
            self._by.setdefault((type_.kind, type_.axis, size), []).append(column)
        return column

    def offer(self, term: Expr, type_: Type, size: int, values: np.ndarray, *, grows: bool = True) -> Column | None:
        """Enter a column unless an equal one is there or a value is not finite."""
        values = np.asarray(values, dtype=DTYPES[type_.kind])
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            return None
        if not len(self.fresh(values[None], type_)):
            return None
        return self.add(term, type_, size, values, grows=grows)

    def enter(self, term: Expr, size: int) -> Column | None:
        """Evaluate a term and offer it."""
        type_ = check(term)
        return self.offer(term, type_, size, self.layout.flat(self.layout.interpreter(term), type_.axis))

    def cost(self, term: Expr) -> float:
        """Give a term's description length in bits as a tree, without what sharing saves: quick, and no less."""
        found = self._costs.get(term)
        if found is None:
            found = self._costs[term] = own_bits(term) + sum(map(self.cost, children(term)))
        return found
