"""What an accepted program still misses, where samples allow it: a rule of where, and how well it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from distill.describe import describe
from dsl import show
from dsl.terms import Expr, Input, subterms
from synthesis.separate import price

ANSWER, MARGIN = "answer", "margin"  # columns of a rule: the program's answer as a number, the network's margin
NEAR = " (margin: how near the network was to another answer)"
ENOUGH = 5  # misses among inputs kept apart, below which nothing is said of them
MOST = 0.5  # share of these that a rule must tell


@dataclass(frozen=True, slots=True, eq=False)
class Misses:
    """A rule of where a program errs, counted on inputs that it was not looked for on.

    rule: BOOL, over the program's inputs, its `answer` as a number and the network's `margin`.
    inputs, outputs: how many were compared; missed: outputs that differ; cells: outputs at which the rule holds;
    hits: of these, the ones that differ. learnt: outputs that differed where the rule was looked for.
    """

    rule: Expr
    inputs: int
    outputs: int
    missed: int
    cells: int
    hits: int
    learnt: int

    @property
    def good(self) -> bool:
        """Whether the rule says something: it tells most misses, and telling them by it is shorter."""
        apart = price(self.hits, self.cells) + price(self.missed - self.hits, self.outputs - self.cells)
        return (
            self.missed >= ENOUGH and self.hits >= MOST * self.missed and bool(price(self.missed, self.outputs) > apart)
        )

    @property
    def words(self) -> str:
        """The rule in words."""
        near = any(isinstance(t, Input) and t.name == MARGIN for t in subterms(self.rule))
        return describe(self.rule).partition("whether ")[2] + near * NEAR

    @property
    def sentence(self) -> str:
        """What was found."""
        seen = f"{self.hits:,} of the {self.missed:,} outputs that differ are among the {self.cells:,}"
        return f"{seen} where {self.words}"

    @property
    def part(self) -> dict[str, Any]:
        """The same for the certificate."""
        return {
            "where": show(self.rule),
            "in_words": self.words,
            "precision": self.hits / self.cells if self.cells else None,
            "recall": self.hits / self.missed if self.missed else None,
            "differ_there": self.hits,
            "outputs_there": self.cells,
            "differ": self.missed,
            "outputs": self.outputs,
            "inputs": self.inputs,
            "differed_where_looked_for": self.learnt,
            "used_in_search": False,
        }
