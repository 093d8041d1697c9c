"""Images: arrays of raw values, read by templates rather than by input columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsl.domains.base import Domain, check, united
from dsl.evaluate import Cases
from dsl.rows import Rows
from dsl.terms import Input, Value


@dataclass(frozen=True, slots=True)
class Images(Domain):
    """Every image of a shape.

    shape: channels, height, width. low, high: bounds on raw values, None where there are none.
    whole: raw values are integers. scale: the network is fed raw value * scale (the domain speaks of raw values alone).
    """

    shape: tuple[int, int, int]
    low: float | None = None
    high: float | None = None
    whole: bool = False
    scale: float = 1.0

    @property
    def kind(self) -> str:
        """image."""
        return "image"

    @property
    def size(self) -> int | None:
        """Images are too many to enumerate."""
        return None

    @property
    def sequence(self) -> bool:
        """Images have no positions."""
        return False

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Images have no columns."""
        return ()

    @property
    def distribution(self) -> str:
        """Every value independently."""
        return "uniform values, each pixel by itself"

    def sample(self, n: int, rng: np.random.Generator) -> Rows:
        """Draw n images of independent uniform values. Raises ValueError without bounds on the values."""
        if self.low is None or self.high is None:
            raise ValueError(f"cannot draw from {self.describe()}: its values have no bounds")
        shape = (n, *self.shape)
        if self.whole:
            return Rows(rng.integers(int(self.low), int(self.high) + 1, size=shape).astype(np.float64))
        return Rows(rng.uniform(self.low, self.high, size=shape))

    def contains(self, raw: Any) -> str | None:
        """Name the first thing about a nested list that leaves the domain."""
        where = f"the domain is {self.describe()}"
        try:
            values = np.array(raw)
        except ValueError:  # a ragged nest
            return f"the lists are not nested evenly; {where}"
        if values.dtype.kind not in "iuf":
            return f"{_first(raw)!r} is not a nested list of numbers; {where}"
        if values.shape != self.shape:
            return f"the shape {' x '.join(map(str, values.shape))} is another; {where}"
        wrong = ~np.isfinite(values)
        if self.low is not None and self.high is not None:
            wrong |= (values < self.low) | (values > self.high)
        if self.whole:
            wrong |= values != np.round(values)
        if not wrong.any():
            return None
        place = tuple(int(k[0]) for k in np.nonzero(wrong))
        return f"{values[place].item()!r} at {place} is out of range; {where}"

    def render(self) -> dict[str, Any]:
        """Give the [input] table as resolved."""
        return {
            "kind": self.kind,
            "shape": list(self.shape),
            "low": self.low,
            "high": self.high,
            "scale": self.scale,
            "size": None,
        }

    def describe(self) -> str:
        """Give the domain in a short phrase.

        >>> Images((1, 28, 28), 0, 255, whole=True).describe()
        'images of 1 x 28 x 28 integers 0 to 255'
        """
        bounds = "" if self.low is None else f" {self.low} to {self.high}"
        noun = "integers" if self.whole else "numbers"
        return f"images of {' x '.join(map(str, self.shape))} {noun}{bounds}"

    def raw(self, rows: Rows) -> list:
        """Give each image as lists of channels, rows and values."""
        return (rows.values.astype(np.int64) if self.whole else rows.values).tolist()

    def rows(self, raws: Sequence[Any]) -> Rows:
        """Give nested lists as one array."""
        check(self, raws)
        return Rows(np.array(raws, np.float64).reshape(len(raws), *self.shape))

    def cases(self, rows: Rows, extra: Sequence[Value] = ()) -> Cases:
        """Give no columns: what reads images makes its own."""
        return Cases({}, np.ones((len(rows), 1), bool), united((), extra))


def _first(raw: Any) -> Any:
    """Give the first leaf of nested lists, which stands for the rest in a message."""
    while isinstance(raw, (list, tuple)) and raw:
        raw = raw[0]
    return raw
