"""Placements: where in a network a step is said to be, and the subspace of the units there that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from verify.bench import Bench, as_recorded
from verify.explanation import Step
from verify.subject import Site, Swap

CLASSES = 32  # distinct values up to which a step's subspace is that of its classes' effects, not of one direction
CELLS = 3000  # cells that effects are estimated on
MAPS = (
    *("classes", "classes beside the rest", "classes beside the answer"),
    *("direction", "direction beside the rest", "direction beside the answer"),
)
KEPT = 1e-3  # singular values below this share of the largest are noise

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
    return bench.cells


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


def subspaces(bench: Bench, step: Step, site: Site, where: Where, maps: Sequence[str]) -> Iterator[Placement]:
    """Yield subspaces of a site that may hold a step: the span of its values' effects on the units.

    maps: of MAPS, how the effects are estimated. They are those of a regression of the units on the step's values: by
    themselves (class means), or beside all else that the explanation knows of the cell, or what the network answers
    there, so that what merely goes with the step is left out; of a number also on its value alone (one direction).
    """
    at = mask(bench, where)
    units = bench.activations[site][at]
    if len(units) > CELLS:
        units = units[: CELLS]
    own = cell_values(bench, step.name, at)[: len(units)]
    seen: list[np.ndarray] = []
    for name in maps:
        design, _, beside = name.partition(" beside ")
        if design == "direction" and step.kind == "symbol":
            continue
        company = {"": [], "the rest": _company(bench, step, at), "the answer": _answers(bench, at)}[beside]
        if beside and not company:
            continue
        wanted = columns(own, step) if design == "classes" else own[:, None].astype(float)
        basis = _span(wanted, [one_hot(c[: len(units)]) for c in company], units)
        if basis.shape[1] and not any(_equal(basis, b) for b in seen):
            seen.append(basis)
            yield Placement(site, where, basis, name)


def _answers(bench: Bench, at: np.ndarray) -> list[np.ndarray]:
    """Give the network's answers at cells, where there is one at each."""
    return [grouped(bench.answers[at])] if bench.answers.shape == at.shape else []


def grouped(answers: np.ndarray) -> np.ndarray:
    """Give answers as classes: themselves, but for real ones which of four quarters they are in."""
    if answers.dtype.kind != "f":
        return answers
    return np.searchsorted(np.quantile(answers, [0.25, 0.5, 0.75]), answers)


def _company(bench: Bench, step: Step, at: np.ndarray) -> list[np.ndarray]:
    """Give the values of all else that is known of a cell: other steps and inputs of few values, and the position."""
    names = [n for n in bench.values if n not in (step.name, "result") and bench.values[n].shape[1] in (1, at.shape[1])]
    found = [cell_values(bench, n, at) for n in names]
    if at.shape[1] > 1:
        found.append(np.broadcast_to(np.arange(at.shape[1]), at.shape)[at])
    return [v for v in found if 1 < len(np.unique(v)) <= CLASSES]


def _span(design: np.ndarray, beside: Sequence[np.ndarray], units: np.ndarray) -> np.ndarray:
    """Give an orthonormal basis of the effects of `design` on the units, in a linear model with `beside` too."""
    whole = np.concatenate([design, *beside], axis=1)
    whole = whole - whole.mean(axis=0)
    units = units - units.mean(axis=0)
    gram = whole.T @ whole
    effects = np.linalg.pinv(gram, rcond=1e-8, hermitian=True)[: design.shape[1]] @ (whole.T @ units)
    _, sizes, directions = np.linalg.svd(effects, full_matrices=False)
    kept = sizes > KEPT * max(float(sizes.max(initial=0)), 1e-12)
    return directions[kept].T.astype(np.float32)


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.abs(np.linalg.norm(one.T @ other) ** 2 - one.shape[1]) < 1e-6)


def swap(bench: Bench, placement: Placement, sources: np.ndarray, places: np.ndarray, cells: np.ndarray) -> Swap:
    """Give the swap that brings to cells of some rows the activations of others, within the step's subspace.

    sources: int [row], the rows of the bench that they are taken from; places: int [row, position of the site], and
    from where in them; cells: bool, same shape, which take anything.
    """
    values = bench.activations[placement.site][sources[:, None], places]
    return Swap(as_recorded(placement.site, np.where(cells[..., None], values, np.nan)), placement.basis)
