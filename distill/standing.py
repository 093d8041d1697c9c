"""How a candidate stands: judged on every input of a finite domain, else on inputs that the search has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from distill.clock import Clock
from distill.evidence import Evidence
from distill.listing import Listing
from distill.misses import Misses
from distill.question import Question
from dsl.rows import Rows
from dsl.terms import Expr, Value
from synthesis.attempt import Candidate
from verify import Behaviour, compare
from verify.behaviour import CERTAIN

EXHAUSTIVE = 1_000_000  # inputs up to which a finite domain is gone through
FRESH = 20_000  # inputs drawn to judge by otherwise
BATCH = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """A candidate and what judging its behaviour has shown.

    symbols: what it may speak of beside the domain's own. why: the reason for a refusal, "" if accepted.
    listing: the inputs that are its exceptions; `bits` then holds their price, too. misses: rules of what it misses.
    """

    term: Expr
    bits: float
    origin: str
    symbols: tuple[Value, ...]
    behaviour: Behaviour
    accepted: bool
    why: str
    listing: Listing | None = None
    misses: tuple[Misses, ...] = ()


def judge(
    question: Question, evidence: Evidence, candidate: Candidate, clock: Clock, rng: np.random.Generator
) -> Standing:
    """Compare a candidate with the network, from nothing that the search has seen."""
    symbols = evidence.problem.cases.symbols[len(question.domain.symbols) :]
    behaviour = behave(question, candidate.term, symbols, evidence, clock, rng)
    accepted = behaviour.accepted(question.tolerance)
    return Standing(
        candidate.term,
        candidate.bits,
        candidate.origin,
        symbols,
        behaviour,
        accepted,
        "" if accepted else refusal(behaviour, question.tolerance),
    )


def behave(
    question: Question,
    term: Expr,
    symbols: tuple[Value, ...],
    evidence: Evidence,
    clock: Clock,
    rng: np.random.Generator,
) -> Behaviour:
    """Compare a program with the network on every input where they can be gone through, else on fresh ones."""
    domain = question.domain
    exhaustive = domain.size is not None and domain.size <= EXHAUSTIVE
    judged = evidence.held_out or domain
    batches = domain.enumerate(BATCH) if exhaustive else _in_batches(_unseen(judged.sample(FRESH, rng), evidence))
    return compare(
        batches,
        lambda rows: question.agreement(term, symbols, rows),
        exhaustive=exhaustive,
        distribution="every input of the domain" if exhaustive else f"{judged.distribution}, none searched on",
        late=lambda: clock.over,
        tolerance=question.tolerance,
        progress=lambda n: clock.report(f"verify: {n} inputs"),
    )


def _unseen(rows: Rows, evidence: Evidence) -> Rows:
    """Leave out the rows that the search has seen, as they test nothing."""
    seen = set(evidence.rows.marks())
    return rows.take(np.array([mark not in seen for mark in rows.marks()], dtype=bool))


def _in_batches(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), BATCH):
        yield rows.take(slice(start, start + BATCH))


def refusal(behaviour: Behaviour, tolerance: float) -> str:
    """Say why a program was not accepted."""
    if not behaviour.finished:
        return f"the comparison was not finished after {behaviour.inputs:,} inputs; give --budget more seconds"
    allowed = f"at most {tolerance:.1%} may, with {CERTAIN:.0%} confidence" if tolerance else "none may"
    return f"{behaviour.mismatches} of {behaviour.outputs} outputs compared differ from the network's, {allowed}"
