"""Interchange interventions: a step's value is swapped in from another row, on both sides (Geiger et al. 2021).

Where the network keeps the step at the place that is claimed, and reads it there, its answers change as the explanation
says they would. A value that is there and never read, or that is read elsewhere, changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verify.bench import Bench
from verify.explanation import RESULT, Given, Step
from verify.placement import Placement, grouped, mask, swap
from verify.statistics import interval
from verify.subject import Site, Swap

LEVEL = 0.95  # of the intervals
COMMON = 10  # outputs from which a class is large enough to be judged by itself
TRIES = 6  # partners tried for a row, until one changes what is predicted
FAR, NEAR = 8, 2  # positions from the start and from the end, beyond which all are alike
Placed = tuple[Step, Placement]


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something held. mean: over rows, of the share of a row's outputs; low, high: its interval at LEVEL.

    worst: the least share of a class of outputs (those of one answer) with at least COMMON of them; rows, outputs: how
    many there were of each; rare: outputs in smaller classes, which count in the mean alone.
    """

    mean: float
    low: float
    high: float
    worst: float
    rows: int
    outputs: int
    rare: int = 0


@dataclass(frozen=True, slots=True)
class Interchange:
    """What swapping steps has shown.

    changed: outputs that must change and became what was predicted. stayed: outputs that must not, and did not.
    ignored: the share of the outputs that must change that kept their value. unpaired: rows without a partner whose
    value changes what is predicted, which test nothing.
    """

    changed: Rate
    stayed: Rate
    ignored: float
    unpaired: int

    @property
    def worst(self) -> float:
        """The worst class of all."""
        return min(self.changed.worst, self.stayed.worst)


def rate(hits: np.ndarray, of: np.ndarray, classes: np.ndarray) -> Rate:
    """Sum up outcomes. hits, of: bool [row, output]; classes: codes, same shape."""
    per_row = of.sum(axis=1)
    rows = per_row > 0
    shares = (hits & of).sum(axis=1)[rows] / per_row[rows]
    low, high = interval(float(shares.sum()), len(shares), LEVEL)
    found = []
    rare = 0
    for code in np.unique(classes[of]) if of.any() else ():
        members = of & (classes == code)
        if members.sum() < COMMON:
            rare += int(members.sum())
        else:
            found.append(float(hits[members].mean()))
    mean = float(shares.mean()) if len(shares) else 0.0
    worst = min(found, default=mean if of.any() else 1.0)
    return Rate(mean, low, high, worst, int(rows.sum()), int(of.sum()), rare)


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """What the cells of each row take from where, for one step.

    sources: int [row], rows of the bench; places: int [row, position], positions there; cells: bool, same shape, which
    cells take anything.
    """

    sources: np.ndarray
    places: np.ndarray
    cells: np.ndarray

    def take(self, rows: np.ndarray | slice) -> Draw:
        """Give the draw of some rows."""
        return Draw(self.sources[rows], self.places[rows], self.cells[rows])

    def where(self, rows: np.ndarray, other: Draw) -> Draw:
        """Give the draw with some rows (bool) as in another."""
        wide = rows[:, None]
        return Draw(
            np.where(rows, other.sources, self.sources),
            np.where(wide, other.places, self.places),
            np.where(wide, other.cells, self.cells),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Rows of a bench with what they take, a draw a step, and what is predicted.

    defined: bool, where `predicted` is a claim; unpaired: rows left out, as no draw changed what is predicted.
    """

    rows: np.ndarray
    draws: tuple[Draw, ...]
    predicted: np.ndarray
    defined: np.ndarray
    unpaired: int

    def take(self, rows: np.ndarray | slice) -> Trial:
        """Give the trial on some of its rows."""
        draws = tuple(d.take(rows) for d in self.draws)
        return Trial(self.rows[rows], draws, self.predicted[rows], self.defined[rows], self.unpaired)


def pair_up(bench: Bench, placed: Sequence[Placed], rng: np.random.Generator) -> Trial:
    """Find for each row what to swap in, such that what is predicted changes; leave out those that have nothing."""
    clean, _ = bench.predicted({})
    predicted, defined = clean.copy(), np.ones(clean.shape, dtype=bool)
    draws = tuple(drawn(bench, *one, rng) for one in placed)
    missing = np.ones(len(bench), dtype=bool)
    for _ in range(TRIES):
        tried = tuple(drawn(bench, *one, rng) for one in placed)
        found, claimed = bench.predicted(given(bench, placed, tried))
        hit = missing & (~bench.same(found, clean) & claimed & bench.counted).any(axis=1)
        draws = tuple(old.where(hit, new) for old, new in zip(draws, tried, strict=True))
        predicted[hit], defined[hit] = found[hit], claimed[hit]
        missing &= ~hit
        if not missing.any():
            break
    whole = Trial(np.arange(len(bench)), draws, predicted, defined, int(missing.sum()))
    return whole.take(np.flatnonzero(~missing))


def drawn(bench: Bench, step: Step, placement: Placement, rng: np.random.Generator) -> Draw:
    """Draw what each row's cells take for a step.

    Half the rows take all of another row's values, the others exchange those of two of their own cells, which shows
    that each value is where it is said to be. A memory is swapped at one position, to see where it is carried.
    """
    cells = mask(bench, placement.where)
    sources = partners(bench, step, rng)
    last = bench.lengths[sources][:, None] - 1 if cells.shape[1] > 1 else 0
    places = np.minimum(np.broadcast_to(np.arange(cells.shape[1]), cells.shape), last)
    if step.axis != "position":
        return Draw(sources, places, cells)
    whole = Draw(sources, places, cells & cells[sources])
    if step.carried:
        return Draw(sources, places, _some(whole.cells, 1, rng))
    return whole.where(rng.random(len(bench)) < 0.5, _exchange(bench, step, cells, rng))


def _exchange(bench: Bench, step: Step, cells: np.ndarray, rng: np.random.Generator) -> Draw:
    """Draw two cells of each row with different values, each of which is found where the other stands too."""
    own = np.arange(len(bench))
    values = np.broadcast_to(bench.values[step.name], cells.shape)
    codes = np.unique(values, return_inverse=True)[1].reshape(values.shape)
    kinds = _kinds_of_place(bench, cells)
    met = np.zeros((kinds.max() + 1, codes.max() + 1), dtype=bool)
    met[kinds[cells], codes[cells]] = True
    one = _some(cells, 1, rng)
    first = one.argmax(axis=1)
    other = cells & (codes != codes[own, first][:, None])
    other &= met[kinds[own, first][:, None], codes] & met[kinds, codes[own, first][:, None]]
    other = _some(other, 1, rng)
    second = other.argmax(axis=1)
    places = np.broadcast_to(np.arange(cells.shape[1]), cells.shape).copy()
    places[own, first], places[own, second] = second, first
    return Draw(own, places, (one | other) & other.any(axis=1, keepdims=True))


def _kinds_of_place(bench: Bench, cells: np.ndarray) -> np.ndarray:
    """Give which cells are alike: as far from the start, up to FAR, and from the end, up to NEAR."""
    index = np.arange(cells.shape[1])[None, :] - cells.argmax(axis=1)[:, None]
    left = cells.sum(axis=1)[:, None] - 1 - index
    return np.clip(index, 0, FAR) * (NEAR + 1) + np.clip(left, 0, NEAR)


def _some(cells: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Choose as many of each row's cells at random, or all where there are fewer."""
    chance = np.where(cells, rng.random(cells.shape), -1.0)
    return cells & (chance >= np.sort(chance, axis=1)[:, -count][:, None])


def partners(bench: Bench, step: Step, rng: np.random.Generator) -> np.ndarray:
    """Draw each row another to take a step's values from: of the same length, where that leaves them any choice."""
    found = np.arange(len(bench))
    groups = bench.lengths if step.axis == "position" and _varies(bench, step) else np.zeros(len(bench), dtype=int)
    for group in np.unique(groups):
        members = rng.permutation(np.flatnonzero(groups == group))
        found[members] = np.roll(members, 1)
    return found


def _varies(bench: Bench, step: Step) -> bool:
    """Say whether a step's values differ between rows of one length."""
    values = np.where(bench.cells, bench.values[step.name], 0)
    return any(len(np.unique(values[bench.lengths == n], axis=0)) > 1 for n in np.unique(bench.lengths))


def given(bench: Bench, placed: Sequence[Placed], draws: Sequence[Draw]) -> dict[str, Given]:
    """Give what is drawn as an intervention on the explanation."""
    found = {}
    for (step, _), draw in zip(placed, draws, strict=True):
        values = bench.values[step.name]
        if step.axis == "position":
            found[step.name] = Given(values[draw.sources[:, None], draw.places], draw.cells)
        else:
            found[step.name] = Given(values[draw.sources], np.ones(values.shape, dtype=bool))
    return found


def interchange(bench: Bench, placed: Sequence[Placed], rng: np.random.Generator) -> Interchange:
    """Swap steps, each from a row of its own, all at once, and see whether the answers are as predicted."""
    return outcome(bench, placed, pair_up(bench, placed, rng))


def outcome(bench: Bench, placed: Sequence[Placed], trial: Trial) -> Interchange:
    """Swap steps as a trial says, and see whether the answers are as predicted."""
    patch: dict[Site, tuple[Swap, ...]] = {}
    for (_, placement), draw in zip(placed, trial.draws, strict=True):
        made = swap(bench, placement, draw.sources, draw.places, draw.cells)
        patch[placement.site] = (*patch.get(placement.site, ()), made)
    rows = bench.rows.take(trial.rows)
    outputs = bench.subject.run(rows, patch=patch).outputs
    return judged(bench, bench.reader.answers(outputs, rows), trial)


def outcomes(bench: Bench, placements: Sequence[Placement], trial: Trial) -> list[Interchange]:
    """Swap one step as a trial says at each of several places in turn, all in one run."""
    count = len(trial.rows)
    rows = bench.rows.take(np.tile(trial.rows, len(placements)))
    patch: dict[Site, tuple[Swap, ...]] = {}
    for k, placement in enumerate(placements):
        made = swap(bench, placement, trial.draws[0].sources, trial.draws[0].places, trial.draws[0].cells)
        values = np.full((len(rows), *made.values.shape[1:]), np.nan, made.values.dtype)
        values[k * count : (k + 1) * count] = made.values
        patch[placement.site] = (*patch.get(placement.site, ()), Swap(values, made.basis))
    answers = bench.reader.answers(bench.subject.run(rows, patch=patch).outputs, rows)
    parts = np.split(answers, len(placements)) if placements else []
    return [judged(bench, part, trial) for part in parts]


def judged(bench: Bench, answers: np.ndarray, trial: Trial) -> Interchange:
    """Compare the answers of an intervention with what was predicted."""
    clean = np.broadcast_to(bench.values[RESULT], bench.answers.shape)[trial.rows]
    counted = bench.counted[trial.rows] & trial.defined
    must = counted & ~bench.same(trial.predicted, clean)
    right, kept = bench.same(answers, trial.predicted), bench.same(answers, clean)
    classes = grouped(trial.predicted)
    ignored = float(kept[must].mean()) if must.any() else 0.0
    return Interchange(rate(right, must, classes), rate(right, counted & ~must, classes), ignored, trial.unpaired)
