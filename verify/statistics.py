"""Exact bounds on rates."""

from __future__ import annotations

import math


def lower_bound(hits: int, trials: int, level: float) -> float:
    """Give the one-sided lower confidence bound on a success rate (Clopper and Pearson 1934).

    >>> round(lower_bound(100, 100, 0.99), 4)
    0.955
    """
    if hits == 0:
        return 0.0
    if hits == trials:  # the beta quantile in closed form, which spares importing scipy in the usual case
        return float((1 - level) ** (1 / trials))
    from scipy.special import betaincinv  # of scipy.stats, which takes two seconds to import

    return float(betaincinv(hits, trials - hits + 1, 1 - level))


def interval(total: float, trials: int, level: float) -> tuple[float, float]:
    """Give a two-sided interval on the mean of `trials` shares between 0 and 1 that sum to `total`.

    That of Clopper and Pearson for the sum rounded outwards: shares vary no more than hits and misses of that mean do.

    >>> tuple(round(bound, 3) for bound in interval(100, 100, 0.95))
    (0.964, 1.0)
    """
    if trials == 0:
        return 0.0, 1.0
    tail = (1 + level) / 2
    low = lower_bound(math.floor(total + 1e-9), trials, tail)
    return low, 1 - lower_bound(math.floor(trials - total + 1e-9), trials, tail)
