"""A program of the language as an explanation of a network: what its steps are, and what follows if they are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from distill.defaults import OTHERS, Place, closed, others_than, rebuilt
from distill.question import Question
from distill.reading import Reading
from dsl.check import check, free_state
from dsl.evaluate import Cases, Interpreter
from dsl.expand import moves
from dsl.rows import Rows
from dsl.terms import Call, Expr, Input, Literal, Program, Table, Value, children, subterms
from dsl.types import Axis, Kind
from verify.explanation import DEFINED, RESULT, Given, Step, StepAxis

_AXES: Mapping[Axis, StepAxis] = {Axis.POSITION: "position", Axis.ROW: "row", Axis.PAIR: "pair"}
Held = Mapping[Expr, tuple[np.ndarray, np.ndarray]]  # interventions, as the interpreter takes them
DRAWN = 256  # rows on which it is seen which defaults are used


@dataclass(frozen=True, slots=True)
class Part:
    """A step and the term that computes it. whole: the same, or what reads it, as a part of the program spelt out."""

    step: Step
    term: Expr
    whole: Expr


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """A program, and those of its parts that are steps (an Explanation).

    result: the program, in which a part that stands for one use of a value is an input of its own; readings: those
    inputs with the terms that they read. symbols: what the program may speak of beside the domain's own. strict: see
    `verify.explanation.Explanation`.
    """

    question: Question
    result: Expr
    parts: tuple[Part, ...]
    symbols: tuple[Value, ...] = ()
    readings: Mapping[Input, Expr] = field(default_factory=dict)
    strict: bool = True

    @property
    def steps(self) -> Sequence[Step]:
        """The steps, each after those it reads."""
        return tuple(p.step for p in self.parts)

    @property
    def reads(self) -> Sequence[str]:
        """What the result is computed from, directly: names of steps and inputs."""
        names = {p.term: p.step.name for p in self.parts if p.term is not self.result}
        return reads(self.result, names, self.readings)

    def run(self, rows: Rows, given: Mapping[str, Given] | None = None) -> Mapping[str, np.ndarray]:
        """Give the values of steps, of the inputs they read, and RESULT, see `verify.explanation.Explanation.run`."""
        cases = self.question.domain.cases(rows, self.symbols)
        held = self._held(given or {})
        interpreter = _Reading(cases, self.readings, held)
        inputs = self.question.domain.inputs
        values = {i.name: self._wide(cases.inputs[i.name], check(i).axis, rows) for i in inputs}
        for part in self.parts:
            if part.step.axis != "pair":
                values[part.step.name] = self._wide(interpreter(part.term), check(part.term).axis, rows)
        values[RESULT] = self._answer(interpreter, cases, rows)
        if given:
            values[DEFINED] = self._defined(values[RESULT], cases, rows, held)
        return values

    def _answer(self, interpreter: Interpreter, cases: Cases, rows: Rows) -> np.ndarray:
        each = self.question.readout.at == "each"
        result = np.broadcast_to(interpreter(self.result), cases.mask.shape if each else (len(rows), 1))
        codes = self.question.codes(result, cases)
        return self._wide(codes, Axis.POSITION, rows) if each else codes

    def _defined(self, answers: np.ndarray, cases: Cases, rows: Rows, held: Held) -> np.ndarray:
        """Say where answers are some, and do not hang on a default that is never used on the domain."""
        coded = self.question.readout.name in ("argmax", "multilabel")
        known = answers != -1 if coded else np.ones(answers.shape, dtype=bool)
        for others in range(OTHERS if self.unused else 0):
            changed = {place: found[others % len(found)] for place, found in self.unused.items()}
            known &= self._changed(changed, cases, rows, held) == answers
        return known

    def _changed(self, changed: Mapping[Place, Expr], cases: Cases, rows: Rows, held: Held) -> np.ndarray:
        """Give the answers of the program with some of its arguments exchanged."""
        readings = {new: rebuilt(old, changed) for new, old in self.readings.items()}
        again = replace(self, result=rebuilt(self.result, changed))
        held = {rebuilt(term, changed): pair for term, pair in held.items()}
        return again._answer(_Reading(cases, readings, held), cases, rows)

    @cached_property
    def unused(self) -> Mapping[Place, Sequence[Expr]]:
        """The defaults that no input drawn from the domain comes to, with others that might as well be there."""
        rows = self.question.domain.sample(DRAWN, np.random.default_rng(0))
        cases = self.question.domain.cases(rows, self.symbols)
        interpreter = _Reading(cases, self.readings, {})
        answers = self._answer(interpreter, cases, rows)
        real = Reading(self.question).counted(rows, answers)
        found: dict[Place, Sequence[Expr]] = {}
        for term in all_parts(self.result, self.readings):
            if not isinstance(term, Call) or len(term.args) < 2 or free_state(term) is not None:
                continue
            place, last = (term, len(term.args) - 1), term.args[-1]
            if isinstance(last, Table):
                others = closed(last, [interpreter(k) for k in term.args[:-1]], cases)
            elif moves(term) and isinstance(last, Literal):
                others = others_than(last, cases)
            else:
                continue
            tried = [self._changed({place: other}, cases, rows, {}) for other in others]
            if others and all((answers == again)[real].all() for again in tried):
                found[place] = others
        return found

    def _held(self, given: Mapping[str, Given]) -> Held:
        """Give interventions as the interpreter takes them: without the prefix."""
        start = self.question.domain.offset
        found = {}
        for part in self.parts:
            if part.step.name in given:
                asked, along = given[part.step.name], check(part.term).axis is Axis.POSITION
                found[part.term] = tuple(a[:, start:] if along else a for a in (asked.values, asked.where))
        return found

    def _wide(self, values: np.ndarray, axis: Axis, rows: Rows) -> np.ndarray:
        """Give values along the network's positions, those of the prefix 0; values of a row as they are."""
        if axis is not Axis.POSITION:
            return values
        found = np.zeros(rows.values.shape[:2], values.dtype)
        found[:, self.question.domain.offset :] = values
        return found

    def cells(self, rows: Rows) -> np.ndarray:
        """Say where steps have values: bool [row, position], or [row, 1] without a position axis."""
        cases = self.question.domain.cases(rows, self.symbols)
        mask = np.asarray(cases.mask)
        return self._wide(mask, Axis.POSITION, rows) if self.question.domain.sequence else mask


class _Reading(Interpreter):
    """Evaluates terms some of whose inputs read other terms."""

    def __init__(self, cases: Cases, readings: Mapping[Input, Expr], held: Held) -> None:
        super().__init__(cases, held=held)
        self.readings = readings

    def _compute(self, expr: Expr) -> np.ndarray:
        source = self.readings.get(expr) if isinstance(expr, Input) else None
        return super()._compute(expr) if source is None else self(source)


def reads(term: Expr, names: Mapping[Expr, str], readings: Mapping[Input, Expr]) -> tuple[str, ...]:
    """Give the nearest steps and inputs below a term, by name."""
    found: dict[str, None] = {}
    stack = [readings[term]] if isinstance(term, Input) and term in readings else list(children(term))
    if isinstance(term, Input) and term not in readings:
        return (term.name,)
    while stack:
        node = stack.pop(0)
        if node in names:
            found[names[node]] = None
        elif isinstance(node, Input):
            found[node.name] = None
        else:
            stack[:0] = children(node)
    return tuple(found)


def spoken(term: Expr, question: Question) -> tuple[Value, ...]:
    """Give the symbols that a program or the network's answers speak of beside the domain's own."""
    values: list[Value] = list(question.readout.symbols)
    for part in subterms(term):
        if isinstance(part, Literal) and part.kind is Kind.SYMBOL:
            values.append(part.value)
        elif isinstance(part, Table):
            kinds = ((part.kind, (part.default, *(v for _, v in part.entries))),)
            keys = [(kind, tuple(key[k] for key, _ in part.entries)) for k, kind in enumerate(part.key_kinds)]
            values += [v for kind, found in (*kinds, *keys) if kind is Kind.SYMBOL for v in found]
    known = {(type(s), s) for s in question.domain.symbols}
    found = dict.fromkeys((type(v), v) for v in values if v is not None)
    return tuple(value for kind, value in found if (kind, value) not in known)


def stated(question: Question, program: Program, symbols: Sequence[Value] | None = None) -> Hypothesis:
    """Give a program whose named steps are all that is claimed: each of them must be found in the network.

    symbols: what it may speak of beside the domain's own; by default what it does, and the answers.
    """
    symbols = spoken(program.result, question) if symbols is None else symbols
    names = {term: name for name, term in program.steps}
    parts = [Part(step_of(name, term, names, {}), term, term) for name, term in program.steps]
    return Hypothesis(question, program.result, tuple(parts), tuple(symbols))


def step_of(name: str, term: Expr, names: Mapping[Expr, str], readings: Mapping[Input, Expr]) -> Step:
    """Give a term as a step. names: those of other steps; readings: what inputs that stand for a use read."""
    found = check(term)
    return Step(
        name,
        reads(term, names, readings),
        _AXES[found.axis],
        "symbol" if found.kind is Kind.SYMBOL else "number",
        isinstance(term, Call) and moves(term),
        isinstance(term, Call) and term.op == "scan",
    )


def all_parts(term: Expr, readings: Mapping[Input, Expr]) -> list[Expr]:
    """Give every subterm, seeing through readings: arguments before what uses them."""
    found: dict[Expr, None] = {}

    def visit(node: Expr) -> None:
        if node in found:
            return
        for child in [readings[node]] if isinstance(node, Input) and node in readings else children(node):
            visit(child)
        found[node] = None

    visit(term)
    return list(found)
