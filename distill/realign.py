"""Programs of equal behaviour and other steps, for where the network does not take a program's way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from distill.clock import Clock
from distill.evidence import Evidence
from distill.hypothesis import Hypothesis
from distill.mechanism import examine, examine_state
from distill.parts import is_recurrent, spelt_out, ways
from distill.question import Question
from distill.standing import Standing, judge
from distill.states import states
from dsl import bits, simplify
from dsl.check import check, free_state
from dsl.evaluate import evaluate
from dsl.terms import Call, Expr, Value, substitute, subterms
from dsl.types import Axis
from synthesis.attempt import Candidate, Settings
from synthesis.problem import Problem, Target
from synthesis.search import search
from verify.mechanism import Mechanism

LATE = "the budget ran out before the mechanism was looked at; give --budget more seconds"
SPARE = 24.0  # bits that a program may be longer for taking the network's way
LEVELS = 4  # terms round a step that are replaced, from the smallest
SHORT = Settings(sizes=3, capacity=4000)  # how far another way is looked for
SEARCHES = 4  # of them, in all
TRIED, LARGE = 6, 2**18  # other programs that are held against the network; two against one of so many parameters


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """A program with the verdict on its mechanism."""

    standing: Standing
    mechanism: Mechanism


def explained(
    question: Question,
    evidence: Evidence,
    standing: Standing,
    others: Sequence[Candidate],
    clock: Clock,
    rng: np.random.Generator,
) -> Explained:
    """Judge the mechanism of an accepted program; if it is not confirmed, that of others about as short.

    others: programs that the search found beside it. What comes back is the first that is confirmed, else `standing`.
    """
    if (by_state := _by_state(question, standing, rng)) is not None:
        return Explained(standing, by_state)
    hypothesis, mechanism = _examined(question, standing.term, standing.symbols, clock, rng)
    first = Explained(standing, mechanism)
    if first.mechanism.verdict == "confirmed" or not any(f.claimed for f in mechanism.findings):
        return first
    missing = _missing(question, hypothesis, first)
    found = _alternatives(evidence, first.standing, missing, others, clock, rng)
    for term in islice(found, TRIED if question.subject.parameters < LARGE else 2):
        if clock.late:
            break
        _, mechanism = _examined(question, term, standing.symbols, clock, rng)
        if mechanism.verdict == "confirmed":
            again = judge(question, evidence, Candidate(term, bits(term), standing.origin), clock, rng)
            if again.accepted:
                return Explained(again, mechanism)
    return first


def _by_state(question: Question, standing: Standing, rng: np.random.Generator) -> Mechanism | None:
    """Give the verdict on the program's state, as a whole, where it is confirmed to be that of the network."""
    for at_once in (True, False) if is_recurrent(question) else ():
        state = states(question, standing.term, standing.symbols, rng, at_once=at_once)
        found = None if state is None else examine_state(question, state, rng)
        if found is None or found.verdict == "confirmed":
            return found
    return None


def _examined(
    question: Question, term: Expr, symbols: Sequence[Value], clock: Clock, rng: np.random.Generator
) -> tuple[Hypothesis, Mechanism]:
    """Judge the ways in which the network may go about a program, until one is confirmed; else give the first."""
    found: list[tuple[Hypothesis, Mechanism]] = []
    for way in ways(question, term, symbols):
        if clock.late:
            found.append((way, Mechanism("untested", LATE)))
            break
        found.append((way, examine(question, way, rng, report=clock.report)))
        if found[-1][1].verdict == "confirmed":
            return found[-1]
    return found[0]


def _alternatives(
    evidence: Evidence,
    standing: Standing,
    missing: Sequence[Expr],
    others: Sequence[Candidate],
    clock: Clock,
    rng: np.random.Generator,
) -> Iterator[Expr]:
    """Yield other terms: what else the search found, then this one with what is round a missing step put otherwise."""
    most, seen = standing.bits + SPARE, {standing.term}
    for candidate in others:
        if candidate.term not in seen and candidate.bits <= most:
            seen.add(candidate.term)
            yield candidate.term
    for step, part in islice(((s, p) for s in missing for p in _round(s, standing.term)), SEARCHES):
        settings = replace(SHORT, without=(step,))
        found = search(_posed(evidence.problem, part), settings, rng, late=lambda: clock.late)
        for candidate in [c for c in found if not c.missed][:2]:
            other = simplify(substitute(standing.term, {part: candidate.term}))
            if other not in seen and bits(other) <= most:
                seen.add(other)
                yield other


def _round(step: Expr, term: Expr) -> list[Expr]:
    """Give the parts of a term that hold a step, from the smallest."""
    return [t for t in subterms(term) if t is not step and step in subterms(t) and _is_column(t)][:LEVELS]


def _missing(question: Question, hypothesis: Hypothesis, explained: Explained) -> list[Expr]:
    """Give the smallest parts of a program that, spelt out, have a step that was claimed and not found."""
    bad = {f.step.name for f in explained.mechanism.findings if f.claimed and f.status != "confirmed"}
    found: list[Expr] = []
    for whole in (p.whole for p in hypothesis.parts if p.step.name in bad):
        parts = (t for t in subterms(explained.standing.term) if _is_column(t))
        smallest = next((t for t in parts if whole in subterms(spelt_out(question, t))), None)
        if smallest is not None and smallest not in found:
            found.append(smallest)
    return found


def _is_column(term: Expr) -> bool:
    return isinstance(term, Call) and free_state(term) is None and check(term).axis is not Axis.PAIR


def _posed(problem: Problem, part: Expr) -> Problem:
    """Give the problem that asks for a part of a program."""
    values = evaluate(part, problem.cases)
    scored = problem.cases.mask if check(part).axis is Axis.POSITION else np.ones(values.shape, dtype=bool)
    return replace(problem, target=Target(np.broadcast_to(values, scored.shape), scored, check(part).kind))
