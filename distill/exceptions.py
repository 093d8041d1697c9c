"""Programs with exceptions: a short program, and where it does not hold, as a rule if there is one, else a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from distill.clock import Clock
from distill.evidence import Evidence
from distill.listing import LISTED, listing, worth_listing
from distill.question import Question
from distill.standing import BATCH, EXHAUSTIVE, Standing, judge, refusal
from dsl import bits, simplify
from dsl.rows import Answers, Rows
from dsl.terms import Expr, Value
from synthesis.attempt import Candidate
from synthesis.exceptions import MISSED, excepted, missed_cells
from synthesis.problem import Problem
from verify import compare

TRIED = 3  # programs that exceptions are looked for of
LEAST = 12.0  # bits that an exception takes at least: a choice, a condition and an answer
JUDGED = 2  # rules of a search that are held against the network
ROUNDS = 4  # times that counterexamples to a rule are searched on again
LEARNT = 64  # missed inputs beyond those searched on that a rule is looked for on


@dataclass(slots=True, eq=False)
class _Misses:
    """Where a program errs, counted up batch by batch.

    rows: the first such inputs; inputs, cells: how many of them, and of their outputs.
    """

    rows: list[Rows] = field(default_factory=list)
    inputs: int = 0
    cells: int = 0

    def add(self, rows: Rows, missed: np.ndarray) -> None:
        """Enter a batch; missed: bool [row, position past the prefix, or 1]."""
        bad = np.flatnonzero(missed.any(axis=1))
        if len(bad) and self.inputs < LEARNT:
            self.rows.append(rows.take(bad[: LEARNT - self.inputs]))
        self.inputs, self.cells = self.inputs + len(bad), self.cells + int(missed.sum())


def with_exceptions(
    question: Question,
    evidence: Evidence,
    near: Sequence[Candidate],
    clock: Clock,
    rng: np.random.Generator,
    *,
    under: float = np.inf,
) -> Standing | None:
    """Give the shortest program with exceptions that holds: the few inputs that a program misses, listed or told by a
    rule of the language. None where there is none, or none of fewer than `under` bits.

    near: programs that hold but for at most the share MISSED of the outputs, the likeliest first.
    """
    shorter = [t for t in dict.fromkeys(simplify(c.term) for c in near) if bits(t) + LEAST < under]
    terms = [t for t in shorter if missed_cells(evidence.problem, t).sum() <= MISSED * len(evidence.problem.wanted)]
    if not terms:
        return None
    terms = terms[:TRIED]
    symbols = evidence.problem.cases.symbols[len(question.domain.symbols) :]
    best: Standing | None = None
    for term, misses in zip(terms, _survey(question, evidence, terms, symbols, clock), strict=True):
        if misses is None or not misses.inputs:
            continue
        listed = _listed(question, term, symbols, misses, clock)
        best = _shorter(listed, best, under)
        learning = _learning(question, evidence, misses)
        for ruled in _ruled(question, learning, term, best.bits if best else under, clock, rng):
            best = _shorter(ruled, best, under)
    return best


def _shorter(found: Standing | None, best: Standing | None, under: float) -> Standing | None:
    if found is None or not found.accepted:
        return best
    return found if found.bits < (best.bits if best else under) else best


def _survey(
    question: Question, evidence: Evidence, terms: Sequence[Expr], symbols: tuple[Value, ...], clock: Clock
) -> list[_Misses | None]:
    """Find where programs err, on every input where they can be gone through, else on those searched on.

    None for one that errs too often, and for all where time ran out.
    """
    found, outputs = [_Misses() for _ in terms], 0
    for rows, answers in _answered(question, evidence):
        if clock.late:
            return [None for _ in terms]
        cases = question.domain.cases(rows, symbols)
        target = question.target(rows, answers, cases)
        problem = Problem(question.domain.inputs, cases, target, question.causal)
        outputs += int(target.scored.sum())
        for term, misses in zip(terms, found, strict=True):
            misses.add(rows, missed_cells(problem, term))
    return [m if m.cells <= MISSED * outputs else None for m in found]


def _answered(question: Question, evidence: Evidence) -> Iterator[tuple[Rows, Answers]]:
    if _can_be_gone_through(question):
        yield from ((rows, question.answers(rows)) for rows in question.domain.enumerate(BATCH))
    else:
        yield evidence.rows, evidence.answers


def _can_be_gone_through(question: Question) -> bool:
    return question.domain.size is not None and question.domain.size <= EXHAUSTIVE


def _listed(
    question: Question, term: Expr, symbols: tuple[Value, ...], misses: _Misses, clock: Clock
) -> Standing | None:
    """List the inputs that a program misses, and compare it so with the network on every input of the domain.

    None where they are many, or the domain is not gone through.
    """
    if misses.inputs > LISTED or not _can_be_gone_through(question):
        return None
    found = listing(question, term, symbols, Rows.concat(misses.rows, question.domain.fill))
    if not worth_listing(question, found, bits(term)):
        return None
    behaviour = compare(
        question.domain.enumerate(BATCH),
        lambda rows: found.agreement(question, term, symbols, rows),
        exhaustive=True,
        distribution="every input of the domain",
        late=lambda: clock.over,
        progress=lambda n: clock.report(f"verify: {n} inputs"),
    )
    accepted = behaviour.accepted(0.0)
    why = "" if accepted else refusal(behaviour, 0.0)
    return Standing(term, bits(term) + found.bits, "listed exceptions", symbols, behaviour, accepted, why, found)


def _learning(question: Question, evidence: Evidence, misses: _Misses) -> Evidence:
    """Add inputs that a program misses to those that its exceptions are searched on."""
    known = set(evidence.rows.marks())
    missed = Rows.concat(misses.rows, question.domain.fill)
    unknown = missed.take(np.array([mark not in known for mark in missed.marks()], dtype=bool))
    return evidence.with_counterexamples(question, [unknown]) if len(unknown) else evidence


def _ruled(
    question: Question, evidence: Evidence, term: Expr, under: float, clock: Clock, rng: np.random.Generator
) -> Iterator[Standing]:
    """Yield the program with a rule for what it misses, where it holds; counterexamples to a rule are learnt from."""
    for _ in range(ROUNDS):
        found = excepted(evidence.problem, term, rng, tolerance=question.tolerance, late=lambda: clock.late)
        standings = [judge(question, evidence, c, clock, rng) for c in found[:JUDGED] if c.bits < under]
        yield from standings
        missed = [s.behaviour.counterexamples for s in standings if s.behaviour.counterexamples is not None]
        if any(s.accepted for s in standings) or not missed or clock.late or question.sampled:
            return
        evidence = evidence.with_counterexamples(question, missed)
