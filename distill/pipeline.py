"""The compiler, one line a stage: load, trace, synthesize, verify (behaviour, mechanism, reach), emit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from distill.certificate import Certificate, certify
from distill.clock import Clock
from distill.evidence import Evidence, first_evidence
from distill.guide import Listening, listen, prefer
from distill.options import Options
from distill.question import Question, ask
from distill.realign import explained
from distill.render import Rendered, render
from distill.scoring import scored_where
from distill.standing import Standing, judge, look_beyond
from dsl import bits, simplify
from synthesis.attempt import Candidate, Settings
from synthesis.search import search

FOLLOWED = 8  # candidates of a search that are simplified
ROUNDS = 6  # times that counterexamples are searched on again


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """What came of a compile. why: the reason for a refusal, "" where the program was accepted."""

    accepted: bool
    rendered: Rendered | None
    certificate: Certificate
    why: str = ""


def compile_model(path: Path, options: Options, clock: Clock | None = None) -> Compiled:
    """Compile a network to a program.

    clock: the budget's, already running, for whoever wants to interrupt it. Raises BadInput where the model, the
    bundle or a flag is wrong. Equal options give equal programs, unless the budget runs out.
    """
    clock = clock or Clock(options.budget, options.report)
    rng = np.random.default_rng(options.seed)
    with clock.stage("load"):
        question = ask(path, options.flags, device=options.device, trust=options.trust)
    with clock.stage("trace"):
        evidence = first_evidence(question, rng)
        heard = listen(question, evidence, rng)
    standing, others = _settle(question, evidence, heard, clock, rng)
    if standing is None:
        return Compiled(False, None, certify(question, None, None, clock, options), _nothing(question, evidence, clock))
    mechanism = None
    if standing.accepted:
        with clock.stage("mechanism"):
            found = explained(question, evidence, standing, others, clock, rng)
            standing, mechanism = found.standing, found.mechanism
    with clock.stage("reach"):
        reach = look_beyond(question, standing, rng)
    with clock.stage("emit"):
        rendered = render(question, standing, mechanism, reach, scored_where(question, rng), rng)
    certificate = certify(question, standing, rendered, clock, options, mechanism, reach)
    return Compiled(standing.accepted and not rendered.fault, rendered, certificate, rendered.fault or standing.why)


def _settle(
    question: Question, evidence: Evidence, heard: Listening | None, clock: Clock, rng: np.random.Generator
) -> tuple[Standing | None, Sequence[Candidate]]:
    """Search and judge in turn until a program holds; counterexamples of those that do not become rows to search on.

    Gives it, or the best there was, and what else the last search found.
    """
    best: Standing | None = None
    for _ in range(ROUNDS):
        with clock.stage("synthesize"):
            candidates = prefer(_candidates(question, evidence, clock, rng), heard, rng)
        with clock.stage("verify"):
            standings = []
            for candidate in candidates[:3]:
                standings.append(judge(question, evidence, candidate, clock, rng))
                if standings[-1].accepted:
                    return standings[-1], candidates
        best = max([*standings, *([best] if best else [])], key=lambda s: s.behaviour.match_rate, default=None)
        missed = [s.behaviour.counterexamples for s in standings if s.behaviour.counterexamples is not None]
        if not missed or clock.late or question.sampled:
            break
        evidence = evidence.with_counterexamples(question, missed)
    return best, ()


def _candidates(question: Question, evidence: Evidence, clock: Clock, rng: np.random.Generator) -> list[Candidate]:
    """Search, and shorten what was found without changing what it means."""
    if not question.domain.inputs:
        return []
    settings = Settings(tolerance=question.tolerance)
    found = search(evidence.problem, settings, rng, late=lambda: clock.late, report=clock.report)
    shorter = [replace(c, term=term, bits=bits(term)) for c in found[:FOLLOWED] for term in [simplify(c.term)]]
    return sorted(shorter, key=lambda c: c.bits)


def _nothing(question: Question, evidence: Evidence, clock: Clock) -> str:
    if not question.domain.inputs:
        return f"programs over {question.domain.kind} inputs are not searched for yet; the network loads and runs"
    spent = " before the budget ran out; give --budget more seconds" if clock.late else ""
    return (
        f"no program of the language was found that gives the network's answers on the "
        f"{len(evidence.problem)} inputs searched on{spent}"
    )
