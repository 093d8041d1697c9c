"""How well activations encode a value: a correlation, and so a hint of where to look, never evidence of a mechanism."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RIDGE = 1e-6  # relative to the activations' mean square; keeps the solution from blowing up where units are redundant


def encoded(value: np.ndarray, activations: np.ndarray, rng: np.random.Generator) -> float:
    """Give the share of a value's variance that is linear in the activations, on cells the map was not fitted on.

    value: [cell], numbers or booleans; activations: [cell, unit]. 0 (nothing, or no better than the mean) to 1.
    With as many units as cells everything can be fitted, so only the held-out half counts.
    """
    order = rng.permutation(len(value))
    fit, test = order[: len(order) // 2], order[len(order) // 2 :]
    return shares([value[:, None]], activations, fit, test)[0]


def shares(targets: Sequence[np.ndarray], activations: np.ndarray, fit: np.ndarray, test: np.ndarray) -> list[float]:
    """Give, for each target, the share of its variance on the cells `test` of a linear map fitted on the cells `fit`.

    targets: [cell, column] each, as one_hot gives for symbols; activations: [cell, unit]; fit, test: places of cells.
    """
    x, y = activations.astype(np.float64), np.concatenate(targets, axis=1).astype(np.float64)
    x, y = x - x[fit].mean(axis=0), y - y[fit].mean(axis=0)
    gram = x[fit].T @ x[fit]
    damping = RIDGE * max(float(np.trace(gram)) / len(gram), 1e-12)
    weights = np.linalg.solve(gram + damping * np.eye(len(gram)), x[fit].T @ y[fit])
    missed = ((y[test] - x[test] @ weights) ** 2).sum(axis=0)
    spread = ((y[test] - y[test].mean(axis=0)) ** 2).sum(axis=0)
    ends = np.cumsum([t.shape[1] for t in targets])
    found = []
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        total = float(spread[start:end].sum())
        found.append(float(np.clip(1 - missed[start:end].sum() / total, 0, 1)) if total > 0 else 0.0)
    return found
