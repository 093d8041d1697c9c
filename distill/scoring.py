"""Where outputs count: a condition for it, found by the search itself, so that a program can give None elsewhere."""

from __future__ import annotations

import numpy as np

from distill.question import Question
from dsl import simplify
from dsl.domains import Sampled
from dsl.terms import Expr
from dsl.types import Kind
from synthesis.attempt import Settings
from synthesis.problem import Problem, Target
from synthesis.search import search

SMALL = Settings(sizes=3, plain=0)  # where the domain begins and ends, no relation among all its positions
MOST_BITS = 40.0  # a condition longer than this would hide the program it stands beside


def scored_where(question: Question, rng: np.random.Generator) -> Expr | None:
    """Give a short condition that holds exactly at the scored positions of all given samples.

    None where every position is scored, or no short condition was found: then the program answers everywhere.
    """
    if not isinstance(question.domain, Sampled) or question.readout.at != "each":
        return None
    rows = question.domain.samples
    cases = question.domain.cases(rows)
    if rows.scored is None or rows.scored[rows.mask].all():
        return None
    target = Target(rows.scored[:, question.domain.offset :], cases.mask, Kind.BOOL)
    found = search(Problem(question.domain.inputs, cases, target, causal=True), SMALL, rng)
    exact = [c for c in found if not c.missed]
    return simplify(exact[0].term) if exact and exact[0].bits <= MOST_BITS else None
