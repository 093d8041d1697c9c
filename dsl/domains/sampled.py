"""Given samples: the distribution to be right on, where it is no free product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dsl.domains.base import Domain
from dsl.evaluate import Cases
from dsl.rows import Rows
from dsl.terms import Input, Value


@dataclass(frozen=True, slots=True, eq=False)
class Sampled(Domain):
    """Inputs like the given ones.

    space: what inputs there may be at all (an open domain: no bound on the length), and how they are written.
    samples: the given inputs. source: the file they came from. product: the free product to explore beyond them.
    """

    space: Domain
    samples: Rows
    source: str
    product: Domain | None = None

    @property
    def kind(self) -> str:
        """The kind of the samples."""
        return self.space.kind

    @property
    def size(self) -> int | None:
        """None: samples do not exhaust what they were drawn from."""
        return None

    @property
    def sequence(self) -> bool:
        """Whether the samples have positions."""
        return self.space.sequence

    @property
    def offset(self) -> int:
        """The length of the stated prefix."""
        return self.space.offset

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The input columns of the space."""
        return self.space.inputs

    @property
    def symbols(self) -> tuple[Value, ...]:
        """The vocabulary."""
        return self.space.symbols

    @property
    def fill(self) -> int:
        """The value of padded positions."""
        return self.space.fill

    @property
    def distribution(self) -> str:
        """The samples themselves."""
        return f"the {len(self.samples)} samples of {self.source}"

    @property
    def distinct(self) -> int:
        """How many different inputs the samples hold."""
        return int(self._groups().max(initial=-1)) + 1

    def sample(self, n: int, rng: np.random.Generator) -> Rows:
        """Draw from the samples without replacement: all of them, in another order, where n is more than there are."""
        return self.samples.take(rng.permutation(len(self.samples))[:n])

    def split(self, rng: np.random.Generator) -> tuple[Domain, Domain]:
        """Part the distinct inputs in two halves, the odd one searched; duplicates stay together."""
        groups = self._groups()
        distinct = int(groups.max(initial=-1)) + 1
        searched = np.zeros(distinct, bool)
        searched[rng.permutation(distinct)[: (distinct + 1) // 2]] = True
        side = searched[groups]
        return replace(self, samples=self.samples.take(side)), replace(self, samples=self.samples.take(~side))

    def _groups(self) -> np.ndarray:
        """Give each sample the number of its distinct input, in order of first appearance."""
        values = self.samples.values + 0  # -0.0 is 0.0
        lengths = np.zeros(len(values), int) if self.samples.lengths is None else self.samples.lengths
        numbers: dict[tuple[int, bytes], int] = {}
        keys = ((int(n), line.tobytes()) for n, line in zip(lengths, values, strict=True))
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)

    def contains(self, raw: Any) -> str | None:
        """Ask the space: any input that could have been a sample is in the domain."""
        return self.space.contains(raw)

    def render(self) -> dict[str, Any]:
        """Give the [input] table as resolved."""
        table = self.space.render() if self.product is None else self.product.render()
        return {**table, "samples": self.source, "samples_given": len(self.samples), "size": None}

    def describe(self) -> str:
        """Give the domain in a short phrase."""
        return f"inputs like the samples of {self.source}: {self.space.describe()}"

    def raw(self, rows: Rows) -> list:
        """Give each row as `predict` takes it."""
        return self.space.raw(rows)

    def rows(self, raws: Sequence[Any]) -> Rows:
        """Give raw inputs as arrays, with what is scored by default (a sample's own `scored` is not looked up)."""
        return self.space.rows(raws)

    def cases(self, rows: Rows, extra: Sequence[Value] = ()) -> Cases:
        """Give the columns that a program reads."""
        return self.space.cases(rows, extra)
