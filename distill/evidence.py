"""Evidence: the rows that the search sees, with the network's answers; never what a program is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from distill.question import Question
from dsl.domains import Domain
from dsl.domains.base import united
from dsl.rows import Answers, Rows
from dsl.terms import Value
from synthesis.problem import Problem

WHOLE = 6000  # domains up to this size are searched on whole
DRAWN = 3000  # rows drawn from larger ones


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Rows searched on and their answers, the problem they pose, and the half of given samples kept to judge by."""

    rows: Rows
    answers: Answers
    problem: Problem
    held_out: Domain | None = None
    names: tuple[Value, ...] = ()

    def speaking(self, names: tuple[Value, ...]) -> Evidence:
        """Let programs speak of further symbols, by which they call their states."""
        cases = self.problem.cases
        cases = replace(cases, symbols=united(cases.symbols, names))
        return replace(self, problem=replace(self.problem, cases=cases), names=names)

    def with_counterexamples(self, question: Question, missed: Sequence[Rows]) -> Evidence:
        """Add inputs on which a candidate failed; they are always searched on."""
        rows = Rows.concat([self.rows, *missed], question.domain.fill)
        answers = question.answers(rows)
        pinned = self.problem.pinned + sum(map(len, missed))
        problem = replace(question.problem(rows, answers), pinned=pinned)
        return replace(self, rows=rows, answers=answers, problem=problem).speaking(self.names)


def first_evidence(question: Question, rng: np.random.Generator) -> Evidence:
    """Choose rows to search on: all of a small domain, half of given samples, else a draw."""
    domain, held_out = question.domain, None
    if question.sampled:
        searched, held_out = domain.split(rng)
        rows = searched.sample(DRAWN, rng)
    elif domain.size is not None and domain.size <= WHOLE:
        rows = Rows.concat(list(domain.enumerate()), domain.fill)
    else:
        rows = domain.sample(DRAWN, rng)
    answers = question.answers(rows)
    return Evidence(rows, answers, question.problem(rows, answers), held_out)
