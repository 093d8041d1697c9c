"""Subspaces: which directions of a site's units may hold a step, estimated from activations, never from outcomes.

Several linear estimates are offered, for interchange to choose from. Unrestricted maps would fit any network to any
explanation (DESIGN: alignment maps are linear).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from verify.bench import Bench
from verify.explanation import RESULT, Step
from verify.placement import CLASSES, Placement, Where, cell_values, columns, grouped, mask, one_hot
from verify.subject import Site

CELLS = 3000  # cells that effects are estimated on
EFFECTS = "beside"  # between what a step's effects are regressed on and what stands beside it
MAPS = (
    *("classes", "classes beside the rest", "classes beside the rest backwards"),
    *("classes beside the numbers", "classes beside the answer", "classes decoded"),
    *("direction", "direction beside the rest", "direction beside the rest backwards"),
    *("direction beside the numbers", "direction beside the answer", "direction decoded"),
)
FREE = 0.05  # share of a step's variance that what stands beside it must leave unexplained
POSITION = ""  # the name of the position among what is known of a cell: no step's
NOISE = 1e-3  # singular values of effects below this share of the largest are noise
BLURRED = 1e-2  # the same for decoders, whose small directions are the least certain


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
    """Yield subspaces of a site that may hold a step, each once.

    maps: of MAPS, how they are estimated. "classes": the span of the effects of the step's values on the units, in a
    regression of the units on the values by themselves (class means), or beside what else is known of the cell, so that
    what merely goes with the step is left out; "decoded": the directions that the values are read off by, which leave
    out whatever else is there. "direction": the same of a number itself instead of its values.
    """
    units = bench.activations[site][known.at].astype(float)
    units = units - units.mean(axis=0)
    seen: list[np.ndarray] = []
    for name in maps:
        design, _, way = name.partition(" ")
        beside = known.beside[way.removeprefix("beside ") if way != "decoded" else ""]
        if (design == "direction" and step.kind == "symbol") or (way not in ("", "decoded") and not beside):
            continue
        values = columns(known.own, step) if design == "classes" else known.own[:, None].astype(float)
        basis = _decoders(values, units) if way == "decoded" else _effects(values, beside, units)
        if basis.shape[1] and not any(_equal(basis, b) for b in seen):
            seen.append(basis)
            yield Placement(site, where, basis, name)


def _effects(values: np.ndarray, beside: Sequence[np.ndarray], units: np.ndarray) -> np.ndarray:
    """Give an orthonormal basis [unit, rank] of the effects of some columns on the units, beside others."""
    whole = np.concatenate([values, *beside], axis=1)
    whole = whole - whole.mean(axis=0)
    gram = whole.T @ whole
    effects = np.linalg.pinv(gram, rcond=1e-8, hermitian=True)[: values.shape[1]] @ (whole.T @ units)
    return _spanned(effects, NOISE)


def _decoders(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Give an orthonormal basis [unit, rank] of the directions that read some columns off the units."""
    weights = np.linalg.pinv(units.T @ units, rcond=1e-6, hermitian=True) @ (units.T @ (values - values.mean(axis=0)))
    return _spanned(weights.T, BLURRED)


def _spanned(rows: np.ndarray, noise: float) -> np.ndarray:
    """Give an orthonormal basis of what some rows span, but for directions of little weight."""
    _, sizes, directions = np.linalg.svd(rows, full_matrices=False)
    return directions[sizes > noise * max(float(sizes.max(initial=0)), 1e-12)].T.astype(np.float32)


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.abs(np.linalg.norm(one.T @ other) ** 2 - one.shape[1]) < 1e-6)
