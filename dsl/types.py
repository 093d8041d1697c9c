"""Types: what kind of value a term has, and over what it varies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class Kind(Enum):
    """What one value is."""

    BOOL = "bool"
    INT = "int"
    REAL = "real"
    SYMBOL = "symbol"


class Axis(IntEnum):
    """Over what a value varies: one a row, one a position, or one a (query, key) pair of positions.

    Arrays: ROW [row, 1], POSITION [row, position], PAIR [row, query, key] (either of the last two may be 1).
    """

    ROW = 0
    POSITION = 1
    PAIR = 2


@dataclass(frozen=True, slots=True)
class Type:
    """A kind over an axis, printed like `int@position`."""

    kind: Kind
    axis: Axis

    def __str__(self) -> str:
        return f"{self.kind.value}@{self.axis.name.lower()}"


def accepts(wanted: Kind, found: Kind) -> bool:
    """Say whether a value of kind `found` may stand where `wanted` is expected: integers are reals."""
    return wanted is found or (wanted is Kind.REAL and found is Kind.INT)
