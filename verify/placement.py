"""Placements: where in a network a step is said to be, and the subspace of the units there that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from verify.bench import Bench, as_recorded
from verify.explanation import Step
from verify.subject import Site, Swap

CLASSES = 32  # distinct values up to which a step's subspace is that of its classes' effects, not of one direction
STATED = "stated"  # the map of a place whose units a person named
Where = Literal["each", "last", "row"]  # at the same position, at the last real one, at a site without positions


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """A step's place. basis: float32 [unit, rank], orthonormal; map: how it was estimated."""

    site: Site
    where: Where
    basis: np.ndarray
    map: str

    @property
    def rank(self) -> int:
        """How many directions the step takes there."""
        return self.basis.shape[1]


def wheres(step: Step, site: Site) -> tuple[Where, ...]:
    """Say at which of a site's positions a step may be."""
    if step.axis == "pair" or (step.axis == "position" and site.positions is None):
        return ()
    if site.positions is None:
        return ("row",)
    return ("each",) if step.axis == "position" else ("each", "last")


def mask(bench: Bench, where: Where) -> np.ndarray:
    """Say at which cells [row, position] of a site a step is."""
    if where == "row":
        return np.ones((len(bench), 1), dtype=bool)
    if where == "last":
        return np.arange(bench.rows.values.shape[1]) == bench.lengths[:, None] - 1
    return bench.cells.copy()


def cell_values(bench: Bench, name: str, at: np.ndarray) -> np.ndarray:
    """Give a step's or input's values at the cells of a mask, one-dimensional."""
    return np.broadcast_to(bench.values[name], at.shape)[at]


def one_hot(values: np.ndarray) -> np.ndarray:
    """Give indicators of each distinct value: float [cell, class]."""
    _, codes = np.unique(values, return_inverse=True)
    return np.eye(codes.max(initial=0) + 1)[codes]


def columns(values: np.ndarray, step: Step) -> np.ndarray:
    """Give what stands for a step in a linear model: a column a class, or its number where there are too many."""
    if len(np.unique(values)) <= CLASSES or step.kind == "symbol":
        return one_hot(values)
    return values[:, None].astype(float)


def grouped(answers: np.ndarray) -> np.ndarray:
    """Give answers as classes: themselves, but for real ones which of four quarters they are in."""
    if answers.dtype.kind != "f":
        return answers
    return np.searchsorted(np.quantile(answers, [0.25, 0.5, 0.75]), answers)


def swap(bench: Bench, placement: Placement, sources: np.ndarray, places: np.ndarray, cells: np.ndarray) -> Swap:
    """Give the swap that brings to cells of some rows the activations of others, within the step's subspace.

    sources: int [row], the rows of the bench that they are taken from; places: int [row, position of the site], and
    from where in them; cells: bool, same shape, which take anything.
    """
    values = bench.activations[placement.site][sources[:, None], places]
    return Swap(as_recorded(placement.site, np.where(cells[..., None], values, np.nan)), placement.basis)
