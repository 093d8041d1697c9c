"""Where a program and its network part: the rule of what an accepted one still misses, the shortest input otherwise."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from distill.clock import Clock
from distill.evidence import Evidence
from distill.misses import ANSWER, MARGIN, Misses
from distill.predictions import answered, interpreted
from distill.question import Question
from distill.standing import FRESH, Standing
from dsl.evaluate import Cases, evaluate
from dsl.rows import Rows
from dsl.terms import Expr, Input, Value, subterms
from dsl.types import Axis, Kind, Type
from synthesis.exceptions import missed_cells
from synthesis.problem import Problem, Target
from synthesis.separate import separate

SHOWN = 300  # characters of an input in a sentence


def where_it_errs(
    question: Question, evidence: Evidence, standing: Standing, clock: Clock, rng: np.random.Generator
) -> list[Misses]:
    """Find rules of the outputs that a program misses, on the rows searched on, and count them on those kept apart.

    The best rule over what the program reads and answers, then the best over the network's margin as well. Empty where
    no samples are kept apart, nothing is missed, or no rule is worth its bits.
    """
    if evidence.held_out is None or not standing.behaviour.mismatches:
        return []
    learnt = _posed(question, standing, evidence.rows)
    margin = Input(MARGIN, Type(Kind.REAL, _axis(question)))
    rules = [s.term for s in separate(learnt, rng, beside=(margin,), late=lambda: clock.late)]
    near = next((r for r in rules if margin in subterms(r)), None)
    plain = next((r for r in rules if margin not in subterms(r)), None)
    judged = _posed(question, standing, evidence.held_out.sample(FRESH, rng))
    return [_counted(rule, judged, learnt) for rule in (plain, near) if rule is not None]


def _counted(rule: Expr, judged: Problem, learnt: Problem) -> Misses:
    missed, holds = judged.wanted, judged.cells(rule)
    return Misses(
        rule,
        int(judged.target.scored.any(axis=1).sum()),
        len(missed),
        int(missed.sum()),
        int(holds.sum()),
        int((missed & holds).sum()),
        int(learnt.wanted.sum()),
    )


def _axis(question: Question) -> Axis:
    return Axis.POSITION if question.readout.at == "each" else Axis.ROW


def _posed(question: Question, standing: Standing, rows: Rows) -> Problem:
    """Ask for the condition that a program errs; its answer and the network's margin are columns."""
    domain, answers = question.domain, question.answers(rows)
    cases = domain.cases(rows, standing.symbols)
    target = question.target(rows, answers, cases)
    inputs, columns = domain.inputs, dict(cases.inputs)
    missed = missed_cells(Problem(inputs, cases, target, question.causal), standing.term)
    each = question.readout.at == "each"
    columns[MARGIN] = answers.margins[:, domain.offset :] if each else answers.margins
    numbers = _numbers(question, standing, cases, target.values.shape)
    if numbers is not None and ANSWER not in columns:
        columns[ANSWER] = numbers
        inputs = (*inputs, Input(ANSWER, Type(Kind.INT, _axis(question))))
    cases = replace(cases, inputs=columns)
    return Problem(inputs, cases, Target(missed, target.scored, Kind.BOOL), question.causal)


def _numbers(question: Question, standing: Standing, cases: Cases, shape: tuple[int, ...]) -> np.ndarray | None:
    """Give the program's answers as integers: symbols that are none as one below all; None where there are none."""
    found = np.broadcast_to(evaluate(standing.term, cases), shape)
    if question.kind is Kind.INT:
        return found
    integers = [s for s in cases.symbols if type(s) is int]
    if question.kind is not Kind.SYMBOL or len(integers) < 3:
        return None
    absent = min(integers) - 1
    return np.array([*(s if type(s) is int else absent for s in cases.symbols), absent], np.int64)[found]


@dataclass(frozen=True, slots=True)
class Parting:
    """An input on which a program and the network give different outputs, as `predict` takes and gives them.

    position: the first where they do, where there is an output for each.
    """

    input: Any
    program: Any
    network: Any
    position: int | None
    symbols: tuple[Value, ...] = ()

    @property
    def sentence(self) -> str:
        """Both answers, in a sentence."""
        program, network, at = self.program, self.network, ""
        if self.position is not None:
            program, network, at = program[self.position], network[self.position], f"at position {self.position} "
        given, program, network = map(self._shown, (self.input, program, network))
        where = f"the shortest input found on which they part is {given}"
        return f"{where}: {at}the program gives {program}, the network {network}"

    def _shown(self, value: Any) -> str:
        text = json.dumps(value, default=lambda found: [s for s in self.symbols if s in found])
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def parting(question: Question, evidence: Evidence, standing: Standing) -> Parting | None:
    """Give the shortest input on which a program and the network part, of counterexamples and rows searched on.

    None where they part on none of these.
    """
    known = [evidence.rows, *filter(None, [standing.behaviour.counterexamples])]
    rows = Rows.concat(known, question.domain.fill)
    agreement = question.agreement(standing.term, standing.symbols, rows)
    wrong = ~agreement.same & agreement.counted
    bad = np.flatnonzero(wrong.any(axis=1))
    if not len(bad):
        return None
    first = bad[0] if rows.lengths is None else bad[np.argmin(rows.lengths[bad])]
    row = rows.take(np.array([first]))
    each = question.readout.at == "each"
    return Parting(
        question.domain.raw(row)[0],
        interpreted(question, standing.term, standing.symbols, None, row)[0],
        answered(question, row, question.answers(row))[0],
        question.domain.offset + int(wrong[first].argmax()) if each else None,
        question.readout.symbols,
    )
