"""Exact bounds on rates."""

from __future__ import annotations


def lower_bound(hits: int, trials: int, level: float) -> float:
    """Give the one-sided lower confidence bound on a success rate (Clopper and Pearson 1934).

    >>> round(lower_bound(100, 100, 0.99), 4)
    0.955
    """
    if hits == 0:
        return 0.0
    if hits == trials:  # the beta quantile in closed form, which spares importing scipy in the usual case
        return float((1 - level) ** (1 / trials))
    from scipy.stats import beta

    return float(beta.ppf(1 - level, hits, trials - hits + 1))
