"""Plans: each strategy makes what its name says, changes keep the length, cuts take away no more than may be."""

import numpy as np
import pytest

from verify.plans import STRATEGIES, distinct, shortened, ties, varied


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("choices", "length"), [(1, 5), (2, 7), (3, 1), (150, 30)])
def test_every_strategy_draws_from_the_choices(strategy: str, choices: int, length: int):
    plans = STRATEGIES[strategy](choices, 20, length, np.random.default_rng(0))
    assert plans.shape == (20, length)
    assert plans.min() >= 0
    assert plans.max() < choices
    again = STRATEGIES[strategy](choices, 20, length, np.random.default_rng(0))
    assert np.array_equal(plans, again)


def drawn(strategy: str, choices: int = 4, length: int = 40) -> np.ndarray:
    return STRATEGIES[strategy](choices, 200, length, np.random.default_rng(0))


def test_runs_have_one_symbol_after_a_few_others():
    plans = drawn("runs")
    assert (plans[:, 3:] == plans[:, -1:]).all()
    assert set(plans[:, -1].tolist()) == {0, 1, 2, 3}


def test_blocks_change_three_times_at_most():
    changes = (np.diff(drawn("blocks"), axis=1) != 0).sum(axis=1)
    assert changes.max() == 3


def test_extremes_are_the_first_and_the_last():
    assert set(np.unique(drawn("extremes")).tolist()) == {0, 3}


def test_periods_are_short():
    plans = drawn("periodic")
    assert all(any((line[p:] == line[:-p]).all() for p in range(1, 7)) for line in plans)


def test_ordered_rises_or_falls():
    steps = np.diff(drawn("ordered"), axis=1)
    assert ((steps >= 0).all(axis=1) | (steps <= 0).all(axis=1)).all()


def test_near_ties_are_ties_or_led_by_a_few():
    plans = ties(4, 200, 41, np.random.default_rng(0))
    counts = np.sort([np.bincount(line, minlength=4) for line in plans], axis=1)
    lead = (counts[:, -1] - counts[:, -2])[np.arange(200) % 4 != 1]  # the others have noise among them
    assert lead.max() <= 3
    assert {0, 1} <= set(lead.tolist())


def test_distinct_plans_keep_to_what_is_near():
    plans = distinct(np.array([[5, 5, 5, 5], [0, 9, 0, 9]]), 10)
    assert [sorted(line) for line in plans.tolist()] == [[3, 4, 5, 6], [0, 1, 8, 9]]
    assert np.array_equal(np.sort(distinct(np.zeros((1, 6), int), 6)), [np.arange(6)])
    with pytest.raises(ValueError, match="7 different symbols asked of 6"):
        distinct(np.zeros((1, 7), int), 6)


def test_a_change_keeps_the_length_and_takes_what_was_drawn():
    rng, plan = np.random.default_rng(0), np.arange(8)[:, None]
    found = [varied(plan, np.full((8, 1), 50), rng) for _ in range(200)]
    assert {line.shape for line in found} == {(8, 1)}
    assert any(50 in line for line in found)
    assert any((line[:-1] > line[1:]).any() for line in found)
    assert np.array_equal(plan[:, 0], np.arange(8))
    assert varied(plan[:0], plan[:0], rng).shape == (0, 1)


def test_cuts_are_of_few_sizes_and_leave_the_least():
    lengths = [len(plan) for plan in shortened(np.arange(20), 8)]
    assert set(lengths) == {10, 15, 18, 19}
    assert lengths == sorted(lengths)
    assert {len(plan) for plan in shortened(np.arange(12), 3, step=3)} == {6, 9}
    assert list(shortened(np.arange(3), 3)) == []
    assert [plan.tolist() for plan in shortened(np.arange(2), 1)] == [[1], [0]]
