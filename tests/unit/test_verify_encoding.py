"""How well activations encode a value, on held-out cells."""

import numpy as np
import pytest

from verify.encoding import encoded

CELLS = 400


def activations(units: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((CELLS, units)).astype(np.float32)


def share(value: np.ndarray, of: np.ndarray) -> float:
    return encoded(value, of, np.random.default_rng(1))


def test_a_linear_value_is_encoded():
    units = activations(16)
    assert share(units @ np.arange(16) + 3, units) > 0.999


def test_a_value_among_noise_is_encoded_in_part():
    units = activations(16)
    noisy = units[:, 0] + np.random.default_rng(2).standard_normal(CELLS)
    assert 0.3 < share(noisy, units) < 0.7


def test_conditions_are_encoded_as_0_and_1():
    flags = np.random.default_rng(2).random(CELLS) < 0.3
    units = activations(8)
    units[:, 3] += 8 * flags
    assert share(flags, units) > 0.9


@pytest.mark.parametrize("units", [1, 16, CELLS // 2, CELLS, 3 * CELLS])
def test_noise_is_not_encoded_however_many_units_there_are(units: int):
    value = np.random.default_rng(5).standard_normal(CELLS)
    assert share(value, activations(units)) < 0.1


@pytest.mark.parametrize("value", [np.zeros(CELLS), np.ones(CELLS, bool)])
def test_a_constant_is_not_encoded(value: np.ndarray):
    assert share(value, activations(4)) == 0.0


def test_dead_and_repeated_units_do_no_harm():
    units = activations(4)
    assert share(units[:, 0], np.concatenate([units, units, np.zeros((CELLS, 3))], axis=1)) > 0.999
    assert share(units[:, 0], np.zeros((CELLS, 3))) == 0.0


def test_scale_and_rotation_do_not_matter():
    units = activations(6)
    value = np.round(units[:, 0])
    rotation = np.linalg.qr(activations(6, seed=9)[:6])[0]
    assert share(value, 1e-4 * units @ rotation + 50) == pytest.approx(share(value, units), abs=0.01)


def test_equal_seeds_give_equal_shares():
    units, value = activations(8), np.random.default_rng(0).integers(0, 3, CELLS)
    assert share(value, units) == share(value, units)
