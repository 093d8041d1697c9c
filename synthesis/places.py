"""Where a head looks that looks at one key: the key whose value is so and so, as the query has it.

A column that tells the keys apart (the index, a rank) has some value at the key looked at. Where these values are a
function of what stands at the query, the function is written down: `key(rank) == query((length - 1) // 2)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from dsl.evaluate import Cases, evaluate
from dsl.size import bits, nodes
from dsl.terms import Expr, Literal, call
from dsl.types import Axis, Kind
from synthesis.cover import classes, joint, missed
from synthesis.explain import Effort, explain, keys_of
from synthesis.looks import PLAIN, Look, Seen, explained

TOLD = 12  # columns that tell the keys apart, the smallest first
READ = 10  # columns at the query that their values may be functions of, one or two at a time
DISTINCT = 4  # cells a key of such a function, on the average
MOST_NODES = 9  # of such a function: a longer one among so few places is a table in disguise
EFFORT = Effort(size=4, capacity=600, entries=6, meeting=200)


def places(seen: Seen, cases: Cases, rng: np.random.Generator) -> list[Look]:
    """Give the shortest such look, none where there is none. cases: those that the columns were evaluated on."""
    half = len(seen.row) // 2
    best: tuple[float, Expr] | None = None
    for key, wanted in _telling(seen):
        for term in _functions(seen, wanted, half, cases, rng):
            where = call("eq", call("key", seen.columns[key].term), call("query", term))
            if best is None or bits(where) < best[0]:
                best = bits(where), where
    if best is None:
        return []
    chosen = np.asarray(evaluate(best[1], cases))[seen.row, seen.at] & seen.allowed
    share, _ = explained(seen, chosen)
    return [Look(best[1], "", None, float(share[half:].mean()), len(seen.row) - half, nodes(best[1]))]


def _telling(seen: Seen) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the columns that tell the key looked at from all others, with their values there, [query]."""
    looked = seen.weights.argmax(axis=1)
    found = 0
    for k in sorted(range(len(seen.columns)), key=lambda k: seen.columns[k].size):
        column = seen.columns[k]
        if column.type.kind is not Kind.INT or column.type.axis is not Axis.POSITION or found == TOLD:
            continue
        keys = seen.keys(k)
        wanted = np.take_along_axis(keys, looked[:, None], axis=1)[:, 0]
        share, _ = explained(seen, (keys == wanted[:, None]) & seen.allowed)
        if share.mean() >= PLAIN:
            found += 1
            yield k, wanted


def _functions(seen: Seen, wanted: np.ndarray, half: int, cases: Cases, rng: np.random.Generator) -> Iterator[Expr]:
    """Yield terms of one or two columns at the query that give the wanted values."""
    small = [k for k, c in enumerate(seen.columns) if c.size == 1 and not isinstance(c.term, Literal)][:READ]
    answers = classes(wanted)
    for width in (1, 2):
        found = False
        for chosen in combinations(small, width):
            values = [seen.here(k) for k in chosen]
            key = joint(np.stack([classes(v) for v in values]))
            if int(key.max()) + 1 > len(key) // DISTINCT or len(missed(key, answers, 1)):
                continue
            terms = [
                (seen.columns[k].term, seen.columns[k].type.kind, v[:half]) for k, v in zip(chosen, values, strict=True)
            ]
            for term in explain(keys_of(terms, wanted[:half], Kind.INT, cases.symbols), EFFORT, rng)[:1]:
                found = True
                yield term
        if found:
            return
