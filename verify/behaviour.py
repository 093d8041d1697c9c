"""The first claim: does the program answer as the network does?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from dsl.rows import Rows
from verify.statistics import lower_bound

LEVEL = 0.99  # of the confidence bound
CERTAIN = 0.75  # confidence that no more outputs differ than are tolerated, where some do: three to one
EXAMPLES = 10  # counterexamples reported
KEPT = 64  # counterexamples handed back to the search
NEAR_TIE = 1e-3  # margins below it are near-ties


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Where program and network agree on a batch.

    same, counted: bool [row, position or 1]; margins: float, same shape, the network's.
    """

    same: np.ndarray
    counted: np.ndarray
    margins: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """What comparing program and network has shown.

    exhaustive: every input of the domain was compared. distribution: where the inputs came from otherwise.
    inputs, outputs: how many were compared; wrong_inputs, mismatches: how many of them differed.
    near_ties: outputs on which the network's margin was below NEAR_TIE. counterexamples: the first that differed.
    finished: False where a deadline ended the comparison early, which makes it no claim at all.
    together: how many mismatches come together in an input, as a mismatch meets it; 1 where no input has two.
    """

    exhaustive: bool
    distribution: str
    inputs: int
    outputs: int
    wrong_inputs: int
    mismatches: int
    near_ties: int
    counterexamples: Rows | None
    finished: bool = True
    together: float = 1.0

    @property
    def match_rate(self) -> float:
        """The share of outputs that agree."""
        return 1 - self.mismatches / max(self.outputs, 1)

    @property
    def bound(self) -> float:
        """What the share of inputs that agree is at least: a fact where exhaustive, else with confidence LEVEL."""
        if self.exhaustive:
            return 1 - self.wrong_inputs / max(self.inputs, 1)
        return lower_bound(self.inputs - self.wrong_inputs, self.inputs, LEVEL)

    def accepted(self, tolerance: float) -> bool:
        """Say whether no output differed, or no more than the share `tolerance` do, on a comparison that was finished.

        Of inputs drawn, it must be so with confidence CERTAIN, those mismatches that come together counted as one.
        """
        if not self.finished or self.outputs == 0 or self.mismatches == 0:
            return self.finished and self.outputs > 0
        if self.exhaustive:
            return self.mismatches <= tolerance * self.outputs
        wrong, outputs = math.ceil(self.mismatches / self.together), int(self.outputs / self.together)
        return lower_bound(outputs - wrong, outputs, CERTAIN) >= 1 - tolerance


def compare(
    batches: Iterable[Rows],
    agree: Callable[[Rows], Agreement],
    *,
    exhaustive: bool,
    distribution: str,
    late: Callable[[], bool] = lambda: False,
    tolerance: float = 0.0,
    progress: Callable[[int], None] = lambda _: None,
) -> Behaviour:
    """Compare program and network batch by batch; ends early once more than `tolerance` can no longer be met.

    late: asked before each batch but the first whether to stop; that leaves `finished` False.
    """
    inputs = outputs = wrong_inputs = mismatches = near_ties = squares = 0
    examples: list[Rows] = []
    finished = True
    for rows in batches:
        if inputs and late():
            finished = False
            break
        found = agree(rows)
        wrong = ~found.same & found.counted
        bad = np.flatnonzero(wrong.any(axis=1))
        inputs, outputs = inputs + int(found.counted.any(axis=1).sum()), outputs + int(found.counted.sum())
        wrong_inputs, mismatches = wrong_inputs + len(bad), mismatches + int(wrong.sum())
        squares += int((wrong.sum(axis=1) ** 2).sum())
        near_ties += int((found.counted & (found.margins < NEAR_TIE)).sum())
        if len(bad) and sum(map(len, examples)) < KEPT:
            examples.append(rows.take(bad[:KEPT]))
        progress(inputs)
        if tolerance == 0 and mismatches:
            break
    kept = Rows.concat(examples) if examples else None
    return Behaviour(
        exhaustive and finished and not (tolerance == 0 and mismatches),
        distribution,
        inputs,
        outputs,
        wrong_inputs,
        mismatches,
        near_ties,
        kept,
        finished,
        squares / mismatches if mismatches else 1.0,
    )
