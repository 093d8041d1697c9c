"""The third claim, as data: how far do program and network stay together?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dsl.rows import Rows

WITHIN, BEYOND = REGIONS = ("within", "beyond")


class Inputs(Protocol):
    """Makes inputs in and beyond a domain, by strategies that each have a name."""

    @property
    def fill(self) -> int:
        """The value of padded positions."""
        ...

    def sizes(self, region: str) -> Sequence[int]:
        """Give the sizes tried within the domain or beyond it, the least first; () where there are none."""
        ...

    def size(self, row: Rows) -> int:
        """Give an input's size."""
        ...

    def make(self, size: int, n: int, rng: np.random.Generator) -> tuple[Rows, Sequence[str]]:
        """Make about n inputs of a size, or the next smaller that there is; with the strategy of each."""
        ...

    def vary(self, rows: Rows, upto: np.ndarray, rng: np.random.Generator) -> Rows:
        """Change each input somewhere in the part that the answer `upto` [row] may depend on."""
        ...

    def shorter(self, row: Rows, rng: np.random.Generator) -> Rows:
        """Give inputs shorter than this one that have most of it in common; none where there are none."""
        ...

    def beyond(self, rows: Rows) -> np.ndarray:
        """Say which answers lie beyond the domain: bool [row, answer], or [row, 1]."""
        ...

    def extents(self, rows: Rows) -> np.ndarray:
        """Give the length of the shortest input with this answer: int [row, answer], or [row, 1]."""
        ...

    def cut(self, row: Rows, answer: int) -> Rows:
        """Give that shortest input: the row up to this answer; the row itself where its parts are no inputs."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Parting:
    """One input on which program and network part, at one of its answers. strategy: how it was made."""

    row: Rows
    answer: int
    length: int
    strategy: str


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What was tried in a region, and where program and network first part there.

    lengths: (least, most) of the inputs; inputs: how many by strategy; outputs: how many were compared.
    differing: inputs that part; margin: the network's least where the two agree; first: the shortest that parts.
    """

    lengths: tuple[int, int]
    inputs: Mapping[str, int]
    outputs: int
    differing: int
    margin: float
    first: Parting | None


@dataclass(frozen=True, slots=True, eq=False)
class Wider:
    """What was tried beyond the ranges of integers. excess: how far beyond, at most; first: the least that parts."""

    excess: int
    inputs: int
    outputs: int
    differing: int
    first: tuple[int, Parting] | None


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What was tried within the domain's lengths, beyond them, and beyond its ranges; None where nothing was.

    why: why nothing was tried beyond. made: how inputs were made, in words. finished: False where time ran out.
    free: the same of the free product, where the other inputs are like given samples.
    """

    within: Tried | None
    beyond: Tried | None
    why: str = ""
    made: str = ""
    finished: bool = True
    wider: Wider | None = None
    free: Reach | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Effort:
    """How much may be run. rows: inputs at once; cost: of running some; most: all costs together.

    late: asked before each run whether to stop at once.
    """

    rows: int
    cost: Callable[[Rows], float]
    most: float
    late: Callable[[], bool] = lambda: False
