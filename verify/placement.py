"""Placements: where in a network a step is said to be, and the subspace of the units there that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from verify.bench import Bench, as_recorded
from verify.explanation import RESULT, Step
from verify.subject import Site, Swap

CLASSES = 32  # distinct values up to which a step's subspace is that of its classes' effects, not of one direction
CELLS = 3000  # cells that effects are estimated on
MAPS = (
    *("classes", "classes beside the rest", "classes beside the rest backwards"),
    *("classes beside the numbers", "classes beside the answer"),
    *("direction", "direction beside the rest", "direction beside the rest backwards"),
    *("direction beside the numbers", "direction beside the answer"),
)
STATED = "stated"  # the map of a place whose units a person named
FREE = 0.05  # share of a step's variance that what stands beside it must leave unexplained
POSITION = ""  # the name of the position among what is known of a cell: no step's
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


@dataclass(frozen=True, slots=True, eq=False)
class Regressors:
    """What a site's units are regressed on, at some cells, to see what a step does to them.

    at: bool [row, position], the cells; own: the step's values; beside: what stands beside the step, by name.
    """

    at: np.ndarray
    own: np.ndarray
    beside: Mapping[str, Sequence[np.ndarray]]


def regressors(bench: Bench, step: Step, where: Where) -> Regressors:
    """Gather what is known of each cell: the rest of the explanation, as classes and as numbers, and the answer."""
    at = mask(bench, where)
    at[at] = np.arange(int(at.sum())) < CELLS
    own = cell_values(bench, step.name, at)
    names = [n for n in bench.values if n not in (step.name, RESULT) and bench.values[n].shape[1] in (1, at.shape[1])]
    rest = {n: v for n in names for v in [cell_values(bench, n, at)] if len(np.unique(v)) > 1}
    if at.shape[1] > 1:
        rest[POSITION] = np.broadcast_to(np.arange(at.shape[1]), at.shape)[at]
    few = {n: one_hot(v) for n, v in rest.items() if len(np.unique(v)) <= CLASSES}
    answers = [one_hot(grouped(bench.answers[at]))] if bench.answers.shape == at.shape else []
    values = [one_hot(own)] if len(np.unique(own)) <= CLASSES else []
    if step.kind == "number":
        values.append(own[:, None].astype(float))
    backwards = dict(reversed(few.items()))
    beside = {
        "": [],
        "the rest": _leaving_free(values, bench, step, few),
        "the rest backwards": _leaving_free(values, bench, step, backwards),
        "the numbers": [v[:, None].astype(float) for v in rest.values()],
        "the answer": answers,
    }
    return Regressors(at, own, beside)


def _leaving_free(
    values: Sequence[np.ndarray], bench: Bench, step: Step, few: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """Give as much of the rest as does not determine the step: first what it is not computed from."""
    above = _above(bench, step)
    chosen: list[np.ndarray] = []
    for name in sorted(few, key=lambda n: n in above):
        tried = np.concatenate([*chosen, few[name]], axis=1)
        if all(_unexplained(own, tried) >= FREE for own in values):
            chosen.append(few[name])
    return chosen


def _unexplained(wanted: np.ndarray, known: np.ndarray) -> float:
    """Give the share of the variance of some columns that is not linear in others."""
    known, wanted = known - known.mean(axis=0), wanted - wanted.mean(axis=0)
    effects = np.linalg.pinv(known.T @ known, rcond=1e-8, hermitian=True) @ (known.T @ wanted)
    return float(((wanted - known @ effects) ** 2).sum() / max(float((wanted**2).sum()), 1e-12))


def _above(bench: Bench, step: Step) -> set[str]:
    """Give what a step is computed from, directly or not."""
    steps = {s.name: s for s in bench.explanation.steps}
    found: set[str] = set()
    stack = list(step.reads)
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack += steps[name].reads if name in steps else ()
    return found


def subspaces(
    bench: Bench, step: Step, site: Site, where: Where, known: Regressors, maps: Sequence[str]
) -> Iterator[Placement]:
    """Yield subspaces of a site that may hold a step: the span of its values' effects on the units.

    maps: of MAPS, how the effects are estimated. They are those of a regression of the units on the step's values: by
    themselves (class means), or beside what else is known of the cell, so that what merely goes with the step is left
    out; of a number also on its value alone (one direction).
    """
    units = bench.activations[site][known.at]
    seen: list[np.ndarray] = []
    for name in maps:
        design, _, beside = name.partition(" beside ")
        if (design == "direction" and step.kind == "symbol") or (beside and not known.beside[beside]):
            continue
        wanted = columns(known.own, step) if design == "classes" else known.own[:, None].astype(float)
        basis = _span(wanted, known.beside[beside], units)
        if basis.shape[1] and not any(_equal(basis, b) for b in seen):
            seen.append(basis)
            yield Placement(site, where, basis, name)


def grouped(answers: np.ndarray) -> np.ndarray:
    """Give answers as classes: themselves, but for real ones which of four quarters they are in."""
    if answers.dtype.kind != "f":
        return answers
    return np.searchsorted(np.quantile(answers, [0.25, 0.5, 0.75]), answers)


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
