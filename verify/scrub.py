"""Causal scrubbing (Chan et al. 2022): what an explanation says does not matter is replaced, and nothing may change.

The nodes of the explanation's graph are its steps with a place, one for each cell. At each such place, what holds the
step is replaced by what holds it in a row drawn from those where the step has the same value; all else there by what
is in a row that agrees in whatever the explanation still needs. The donors' runs are scrubbed likewise further up,
with draws of their own, as the definition's tree asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from verify.bench import Bench, as_recorded, by_cell
from verify.explanation import Step
from verify.interchange import LEVEL, Placed, Rate, rate
from verify.placement import Placement, grouped, mask
from verify.subject import Site, Swap

RESAMPLES = 400  # of the bootstrap
Classes = np.ndarray  # int [row, position]: cells of one class may stand for each other; -1 where nothing is replaced


@dataclass(frozen=True, slots=True)
class Scrub:
    """What replacing all that does not matter has shown.

    agreement: with the network's own answers, input by input; worst_input: the least share of an input's outputs.
    alone: share of the cells that no other could stand for, which test nothing; cells: how many there were.
    outputs: raw, of the scrubbed network. passes: runs of all rows that it took: one a place, and one.
    """

    agreement: Rate
    worst_input: float
    alone: float
    cells: int
    outputs: np.ndarray
    passes: int


def scrub(bench: Bench, placed: Sequence[Placed], rng: np.random.Generator) -> Scrub:
    """Scrub the network by an explanation whose steps have places, and see whether it answers as before."""
    order = in_order(bench, placed)
    classes = {site: live_classes(bench, placed, site, order) for site in order}
    scrubbed: dict[Site, np.ndarray] = {}
    for site in order:
        patch = {s: _scrubbing(bench, placed, s, held, classes[s], rng) for s, held in scrubbed.items()}
        recorded = bench.subject.run(bench.rows, record=[site], patch=patch).recorded[site]
        scrubbed[site] = by_cell(site, recorded)
    outputs = bench.intervened({s: _scrubbing(bench, placed, s, h, classes[s], rng) for s, h in scrubbed.items()})
    sizes = np.concatenate([_class_sizes(c) for c in classes.values()])
    alone = float((sizes == 1).sum() / max(sizes.sum(), 1))
    kept = _kept(bench, outputs)
    counted = bench.counted.sum(axis=1)
    shares = (kept & bench.counted).sum(axis=1)[counted > 0] / counted[counted > 0]
    found = rate(kept, bench.counted, grouped(bench.answers))
    return Scrub(found, float(shares.min(initial=1.0)), alone, int(sizes.sum()), outputs, len(order) + 1)


def _scrubbing(
    bench: Bench, placed: Sequence[Placed], site: Site, held: np.ndarray, classes: Classes, rng: np.random.Generator
) -> tuple[Swap, ...]:
    """Give the patch of one place: all of it from cells of the same class, then each step from any of its value."""
    steps = [(step, p) for step, p in placed if p.site == site]
    own = [draw(site, held, value_classes(bench, *one), rng, one[1].basis) for one in steps]
    return (draw(site, held, classes, rng), *own)


def value_classes(bench: Bench, step: Step, placement: Placement, values: np.ndarray | None = None) -> Classes:
    """Give the classes of a place's cells by the value of one step (or by other values), and by position."""
    return _classes(bench, placement, [bench.values[step.name] if values is None else values], step.carried)


def randomised(bench: Bench, placed: Sequence[Placed], rng: np.random.Generator) -> np.ndarray:
    """Give the network's raw outputs where the places of all steps hold what they hold on any other row."""
    places = {p.site: p for _, p in placed}
    return bench.intervened({s: draw(s, bench.activations[s], _classes(bench, p, []), rng) for s, p in places.items()})


def in_order(bench: Bench, placed: Sequence[Placed]) -> list[Site]:
    """Give the places of steps in the order of computation."""
    return [site for site in bench.activations if any(p.site == site for _, p in placed)]


def _class_sizes(classes: Classes) -> np.ndarray:
    return np.unique(classes[classes >= 0], return_counts=True)[1]


def agreement(bench: Bench, outputs: np.ndarray) -> Rate:
    """Give how often an intervened network answers as it did before."""
    return rate(_kept(bench, outputs), bench.counted, grouped(bench.answers))


def _kept(bench: Bench, outputs: np.ndarray) -> np.ndarray:
    """Say which answers are those of the network as it was: bool, of their shape."""
    return bench.same(bench.reader.answers(outputs, bench.rows), bench.answers)


def loss_recovered(
    bench: Bench, outputs: np.ndarray, random: np.ndarray, rng: np.random.Generator
) -> tuple[float, float, float] | None:
    """Give the share of the loss, against the network's own answers, that an intervention leaves, and its interval.

    (scrubbed - randomised) / (clean - randomised), each a mean over inputs; the interval is that of a bootstrap over
    inputs. None where randomising costs nothing.
    """
    rows = bench.counted.any(axis=1)
    means = []
    for given in (bench.outputs, outputs, random):
        loss = np.where(bench.counted, bench.reader.loss(given, bench.answers, bench.rows), 0)
        means.append(loss.sum(axis=1)[rows] / bench.counted.sum(axis=1)[rows])
    clean, kept, lost = means
    if abs((clean - lost).mean()) < 1e-9:
        return None
    drawn = rng.integers(len(clean), size=(RESAMPLES, len(clean)))
    again = (kept - lost)[drawn].mean(axis=1) / (clean - lost)[drawn].mean(axis=1)
    low, high = np.quantile(again[np.isfinite(again)], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float((kept - lost).mean() / (clean - lost).mean()), float(low), float(high)


def live(bench: Bench, placed: Sequence[Placed], site: Site, order: Sequence[Site]) -> list[str]:
    """Give what the explanation may need at a site: every step with a place, and all that is read later from above.

    Steps placed later are among them, as what they are computed from may be under way here in another form.
    """
    places = {step.name: order.index(p.site) for step, p in placed}
    steps = {s.name: s for s in bench.explanation.steps}
    found = dict.fromkeys(places)
    later = [steps[name].reads for name, place in places.items() if place > order.index(site)]
    for reads in [bench.explanation.reads, *later]:
        found.update(dict.fromkeys(_frontier(reads, steps, places)))
    return [name for name in found if name in bench.values]


def _frontier(reads: Sequence[str], steps: Mapping[str, Step], places: Mapping[str, int]) -> list[str]:
    """Give the nearest names that have a place, or read nothing, seeing through other steps."""
    found: dict[str, None] = {}
    stack = list(reads)
    while stack:
        name = stack.pop()
        if name in places or name not in steps or not steps[name].reads:
            found[name] = None
        else:
            stack += steps[name].reads
    return list(found)


def live_classes(bench: Bench, placed: Sequence[Placed], site: Site, order: Sequence[Site]) -> Classes:
    """Give the classes of a site's cells: same position, same values of all that the explanation needs there."""
    step, placement = next(one for one in placed if one[1].site == site)
    return _classes(bench, placement, [bench.values[name] for name in live(bench, placed, site, order)], step.carried)


def _classes(bench: Bench, placement: Placement, columns: Sequence[np.ndarray], carried: bool = False) -> Classes:
    """Give classes of cells that agree in some columns, and in their position where the place is at each.

    carried: whether the place is a memory, that may be the same at other times.
    """
    at = mask(bench, placement.where)
    keys = []
    if placement.where == "each" and not carried:
        keys.append(np.broadcast_to(np.arange(at.shape[1]), at.shape)[at].astype(float))
    for values in columns:
        if values.shape[1] in (1, at.shape[1]):  # else: a value a position, a place without positions
            keys.append(np.broadcast_to(values, at.shape)[at].astype(float))
    classes = np.full(at.shape, -1)
    codes = np.unique(np.stack(keys), axis=1, return_inverse=True)[1] if keys else np.zeros(int(at.sum()), dtype=int)
    classes[at] = codes.ravel()
    return classes


def draw(
    site: Site, held: np.ndarray, classes: Classes, rng: np.random.Generator, basis: np.ndarray | None = None
) -> Swap:
    """Give a swap that brings each cell the activations of another cell of its class, drawn at random."""
    flat = classes.ravel()
    cells = np.flatnonzero(flat >= 0)
    shuffled = rng.permutation(cells)
    order = shuffled[np.argsort(flat[shuffled], kind="stable")]  # class by class, in random order within
    sorted_classes = flat[order]
    starts = np.searchsorted(sorted_classes, sorted_classes, side="left")
    ends = np.searchsorted(sorted_classes, sorted_classes, side="right")
    following = np.arange(len(order)) + 1
    donor = np.empty(len(flat), dtype=int)
    donor[order] = order[np.where(following < ends, following, starts)]  # the next of its class, in a circle
    values = np.full((len(flat), held.shape[-1]), np.nan, dtype=held.dtype)
    values[cells] = held.reshape(len(flat), -1)[donor[cells]]
    return Swap(as_recorded(site, values.reshape(held.shape)), basis)
