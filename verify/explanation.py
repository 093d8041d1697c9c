"""What a verifier asks of an explanation: its steps, what each is worth on given inputs, and what follows if not.

The two sides of every test mirror each other: `Subject.run(patch=)` intervenes on a network, `Explanation.run(given=)`
on what is said to explain it (Geiger et al. 2021, causal abstraction; Chan et al. 2022, causal scrubbing).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from dsl.rows import Rows

RESULT = "result"  # the name under which `run` gives what the network is said to answer
DEFINED = "defined"  # and that under which it may say where that is so: what it says elsewhere is no claim

StepAxis = Literal["position", "row", "pair"]


@dataclass(frozen=True, slots=True)
class Step:
    """A named value that an explanation computes on the way.

    name: unique, and what an alignment speaks of; for people too.
    reads: the steps and inputs that it is computed from, directly, by name; those of inputs are no step's.
    axis: "position" (a value a position), "row" (one value), or "pair" (one for each two positions: a selection, which
          has no place of its own in a network; its keys and queries may have).
    kind: "number" (its values may be computed with), or "symbol" (codes, that are only equal or not).
    moves: whether it brings values from one position to another; what only computes within a position need not be
           kept anywhere by a network.
    carried: whether it is a memory: intervened on at one position, it changes at later ones too.
    """

    name: str
    reads: tuple[str, ...] = ()
    axis: StepAxis = "row"
    kind: Literal["number", "symbol"] = "number"
    moves: bool = False
    carried: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What a step's values are said to be: values [row, position] or [row, 1]; where: bool, same shape, which cells."""

    values: np.ndarray
    where: np.ndarray


class Explanation(Protocol):
    """A hypothesis of how a network computes its answers.

    Values are arrays of numbers (booleans and integers stay so, symbols are codes): [row, position] along the
    positions of `rows` as the network sees them, prefix and suffix included, for steps with that axis; [row, 1] else.
    """

    @property
    def steps(self) -> Sequence[Step]:
        """The steps, each after those it reads. The result is none of them."""
        ...

    def run(self, rows: Rows, given: Mapping[str, Given] | None = None) -> Mapping[str, np.ndarray]:
        """Give each step's values by name, each input's that some step or the result reads, and RESULT.

        RESULT is of the shape of the network's answers, in the same codes. DEFINED, where it is given: bool, same
        shape: False where an intervention leads beyond anything that the explanation makes a claim about.
        given: values that take the place of those that steps compute, and that what follows is computed from.
        """
        ...

    def cells(self, rows: Rows) -> np.ndarray:
        """Say where steps have values: bool [row, position], or [row, 1] without a position axis."""
        ...

    @property
    def reads(self) -> Sequence[str]:
        """What the result is computed from, directly: names of steps and inputs."""
        ...

    @property
    def strict(self) -> bool:
        """Whether every step is claimed. Else those that bring values elsewhere are, and what only computes is not."""
        ...
