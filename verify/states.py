"""Is the state of a recurrent network the state of a program? Interchange and scrubbing at one time step.

Where all that later outputs know of the past passes through some sites, what these hold after a step is the network's
state. It is said to be the program's: so that the state of another input put there makes the network go on as the
program says from its own state there; and that the state of an input with another past, but the same state of the
program, changes nothing. The subspace is all of the sites: what is claimed is which pasts are told apart, not along
which directions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from verify import controls
from verify.bench import Bench, by_cell
from verify.controls import Control
from verify.explanation import RESULT, Step
from verify.interchange import Interchange, Placed, Trial, outcome, pair_up, partners, rate
from verify.mechanism import HOLDS, KEPT, SWAPS, Finding, Mechanism, passes
from verify.placement import Placement, grouped
from verify.scrub import Scrub, agreement, draw, value_classes
from verify.subject import Site, Swap

WHOLE = "whole"  # the map of a place that is all of a site
ALONE = 0.5  # share of the states that nothing else stood for, from which a scrub says nothing
CHANCE = 0.5  # that a position's state is replaced in a scrub


def judge_state(test: Bench, twin: Callable[[], Bench], rng: np.random.Generator) -> Mechanism:
    """Judge an explanation whose one step is the state, held by all of the bench's sites together.

    twin: the same rows on a network of random weights.
    """
    (step,) = test.explanation.steps
    found = rate(test.same(test.values[RESULT], test.answers), test.counted, np.zeros(test.answers.shape, dtype=int))
    if found.mean < HOLDS:
        return Mechanism("refuted", f"it gives the network's answer in {found.mean:.3f} of outputs", (), found)
    many = test.take(np.tile(np.arange(len(test)), -(-SWAPS // max(len(test), 1))))
    placed = whole(many, step)
    trial = _joint(pair_up(many, placed[:1], rng), placed)
    swapped = outcome(many, placed, trial)
    scrubbed = scrub_states(test, placed, rng)
    against = [
        _control("shuffled sources", many, placed, _from_others(many, step, trial, rng), swapped),
        _control("another time step", many, placed, _at_another_time(many, trial), swapped),
        _twinned(twin(), step, swapped, rng),
        _dropped(test, placed, scrubbed, rng),
    ]
    why = _why(step, swapped, scrubbed, against)
    verdict = "confirmed" if not why else "untested" if why.startswith("too few") else "refuted"
    if why.startswith("control"):
        verdict = "untested"
    findings = tuple(
        Finding(_named(step, place, len(placed)), verdict, claimed=True, why=why, placement=place, swapped=swapped)
        for _, place in placed
    )
    return Mechanism(
        verdict, why, findings, found, scrubbed=scrubbed, controls=tuple(against), rows=(len(test), len(test))
    )


def whole(bench: Bench, step: Step) -> list[Placed]:
    """Place the state at all of every site."""
    return [
        (step, Placement(s, "each", np.eye(a.shape[-1], dtype=np.float32), WHOLE)) for s, a in bench.activations.items()
    ]


def _named(step: Step, place: Placement, places: int) -> Step:
    return step if places == 1 else replace(step, name=f"{step.name} at {place.site}")


def _joint(trial: Trial, placed: Sequence[Placed]) -> Trial:
    """Let all sites take theirs from the same row and position."""
    return replace(trial, draws=trial.draws[:1] * len(placed))


def _from_others(bench: Bench, step: Step, trial: Trial, rng: np.random.Generator) -> Trial:
    other = replace(trial.draws[0], sources=partners(bench, step, rng)[trial.draws[0].sources])
    return replace(trial, draws=(other,) * len(trial.draws))


def _at_another_time(bench: Bench, trial: Trial) -> Trial:
    """Take the sources' state of one step before, or of one after where there is none before."""
    held = trial.draws[0]
    first = bench.cells[held.sources].argmax(axis=1)[:, None]
    moved = np.where(held.places > first, held.places - 1, np.minimum(held.places + 1, held.places.max()))
    return replace(trial, draws=(replace(held, places=moved),) * len(trial.draws))


def _control(name: str, bench: Bench, placed: Sequence[Placed], trial: Trial, held: Interchange) -> Control:
    found = outcome(bench, placed, trial).changed
    return Control(name, placed[0][0].name, found, found.mean <= held.changed.mean - controls.CLEARLY)


def _twinned(twin: Bench, step: Step, held: Interchange, rng: np.random.Generator) -> Control:
    placed = whole(twin, step)
    return _control("random twin", twin, placed, _joint(pair_up(twin, placed[:1], rng), placed), held)


def scrub_states(
    bench: Bench, placed: Sequence[Placed], rng: np.random.Generator, values: np.ndarray | None = None
) -> Scrub:
    """Replace states by others of the same value, at about half of the positions at once; and again from these runs.

    values: what is taken for the state's value, instead of what the explanation says.
    """
    step, placement = placed[0]
    classes = value_classes(bench, step, placement, values)
    held: Mapping[Site, np.ndarray] = {p.site: bench.activations[p.site] for _, p in placed}
    outputs = bench.outputs
    for _ in range(2):
        some = np.where(rng.random(classes.shape) < CHANCE, classes, -1)
        seed = int(rng.integers(2**31))  # the same donors at every site
        patch = {s: _from_class(s, h, classes, some, np.random.default_rng(seed)) for s, h in held.items()}
        run = bench.subject.run(bench.rows, record=list(held), patch=patch)
        held, outputs = {s: by_cell(s, run.recorded[s]) for s in held}, run.outputs
    sizes = np.unique(classes[classes >= 0], return_counts=True)[1]
    kept = bench.same(bench.reader.answers(outputs, bench.rows), bench.answers)
    counted = bench.counted.sum(axis=1)
    shares = (kept & bench.counted).sum(axis=1)[counted > 0] / counted[counted > 0]
    found = rate(kept, bench.counted, grouped(bench.answers))
    return Scrub(
        found,
        float(shares.min(initial=1.0)),
        float((sizes == 1).sum() / max(sizes.sum(), 1)),
        int(sizes.sum()),
        outputs,
        2,
    )


def _from_class(site: Site, held: np.ndarray, classes: np.ndarray, some: np.ndarray, rng: np.random.Generator) -> Swap:
    """Give the swap that brings some cells the activations of another of their class."""
    made = draw(site, held, classes, rng)
    values = by_cell(site, made.values)
    kept = np.where((some >= 0)[..., None], values, np.nan)
    return Swap(kept.reshape(made.values.shape), None)


def _dropped(bench: Bench, placed: Sequence[Placed], scrubbed: Scrub, rng: np.random.Generator) -> Control:
    """Scrub with the state taken to be one and the same everywhere: that must cost answers."""
    step = placed[0][0]
    one = scrub_states(bench, placed, rng, np.zeros_like(bench.values[step.name]))
    found = agreement(bench, one.outputs)
    return Control("dropped step", step.name, found, found.high < scrubbed.agreement.low)


def _why(step: Step, swapped: Interchange, scrubbed: Scrub, against: Sequence[Control]) -> str:
    """Give the first reason that stands against the state, "" where none does."""
    kept, changed = scrubbed.agreement, swapped.changed
    if not passes(swapped):
        if min(changed.mean, swapped.worst) >= HOLDS:
            return f"too few swaps change what the program answers: {changed.rows}"
        return (
            f"state {step.name}: swapped, {changed.mean:.2f} of the answers that must change become what they must"
            f" (worst class {swapped.worst:.2f}, {changed.rows} swaps)"
        )
    if min(kept.mean, kept.worst) < KEPT or kept.low < HOLDS:
        return (
            f"state {step.name}: replaced by the same of another past, {kept.mean:.3f} of an input's answers are kept,"
            f" in the worst class {kept.worst:.3f} ({kept.rows} rows)"
        )
    if scrubbed.alone > ALONE:
        return (
            f"too few states come up twice: {scrubbed.alone:.0%} of {scrubbed.cells} could stand for themselves alone"
        )
    failed = next((c for c in against if not c.passed), None)
    return "" if failed is None else f"control {failed.name!r}: no worse, {failed.found.mean:.2f}"
