"""Rows: a batch of inputs as arrays, the one form in which domains, networks and programs exchange them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A batch of inputs of one domain.

    values: tokens int64 [row, position] (right-padded) | numbers float64 [row, position, component] or [row, component]
            | image float64 [row, channel, height, width], raw (before the network's scale).
    lengths: int64 [row], real positions of each row (prefix and suffix counted); None where there is no sequence axis.
    scored: bool [row, position], the positions whose outputs count; None means the one output of the row counts.
    """

    values: np.ndarray
    lengths: np.ndarray | None = None
    scored: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, index: np.ndarray | slice) -> Rows:
        """Give the rows at `index` (anything numpy indexes by), in that order."""
        return Rows(
            self.values[index],
            None if self.lengths is None else self.lengths[index],
            None if self.scored is None else self.scored[index],
        )

    @property
    def mask(self) -> np.ndarray:
        """bool [row, position]: True where a position is real; raises ValueError where there is no sequence axis."""
        if self.lengths is None:
            raise ValueError("rows without a sequence axis have no mask")
        return np.arange(self.values.shape[1]) < self.lengths[:, None]

    def marks(self) -> list[bytes]:
        """Give each row as bytes: equal rows give equal bytes, however they are padded."""
        if self.lengths is None:
            return [line.tobytes() for line in self.values]
        return [line[:n].tobytes() for line, n in zip(self.values, self.lengths, strict=True)]

    @staticmethod
    def concat(parts: Sequence[Rows], pad: float = 0) -> Rows:
        """Stack batches, padding positions to the longest; `pad` fills the added values."""
        if len(parts) == 1:
            return parts[0]
        if parts[0].lengths is None:
            return Rows(np.concatenate([p.values for p in parts]))
        length = max(p.values.shape[1] for p in parts)

        def widen(array: np.ndarray, fill: float) -> np.ndarray:
            gap = [(0, 0)] * array.ndim
            gap[1] = (0, length - array.shape[1])
            return np.pad(array, gap, constant_values=fill)

        scored = None
        if all(p.scored is not None for p in parts):
            scored = np.concatenate([widen(p.scored, False) for p in parts if p.scored is not None])
        return Rows(
            np.concatenate([widen(p.values, pad) for p in parts]),
            np.concatenate([p.lengths for p in parts if p.lengths is not None]),
            scored,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a network answered, read out: the output analogue of `Rows`.

    values: [row, position] where there is one output a position, else [row, 1]. int64 codes for symbols (the readout
            says what each code stands for), int64 for integers, float64 for reals, bool for signs.
    margins: float64, same shape: how far the raw output was from another answer (inf for reals).
    """

    values: np.ndarray
    margins: np.ndarray
