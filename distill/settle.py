"""Search and judge in turn until a program holds: short programs, then what attention tells, then exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from distill.asking import learnt
from distill.attention import attend, patterns
from distill.clock import Clock
from distill.evidence import Evidence
from distill.exceptions import with_exceptions
from distill.guide import Listening, listen, prefer
from distill.question import Question
from distill.standing import Standing, judge
from dsl import bits, simplify
from synthesis.attempt import Candidate, Settings
from synthesis.automata import spoken
from synthesis.search import search

SHORT = 3  # nodes of the terms that are tried before attention is read
FOLLOWED = 8  # candidates of a search that are simplified
JUDGED = 3  # of them that are judged in one round
ROUNDS = 6  # times that counterexamples are searched on again


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """A program that holds, or the best there was. others: what else its search found, near misses included."""

    standing: Standing | None
    others: Sequence[Candidate] = ()

    @property
    def accepted(self) -> bool:
        """Whether the program holds."""
        return self.standing is not None and self.standing.accepted


def settle(question: Question, evidence: Evidence, clock: Clock, rng: np.random.Generator) -> Settled:
    """Find a program that holds: cheap searches first."""
    if not question.domain.inputs:
        return Settled(None)
    with clock.stage("trace"):
        heard = listen(question, evidence, rng)
    with clock.stage("synthesize"):
        known = learnt(question, rng.spawn(1)[0])  # its draws move no others
        evidence = evidence.speaking(spoken(known, evidence.problem.cases.symbols))
    settings = Settings(tolerance=question.tolerance, known=tuple(known))
    short = Settled(None)
    if patterns(question):
        short = _rounds(question, evidence, heard, replace(settings, sizes=SHORT), clock, rng)
        if short.accepted:
            return short
        with clock.stage("attend"):
            settings = replace(settings, heard=attend(question, evidence.rows, rng).terms)
    found = _rounds(question, evidence, heard, settings, clock, rng)
    if found.accepted:
        return found
    near = [*found.others, *short.others]
    with clock.stage("exceptions"):
        excepted = with_exceptions(question, evidence, near, clock, rng)
    return Settled(excepted or found.standing or short.standing)


def _rounds(
    question: Question,
    evidence: Evidence,
    heard: Listening | None,
    settings: Settings,
    clock: Clock,
    rng: np.random.Generator,
) -> Settled:
    """Search and judge in turn; counterexamples of programs that do not hold become rows to search on."""
    best: Standing | None = None
    candidates: list[Candidate] = []
    for _ in range(ROUNDS):
        with clock.stage("synthesize"):
            candidates = prefer(_candidates(question, evidence, settings, clock, rng), heard, rng)
        held = [c for c in candidates if c.missed <= settings.tolerance]
        with clock.stage("verify"):
            standings = []
            for candidate in held[:JUDGED] or candidates[:1]:
                standings.append(judge(question, evidence, candidate, clock, rng))
                if standings[-1].accepted and not standings[-1].behaviour.mismatches:
                    break
        accepted = [s for s in standings if s.accepted]
        if accepted:
            return Settled(min(accepted, key=lambda s: s.behaviour.mismatches), held)
        best = max([*standings, *([best] if best else [])], key=lambda s: s.behaviour.match_rate, default=None)
        missed = [s.behaviour.counterexamples for s in standings if s.behaviour.counterexamples is not None]
        if not held or not missed or clock.late or question.sampled:
            break
        evidence = evidence.with_counterexamples(question, missed)
    return Settled(best, candidates)


def _candidates(
    question: Question, evidence: Evidence, settings: Settings, clock: Clock, rng: np.random.Generator
) -> list[Candidate]:
    """Search, and shorten what was found without changing what it means."""
    found = search(evidence.problem, settings, rng, late=lambda: clock.late, report=clock.report)
    shorter = [replace(c, term=term, bits=bits(term)) for c in found[:FOLLOWED] for term in [simplify(c.term)]]
    return sorted(shorter, key=lambda c: (c.missed > settings.tolerance, c.bits))
