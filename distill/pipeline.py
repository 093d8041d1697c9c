"""The compiler, one line a stage: load, trace, synthesize, verify (behaviour, mechanism, reach), emit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from distill.beyond import look_beyond
from distill.certificate import Certificate, certify
from distill.clock import Clock
from distill.differences import parting, where_it_errs
from distill.evidence import Evidence, first_evidence
from distill.legible import look_at_state
from distill.offsets import choose_offsets
from distill.options import Options
from distill.question import Question, ask
from distill.reached import over_offsets
from distill.realign import explained
from distill.render import Rendered, render
from distill.scoring import scored_where
from distill.settle import settle


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
        if options.offsets:
            choose_offsets(question)  # so that what is wrong is said at once
    with clock.stage("trace"):
        evidence = first_evidence(question, rng)
    settled = settle(question, evidence, clock, rng)
    standing, mechanism = settled.standing, None
    if standing is None:
        return Compiled(False, None, certify(question, None, None, clock, options), _nothing(question, evidence, clock))
    if standing.accepted:
        with clock.stage("mechanism"):
            found = explained(question, evidence, standing, settled.others, clock, rng)
            standing, mechanism = found.standing, found.mechanism
        with clock.stage("exceptions"):
            apart = np.random.default_rng([options.seed, 1])  # its draws move no others
            standing = replace(standing, misses=tuple(where_it_errs(question, evidence, standing, clock, apart)))
    elif (parted := parting(question, evidence, standing)) is not None:
        standing = replace(standing, why=f"{standing.why}; {parted.sentence}")
    with clock.stage("reach"):
        legible = look_at_state(question, standing, clock, np.random.default_rng([options.seed, 5]))
        misread = [] if legible is None else [parting.row for parting in legible.partings]
        reach = look_beyond(question, standing, clock, np.random.default_rng([options.seed, 4]), misread)
        judged, apart = evidence.held_out or question.domain, np.random.default_rng([options.seed, 3])
        offsets = over_offsets(question, standing, judged, clock, apart) if options.offsets else None
    with clock.stage("emit"):
        rendered = render(question, standing, mechanism, reach, scored_where(question, rng), rng)
    certificate = certify(question, standing, rendered, clock, options, mechanism, reach, legible, offsets)
    return Compiled(standing.accepted and not rendered.fault, rendered, certificate, rendered.fault or standing.why)


def _nothing(question: Question, evidence: Evidence, clock: Clock) -> str:
    if not question.domain.inputs:
        return f"programs over {question.domain.kind} inputs are not searched for yet; the network loads and runs"
    spent = " before the budget ran out; give --budget more seconds" if clock.late else ""
    return (
        f"no program of the language was found that gives the network's answers on the "
        f"{len(evidence.problem)} inputs searched on{spent}"
    )
