"""The bank: every distinct column of values that a small term gives on the sampled rows, cheapest term first.

Observational equivalence: of all terms with the same values on all rows only the first (smallest) is kept.
Columns are flat: a position column holds the real cells of all rows one after the other, a row column one value a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dsl.check import check
from dsl.evaluate import Cases, Interpreter, evaluate
from dsl.size import own_bits
from dsl.terms import Expr, call, children
from dsl.types import Axis, Kind, Type
from synthesis.engine import BUDGET, Engine, Level, Store, extend

DTYPES = {Kind.BOOL: np.bool_, Kind.INT: np.int64, Kind.SYMBOL: np.int64, Kind.REAL: np.float64}
CHUNK = 1024  # columns whose values are made at once


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

    def several(self, arrays: np.ndarray, axis: Axis) -> np.ndarray:
        """Give the flat forms [array, cell] of [array, row, position or 1]."""
        if axis is Axis.ROW:
            return arrays[:, :, 0]
        return np.broadcast_to(arrays, (len(arrays), *self.mask.shape))[:, self.mask]

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
        *,
        engine: Engine = Engine.AUTO,
        budget: int = BUDGET,
    ) -> None:
        """Start empty; scored: bool [row, position], where answers count (default: at all real positions).

        without: terms whose values no column may have. budget: bytes that the columns may take before growth stops.
        """
        self.layout = Layout(cases)
        wanted = scored if scored is not None and scored.shape == self.layout.mask.shape else self.layout.mask
        self.scored = wanted & self.layout.mask
        self.columns: list[Column] = []
        self.tried = 0  # candidates whose values were looked at
        self.engine, self.budget = engine, budget
        self._bytes = 0
        self._costs: dict[Expr, float] = {}
        self._by: dict[tuple[Kind, Axis, int], list[Column]] = {}
        self._stores: dict[tuple[Kind, Axis], Store] = {}
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

    def room(self, capacity: int, axis: Axis) -> int:
        """Give how many more columns of `axis` there may be until there are `capacity`, or no memory is left."""
        if any(s.full for s in self._stores.values()):
            return 0
        left = self.budget - self._bytes - sum(s.nbytes for s in self._stores.values())
        return max(0, min(capacity - len(self.columns), left // (8 * self._cells(axis))))

    def _cells(self, axis: Axis) -> int:
        return len(self.layout.mask) if axis is Axis.ROW else len(self.layout.rows)

    def _store(self, kind: Kind, axis: Axis) -> Store:
        """Give what is known of the columns of one type."""
        found = self._stores.get((kind, axis))
        if found is None:
            dtype = np.int8 if kind in (Kind.INT, Kind.SYMBOL) else DTYPES[kind]
            found = self._stores[kind, axis] = Store(
                self._cells(axis), np.dtype(dtype), self._weights, budget=self.budget
            )
        return found

    def fresh(self, values: np.ndarray, type_: Type, capacity: int | None = None) -> np.ndarray:
        """Give the indices of the candidates [candidate, cell] that no column equals yet, and remember them.

        Looks at none that come after the one with which the bank has reached `capacity` columns.
        """
        room = None if capacity is None else self.room(capacity, type_.axis)
        admitted = self._store(type_.kind, type_.axis).admit(values, room=room)
        self.tried += admitted.examined
        return admitted.new

    def pair(self, op: str, left: Sequence[Column], right: Sequence[Column], kind: Kind, size: int, most: int) -> None:
        """Enter the new ones among op(l, r), for each column r in turn all l, until r after which there are `most`.

        left, right: columns of one type each; kind: of the results.
        """
        axis = max(left[0].type.axis, right[0].type.axis)
        type_, ours = Type(kind, axis), self._stacked(left, axis)
        theirs = ours if left is right else self._stacked(right, axis)
        level = Level(self.layout.interpreter.ctx, op, ours, theirs, np.dtype(DTYPES[kind]))
        found = extend(level, self._store(kind, axis), room=self.room(most, axis), engine=self.engine)
        self.tried += found.examined
        for start in range(0, len(found.left), CHUNK):
            at, by = found.left[start : start + CHUNK], found.right[start : start + CHUNK]
            for i, j, values in zip(at.tolist(), by.tolist(), level.evaluate(ours[at], theirs[by]), strict=True):
                self.add(call(op, left[i].term, right[j].term), type_, size, values)

    def _stacked(self, columns: Sequence[Column], axis: Axis) -> np.ndarray:
        """Give the values [column, cell], one a cell of `axis`."""
        stacked = np.stack([c.values for c in columns])
        return self.layout.spread(stacked, columns[0].type.axis) if axis is Axis.POSITION else stacked

    def add(self, term: Expr, type_: Type, size: int, values: np.ndarray, *, grows: bool = True) -> Column:
        """Enter a column that `fresh` has let through; unless it `grows`, no larger terms are built of it."""
        column = Column(term, type_, size, np.ascontiguousarray(values, dtype=DTYPES[type_.kind]))
        self.columns.append(column)
        self._bytes += column.values.nbytes
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

    def choose(
        self, terms: Callable[[int], Expr], type_: Type, size: int, values: np.ndarray, capacity: int | None = None
    ) -> None:
        """Offer many columns [candidate, cell] of one type at once; `terms` gives the term of each that is entered."""
        finite = np.arange(len(values))
        if values.dtype.kind == "f":
            finite = np.flatnonzero(np.isfinite(values).all(axis=1))
        values = np.asarray(values[finite], dtype=DTYPES[type_.kind])
        for k in self.fresh(values, type_, capacity).tolist():
            self.add(terms(int(finite[k])), type_, size, values[k])

    def enter(self, term: Expr, size: int) -> Column | None:
        """Evaluate a term and offer it."""
        type_ = check(term)
        return self.offer(term, type_, size, self.layout.flat(self.layout.interpreter(term), type_.axis))

    def like(self, term: Expr) -> Column | None:
        """Give the first column with a term's type and values, None where there is none."""
        type_ = check(term)
        values = np.asarray(self.layout.flat(self.layout.interpreter(term), type_.axis), dtype=DTYPES[type_.kind])
        same = (c for c in self.columns if c.type == type_ and np.array_equal(c.values, values))
        return next(same, None)

    def cost(self, term: Expr) -> float:
        """Give a term's description length in bits as a tree, without what sharing saves: quick, and no less."""
        found = self._costs.get(term)
        if found is None:
            found = self._costs[term] = own_bits(term) + sum(map(self.cost, children(term)))
        return found
