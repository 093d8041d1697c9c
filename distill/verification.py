"""A program file judged against a network again, from nothing: the work of `distill verify`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from distill.account import UNTRIED, mechanism_part
from distill.alignment import Alignment, read_alignment
from distill.certificate import behaviour_part, network_part, reproduce_part
from distill.clock import Clock
from distill.emit import run_emitted
from distill.errors import BadInput
from distill.mechanism import examine
from distill.offsets import choose_offsets, judge_offsets, offsets_part
from distill.question import Question, ask
from distill.realign import LATE
from distill.standing import EXHAUSTIVE, FRESH, refusal
from distill.written import Written, plain, read_program
from dsl.domains import Domain
from dsl.rows import Answers, Rows
from dsl.terms import Value
from dsl.types import Kind
from synthesis.problem import TOLERANCE
from verify import Agreement, Behaviour, compare
from verify.behaviour import EXAMPLES
from verify.mechanism import Mechanism

if TYPE_CHECKING:
    from distill.commands import Job

Runner = Callable[[list[Any]], list[Any]]  # raw inputs to the outputs read back from JSON
BATCH = 4096  # inputs given to one run of the program
_LEAST = 10.0  # seconds that a run may take in any case


def verify(program: Path, job: Job, clock: Clock, alignment: Path | None = None) -> dict[str, Any]:
    """Judge a program file, and give the certificate's parts that a judgement has, with `holds` and `why` not.

    alignment: a file that says where its steps are; then it holds only where that is confirmed, too.
    Raises BadInput where a file or the model is wrong, or the program does not run.
    """
    written = read_program(program)
    asked = None if alignment is None else read_alignment(alignment)
    with clock.stage("load"):
        question = ask(job.model, dict(job.flags), device=job.device, trust=job.trust)

    written.check_inputs(question)
    if job.offsets:
        choose_offsets(question)  # so that what is wrong is said at once

    def run(raws: list[Any]) -> list[Any]:
        return _outputs(written, raws, clock) if written.is_python else written.interpret(question, raws)

    with clock.stage("verify"):
        behaviour = judge(question, run, clock, job.seed)
        shown = differences(question, run, behaviour)
        offsets = _over_offsets(question, run, clock, job.seed) if job.offsets else None
    right = behaviour.accepted(question.tolerance)
    with clock.stage("mechanism"):
        mechanism = _mechanism(written, question, asked, clock, job.seed) if right else UNTRIED
    why = "" if right else refusal(behaviour, question.tolerance)
    if right and asked is not None and mechanism.verdict != "confirmed":
        why = f"the alignment is {mechanism.verdict}: {mechanism.why}"
    return {
        "holds": not why,
        "why": why,
        "program": {"file": program.name, "digest": written.digest},
        "network": network_part(question),
        "domain": question.domain.render(),
        "behaviour": {**behaviour_part(question, behaviour), "used_in_search": None},  # nobody can know
        "mechanism": mechanism_part(mechanism),
        **({} if offsets is None else {"offsets": offsets}),
        "differences": shown,
        "reproduce": reproduce_part(clock, job.seed, job.device),
    }


def _mechanism(written: Written, question: Question, asked: Alignment | None, clock: Clock, seed: int) -> Mechanism:
    """Judge whether the network computes it as the program does; raises BadInput where the program cannot be traced."""
    if clock.late:
        return Mechanism("untested", LATE)
    try:
        explanation = written.explanation(question, lambda: _patience(clock))
        return examine(question, explanation, np.random.default_rng([seed, 2]), alignment=asked, report=clock.report)
    except (RuntimeError, TimeoutError) as error:
        return Mechanism("untested", f"the program's variables could not be followed: {error}")


def _patience(clock: Clock) -> float:
    return max(_LEAST, clock.deadline - time.monotonic())


def _outputs(written: Written, raws: list[Any], clock: Clock) -> list[Any]:
    """Run the program in a bare interpreter; raises BadInput where it does not answer each input with one JSON line."""
    program, patience = written.path, _patience(clock)
    try:
        return run_emitted(written.source, raws, timeout=patience)
    except TimeoutError as error:
        remedy = "correct it, or give --budget more seconds"
        raise BadInput(program, f"no answers to {len(raws)} inputs in {patience:.0f} s", "answers", remedy) from error
    except (RuntimeError, ValueError) as error:
        if clock.interrupted:
            raise KeyboardInterrupt from error
        remedy = "correct it, as `python PROGRAM.py` reads and writes"
        raise BadInput(program, f"a fault: {error}", "one line of JSON an input", remedy) from error


def judge(question: Question, run: Runner, clock: Clock, seed: int) -> Behaviour:
    """Compare a program with the network on every input where they can be gone through, else on drawn ones.

    Given samples are parted as a compile with this seed parts them, and the half that it keeps to judge by is used.
    """
    domain = question.domain
    exhaustive = domain.size is not None and domain.size <= EXHAUSTIVE
    if exhaustive:
        batches, distribution = domain.enumerate(BATCH), "every input of the domain"
    else:
        judged = _kept(question, seed)
        batches = _in_batches(judged.sample(FRESH, np.random.default_rng([seed, 1])))
        distribution = judged.distribution
        if question.sampled:
            distribution += f" that a compile with seed {seed} keeps to judge by"
    return compare(
        batches,
        lambda rows: agreement(question, run, rows),
        exhaustive=exhaustive,
        distribution=distribution,
        late=lambda: clock.late,
        tolerance=question.tolerance,
        progress=lambda n: clock.report(f"verify: {n} inputs"),
    )


def _in_batches(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), BATCH):
        yield rows.take(slice(start, start + BATCH))


def agreement(question: Question, run: Runner, rows: Rows) -> Agreement:
    """Compare a program's outputs with the network's answers, each as what it stands for."""
    answers, matches = question.answers(rows), _matcher(question)
    found = run(question.domain.raw(rows))
    equal = np.zeros(answers.values.shape, bool)
    for k, (line, wanted) in enumerate(zip(found, _values(question, answers, rows), strict=True)):
        if question.readout.at != "each":
            equal[k, 0] = matches(line, wanted[0])
        elif isinstance(line, list) and len(line) == len(wanted):
            equal[k, : len(wanted)] = list(map(matches, line, wanted))
    return Agreement(equal, question.counted(rows, answers), answers.margins)


def _values(question: Question, answers: Answers, rows: Rows) -> list[list[Value]]:
    """Give what the network answered: a list a row, one value a real position or one in all."""
    codes, places = np.unique(answers.values, return_inverse=True)
    known = [question.readout.value(code) for code in codes]
    lines: Any = places.reshape(answers.values.shape).tolist()
    lengths = [1] * len(rows) if question.readout.at != "each" or rows.lengths is None else rows.lengths.tolist()
    return [[known[place] for place in line[:n]] for line, n in zip(lines, lengths, strict=True)]


def _matcher(question: Question) -> Callable[[Any, Any], bool]:
    """Give what compares an output with an answer: reals within a tolerance, sets as sets, else by type and value."""
    if question.readout.name == "multilabel":
        return _same_set
    if question.kind is Kind.REAL:
        return _same_real
    return lambda found, wanted: type(found) is type(wanted) and found == wanted


def _same_set(found: Any, wanted: frozenset) -> bool:
    if not isinstance(found, list) or len(found) != len(wanted):
        return False
    return {(type(s), s) for s in wanted} == {(type(s), s) for s in found if not isinstance(s, (list, dict))}


def _same_real(found: Any, wanted: float) -> bool:
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return False
    return abs(found - wanted) <= TOLERANCE * max(1.0, abs(wanted))


def differences(question: Question, run: Runner, behaviour: Behaviour) -> list[dict[str, Any]]:
    """Give the first inputs that differ, each with what the program and the network answer, ready for JSON."""
    if behaviour.counterexamples is None:
        return []
    rows = behaviour.counterexamples.take(slice(0, EXAMPLES))
    raws = question.domain.raw(rows)
    answers = _spelt(question, question.answers(rows), rows)
    shown = zip(raws, run(raws), answers, strict=True)
    return [{"input": raw, "program": found, "network": answer} for raw, found, answer in shown]


def _over_offsets(question: Question, run: Runner, clock: Clock, seed: int) -> dict[str, Any]:
    """Judge a program at position offsets; raises BadInput where inputs cannot begin at other positions."""

    def spelt(there: Question, row: Rows) -> dict[str, Any]:
        (raw,) = there.domain.raw(row)
        return {"input": raw, "program": run([raw])[0], "network": _spelt(there, there.answers(row), row)[0]}

    judged = _kept(question, seed)
    found = judge_offsets(
        question, judged, lambda there, rows: agreement(there, run, rows), clock, np.random.default_rng([seed, 3])
    )
    return offsets_part(question, found, spelt)


def _kept(question: Question, seed: int) -> Domain:
    """Give what is judged by: of given samples the half that a compile with this seed keeps to judge by."""
    return question.domain.split(np.random.default_rng(seed))[1] if question.sampled else question.domain


def _spelt(question: Question, answers: Answers, rows: Rows) -> Sequence[Any]:
    """Give the network's answers as programs write theirs: None where not scored, sets in the symbols' order."""
    each, counted = question.readout.at == "each", question.counted(rows, answers)
    lines = []
    for line, scored in zip(_values(question, answers, rows), counted.tolist(), strict=True):
        values = [plain(v, question) if s else None for v, s in zip(line, scored, strict=False)]
        lines.append(values if each else values[0])
    return lines
