"""Behaviour: what is claimed of a comparison is no more than what was compared. Bounds are exact, and cover."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binomtest

from dsl.rows import Rows
from verify import Agreement, Behaviour, compare
from verify.behaviour import KEPT, LEVEL, NEAR_TIE
from verify.statistics import lower_bound


def batches(inputs: int, size: int = 10) -> Iterator[Rows]:
    """Yield numbered inputs of two positions, the second of which counts in every other input."""
    for start in range(0, inputs, size):
        values = np.arange(start, min(start + size, inputs))
        yield Rows(np.stack([values, values], axis=1), np.full(len(values), 2))


def wrong_on(*numbers: int, margin: float = 1.0):
    """Give a program that differs from the network at the first position of some inputs, and where nothing counts."""

    def agree(rows: Rows) -> Agreement:
        number = rows.values[:, 0]
        counted = np.stack([np.ones(len(rows), bool), number % 2 == 0], axis=1)
        same = np.stack([~np.isin(number, numbers), number % 2 == 0], axis=1)
        return Agreement(same, counted, np.full(same.shape, margin))

    return agree


def compared(agree, inputs: int = 100, *, exhaustive: bool = True, **options) -> Behaviour:
    return compare(batches(inputs), agree, exhaustive=exhaustive, distribution="numbers", **options)


def numbers(rows: Rows | None) -> list[int]:
    return [] if rows is None else rows.values[:, 0].tolist()


def test_a_comparison_without_a_difference():
    found = compared(wrong_on())
    assert (found.inputs, found.outputs, found.wrong_inputs, found.mismatches) == (100, 150, 0, 0)
    assert found.exhaustive
    assert found.finished
    assert found.accepted(0.0)
    assert (found.match_rate, found.bound) == (1.0, 1.0)
    assert found.counterexamples is None


def test_samples_prove_no_more_than_a_bound():
    found = compared(wrong_on(), exhaustive=False)
    assert found.accepted(0.0)
    assert not found.exhaustive
    assert found.bound == lower_bound(100, 100, LEVEL) < 1


def test_the_first_difference_ends_a_comparison_that_allows_none():
    found = compared(wrong_on(23, 27, 61))
    assert found.inputs == 30
    assert numbers(found.counterexamples) == [23, 27]
    assert not found.exhaustive
    assert not found.accepted(0.0)
    assert found.match_rate == 1 - 2 / 45


def test_differences_within_the_tolerance_are_all_counted():
    found = compared(wrong_on(3, 50, 99), tolerance=0.02)
    assert (found.inputs, found.mismatches, found.wrong_inputs) == (100, 3, 3)
    assert found.exhaustive
    assert found.bound == 0.97
    assert found.accepted(0.02)
    assert not found.accepted(0.019)
    assert numbers(found.counterexamples) == [3, 50, 99]


def test_of_inputs_drawn_the_share_that_differs_must_be_surely_small():
    drawn = Behaviour(False, "drawn", 1000, 10_000, 11, 11, 0, None)
    assert drawn.accepted(0.002)
    assert not replace(drawn, mismatches=17).accepted(0.002)
    assert replace(drawn, outputs=300, mismatches=0).accepted(0.002)
    assert not replace(drawn, mismatches=15, together=2.0).accepted(0.002)


def test_mismatches_that_come_together_count_as_one():
    found = compared(wrong_on(4, 50), exhaustive=False, tolerance=0.1)
    assert (found.mismatches, found.together) == (2, 1.0)
    both = compared(lambda rows: Agreement(rows.values > 3, rows.values > -1, rows.values + 1.0), tolerance=1.0)
    assert both.together == 2.0


def test_a_comparison_that_was_not_finished_accepts_nothing():
    told: list[int] = []
    found = compared(wrong_on(), late=lambda: bool(told) and told[-1] >= 40, progress=told.append)
    assert told == [10, 20, 30, 40]
    assert found.inputs == 40
    assert not found.finished
    assert not found.exhaustive
    assert not any(found.accepted(tolerance) for tolerance in (0.0, 0.5, 1.0))


def test_one_batch_is_compared_however_late_it_is():
    found = compared(wrong_on(), inputs=10, late=lambda: True)
    assert found.finished
    assert found.inputs == 10
    assert not compared(wrong_on(), inputs=11, late=lambda: True).finished


def test_nothing_compared_is_nothing_accepted():
    found = compared(wrong_on(), inputs=0)
    assert not found.accepted(1.0)
    assert compared(wrong_on(), inputs=0, exhaustive=False).bound == 0.0


def test_outputs_that_do_not_count_may_differ():
    found = compared(
        lambda rows: Agreement(np.zeros((len(rows), 2), bool), np.zeros((len(rows), 2), bool), np.ones((len(rows), 2)))
    )
    assert (found.outputs, found.mismatches) == (0, 0)
    assert not found.accepted(0.0)


def test_counterexamples_are_kept_up_to_a_number():
    found = compare(
        batches(1000, 50),
        wrong_on(*range(1000)),
        exhaustive=False,
        distribution="numbers",
        tolerance=1.0,
    )
    assert found.mismatches == 1000
    assert KEPT <= len(numbers(found.counterexamples)) < 2 * KEPT


def test_near_ties_are_counted_where_outputs_count():
    assert compared(wrong_on(margin=NEAR_TIE / 2)).near_ties == 150
    assert compared(wrong_on(margin=NEAR_TIE)).near_ties == 0


@given(st.integers(0, 400), st.integers(1, 400), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_bound_is_that_of_clopper_and_pearson(hits: int, trials: int, level: float):
    hits = min(hits, trials)
    found = lower_bound(hits, trials, level)
    wanted = beta.ppf(1 - level, hits, trials - hits + 1) if hits else 0.0
    assert found == pytest.approx(wanted, rel=1e-9)
    assert found <= hits / trials
    if hits:
        interval = binomtest(hits, trials, alternative="greater").proportion_ci(level, "exact")
        assert found == pytest.approx(interval.low, rel=1e-6)


@pytest.mark.parametrize("rate", [0.5, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("trials", [20, 300])
def test_the_bound_covers_the_rate_as_often_as_it_says(rate: float, trials: int):
    hits = np.random.default_rng(0).binomial(trials, rate, 4000)
    bounds = {k: lower_bound(k, trials, LEVEL) for k in set(hits.tolist())}
    above = np.mean([bounds[k] > rate for k in hits.tolist()])
    assert above <= (1 - LEVEL) + 0.005


def test_the_bound_grows_with_hits_and_trials():
    grows = [lower_bound(k, 50, LEVEL) for k in range(51)]
    assert grows == sorted(grows)
    assert lower_bound(0, 0, LEVEL) == 0.0
    assert 1 - lower_bound(20_000, 20_000, LEVEL) < 2.4e-4
