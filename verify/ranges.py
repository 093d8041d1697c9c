"""Reach beyond ranges: do program and network stay together on integers that the domain does not have?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dsl.domains import Numbers
from dsl.rows import Rows
from verify.behaviour import Agreement
from verify.reach import Parting, Wider

STRATEGY = "wider ranges"


def look_wider(
    domain: Numbers,
    agree: Callable[[Rows], Agreement],
    n: int,
    rng: np.random.Generator,
    late: Callable[[], bool] = lambda: False,
) -> Wider:
    """Try n inputs with one number 1, 2, 4, ... beyond its range, until an input parts or the range has doubled.

    late: asked before each run whether to stop. Raises ValueError where the domain's numbers are reals.
    """
    if domain.low is None or domain.high is None:
        raise ValueError(f"no range to go beyond: {domain.describe()}")
    span = max(high - low for low, high in zip(domain.low, domain.high, strict=True))
    found = Wider(0, 0, 0, 0, None)
    for excess in (2**k for k in range(max(span, 1).bit_length())):
        if found.first is not None or late():
            break
        rows = _exceeding(domain, np.array(domain.low) - excess, np.array(domain.high) + excess, n, rng)
        compared = agree(rows)
        wrong = ~compared.same & compared.counted
        outputs, differing = found.outputs + int(compared.counted.sum()), found.differing + int(wrong.any(axis=1).sum())
        found = Wider(excess, found.inputs + len(rows), outputs, differing, _first(rows, wrong, excess))
    return found


def _exceeding(domain: Numbers, low: np.ndarray, high: np.ndarray, n: int, rng: np.random.Generator) -> Rows:
    """Draw inputs of the domain, and put a number that is not into each: low or high, [component]."""
    rows, component = domain.sample(n, rng), rng.integers(domain.width, size=n)
    place: tuple[np.ndarray, ...] = (np.arange(n), component)
    if rows.lengths is not None:
        place = (np.arange(n), rng.integers(np.maximum(rows.lengths, 1)), component)
    values = rows.values.copy()
    values[place] = np.where(rng.random(n) < 0.5, low[component], high[component])
    return Rows(values, rows.lengths, rows.scored)


def _first(rows: Rows, wrong: np.ndarray, excess: int) -> tuple[int, Parting] | None:
    """Give the shortest input that parts."""
    bad = np.flatnonzero(wrong.any(axis=1))
    if not len(bad):
        return None
    lengths = np.ones(len(rows), int) if rows.lengths is None else rows.lengths
    k = int(bad[lengths[bad].argmin()])
    return excess, Parting(rows.take(slice(k, k + 1)), int(wrong[k].argmax()), int(lengths[k]), STRATEGY)
