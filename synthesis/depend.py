"""Dependencies: the columns that a target is a function of, and the function written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dsl.size import bits
from dsl.terms import Expr
from synthesis.attempt import Attempt, View
from synthesis.bank import Column
from synthesis.bitset import pack
from synthesis.cover import Cover, Covers, classes, drawn
from synthesis.explain import Effort, explain, keys_of
from synthesis.goals import Goal

WIDTHS = (1, 2, 3, 4)  # how many columns a target may depend on
PROPOSED = 60  # covers of each width looked at on all rows
BITS_A_COLUMN = 18.0  # a program shorter than so many bits a column is not looked for among wider dependencies
EXPLAINED = 4  # of those that hold, how many are written down
TOLD_APART = 2048  # pairs of cells on which columns are told apart
CHUNK = 64  # columns compared at once, so that all of it stays in the cache
CROWDED = 3  # a table whose keys are met fewer times each, on the average, explains nothing
EFFORT = Effort(size=4, capacity=1000, meeting=300)
MOST_TABLE_BITS = 400.0
CLOSE = 8.0  # programs so much longer than the shortest are kept, as the network may encode their steps better


def dependencies(
    attempt: Attempt, view: View, goal: Goal, rng: np.random.Generator, widths: Sequence[int] = WIDTHS
) -> Iterator[Expr]:
    """Yield terms of the columns that the target turns out to be a function of, so many of them together."""
    target = classes(goal.wanted)
    columns, codes = _partitions(goal, rng)
    if not columns:
        return
    covers = Covers(codes, np.array([goal.bank.cost(c.term) for c in columns]), target, rng)
    for width in widths:
        if attempt.best < BITS_A_COLUMN * width:
            return
        written = 0
        for cover in sorted(
            covers.find(width, PROPOSED, len(target) // CROWDED), key=lambda c: c.cost + 6.0 * c.entries
        ):
            if attempt.late or written == EXPLAINED:
                break
            chosen = [columns[k] for k in cover.columns]
            mark = (goal.kind, frozenset(c.term for c in chosen))
            if mark in attempt.explained:
                continue
            attempt.explained.add(mark)
            if attempt.depends([c.term for c in chosen]):
                written += 1
                yield from _explained(attempt, view, chosen, cover, rng)


def _partitions(goal: Goal, rng: np.random.Generator) -> tuple[list[Column], np.ndarray]:
    """Give the columns that part the cells each in its own way, the smallest of each way, and codes [column, cell].

    Ways are told apart on a thousand pairs of cells; a column that separates none of them tells nothing.
    """
    if not goal.values:
        return [], np.zeros((0, 0), np.int64)
    codes = np.stack([_codes(v) for v in goal.values])
    pairs = drawn(len(goal.wanted), TOLD_APART, rng)
    chunks = (codes[k : k + CHUNK] for k in range(0, len(codes), CHUNK))
    one, other = np.ascontiguousarray(pairs.T)
    alike = np.concatenate([pack(np.take(c, one, axis=1) == np.take(c, other, axis=1)) for c in chunks])
    useless = pack(np.ones((1, len(pairs)), dtype=bool))[0].tobytes()
    seen: dict[bytes, int] = {}
    for k in sorted(range(len(codes)), key=lambda k: (goal.columns[k].size, k)):
        way = alike[k].tobytes()
        if way != useless:
            seen.setdefault(way, k)
    keep = list(seen.values())
    return [goal.columns[k] for k in keep], codes[keep]


def _codes(values: np.ndarray) -> np.ndarray:
    """Give integers that are equal where values are (reals: to six digits)."""
    return np.rint(values * 1e6).astype(np.int64) if values.dtype.kind == "f" else values.astype(np.int64)


def _explained(
    attempt: Attempt, view: View, columns: list[Column], cover: Cover, rng: np.random.Generator
) -> list[Expr]:
    """Write the target as a function of these columns, learnt on all rows."""
    problem = attempt.seen_as(view)
    terms = [(c.term, c.type.kind, attempt.cells(c.term)) for c in columns]
    keys = keys_of(terms, problem.wanted, problem.target.kind, problem.cases.symbols)
    if len(keys.wanted) > len(problem.wanted) // CROWDED:
        return []
    effort = Effort(EFFORT.size, EFFORT.capacity, attempt.settings.entries, EFFORT.meeting)
    floor = min(attempt.best + CLOSE, cover.cost + MOST_TABLE_BITS)
    return [t for t in explain(keys, effort, rng)[:2] if bits(t) < floor]
