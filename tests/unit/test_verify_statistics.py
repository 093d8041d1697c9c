"""Bounds on rates: they hold as often as they say, for hits and misses and for shares."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.statistics import interval, lower_bound

LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.99])
SIZES = st.integers(1, 40)


def chances(trials: int, rate: float) -> list[float]:
    """Give how likely each number of hits is."""
    return [comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(trials + 1)]


@given(trials=SIZES, rate=st.floats(0, 1), level=LEVELS)
def test_a_lower_bound_holds_as_often_as_it_says(trials: int, rate: float, level: float):
    held = sum(c for k, c in enumerate(chances(trials, rate)) if lower_bound(k, trials, level) <= rate)
    assert held >= level - 1e-9


@given(trials=SIZES, rate=st.floats(0, 1), level=LEVELS)
def test_an_interval_covers_as_often_as_it_says(trials: int, rate: float, level: float):
    covered = 0.0
    for k, chance in enumerate(chances(trials, rate)):
        low, high = interval(k, trials, level)
        assert 0 <= low <= k / trials <= high <= 1
        covered += chance * (low <= rate <= high)
    assert covered >= level - 1e-9


@given(trials=SIZES, level=LEVELS, total=st.floats(0, 1))
def test_an_interval_on_shares_holds_that_of_their_sum_rounded_either_way(trials: int, level: float, total: float):
    low, high = interval(total * trials, trials, level)
    floor, ceiling = int(np.floor(total * trials)), int(np.ceil(total * trials))
    assert low <= interval(ceiling, trials, level)[0]
    assert high >= interval(floor, trials, level)[1]
    assert low <= total <= high


@pytest.mark.parametrize("draw", ["beta", "thirds", "coins"])
def test_an_interval_covers_the_mean_of_shares(draw: str):
    rng, trials, runs = np.random.default_rng(0), 30, 400
    shares, mean = {
        "beta": (rng.beta(4, 1, (runs, trials)), 0.8),
        "thirds": (rng.integers(0, 4, (runs, trials)) / 3, 0.5),
        "coins": ((rng.random((runs, trials)) < 0.9).astype(float), 0.9),
    }[draw]
    found = [interval(float(line.sum()), trials, 0.95) for line in shares]
    assert np.mean([low <= mean <= high for low, high in found]) >= 0.95


@given(hits=st.integers(0, 400), misses=st.integers(0, 400), level=LEVELS)
def test_more_hits_raise_and_more_certainty_lowers_a_bound(hits: int, misses: int, level: float):
    trials = hits + misses + 1
    assert lower_bound(hits, trials, level) <= lower_bound(hits + 1, trials, level)
    assert lower_bound(hits, trials, 0.999) <= lower_bound(hits, trials, level)
    assert lower_bound(hits, trials, level) <= hits / trials


def test_more_trials_narrow_an_interval():
    widths = [high - low for n in (10, 100, 1000) for low, high in [interval(0.9 * n, n, 0.95)]]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.04


def test_nothing_is_known_of_no_trials():
    assert interval(0, 0, 0.95) == (0.0, 1.0)
    assert lower_bound(0, 0, 0.99) == 0.0


def test_no_hits_and_no_misses_are_no_edge():
    assert interval(0, 20, 0.95) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert interval(20, 20, 0.95) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    assert lower_bound(20, 20, 0.99) == pytest.approx(0.01 ** (1 / 20))


def test_a_sum_of_shares_that_rounds_below_a_whole_number_is_that_number():
    assert interval(sum([0.1] * 10) * 10, 10, 0.95) == interval(10, 10, 0.95)
