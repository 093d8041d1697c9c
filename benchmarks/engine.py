"""How fast the engine goes through a level: against Python's big integers in a set and against numpy, in one run.

    OMP_NUM_THREADS=1 python -m pytest benchmarks/engine.py --benchmark-disable-gc -p no:cacheprovider -s

Each candidate is evaluated, fingerprinted and deduplicated. All three go through the same candidates: every pair of
two lists of random columns, one operation for booleans and one for bytes. Rates are of processor time on one thread,
the best of several rounds, which alternate between the three as the benchmark goes through them. `memory` is the rate
at which the same run copies a large array, read and written bytes counted; a candidate's bytes are those of its two
operands and of its result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add, and_

import numpy as np
import pytest

from dsl.evaluate import Cases
from synthesis.engine import Engine, Level, Store, extend
from synthesis.engine.words import worded

ROWS = (64, 256, 1024, 4096)
SIDE = 500  # columns on each side
ROUNDS = 3
COPIED = 2**27  # bytes
CONTEXT = Cases({}, np.ones((1, 1), dtype=bool)).context()
WEIGHTS = np.random.default_rng(1).integers(1, 2**63, size=max(ROWS), dtype=np.uint64) | np.uint64(1)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Two lists of random columns [column, row] and what combines them."""

    kind: str
    rows: int
    left: np.ndarray
    right: np.ndarray

    @staticmethod
    def drawn(kind: str, rows: int) -> Task:
        """Draw the columns; bytes so that their sums are bytes, too."""
        rng = np.random.default_rng(rows)
        if kind == "boolean":
            left, right = rng.integers(0, 2, (2, SIDE, rows)).astype(bool)
        else:
            left, right = rng.integers(-60, 61, (2, SIDE, rows), dtype=np.int64)
        return Task(kind, rows, left, right)

    @property
    def width(self) -> int:
        """Bytes a column."""
        return self.rows // 8 if self.kind == "boolean" else self.rows


def engine(task: Task, way: Engine) -> int:
    """Give how many columns are new, by the engine."""
    boolean = task.kind == "boolean"
    dtype = np.dtype(np.bool_ if boolean else np.int8)
    store = Store(task.rows, dtype, WEIGHTS, budget=2**32)
    result = dtype if boolean else np.dtype(np.int64)
    level = Level(CONTEXT, "and" if boolean else "add", task.left, task.right, result)
    return len(extend(level, store, engine=way).left)


def sides(task: Task) -> tuple[list[int], list[int], Callable[[int, int], int]]:
    """Give the columns as Python's integers: a bit a row, or a byte, of sums that leave no carry; and the operation."""
    boolean = task.kind == "boolean"
    left, right = (worded(s, s.dtype) if boolean else (s + 64).astype(np.uint8) for s in (task.left, task.right))
    return _integers(left), _integers(right), and_ if boolean else add


def _integers(columns: np.ndarray) -> list[int]:
    return [int.from_bytes(column.tobytes(), "little") for column in columns]


def big_integers(task: Task) -> int:
    """The same with Python's integers, as plain enumerators are written: signatures in a set, new pairs in a list."""
    left, right, operation = sides(task)
    seen: set[int] = set()
    kept: list[tuple[int, int]] = []
    for j, r in enumerate(right):
        for i, x in enumerate(left):
            value = operation(x, r)
            if value not in seen:
                seen.add(value)
                kept.append((i, j))
    return len(kept)


def in_bulk(task: Task) -> int:
    """The least that Python can do: the set alone, filled a right column at a time; which pairs are new is not kept."""
    left, right, operation = sides(task)
    seen: set[int] = set()
    for r in right:
        seen.update([operation(x, r) for x in left])
    return len(seen)


@lru_cache
def distinct(kind: str, rows: int) -> int:
    """Give how many distinct columns a task has."""
    return big_integers(Task.drawn(kind, rows))


def plain_numpy(task: Task) -> int:
    """The same by numpy as it is commonly written: a whole level, one weighted sum a candidate, `unique`."""
    found = []
    left, right = task.left, task.right
    if task.kind == "boolean":
        left, right = worded(left, left.dtype), worded(right, right.dtype)
    else:
        left, right = left.astype(np.int8), right.astype(np.int8)
    for r in right:
        values = left & r if task.kind == "boolean" else left + r
        words = np.ascontiguousarray(values).view(np.uint64)
        found.append((words * WEIGHTS[: words.shape[1]]).sum(axis=1, dtype=np.uint64))
    return len(np.unique(np.concatenate(found), return_index=True)[1])


WAYS: dict[str, Callable[[Task], int]] = {
    "python": big_integers,
    "python, in bulk": in_bulk,
    "numpy": plain_numpy,
    "engine, numpy": lambda task: engine(task, Engine.ARRAY),
    "engine, compiled": lambda task: engine(task, Engine.COMPILED),
}
Rates = dict[tuple[str, int, str], float]


@pytest.fixture(scope="module")
def rates() -> Iterator[Rates]:
    """Collect candidates a second and print them with their ratios at the end."""
    found: Rates = {}
    yield found
    copied = bandwidth()
    print(f"\n\nmemory: {copied / 1e9:.1f} GB/s copied\n")
    print(
        "kind     rows | M candidates/s: python  in bulk  numpy  ours, numpy  compiled"
        " | compiled to python  to bulk  to numpy | bytes  memory"
    )
    for kind, rows in dict.fromkeys((k, r) for k, r, _ in found):
        of = [found[kind, rows, way] for way in WAYS]
        moved = 3 * Task.drawn(kind, rows).width
        rated = "  ".join(f"{rate / 1e6:8.2f}" for rate in of)
        ratios = "  ".join(f"{of[-1] / rate:8.1f}" for rate in of[:3])
        print(f"{kind:8} {rows:4} | {rated} | {ratios} | {moved:5} {of[-1] * moved / copied:6.0%}")


def bandwidth() -> float:
    """Measure bytes read and written a second by copying."""
    source = np.ones(COPIED // 8)
    target = np.empty_like(source)
    best = np.inf
    for _ in range(ROUNDS):
        start = time.process_time()
        np.copyto(target, source)
        best = min(best, time.process_time() - start)
    return 2 * COPIED / best


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("kind", ["boolean", "int8"])
def test_level(benchmark: Callable, rates: Rates, kind: str, rows: int, way: str) -> None:
    """Go through a level; all ways find the same number of columns."""
    task = Task.drawn(kind, rows)
    count = benchmark.pedantic(WAYS[way], args=(task,), rounds=ROUNDS, warmup_rounds=1)
    assert count == distinct(kind, rows)
    rates[kind, rows, way] = SIDE * SIDE / benchmark.stats.stats.min
