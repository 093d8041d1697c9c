"""Where attention looks: the select that explains a recorded pattern.

A pattern gives each query weights over the keys. A select explains it as far as looking evenly at what it selects is
the same: 1 minus the total variation distance, the mean over queries. Keys drawn by their weights screen the relations
between a column at the key and one at the query, so that few of them are compared with the weights themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dsl.terms import Call, Expr, Literal, call
from dsl.types import Axis, Kind
from synthesis.bank import Bank, Column

QUERIES = 192  # looked at; half of them choose the select, the others tell how well it does
DRAWS = 4  # keys drawn a query
MET = 0.6  # a relation holds at so many of the keys drawn, or it is no candidate
COMPARED = 100  # relations of a kind compared with the weights, the smallest first
CHOSEN_FROM = 24  # selects of which one key alone may be looked at, those that narrow it down most first
SIZES = ((2, 4), (5, 6))  # nodes of the two columns of a relation together, the second if the first explain little
WORTH = 0.02  # share of the weights that a node must explain
SOME = 0.5  # a select that selects nothing for more of the queries is no explanation
SHARP = 0.6  # weight of the key looked at most, the mean over queries
PLAIN = 0.98  # where a look without conditions explains so much, no other is tried
EVERYWHERE = Literal(True, Kind.BOOL)
NUMBERS = (Kind.INT, Kind.REAL)
RELATIONS: tuple[tuple[str, Callable[..., np.ndarray], tuple[Kind, ...]], ...] = (
    ("eq", np.equal, (Kind.SYMBOL, Kind.INT)),
    ("lt", np.less, NUMBERS),
    ("le", np.less_equal, NUMBERS),
    ("gt", np.greater, NUMBERS),
    ("ge", np.greater_equal, NUMBERS),
    ("ne", np.not_equal, (Kind.SYMBOL, Kind.INT)),
)


@dataclass(frozen=True, slots=True)
class Look:
    """A select that explains where a head looks.

    where: the condition on pairs. op: "" where it looks at all that is selected alike; else the aggregate that picks
    one of them: first_of, last_of, or min_of and max_of of the column `by`. share: of the weights explained, on queries
    that it was not chosen on; queries: how many. size: nodes.
    """

    where: Expr
    op: str
    by: Expr | None
    share: float
    queries: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Some queries of one pattern, and the columns as they stand there.

    weights: float [query, key], each summing to 1; allowed: bool, keys that are there to be looked at; row, at: the
    row and position of each query; drawn: int [query, draw], keys drawn by their weights.
    """

    bank: Bank
    columns: Sequence[Column]
    values: Sequence[np.ndarray]  # [row, position], one a column
    weights: np.ndarray
    allowed: np.ndarray
    row: np.ndarray
    at: np.ndarray
    drawn: np.ndarray

    @property
    def sharp(self) -> bool:
        """Whether it mostly looks at one key."""
        return float(self.weights.max(axis=1).mean()) >= SHARP

    def keys(self, column: int) -> np.ndarray:
        """Give a column at the keys of each query, [query, key]."""
        return self.values[column][self.row]

    def here(self, column: int) -> np.ndarray:
        """Give a column at the queries, [query]."""
        return self.values[column][self.row, self.at]

    def order(self, name: str) -> np.ndarray:
        """Say which keys come before the query (or are it), [query, key]."""
        keys = np.arange(self.weights.shape[1])
        return keys < self.at[:, None] if name == "before" else keys <= self.at[:, None]


def see(
    bank: Bank,
    columns: Sequence[Column],
    weights: np.ndarray,
    asked: np.ndarray,
    causal: bool,
    rng: np.random.Generator,
) -> Seen | None:
    """Choose queries of a pattern; None where it has none.

    weights: float [row, query, key] over the bank's positions, what falls on others left out; asked: bool [row, query].
    """
    mask = bank.layout.mask
    weights = weights * mask[:, None, :]
    total = weights.sum(axis=2)
    row, at = np.nonzero(asked & mask & (total > 0.5))
    if not len(row):
        return None
    chosen = rng.permutation(len(row))[:QUERIES]
    row, at = row[chosen], at[chosen]
    weights = weights[row, at] / total[row, at][:, None]
    allowed = mask[row] & (np.arange(mask.shape[1]) <= at[:, None]) if causal else mask[row]
    edges = np.minimum(weights.cumsum(axis=1), 1.0)
    drawn = (edges[:, None, :] < rng.random((len(row), DRAWS))[:, :, None]).sum(axis=2)
    values = [np.broadcast_to(bank.layout.square(c), mask.shape) for c in columns]
    drawn = drawn.clip(max=mask.shape[1] - 1)
    return Seen(bank, columns, values, weights, allowed, row, at, drawn)


def looks(seen: Seen, causal: bool, most: int) -> list[Look]:
    """Give the selects that explain a pattern best, the best first, a node more only where it explains more."""
    known: dict[bytes, tuple[float, Look, np.ndarray]] = {}
    for where, selected, size in _everywhere(seen, causal):
        _try(seen, known, where, "", None, selected & seen.allowed, size)
    if max((look.share for _, look, _ in known.values()), default=0.0) >= PLAIN:
        return sorted((look for _, look, _ in known.values()), key=lambda f: -round(f.share, 4))[:1]
    for least, most_nodes in SIZES if seen.sharp else SIZES[:1]:
        for where, selected, size in _selects(seen, causal, least, most_nodes):
            _try(seen, known, where, "", None, selected & seen.allowed, size)
        if max((look.share for _, look, _ in known.values()), default=0.0) >= PLAIN:
            break
    wide = sorted(known.values(), key=lambda f: -round(_narrowed(seen, f[2]) - WORTH * f[1].size, 4))
    for _, look, selected in wide[:CHOSEN_FROM]:
        for op, by, chosen in _choices(seen, selected):
            _try(seen, known, look.where, op, by, chosen, look.size + 1)
    return [look for _, look, _ in sorted(known.values(), key=lambda f: -round(f[0], 4))[:most]]


def _try(seen: Seen, known: dict, where: Expr, op: str, by: Expr | None, chosen: np.ndarray, size: int) -> None:
    """Enter a select with how much of the weights it explains, unless a smaller one selects the same."""
    mark = np.packbits(chosen).tobytes()
    if mark in known:
        return
    half = len(seen.row) // 2
    share, some = explained(seen, chosen)
    if some.mean() >= SOME:
        look = Look(where, op, by, float(share[half:].mean()), len(seen.row) - half, size)
        known[mark] = (share[:half].mean() - WORTH * size, look, chosen)


def _narrowed(seen: Seen, selected: np.ndarray) -> float:
    """Give the share of the weights that falls on what is selected, less half the share of the keys that is."""
    met = np.where(selected, seen.weights, 0.0).sum(axis=1)
    return float((met - selected.sum(axis=1) / seen.allowed.sum(axis=1) / 2).mean())


def explained(seen: Seen, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the share of each query's weights that an even look at the chosen keys explains, and where any is chosen."""
    count = chosen.sum(axis=1)
    even = np.where(count[:, None] > 0, chosen, seen.allowed)
    even = even / np.maximum(even.sum(axis=1), 1)[:, None]
    return np.minimum(even, seen.weights).sum(axis=1), count > 0


def _choices(seen: Seen, selected: np.ndarray) -> Iterator[tuple[str, Expr | None, np.ndarray]]:
    """Yield the keys that an aggregate would pick of the selected: (op, by, [query, key])."""
    places = np.broadcast_to(np.arange(selected.shape[1]), selected.shape)
    orders = [("first_of", "last_of", None, places)]
    orders += [
        ("min_of", "max_of", c.term, seen.keys(k))
        for k, c in enumerate(seen.columns)
        if c.type.kind is Kind.INT and c.size == 1 and c.type.axis is Axis.POSITION and not isinstance(c.term, Call)
    ]
    for least, most, by, value in orders:
        for op, sign in ((least, 1), (most, -1)):
            rank = np.where(selected, sign * value, np.iinfo(np.int64).max)
            yield op, by, selected & (rank == rank.min(axis=1)[:, None])


def _everywhere(seen: Seen, causal: bool) -> Iterator[tuple[Expr, np.ndarray, int]]:
    """Yield the conditions that read no column: (condition, [query, key], size)."""
    if not causal:
        yield EVERYWHERE, np.ones(seen.weights.shape, dtype=bool), 0
    for order in ("upto", "before"):
        yield call(order), seen.order(order), 1


def _selects(seen: Seen, causal: bool, least: int, most: int) -> Iterator[tuple[Expr, np.ndarray, int]]:
    """Yield conditions on pairs that hold at most of the keys looked at: (condition, [query, key], size)."""
    for where, selected, size in (*_marked(seen), *_ranked(seen), *_related(seen, least, most)):
        if not causal:
            yield where, selected, size
        for order in ("upto", "before"):
            yield call("and", call(order), where), selected & seen.order(order), size + 1


def _marked(seen: Seen) -> Iterator[tuple[Expr, np.ndarray, int]]:
    """Yield conditions on the key alone."""
    for k, column in enumerate(seen.columns):
        if column.type.kind is Kind.BOOL and column.type.axis is Axis.POSITION:
            there = seen.keys(k)
            if np.take_along_axis(there, seen.drawn, axis=1).mean() >= MET:
                yield call("key", column.term), there, column.size


def _ranked(seen: Seen) -> Iterator[tuple[Expr, np.ndarray, int]]:
    """Yield the keys that come before the query, or after it, in the order of a column, equal ones as they stand."""
    before = seen.order("before")
    for k, column in enumerate(seen.columns):
        if column.type.kind is Kind.INT and column.type.axis is Axis.POSITION and column.size == 1:
            there, here = call("key", column.term), call("query", column.term)
            keys, query = seen.keys(k), seen.here(k)[:, None]
            tie = call("and", call("eq", there, here), call("before"))
            yield call("or", call("lt", there, here), tie), (keys < query) | ((keys == query) & before), 4
            yield call("or", call("lt", here, there), tie), (keys > query) | ((keys == query) & before), 4


def _related(seen: Seen, least: int, most: int) -> Iterator[tuple[Expr, np.ndarray, int]]:
    """Yield relations between a column at the key and one at the query, the smallest first."""
    for op, relation, kinds in RELATIONS:
        for kind in kinds:
            for k, q, size in _candidates(seen, relation, kind, least, most):
                where = _relation(op, seen.columns[k].term, seen.columns[q].term)
                yield where, relation(seen.keys(k), seen.here(q)[:, None]), size


def _candidates(
    seen: Seen, relation: Callable[..., np.ndarray], kind: Kind, least: int, most: int
) -> list[tuple[int, int, int]]:
    """Give the pairs of columns (key, query, size) whose relation holds at most of the keys drawn."""
    queries = [k for k, c in enumerate(seen.columns) if c.type.kind is kind]
    keys = [k for k in queries if seen.columns[k].type.axis is Axis.POSITION]
    queries = [k for k in queries if not isinstance(seen.columns[k].term, Literal)]
    if not keys:
        return []
    drawn = np.stack([np.take_along_axis(seen.keys(k), seen.drawn, axis=1).ravel() for k in keys])
    sizes = np.array([seen.columns[k].size for k in keys])
    found = []
    for q in queries:
        size = sizes + seen.columns[q].size
        small = np.flatnonzero((size >= least) & (size <= most))
        held = relation(drawn[small], np.repeat(seen.here(q), DRAWS)).mean(axis=1)
        found += [(keys[k], q, int(size[k]) + 1) for k in small[held >= MET]]
    return sorted(found, key=lambda f: f[2])[:COMPARED]


def _relation(op: str, key: Expr, query: Expr) -> Expr:
    there, here = call("key", key), call("query", query)
    match op:
        case "gt":
            return call("lt", here, there)
        case "ge":
            return call("le", here, there)
    return call(op, there, here)
