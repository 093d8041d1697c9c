"""Sequences that are likely to part a program from a network: long runs, near-ties, extremes; and changes to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import numpy as np

Maker = Callable[[int, int, int, np.random.Generator], np.ndarray]  # choices, rows, length -> int64 [row, position]

_LONGEST_PERIOD = 6
_FEW = 4  # symbols that a near-tie is between, at most
_CUTS = 12  # places at which a part of one size is cut out


def uniform(choices: int, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Every symbol as likely as any other."""
    return rng.integers(0, choices, (n, length))


def runs(choices: int, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """One symbol all along, after a few others; each symbol in turn."""
    lead = rng.integers(0, 4, n)
    symbol = (np.arange(n) // 2 + rng.integers(choices)) % choices
    return np.where(np.arange(length) < lead[:, None], uniform(choices, n, length, rng), symbol[:, None])


def sticky(choices: int, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Symbols that stay for a while, each row with a chance of its own."""
    stay = rng.random((n, length)) < rng.choice([0.5, 0.8, 0.95], n)[:, None]
    stay[:, :1] = False
    last = np.maximum.accumulate(np.where(stay, 0, np.arange(length)), axis=1)
    return np.take_along_axis(uniform(choices, n, length, rng), last, axis=1)


def blocks(choices: int, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Two to four runs, of any lengths."""
    cuts = np.sort(rng.integers(0, length + 1, (n, 3)), axis=1)
    block = (np.arange(length)[None, :, None] >= cuts[:, None, :]).sum(-1)
    return np.take_along_axis(uniform(choices, n, 4, rng), block, axis=1)


def ties(choices: int, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """A few symbols, each as often as the others or once more: shuffled, one after the other, or among others."""
    kinds = rng.integers(2, max(min(choices, _FEW), 2) + 1, n)[:, None]
    order = np.argsort(rng.random((n, length)), axis=1)
    order[::4] = np.arange(length)
    which = np.where(np.arange(n)[:, None] % 4, order % kinds, order * kinds // max(length, 1))
    ahead = rng.integers(0, 2 * length, n)  # in half the rows one step more goes to the first of them
    which = np.where(np.arange(length) == ahead[:, None], 0, which)
    among = (np.arange(n)[:, None] % 4 == 1) & (rng.random((n, length)) < 1 / 3)
    return np.where(among, uniform(choices, n, length, rng), np.take_along_axis(_some(choices, n, rng), which, axis=1))


def skewed(choices: int, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Some symbols much more often than others."""
    share = rng.dirichlet(np.full(choices, 0.3), n)
    draws = rng.random((n, length))
    return np.stack([np.searchsorted(np.cumsum(s)[:-1], d) for s, d in zip(share, draws, strict=True)])


def extremes(choices: int, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """The first and the last symbol only, in runs."""
    return sticky(2, n, length, rng) * (choices - 1)


def periodic(choices: int, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """A few symbols again and again."""
    period = rng.integers(1, _LONGEST_PERIOD + 1, n)
    pattern = uniform(choices, n, _LONGEST_PERIOD, rng)
    return np.take_along_axis(pattern, np.arange(length) % period[:, None], axis=1)


def ordered(choices: int, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Rising, in every other row falling."""
    values = np.sort(uniform(choices, n, length, rng), axis=1)
    values[::2] = values[::2, ::-1]
    return values


STRATEGIES: Mapping[str, Maker] = MappingProxyType(
    {
        "uniform": uniform,
        "runs": runs,
        "sticky": sticky,
        "blocks": blocks,
        "near-ties": ties,
        "skewed": skewed,
        "extremes": extremes,
        "periodic": periodic,
        "ordered": ordered,
    }
)


def _some(choices: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Give different symbols for each row, as many as a near-tie is between."""
    first, gap = rng.integers(0, choices, n), rng.integers(1, max(choices // _FEW, 1) + 1, n)
    return (first[:, None] + np.arange(_FEW) * gap[:, None]) % choices


def distinct(plans: np.ndarray, choices: int) -> np.ndarray:
    """Give plans in which no symbol comes twice: in its place stands the nearest that is not taken.

    A run becomes neighbours, extremes become the lowest and the highest. Raises ValueError for plans longer than
    there are choices.
    """
    if plans.shape[1] > choices:
        raise ValueError(f"{plans.shape[1]} different symbols asked of {choices}")
    found, free = plans.copy(), np.ones((len(plans), choices), bool)
    for k in range(plans.shape[1]):
        far = np.abs(np.arange(choices) - plans[:, k, None])
        found[:, k] = np.where(free, far, choices).argmin(axis=1)
        free[np.arange(len(plans)), found[:, k]] = False
    return found


def varied(plan: np.ndarray, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give a plan of the same length with one change in it.

    Values drawn anew, two exchanged, a part turned round, a value repeated or left out, all moved on.
    plan: [position, ...]; drawn: values to put in, of the same shape.
    """
    if not len(plan):
        return plan
    plan, (low, high) = plan.copy(), np.sort(rng.integers(0, len(plan), 2))
    match rng.integers(6):
        case 0:
            changed = slice(low, low + 1 + rng.integers(3))
            plan[changed] = drawn[changed]
        case 1:
            plan[[low, high]] = plan[[high, low]]
        case 2:
            plan[low : high + 1] = plan[low : high + 1][::-1].copy()
        case 3:
            plan[low + 1 :] = plan[low:-1].copy()
        case 4:
            plan[low:-1] = plan[low + 1 :].copy()
        case _:
            plan = np.roll(plan, int(low), axis=0)
    return plan


def shortened(plan: np.ndarray, least: int, step: int = 1) -> Iterator[np.ndarray]:
    """Yield shorter plans, the shortest first: a part cut out, of few different sizes, all multiples of `step`."""
    sizes = {size // step * step for size in (len(plan) // 2, len(plan) // 4, len(plan) // 8, 2 * step, step)}
    for size in sorted((s for s in sizes if 0 < s <= len(plan) - least), reverse=True):
        for start in np.unique(np.linspace(0, len(plan) - size, _CUTS).astype(int)):
            yield np.delete(plan, slice(start, start + size), axis=0)
