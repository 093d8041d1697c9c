"""The bench: a network and an explanation of it on the same rows, with all that their tests have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dsl.rows import Rows
from verify.explanation import DEFINED, RESULT, Explanation, Given
from verify.subject import Patch, Site, Subject

SLACK = 0.05  # real answers agree where they differ by less than this share of the answers' standard deviation


class Reader(Protocol):
    """How a network's outputs are read."""

    def answers(self, outputs: np.ndarray, rows: Rows) -> np.ndarray:
        """Give the answers of raw outputs: [row, position] or [row, 1]."""
        ...

    def counted(self, rows: Rows, answers: np.ndarray) -> np.ndarray:
        """Say which answers count: bool, of their shape."""
        ...

    def loss(self, outputs: np.ndarray, answers: np.ndarray, rows: Rows) -> np.ndarray:
        """Give how dear it is to say `outputs` where `answers` are right: float, of the answers' shape."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A network and an explanation on some rows.

    outputs: raw, as the network gives them; answers: read, [row, position] or [row, 1]; counted: bool, same shape.
    values: what the explanation computes on the rows, by name; cells: where its steps have values.
    activations: float32 [row, position, unit] by site, [row, 1, unit] for sites without positions.
    """

    subject: Subject
    explanation: Explanation
    reader: Reader
    rows: Rows
    outputs: np.ndarray
    answers: np.ndarray
    counted: np.ndarray
    values: Mapping[str, np.ndarray]
    cells: np.ndarray
    activations: Mapping[Site, np.ndarray]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: np.ndarray) -> Bench:
        """Give the bench on the rows at `index`."""
        return Bench(
            self.subject,
            self.explanation,
            self.reader,
            self.rows.take(index),
            self.outputs[index],
            self.answers[index],
            self.counted[index],
            {name: v[index] for name, v in self.values.items()},
            self.cells[index],
            {site: a[index] for site, a in self.activations.items()},
        )

    @property
    def lengths(self) -> np.ndarray:
        """How many real positions each row has: 1 where there is no position axis."""
        return np.ones(len(self), dtype=int) if self.rows.lengths is None else self.rows.lengths

    @property
    def slack(self) -> float:
        """How far two answers may be apart and still be the same: 0 but for real ones."""
        if self.answers.dtype.kind != "f" or not self.counted.any():
            return 0.0
        return SLACK * float(self.answers[self.counted].std())

    def same(self, found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Compare answers, cell by cell."""
        return found == wanted if self.slack == 0 else np.abs(found - wanted) <= self.slack

    def predicted(self, given: Mapping[str, Given]) -> tuple[np.ndarray, np.ndarray]:
        """Give what the explanation answers under an intervention, and where it claims anything (bool)."""
        found = self.explanation.run(self.rows, given)
        defined = found.get(DEFINED, np.ones((1, 1), dtype=bool))
        return np.broadcast_to(found[RESULT], self.answers.shape), np.broadcast_to(defined, self.answers.shape)

    def intervened(self, patch: Mapping[Site, Patch]) -> np.ndarray:
        """Give the network's raw outputs under an intervention."""
        return self.subject.run(self.rows, patch=patch).outputs


def bench(subject: Subject, explanation: Explanation, reader: Reader, rows: Rows, sites: Sequence[Site]) -> Bench:
    """Run both on the rows, and record the sites."""
    run = subject.run(rows, record=sites)
    answers = reader.answers(run.outputs, rows)
    return Bench(
        subject,
        explanation,
        reader,
        rows,
        run.outputs,
        answers,
        reader.counted(rows, answers),
        explanation.run(rows),
        explanation.cells(rows),
        {site: by_cell(site, run.recorded[site]) for site in sites},
    )


def by_cell(site: Site, values: np.ndarray) -> np.ndarray:
    """Give recorded values [row, *shape] as [row, position, unit], with one position where the site has none."""
    axis = site.positions
    values = values[:, None] if axis is None else np.moveaxis(values, axis, 1)
    return values.reshape(*values.shape[:2], -1)


def as_recorded(site: Site, values: np.ndarray) -> np.ndarray:
    """Give [row, position, unit] as [row, *shape]: the inverse of `by_cell`."""
    axis = site.positions
    sizes = tuple(int(size) for size in site.shape if size != "position")
    values = values.reshape(*values.shape[:2], *sizes)
    return values[:, 0] if axis is None else np.moveaxis(values, 1, axis)


def suits(site: Site, widest: int) -> bool:
    """Say whether a site's values are some units at each position, or some units: not too many, nor a pattern."""
    axes = sum(size == "position" for size in site.shape)
    units = int(np.prod([int(size) for size in site.shape if size != "position"]))
    return site.kind != "attention" and axes <= 1 and 1 <= units <= widest
