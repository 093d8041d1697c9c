"""Reading a variable of a program off the state of a network, and by what margin it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from scipy.spatial import KDTree

STORED = 4096  # states that others are compared with, at most
HALF = 0.5  # the margin of what is read as well as can be


@dataclass(frozen=True, slots=True, eq=False)
class Decoder:
    """Reads a variable off states: as the nearest integer to a linear function, or as that of the nearest known state.

    weights: float [width + 1], the last that of 1. known: the known states of each value.
    """

    how: Literal["linear", "nearest"]
    weights: np.ndarray
    known: tuple[tuple[int, KDTree], ...] = ()

    def read(self, states: np.ndarray) -> np.ndarray:
        """Give the value read off each state, int64 [row]. states: float [row, width]."""
        if self.how == "linear":
            return np.rint(np.clip(_lifted(states) @ self.weights, -(2.0**53), 2.0**53)).astype(np.int64)
        return np.array([value for value, _ in self.known])[self._distances(states).argmin(axis=1)]

    def margins(self, states: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Give, for each state, how far it is from being read otherwise: at most HALF, below 0 where it is misread."""
        if self.how == "linear":
            return HALF - np.abs(_lifted(states) @ self.weights - values)
        distances = self._distances(states)
        own = np.array([value for value, _ in self.known]) == values[:, None]
        right, wrong = (np.where(those, distances, np.inf).min(axis=1) for those in (own, ~own))
        found = np.where(np.isfinite(wrong), wrong / np.maximum(right + wrong, np.finfo(float).tiny), 1.0) - HALF
        return np.where(own.any(axis=1), found, -HALF)

    def _distances(self, states: np.ndarray) -> np.ndarray:
        """Give the distance of each state to the nearest known one of each value, [row, value]."""
        return np.stack([tree.query(states)[0] for _, tree in self.known], axis=1)


def decoder(states: np.ndarray, values: np.ndarray, rng: np.random.Generator, *, numeric: bool) -> Decoder | None:
    """Fit a decoder on half of some states, float [row, width]; None where no kind reads all of the other half.

    values: int [row]. numeric: whether they are numbers, that a linear function may give, or codes of symbols.
    """
    order = rng.permutation(len(states))
    fit, held = order[: len(order) // 2], order[len(order) // 2 :]
    if numeric:
        weights = np.linalg.lstsq(_lifted(states[fit]), values[fit].astype(float), rcond=None)[0]
        found = Decoder("linear", weights)
        if (found.margins(states[held], values[held]) > 0).all():
            return found
    from scipy.spatial import KDTree  # here, as it takes long to import and few networks need it

    fit = fit[:STORED]
    known = tuple((int(v), KDTree(states[fit[values[fit] == v]])) for v in np.unique(values[fit]))
    found = Decoder("nearest", np.zeros(0), known)
    return found if (found.margins(states[held], values[held]) > 0).all() else None


def _lifted(states: np.ndarray) -> np.ndarray:
    return np.concatenate([states, np.ones((len(states), 1))], axis=1).astype(float)
