"""The state of a recurrent network, found by running it: which values carry all that later outputs know of the past.

A set of sites that are called once a position is a *complete state* where, at whatever position their values are
replaced by those of another row, all later outputs become what the network says of the other row's inputs up to
there, followed by the row's own. It is found, not declared: each set is tried, and compared number by number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from distill.trace import MEMORY, fitting
from dsl.rows import Rows
from verify.subject import EVERY, Site, Swap

if TYPE_CHECKING:
    from distill.question import Question

PAIRS = 128  # pairs of rows that a set of sites is tried on
_LENGTHS = 4  # lengths of rows that are tried, as rows of each may have to run apart
_TOLERANCE = 2e-6  # of the largest value: how far two runs differ that compute the same


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A complete state, as far as was tried; none of its sites can be left out.

    width: the units of all sites together.
    """

    sites: tuple[Site, ...]
    width: int

    def states(self, question: Question, rows: Rows) -> np.ndarray:
        """Give the state after each step: float [row, step, width]; beyond a row's own length it means nothing.

        As the network is causal, a row's states are those of all its prefixes: one run gives them all, and its
        outputs beside them.
        """
        recorded = question.subject.run(rows, record=self.sites).recorded
        return self._joined([recorded[site] for site in self.sites])

    def advance(self, question: Question, states: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take one step from given states, whether or not a row leads there.

        states: float [row, width]. inputs: [row] ids, or [row, component] numbers. Gives the states after the step,
        and the raw outputs [row, column] there. For networks that treat all positions alike.
        """
        sizes = question.subject.sizes
        steps = (sizes[1] if len(sizes) > 1 else None) or 2
        values = np.repeat(inputs[:, None], steps, axis=1)
        rows = Rows(values, np.full(len(values), steps))
        shapes = [v.shape for v in question.subject.run(rows, record=self.sites).recorded.values()]
        ends = np.cumsum([math.prod(shape[2:]) for shape in shapes])
        patch: dict[Site, Swap] = {}
        for site, shape, part in zip(self.sites, shapes, np.split(states, ends[:-1], axis=1), strict=True):
            given = np.full(shape, np.nan)
            given[:, -2] = part.reshape(len(part), *shape[2:])
            patch[site] = Swap(given)
        run = question.subject.run(rows, record=self.sites, patch=patch)
        after = self._joined([run.recorded[site] for site in self.sites])[:, -1]
        return after, run.outputs[:, -1] if run.outputs.ndim == 3 else run.outputs

    def _joined(self, values: Iterable[np.ndarray]) -> np.ndarray:
        return np.concatenate([v.reshape(*v.shape[:2], -1) for v in values], axis=-1)


def find_recurrence(question: Question, rows: Rows, rng: np.random.Generator) -> Recurrence | None:
    """Find the smallest complete state: one site, the narrowest that does, or else sites of which none can go.

    rows: inputs of the domain, of which pairs are drawn. None where no sites that are called once a step are
    complete, where outputs depend on later positions, or where on these rows nothing hangs on the past.
    """
    sites = [s for s in question.subject.sites if s.call == EVERY]
    trial = _Trial.draw(question, rows, sites, rng) if sites else None
    if trial is None or not trial.is_causal or not trial.remembers:
        return None
    sites = [s for s in sites if trial.follows(s)]
    if not sites or not trial.completes(sites):
        return None
    order = sorted(sites, key=lambda s: (trial.width(s), -sites.index(s)))
    found = next(([s] for s in order if trial.completes([s])), order)
    for site in reversed(order) if found is order else ():
        if trial.completes(rest := [s for s in found if s != site]):
            found = rest
    chosen = tuple(s for s in sites if s in found)
    return Recurrence(chosen, sum(map(trial.width, chosen)))


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """Rows, each with a donor and a last position up to which it is given the donor's past.

    until: int [row], these positions. plain, donor, mixed: raw outputs of the rows, of their donors, and of the
    donors' inputs up to there followed by the rows' own. given, reached: by site, its values at these positions in
    the runs of the donors and of the mixed rows, [row, *units].
    """

    question: Question
    rows: Rows
    until: np.ndarray
    plain: np.ndarray
    donor: np.ndarray
    mixed: np.ndarray
    given: Mapping[Site, np.ndarray]
    reached: Mapping[Site, np.ndarray]

    @staticmethod
    def draw(question: Question, rows: Rows, sites: Sequence[Site], rng: np.random.Generator) -> _Trial | None:
        """Draw pairs of rows and run them; None where none is long enough. What does not fit the memory is left out."""
        if rows.lengths is None or not (rows.lengths > 1).any():
            return None
        lengths = rng.permutation(np.unique(rows.lengths[rows.lengths > 1]))[:_LENGTHS]
        rows = rows.take(np.isin(rows.lengths, lengths))
        first, second = rng.integers(len(rows), size=(2, PAIRS))
        own, donors = rows.take(first), rows.take(second)
        assert own.lengths is not None
        assert donors.lengths is not None
        most = np.minimum(own.lengths - 2, donors.lengths - 1)
        until = rng.integers(np.minimum(question.domain.offset, most), most, endpoint=True)
        early = _wide(np.arange(rows.values.shape[1]) <= until[:, None], rows.values)
        mixed = Rows(np.where(early, donors.values, own.values), own.lengths)
        known, _ = fitting(sites, own, MEMORY)
        plain = question.subject.run(own).outputs
        donor, other = (question.subject.run(batch, record=known) for batch in (donors, mixed))
        given, reached = ({s: v[np.arange(len(own)), until] for s, v in r.recorded.items()} for r in (donor, other))
        return _Trial(question, own, until, plain, donor.outputs, other.outputs, given, reached)

    @property
    def is_causal(self) -> bool:
        """Whether equal pasts gave equal outputs, where there is one a position."""
        if self.mixed.ndim < 3:
            return True
        early = np.arange(self.mixed.shape[1]) <= self.until[:, None]
        return _close(self.donor[early], self.mixed[early])

    @property
    def remembers(self) -> bool:
        """Whether some output hangs on inputs before the last position that is replaced, or at it."""
        return not self._later_are(self.plain)

    def follows(self, site: Site) -> bool:
        """Say whether equal pasts gave equal values of a site."""
        return site in self.given and _close(self.given[site], self.reached[site])

    def width(self, site: Site) -> int:
        """Give the units of a site."""
        return math.prod(self.given[site].shape[1:])

    def completes(self, sites: Sequence[Site]) -> bool:
        """Say whether with these sites' values from the donors all later outputs are those of the mixed rows."""
        patch = {}
        for site in sites:
            given = self.given[site]
            values = np.full((len(given), self.rows.values.shape[1], *given.shape[1:]), np.nan)
            values[np.arange(len(given)), self.until] = given
            patch[site] = Swap(values)
        return self._later_are(self.question.subject.run(self.rows, patch=patch).outputs)

    def _later_are(self, outputs: np.ndarray) -> bool:
        """Say whether outputs after the positions are those of the mixed rows."""
        if outputs.ndim < 3:
            return _close(outputs, self.mixed)
        assert self.rows.lengths is not None
        place = np.arange(outputs.shape[1])
        later = (place > self.until[:, None]) & (place < self.rows.lengths[:, None])
        return _close(outputs[later], self.mixed[later])


def _close(found: np.ndarray, wanted: np.ndarray) -> bool:
    return bool(np.abs(found - wanted).max(initial=0.0) <= _TOLERANCE * np.abs(wanted).max(initial=0.0))


def _wide(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Give a mask of positions the axes of the rows' values."""
    return mask.reshape(mask.shape + (1,) * (values.ndim - 2))
