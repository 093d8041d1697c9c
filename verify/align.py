"""The alignment search: at which site, and in which subspace there, a network keeps a step of an explanation.

A site is proposed where the step's values are linear in its activations on rows that the map was not fitted on; it is
chosen by what swapping the step there does (interchange), which a place that is only correlated does not pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from verify.bench import Bench
from verify.encoding import shares
from verify.explanation import Step
from verify.interchange import Trial, outcomes, pair_up
from verify.placement import STATED, Placement, Where, cell_values, columns, mask, wheres
from verify.subject import Site
from verify.subspace import MAPS, Regressors, regressors, subspaces

ENCODED = 0.9  # share of a step's variance that is linear in a site's activations, from which it is tried
TRIED = 24  # sites tried for a step
UNCLAIMED = 3  # and for one that the verdict does not need
SCREENED = (16, 48)  # least and most rows on which they are compared
SCREENED_CELLS = 1600  # positions of all of them
TOGETHER = 5  # placements that are run together
LEADING = 4  # sites that are tried with every map
PASSING = 0.995  # share of the outputs as predicted, from which no other place is looked for
CELLS = 4000  # cells that a linear map is fitted and tested on


@dataclass(frozen=True, slots=True)
class Encoded:
    """How well a step is encoded at a site: share of its variance on held-out cells, of which there were `cells`."""

    site: Site
    where: Where
    share: float
    cells: int


def encodings(bench: Bench, steps: Sequence[Step], rng: np.random.Generator) -> Mapping[str, list[Encoded]]:
    """Give, for each step, how well each site encodes it; rows are fitted on or tested on, never both."""
    fitted = rng.random(len(bench)) < 0.5
    found: dict[str, list[Encoded]] = {step.name: [] for step in steps}
    for site in bench.activations:
        groups: dict[Where, list[Step]] = {}
        for step in steps:
            for where in wheres(step, site):
                groups.setdefault(where, []).append(step)
        for where, members in groups.items():
            at = mask(bench, where)
            fit, test = (
                _some(np.flatnonzero(np.broadcast_to(f[:, None], at.shape)[at]), rng) for f in (fitted, ~fitted)
            )
            if not len(fit) or not len(test):
                continue
            targets, owners = [], []
            for step in members:
                own = cell_values(bench, step.name, at)
                designs = [columns(own, step)] + ([own[:, None].astype(float)] if step.kind == "number" else [])
                targets += designs
                owners += [step.name] * len(designs)
            scores = shares(targets, bench.activations[site][at], fit, test)
            for step in members:
                best = max(s for s, owner in zip(scores, owners, strict=True) if owner == step.name)
                found[step.name].append(Encoded(site, where, best, len(test)))
    return found


def _some(places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.sort(rng.permutation(places)[: CELLS // 2])


def proposals(found: Sequence[Encoded], places: Sequence[Placement] | None = None, tried: int = TRIED) -> list[Encoded]:
    """Give the sites worth trying, in the order of computation: spread over all that encode the step well.

    places: the only ones that are asked for, where some are; those whose very units are stated are tried however well
    they encode it.
    """
    if places is not None:
        asked = {(p.site, p.where): p.map == STATED for p in places}
        return [e for e in found if (e.site, e.where) in asked and (e.share >= ENCODED or asked[e.site, e.where])]
    good = [e for e in found if e.share >= ENCODED]
    keep = np.unique(np.linspace(0, len(good) - 1, tried).astype(int)) if good else ()
    return [good[k] for k in keep]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The best of the placements tried for a step. score: its worst class when screened; share: how well encoded."""

    placement: Placement
    score: float
    share: float


def choose(
    bench: Bench,
    step: Step,
    proposed: Sequence[Encoded],
    rng: np.random.Generator,
    places: Sequence[Placement] | None = None,
) -> Chosen | None:
    """Choose the placement that passes interchange best on a few rows; None where no swap of the step can be tried.

    All sites are tried with two maps each, then the best of them with the others; the search ends with the first few
    of which one passes. places: the only ones to choose from; else subspaces are estimated.
    """
    contest = _Contest(bench, step, rng)
    if places is not None:
        contest.enter([(e, p) for e in proposed for p in places if (p.site, p.where) == (e.site, e.where)])
        return contest.best
    contest.enter((e, p) for e in proposed for p in contest.estimated(e, MAPS[:2]))
    leading = sorted(contest.seen, key=lambda c: -c.score)[:LEADING]
    best = [e for c in leading for e in proposed if (e.site, e.where) == (c.placement.site, c.placement.where)]
    contest.enter((e, p) for e in best for p in contest.estimated(e, MAPS[2:]))
    return contest.best


@dataclass(slots=True, eq=False)
class _Contest:
    """Placements of one step, tried a few at a time until one passes."""

    bench: Bench
    step: Step
    rng: np.random.Generator
    seen: list[Chosen] = field(default_factory=list)
    trials: dict[Where, Trial] = field(default_factory=dict)
    known: dict[Where, Regressors] = field(default_factory=dict)

    def estimated(self, encoded: Encoded, maps: Sequence[str]) -> Iterator[Placement]:
        """Yield the subspaces of a proposed site."""
        where = encoded.where
        if where not in self.known:
            self.known[where] = regressors(self.bench, self.step, where)
        yield from subspaces(self.bench, self.step, encoded.site, where, self.known[where], maps)

    @property
    def best(self) -> Chosen | None:
        """The one that passed best; of equals that of least rank, then the first."""
        return max(self.seen, key=lambda c: (round(c.score, 2), -c.placement.rank), default=None)

    def enter(self, entries: Iterable[tuple[Encoded, Placement]]) -> None:
        """Try placements, those at the same kind of position together, unless one has passed."""
        waiting: dict[Where, list[tuple[Encoded, Placement]]] = {}
        for entry in entries:
            batch = waiting.setdefault(entry[0].where, [])
            batch.append(entry)
            if len(batch) >= TOGETHER:
                self._run(waiting.pop(entry[0].where))
            if self._passed():
                return
        for batch in waiting.values():
            self._run(batch)

    def _passed(self) -> bool:
        return self.best is not None and self.best.score >= PASSING

    def _run(self, batch: Sequence[tuple[Encoded, Placement]]) -> None:
        where = batch[0][0].where
        if where not in self.trials:
            rows = int(np.clip(SCREENED_CELLS // self.bench.rows.values.shape[1], *SCREENED))
            self.trials[where] = pair_up(self.bench, [(self.step, batch[0][1])], self.rng).take(slice(rows))
        if not len(self.trials[where].rows):
            return
        found = outcomes(self.bench, [p for _, p in batch], self.trials[where])
        for (encoded, placement), seen in zip(batch, found, strict=True):
            score = min(seen.changed.mean, seen.stayed.mean if seen.stayed.rows else 1.0)
            self.seen.append(Chosen(placement, score, encoded.share))
