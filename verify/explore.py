"""A guided search for inputs on which program and network part: near-ties, long runs, extremes, and parts of those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dsl.rows import Rows
from verify.behaviour import Agreement
from verify.reach import BEYOND, REGIONS, WITHIN, Effort, Inputs, Parting, Reach, Tried

POOL = 64  # inputs with the smallest margins, from which others are made
GENERATIONS = 8  # of those, at most
SHRINKING = 0.9  # the share of the margins that is left after a generation for another to be worth it, at most
CLIMB = {WITHIN: 0.25, BEYOND: 0.5}  # shares of the effort that are spent, at most, when each size was tried,
REFINE = {BEYOND: (0.65, 0.75), WITHIN: (0.9, 1.0)}  # and when what was found was refined
SHORTER = 32  # times that parts of a parting input are tried
STALLS = 3  # times that changed parts are tried where the parts themselves do not part
UNSURE = 4  # parting inputs that are run again by themselves before none counts
GIVEN, CLOSE, PARTS = "counterexamples", "small margins", "parts"  # what inputs are made from beside strategies


def explore(
    inputs: Inputs,
    agree: Callable[[Rows], Agreement],
    effort: Effort,
    rng: np.random.Generator,
    known: Rows | None = None,
) -> Reach:
    """Look for the shortest input on which program and network part, within the domain's lengths and beyond.

    Every strategy, at sizes from the least to the largest or that of an input that parts; where none does, inputs made
    from those with the smallest margins; sizes in between, and parts of the shortest input that parts. Parts of inputs
    beyond the domain that just do not part are where inputs within it are made from. known: inputs that may be known
    to part.
    """
    search = _Search(inputs, agree, effort, rng)
    if known is not None:
        search.run(known, [GIVEN] * len(known))
    for region, share in CLIMB.items():
        search.climb(region, share)
    for region, (approached, done) in REFINE.items():
        search.approach(region, approached)
        search.descend(region, done)
        search.shorten(region, done)
    found = search.found
    return Reach(found[WITHIN].tried(), found[BEYOND].tried(), finished=not search.late)


@dataclass(slots=True, eq=False)
class _Region:
    """What a search has found in one region.

    pool: margin, answer and input, of those with the smallest margins. sizes: those tried first.
    """

    lengths: set[int] = field(default_factory=set)
    inputs: Counter[str] = field(default_factory=Counter)
    outputs: int = 0
    differing: int = 0
    first: Parting | None = None
    sizes: list[int] = field(default_factory=list)
    pool: list[tuple[float, int, Rows]] = field(default_factory=list)

    def note(self, rows: Rows, names: Sequence[str], here: np.ndarray, found: Agreement, extents: np.ndarray) -> None:
        """Count the answers that are `here`, and keep the inputs with the smallest margins."""
        self.inputs.update(names[int(k)] for k in np.flatnonzero(here.any(axis=1)))
        self.lengths.update(np.unique(extents[here]).tolist())
        self.outputs += int(here.sum())
        self.differing += int((here & ~found.same).any(axis=1).sum())
        margins = np.where(here & found.same, found.margins, np.inf)
        least, where = margins.min(axis=1), margins.argmin(axis=1)
        close = [int(k) for k in np.argsort(least, kind="stable")[:POOL] if np.isfinite(least[k])]
        self.pool += [(float(least[k]), int(where[k]), rows.take(slice(k, k + 1))) for k in close]
        self.pool = sorted(self.pool, key=lambda entry: entry[0])[:POOL]

    def tried(self) -> Tried | None:
        if not self.outputs:
            return None
        span, margin = (min(self.lengths), max(self.lengths)), self.pool[0][0] if self.pool else np.inf
        return Tried(span, dict(self.inputs), self.outputs, self.differing, margin, self.first)


class _Search:
    """Runs inputs, and keeps what they have shown."""

    def __init__(
        self, inputs: Inputs, agree: Callable[[Rows], Agreement], effort: Effort, rng: np.random.Generator
    ) -> None:
        self.inputs, self.agree, self.effort, self.rng = inputs, agree, effort, rng
        self.found = {region: _Region() for region in REGIONS}
        self.spent, self.late = 0.0, False

    def done(self, share: float) -> bool:
        """Say whether a share of the effort is spent, or time is."""
        self.late = self.late or self.effort.late()
        return self.late or self.spent >= share * self.effort.most

    def at(self, size: int) -> None:
        """Try every strategy at a size."""
        self.run(*self.inputs.make(size, self.effort.rows, self.rng))

    def run(self, rows: Rows, names: Sequence[str]) -> None:
        """Compare program and network on inputs made by the strategies of these names."""
        if not len(rows):
            return
        self.spent += self.effort.cost(rows)
        found = self.agree(rows)
        extents = np.broadcast_to(self.inputs.extents(rows), found.counted.shape)
        beyond = np.broadcast_to(self.inputs.beyond(rows), found.counted.shape)
        for region, cells in ((self.found[WITHIN], ~beyond), (self.found[BEYOND], beyond)):
            here = found.counted & cells
            if here.any():
                region.note(rows, names, here, found, extents)
                self._first(region, rows, names, np.where(here & ~found.same, extents, np.iinfo(np.int64).max))

    def _first(self, region: _Region, rows: Rows, names: Sequence[str], lengths: np.ndarray) -> None:
        """Keep the shortest input that parts, once it does so by itself. lengths: [row, answer], of those that part."""
        known = region.first.length if region.first else np.iinfo(np.int64).max
        answers, shortest = lengths.argmin(axis=1), lengths.min(axis=1)
        for k in map(int, np.argsort(shortest, kind="stable")[:UNSURE]):
            if shortest[k] >= known:
                return
            row, answer = rows.take(slice(k, k + 1)), int(answers[k])
            alone = self.inputs.cut(row, answer)
            found = self.agree(alone)
            if (found.counted & ~found.same)[0, answer]:
                region.first = Parting(alone, answer, int(shortest[k]), names[k])
                return

    def climb(self, name: str, share: float) -> None:
        """Try every strategy at the least size, at the largest, then between, up to that of an input that parts."""
        region, sizes = self.found[name], self.inputs.sizes(name)
        for size in (*sizes[:1], *sizes[:0:-1][:1], *sizes[1:-1]):
            if region.first is not None and self.inputs.size(region.first.row) <= size:
                continue
            if self.done(share):
                return
            self.at(size)
            region.sizes.append(size)

    def approach(self, name: str, share: float) -> None:
        """Change the inputs with the smallest margins, again and again, until one parts."""
        region = self.found[name]
        for _ in range(GENERATIONS if self.inputs.sizes(name) else 0):
            if region.first is not None or not region.pool or self.done(share):
                return
            least = sum(margin for margin, _, _ in region.pool)
            pool = (region.pool * -(-self.effort.rows // len(region.pool)))[: self.effort.rows]
            rows = Rows.concat([row for _, _, row in pool], self.inputs.fill)
            varied = self.inputs.vary(rows, np.array([answer for _, answer, _ in pool]), self.rng)
            self.run(varied, [CLOSE] * len(varied))
            if sum(margin for margin, _, _ in region.pool) >= SHRINKING * least:
                return

    def descend(self, name: str, share: float) -> None:
        """Try sizes between that of the shortest input that parts and the next smaller one tried, by halves."""
        region = self.found[name]
        if region.first is None or not region.sizes:
            return
        low = 1 + max(
            (s for s in region.sizes if s < self.inputs.size(region.first.row)), default=min(region.sizes) - 1
        )
        while low < self.inputs.size(region.first.row) and not self.done(share):
            before, middle = region.first, (low + self.inputs.size(region.first.row)) // 2
            self.at(middle)
            low = low if region.first is not before else middle + 1

    def shorten(self, name: str, share: float) -> None:
        """Try parts of the shortest input that parts, and changed parts, until none is shorter and parts, too."""
        region, stalls = self.found[name], 0
        for _ in range(SHORTER):
            before = region.first
            if before is None or stalls > STALLS or self.done(share):
                return
            parts = self.inputs.shorter(before.row, self.rng)
            if stalls and len(parts):
                parts = parts.take(np.arange(self.effort.rows) % len(parts))
                parts = self.inputs.vary(parts, np.full(len(parts), before.answer), self.rng)
            self.run(parts, [PARTS] * len(parts))
            stalls = stalls + 1 if region.first is before else 0
            if region.first is not None and region.first is not before:
                region.first = replace(region.first, strategy=before.strategy)
