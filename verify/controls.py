"""Controls: what must fail, run every time. A check that they pass cannot tell a true explanation from a false one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from verify.bench import Bench
from verify.explanation import Step
from verify.interchange import Draw, Placed, Rate, interchange, outcome, pair_up, partners
from verify.placement import Placement, wheres
from verify.scrub import agreement, draw, value_classes
from verify.subspace import MAPS, regressors, subspaces

COARSENED = "coarsened step"  # reported, but no gate: that a step's finest distinctions seldom matter refutes nothing
CLEARLY = 0.1  # by how much a control must do worse than what it controls for


@dataclass(frozen=True, slots=True)
class Control:
    """A control. step: which step it is of; found: what came of it; passed: whether it did clearly worse."""

    name: str
    step: str
    found: Rate
    passed: bool


def shuffled(
    bench: Bench, placed: Sequence[Placed], held: Mapping[str, Rate], rng: np.random.Generator
) -> list[Control]:
    """Swap each step in from a row other than the one that the prediction is made from: nothing then should fit.

    The alignment of steps to places stays, that of the two sides of the test does not.
    """
    controls = []
    for step, placement in placed:
        trial = pair_up(bench, [(step, placement)], rng)
        if len(trial.rows) < 2:
            continue
        wrong = replace(trial, draws=(_rotated(bench, trial.draws[0], step, rng),))
        found = outcome(bench, [(step, placement)], wrong).changed
        controls.append(_judged("shuffled sources", step.name, found, held[step.name]))
    return controls


def _rotated(bench: Bench, draw: Draw, step: Step, rng: np.random.Generator) -> Draw:
    """Give the same cells values from other sources."""
    return replace(draw, sources=partners(bench, step, rng)[draw.sources])


def elsewhere(
    bench: Bench, placed: Sequence[Placed], held: Mapping[str, Rate], rng: np.random.Generator
) -> list[Control]:
    """Swap each step in a random subspace of the rank of its own: of the rest of its site, or of a roomier one."""
    controls = []
    for step, placement in placed:
        sites = [s for s in bench.activations if placement.where in wheres(step, s)]
        room = len(placement.basis) - placement.rank
        site = placement.site if room >= placement.rank else max(sites, key=lambda s: bench.activations[s].shape[-1])
        units = bench.activations[site].shape[-1]
        chosen = rng.standard_normal((units, min(placement.rank, units)))
        if site == placement.site:
            chosen = chosen - placement.basis @ (placement.basis.T @ chosen)
        basis, _ = np.linalg.qr(chosen)
        place = Placement(site, placement.where, basis.astype(np.float32), "random")
        found = interchange(bench, [(step, place)], rng).changed
        controls.append(_judged("shuffled alignment", step.name, found, held[step.name]))
    return controls


def twinned(twin: Bench, placed: Sequence[Placed], held: Mapping[str, Rate], rng: np.random.Generator) -> list[Control]:
    """Do the same to a network of random weights, its subspaces estimated as the network's own were."""
    controls = []
    for step, placement in placed:
        again = [placement]
        if placement.map in MAPS:
            known = regressors(twin, step, placement.where)
            again = list(subspaces(twin, step, placement.site, placement.where, known, [placement.map]))
        for same in again:
            found = interchange(twin, [(step, same)], rng).changed
            controls.append(_judged("random twin", step.name, found, held[step.name]))
    return controls


def weakened(bench: Bench, placed: Sequence[Placed], scrubbed: Rate, rng: np.random.Generator) -> list[Control]:
    """Scrub by explanations that say less: a step left out, or its values taken for one another. That must cost."""
    controls = []
    for step, placement in placed:
        values = bench.values[step.name]
        kinds = np.unique(values[bench.cells] if values.shape == bench.cells.shape else values)
        less = [("dropped step", np.zeros_like(values, dtype=int))]
        if len(kinds) > 2:
            less.append((COARSENED, np.searchsorted(kinds, values) // 2))
        for name, coarse in less:
            classes = value_classes(bench, step, placement, coarse)
            held = bench.activations[placement.site]
            outputs = bench.intervened({placement.site: draw(placement.site, held, classes, rng, placement.basis)})
            found = agreement(bench, outputs)
            controls.append(Control(name, step.name, found, found.mean < scrubbed.mean))
    return controls


def _judged(name: str, step: str, found: Rate, held: Rate) -> Control:
    return Control(name, step, found, found.mean <= held.mean - CLEARLY)
