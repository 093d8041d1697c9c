"""Numbers: one step of some components, or a sequence of such steps; integers in ranges, or reals."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsl.domains.base import BATCH, Domain, check, counted, how_many, scored, span, united
from dsl.evaluate import Cases
from dsl.rows import Rows
from dsl.terms import Input, Value
from dsl.types import Axis, Kind, Type


@dataclass(frozen=True, slots=True)
class Numbers(Domain):
    """Every step, or sequence of steps, of `width` components.

    low, high: the integers each component ranges over, bounds included; None for real numbers.
    length: least and most steps, most None where there is no bound; None where there is no sequence axis.
    names: of the components. scores: as for tokens.
    """

    width: int
    low: tuple[int, ...] | None = None
    high: tuple[int, ...] | None = None
    length: tuple[int, int | None] | None = None
    names: tuple[str, ...] | None = None
    scores: bool = True

    @property
    def kind(self) -> str:
        """numbers."""
        return "numbers"

    @property
    def _radices(self) -> list[int] | None:
        """How many values each component may take; None for reals."""
        if self.low is None or self.high is None:
            return None
        return [h - low + 1 for low, h in zip(self.low, self.high, strict=True)]

    @property
    def size(self) -> int | None:
        """How many inputs there are; None for reals and without a bound on the length."""
        return None if self._radices is None else how_many(math.prod(self._radices), self.length or (1, 1))

    @property
    def sequence(self) -> bool:
        """Whether there are steps."""
        return self.length is not None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """One column a component: its name, else `x` where it is alone, else `x0`, `x1`, ..."""
        names = self.names or (("x",) if self.width == 1 else tuple(f"x{k}" for k in range(self.width)))
        kind = Kind.REAL if self.low is None else Kind.INT
        return tuple(Input(name, Type(kind, Axis.POSITION if self.sequence else Axis.ROW)) for name in names)

    @property
    def distribution(self) -> str:
        """Lengths uniformly, so that short inputs are not starved; integers uniformly; reals standard normal."""
        values = "standard normal components" if self.low is None else "uniform components"
        return f"uniform over the lengths {span(self.length)}, {values}" if self.length else values

    def enumerate(self, batch: int = BATCH) -> Iterator[Rows]:
        """Yield every input once, by length and then in numerical order."""
        radices, (least, most) = self._radices, self.length or (1, 1)
        if radices is None or self.size is None or most is None:
            raise ValueError(f"cannot enumerate {self.describe()}")
        for n in range(least, most + 1):
            for digits in counted(radices * n, batch):
                yield self.batch(
                    digits.reshape(len(digits), n, self.width) + np.array(self.low), np.full(len(digits), n)
                )

    def sample(self, n: int, rng: np.random.Generator) -> Rows:
        """Draw n inputs from `distribution`. Raises ValueError without a bound on the length."""
        least, most = self.length or (1, 1)
        if most is None:
            raise ValueError(f"cannot draw from {self.describe()}: its length has no bound")
        counts = rng.integers(least, most + 1, size=n)
        shape = (n, int(counts.max(initial=0)), self.width)
        if self.low is None or self.high is None:
            return self.batch(rng.standard_normal(shape), counts)
        return self.batch(rng.integers(np.array(self.low), np.array(self.high) + 1, size=shape), counts)

    def contains(self, raw: Any) -> str | None:
        """Name the first thing about an input that leaves the domain."""
        where = f"the domain is {self.describe()}"
        steps = raw if self.sequence else [raw]
        if not isinstance(steps, (list, tuple)):
            return f"{raw!r} is not a list of steps; {where}"
        for k, step in enumerate(steps):
            place = f" at step {k}" if self.sequence else ""
            components = [step] if self.width == 1 else step
            if not isinstance(components, (list, tuple)) or len(components) != self.width:
                return f"{step!r}{place} is not {self._step()}; {where}"
            for c, value in enumerate(components):
                if not self._holds(value, c):
                    return f"{value!r}{place} is out of range; {where}"
        least, most = self.length or (1, 1)
        if len(steps) < least or (most is not None and len(steps) > most):
            return f"{len(steps)} steps are not {span((least, most))}; {where}"
        return None

    def _holds(self, value: Any, component: int) -> bool:
        """Say whether a component may take a value; whole floats are integers, booleans are not numbers."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
            return False
        if self.low is None or self.high is None:
            return True
        return value == int(value) and self.low[component] <= value <= self.high[component]

    def render(self) -> dict[str, Any]:
        """Give the [input] table as resolved."""
        return {
            "kind": self.kind,
            "width": self.width,
            "low": None if self.low is None else list(self.low),
            "high": None if self.high is None else list(self.high),
            "names": None if self.names is None else list(self.names),
            "length": None if self.length is None else list(self.length),
            "size": self.size,
        }

    def describe(self) -> str:
        """Give the domain in a short phrase.

        >>> Numbers(1, (0,), (9,), (1, 10)).describe(), Numbers(2, (1, 1), (12, 31)).describe()
        ('1 to 10 integers 0 to 9', '2 integers, 1 to 12 and 1 to 31')
        """
        noun = "integers" if self._radices else "real numbers"
        if self.length is None:
            return self._step()
        if self.width == 1:
            return f"{span(self.length)} {noun}{self._bounds()}"
        return f"{span(self.length)} steps of {self._step()}"

    def _step(self) -> str:
        """Give one step in words."""
        noun = "integer" if self._radices else "real number"
        if self.names and self.low is not None and self.high is not None:
            ranges = zip(self.names, self.low, self.high, strict=True)
            return ", ".join(f"{name} {low} to {high}" for name, low, high in ranges)
        return f"{self.width} {noun}{'s' if self.width > 1 else ''}{self._bounds()}"

    def _bounds(self) -> str:
        """Give the ranges of the components in words, one range where they share it."""
        if self.low is None or self.high is None:
            return ""
        ranges = [f"{low} to {high}" for low, high in zip(self.low, self.high, strict=True)]
        return f" {ranges[0]}" if len(set(ranges)) == 1 else f", {' and '.join(ranges)}"

    def raw(self, rows: Rows) -> list:
        """Give each row as a list a step, plain numbers where there is one component."""
        values = rows.values if self.low is None else rows.values.astype(np.int64)
        lines = (values[..., 0] if self.width == 1 else values).tolist()
        return (
            lines if rows.lengths is None else [line[:n] for line, n in zip(lines, rows.lengths.tolist(), strict=True)]
        )

    def rows(self, raws: Sequence[Any]) -> Rows:
        """Give raw inputs as arrays, right-padded with 0, with what is scored by default."""
        check(self, raws)
        lengths = np.array([len(raw) if self.sequence else 1 for raw in raws], np.int64)
        values = np.zeros((len(raws), int(lengths.max(initial=0)), self.width))
        for line, raw in zip(values, raws, strict=True):
            steps = raw if self.sequence else [raw]
            line[: len(steps)] = np.array(steps, np.float64).reshape(len(steps), self.width)
        return self.batch(values, lengths)

    def cases(self, rows: Rows, extra: Sequence[Value] = ()) -> Cases:
        """Give one column a component: [row, position], or [row, 1] without a sequence axis."""
        values = rows.values if self.sequence else rows.values[:, None, :]
        values = values if self.low is None else values.astype(np.int64)
        mask = rows.mask if self.sequence else np.ones((len(rows), 1), bool)
        return Cases({i.name: values[:, :, k] for k, i in enumerate(self.inputs)}, mask, united((), extra))

    def batch(self, values: np.ndarray, lengths: np.ndarray) -> Rows:
        """Give numbers [row, position, component] as rows: padding zeroed, no position axis where there is none."""
        values = np.asarray(values, np.float64)
        if not self.sequence:
            return Rows(values[:, 0])
        mask = np.arange(values.shape[1]) < lengths[:, None]
        return Rows(
            np.where(mask[:, :, None], values, 0.0),
            lengths,
            scored(lengths, values.shape[1], 0) if self.scores else None,
        )
