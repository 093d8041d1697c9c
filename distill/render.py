"""From an accepted term to the module a person reads, checked against the interpreter before it is handed over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import distill
from distill.describe import describe
from distill.emit import About, Signature, emit, run_emitted
from distill.predictions import interpreted
from distill.question import Question
from distill.standing import Standing
from dsl.domains import Domain, Numbers, Sampled, Tokens
from dsl.rows import Rows
from dsl.terms import Expr, Program, Value
from synthesis.problem import same
from verify import Behaviour, Reach
from verify.mechanism import Mechanism

WAYS: Mapping[str, str] = {
    "confirmed": "the network was found to compute it this way",
    "refuted": "the network computes it in another way (mechanism refuted)",
    "untested": "",
}
CHECKED = 200  # inputs on which the emitted module is run before it is handed over


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """An emitted module. fault: how it differs from the program it was emitted from, "" where it does not."""

    program: Program
    source: str
    description: str
    fault: str = ""


def render(
    question: Question,
    standing: Standing,
    mechanism: Mechanism | None,
    reach: Reach | None,
    scored: Expr | None,
    rng: np.random.Generator,
) -> Rendered:
    """Emit a program, and run what was emitted in a bare interpreter; scored: where its outputs are not None."""
    program = Program(question.domain.inputs, (), standing.term)
    listed = () if standing.listing is None else standing.listing.pairs
    signature = replace(signature_of(question, standing.symbols), scored=scored, exceptions=listed)
    description = describe(standing.term, signature) + excepting(len(listed))
    about = About(description, origin(question), verified(standing, mechanism))
    source = emit(program, signature, about)
    return Rendered(program, source, description, emission_fault(question, standing, scored, source, rng))


def signature_of(question: Question, symbols: tuple[Value, ...]) -> Signature:
    """Give what an emitted module must know of the domain and the outputs."""
    space: Domain = question.domain.space if isinstance(question.domain, Sampled) else question.domain
    at, output = question.readout.at, question.kind
    if isinstance(space, Tokens):
        return Signature(
            "tokens",
            at,
            output,
            vocabulary=tuple(s for s in space.vocab if s != space.pad or type(s) is not type(space.pad)),
            prefix=tuple(space.prefix),
            suffix=tuple(space.suffix),
            alphabet=tuple(space.alphabet),
            length=space.length,
            symbols=question.readout.symbols,
        )
    if isinstance(space, Numbers):
        return Signature(
            "numbers",
            at,
            output,
            length=space.length,
            sequence=space.sequence,
            names=tuple(i.name for i in space.inputs),
            low=space.low or (),
            high=space.high or (),
            symbols=question.readout.symbols,
        )
    raise TypeError(f"programs over {space.kind} inputs are not emitted")


def origin(question: Question) -> str:
    """Say where the program came from."""
    digest = question.subject.digest
    return f"Compiled from {question.bundle.name} (sha256 {digest[:12]}) by distill {distill.__version__}"


def excepting(count: int) -> str:
    """Say that so many inputs are listed beside a program, "" for none.

    >>> excepting(1), excepting(3)
    (', except on 1 input, which is listed', ', except on 3 inputs, which are listed')
    """
    noun = "input, which is" if count == 1 else "inputs, which are"
    return f", except on {count} {noun} listed" if count else ""


def verified(standing: Standing, mechanism: Mechanism | None) -> str:
    """Say what was verified, and where what differs does, no more than was run."""
    way = "" if mechanism is None else WAYS[mechanism.verdict]
    errs = next((f". {m.sentence}" for m in standing.misses if m.good), "") if standing.accepted else ""
    return _behaviour(standing.behaviour, standing.accepted) + (f"; {way}" if way else "") + errs


def _behaviour(behaviour: Behaviour, accepted: bool) -> str:
    count = f"{behaviour.inputs:,}"
    if not accepted:
        differs = f"it differs from the network on {behaviour.mismatches:,} of {behaviour.outputs:,} outputs"
        return f"REJECTED: {differs}{'' if behaviour.finished else ', compared as far as time allowed'}"
    if behaviour.exhaustive:
        return f"Equal to the network on every input of the domain ({count})"
    agreed = "every output" if not behaviour.mismatches else f"{floored(behaviour.match_rate)} of the outputs"
    return (
        f"Equal to the network on {agreed} of {count} inputs that the search had not seen"
        f" (at least {floored(behaviour.bound)} of such inputs agree wholly, at 99 % confidence)"
    )


def floored(share: float) -> str:
    """Give a share in percent, rounded down: a claim is never stronger than what was run.

    >>> floored(0.999977)
    '99.99%'
    """
    return f"{math.floor(share * 1e4) / 1e2:.2f}%"


def emission_fault(
    question: Question, standing: Standing, scored: Expr | None, source: str, rng: np.random.Generator
) -> str:
    """Run the emitted module on inputs of the domain; say where it differs from the interpreter, "" where nowhere."""
    domain = question.domain
    rows = domain.sample(CHECKED, rng)
    listed = standing.listing
    if listed is not None:
        rows = Rows.concat([rows, listed.rows], domain.fill)
    raws = domain.raw(rows)
    try:
        found = run_emitted(source, raws)
    except (RuntimeError, TimeoutError) as error:
        return f"the emitted module does not run: {error}"
    wanted = interpreted(question, standing.term, standing.symbols, scored, rows)
    if listed is not None:
        wanted = listed.amended(rows, wanted)
    for raw, ours, theirs in zip(raws, wanted, found, strict=True):
        if not agrees(ours, theirs):
            return f"the emitted module gives {theirs!r} for {raw!r}, the program {ours!r}"
    return ""


def agrees(ours: Any, theirs: Any) -> bool:
    """Compare an output of the interpreter with one that went through JSON."""
    if isinstance(ours, list):
        return isinstance(theirs, list) and len(ours) == len(theirs) and all(map(agrees, ours, theirs))
    if isinstance(ours, frozenset):
        return isinstance(theirs, list) and ours == frozenset(theirs) and len(ours) == len(theirs)
    if isinstance(ours, (float, np.floating)):
        return isinstance(theirs, (int, float)) and bool(same(np.array(float(theirs)), np.array(float(ours))))
    return ours == theirs
