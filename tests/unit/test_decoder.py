"""Reading a program's variable off states."""

from __future__ import annotations

import numpy as np
import pytest

from verify.decoder import HALF, decoder


def mixed(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give states that hold values and two other numbers, in a random basis."""
    beside = rng.standard_normal((len(values), 2))
    return np.column_stack([values, beside]) @ rng.standard_normal((3, 5))


def test_a_number_is_read_along_a_line_and_beyond_the_values_it_was_fitted_on() -> None:
    rng = np.random.default_rng(0)
    states = mixed(np.arange(-2000, 2000) % 300, np.random.default_rng(1))
    found = decoder(states[:1000], np.arange(-2000, -1000) % 300, rng, numeric=True)
    assert found is not None
    assert found.how == "linear"
    assert (found.read(states) == np.arange(-2000, 2000) % 300).all()
    assert found.margins(states, np.arange(-2000, 2000) % 300).min() == pytest.approx(HALF)
    assert (found.margins(states, np.arange(-2000, 2000) % 300 + 1) < 0).all()


def test_a_value_that_lies_along_no_line_is_read_by_what_is_near() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4, 800)
    corners = np.array([[0, 0], [1, 1], [0, 1], [1, 0]])
    states = corners[values] + 0.01 * rng.standard_normal((800, 2))
    found = decoder(states, values > 1, rng, numeric=True)
    assert found is not None
    assert found.how == "nearest"
    assert (found.read(states) == (values > 1)).all()
    assert (found.margins(states, values > 1) > 0.45).all()
    halfway = np.array([[0.5, 0.5], [0.9, 0.9]])
    near, far = np.abs(found.margins(halfway, np.array([1, 1])))
    assert near < 0.05 < far


def test_a_value_that_was_never_met_is_misread() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, 100)
    found = decoder(np.eye(2)[values], values, rng, numeric=False)
    assert found is not None
    assert found.margins(np.eye(2), np.array([7, 7])).tolist() == [-HALF, -HALF]


@pytest.mark.parametrize("numeric", [True, False])
def test_what_the_states_do_not_hold_is_not_read(*, numeric: bool) -> None:
    rng = np.random.default_rng(0)
    assert decoder(rng.standard_normal((500, 3)), rng.integers(0, 3, 500), rng, numeric=numeric) is None
