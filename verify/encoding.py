"""How well activations encode a value: a correlation, and so a hint of where to look, never evidence of a mechanism."""

from __future__ import annotations

import numpy as np

RIDGE = 1e-6  # relative to the activations' mean square; keeps the solution from blowing up where units are redundant


def encoded(value: np.ndarray, activations: np.ndarray, rng: np.random.Generator) -> float:
    """Give the share of a value's variance that is linear in the activations, on cells the map was not fitted on.

    value: [cell], numbers or booleans; activations: [cell, unit]. 0 (nothing, or no better than the mean) to 1.
    With as many units as cells everything can be fitted, so only the held-out half counts.
    """
    order = rng.permutation(len(value))
    fit, test = order[: len(order) // 2], order[len(order) // 2 :]
    x, y = activations.astype(np.float64), value.astype(np.float64)
    mean_x, mean_y = x[fit].mean(axis=0), y[fit].mean()
    x, y = x - mean_x, y - mean_y
    gram = x[fit].T @ x[fit]
    damping = RIDGE * max(float(np.trace(gram)) / len(gram), 1e-12)
    weights = np.linalg.solve(gram + damping * np.eye(len(gram)), x[fit].T @ y[fit])
    spread = float(((y[test] - y[test].mean()) ** 2).sum())
    if spread == 0:
        return 0.0
    return float(np.clip(1 - ((y[test] - x[test] @ weights) ** 2).sum() / spread, 0, 1))
