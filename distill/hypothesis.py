"""A program of the language as an explanation of a network: what its steps are, and what follows if they are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from distill.question import Question
from distill.reading import Reading
from dsl import show
from dsl.check import check, free_state
from dsl.evaluate import Cases, Interpreter
from dsl.expand import ATTENDING, RECURRENT, expand
from dsl.primitives import PRIMITIVES
from dsl.rows import Rows
from dsl.terms import Call, Expr, Input, Literal, Program, Table, Value, children, subterms, substitute
from dsl.types import Axis, Kind
from verify.explanation import DEFINED, RESULT, Given, Step
from verify.subject import EVERY

_AXES = {Axis.POSITION: "position", Axis.ROW: "row", Axis.PAIR: "pair"}
_MOVING = frozenset({"positions", "reduce", "running", "select", "scan"})  # families that bring values elsewhere
Held = Mapping[Expr, tuple[np.ndarray, np.ndarray]]  # interventions, as the interpreter takes them
Place = tuple[Call, int]  # a call, and which of its arguments
KEYS = 64  # of a table, up to which it is known which of them there are
OTHERS = 4  # values tried in the place of a default
DRAWN = 256  # rows on which it is seen which defaults are used
FAR = 1009  # from a default to one that could not be taken for it
_STILL = frozenset({"index"})  # of these families, but known at the position itself


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

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps, each after those it reads."""
        return tuple(p.step for p in self.parts)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """What the result is computed from, directly: names of steps and inputs."""
        names = {p.term: p.step.name for p in self.parts if p.term is not self.result}
        return reads(self.result, names, self.readings)

    def run(self, rows: Rows, given: Mapping[str, Given] | None = None) -> Mapping[str, np.ndarray]:
        """Give the values of steps, of the inputs they read, and RESULT, see `verify.explanation.Explanation.run`."""
        cases = self.question.domain.cases(rows, self.symbols)
        held = self._held(cases, rows, given or {})
        interpreter = _Reading(cases, self.readings, held)
        found = {p.step.name: interpreter(p.term) for p in self.parts if p.step.axis != "pair"}
        inputs = {i.name: cases.inputs[i.name] for i in self.question.domain.inputs}
        values = {name: self._wide(v, cases, rows) for name, v in {**inputs, **found}.items()}
        values[RESULT] = self._answer(interpreter, cases, rows)
        if given:
            values[DEFINED] = self._defined(values[RESULT], cases, rows, held)
        return values

    def _answer(self, interpreter: Interpreter, cases: Cases, rows: Rows) -> np.ndarray:
        each = self.question.readout.at == "each"
        result = np.broadcast_to(interpreter(self.result), cases.mask.shape if each else (len(rows), 1))
        codes = self.question.codes(result, cases)
        return self._wide(codes, cases, rows) if each else codes

    def _defined(self, answers: np.ndarray, cases: Cases, rows: Rows, held: Held) -> np.ndarray:
        """Say where answers are some, and do not hang on a default that is never used on the domain."""
        known = answers != -1 if self.question.readout.name in ("argmax", "multilabel") else np.ones(answers.shape, bool)
        if not self.unused:
            return known
        for others in range(OTHERS):
            changed = {place: found[others % len(found)] for place, found in self.unused.items()}
            known &= self._changed(changed, cases, rows, held) == answers
        return known

    def _changed(self, changed: Mapping[Place, Expr], cases: Cases, rows: Rows, held: Held) -> np.ndarray:
        """Give the answers of the program with some of its arguments exchanged."""
        readings = {new: _rebuilt(old, changed) for new, old in self.readings.items()}
        again = replace(self, result=_rebuilt(self.result, changed))
        held = {_rebuilt(term, changed): pair for term, pair in held.items()}
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
        for term in _all(self.result, self.readings):
            if not isinstance(term, Call) or len(term.args) < 2 or free_state(term) is not None:
                continue
            place, last = (term, len(term.args) - 1), term.args[-1]
            if isinstance(last, Table):
                others = _closed(last, [interpreter(k) for k in term.args[:-1]], cases)
            elif moves(term) and isinstance(last, Literal):
                others = _others(last, cases)
            else:
                continue
            tried = [self._changed({place: other}, cases, rows, {}) for other in others]
            if others and all((answers == again)[real].all() for again in tried):
                found[place] = others
        return found

    def _held(self, cases: Cases, rows: Rows, given: Mapping[str, Given]) -> Held:
        """Give interventions as the interpreter takes them: without the prefix."""
        found = {}
        for part in self.parts:
            if part.step.name in given:
                asked = given[part.step.name]
                found[part.term] = (self._narrow(asked.values, cases, rows), self._narrow(asked.where, cases, rows))
        return found

    def _wide(self, values: np.ndarray, cases: Cases, rows: Rows) -> np.ndarray:
        """Give values along the network's positions; those of the prefix are 0."""
        if not self.question.domain.sequence or values.shape[1] != cases.mask.shape[1]:
            return values
        if values.shape[1] == 1 == rows.values.shape[1]:
            return values
        found = np.zeros((len(values), rows.values.shape[1]), values.dtype)
        start = self.question.domain.offset
        found[:, start : start + values.shape[1]] = values
        return found

    def _narrow(self, values: np.ndarray, cases: Cases, rows: Rows) -> np.ndarray:
        if not self.question.domain.sequence or values.shape[1] != rows.values.shape[1]:
            return values
        start = self.question.domain.offset
        return values[:, start : start + cases.mask.shape[1]]

    def cells(self, rows: Rows) -> np.ndarray:
        """Say where steps have values: bool [row, position], or [row, 1] without a position axis."""
        cases = self.question.domain.cases(rows, self.symbols)
        return self._wide(np.asarray(cases.mask), cases, rows)


class _Reading(Interpreter):
    """Evaluates terms some of whose inputs read other terms."""

    def __init__(self, cases: Cases, readings: Mapping[Input, Expr], held: Held) -> None:
        super().__init__(cases, held=held)
        self.readings = readings

    def _compute(self, expr: Expr) -> np.ndarray:
        source = self.readings.get(expr) if isinstance(expr, Input) else None
        return super()._compute(expr) if source is None else self(source)


def _others(default: Literal, cases: Cases) -> Sequence[Literal]:
    """Give values of the same kind that are not the default."""
    match default:
        case Literal(value=bool() as value):
            return [Literal(not value, default.kind)]
        case Literal(value=int() | float() as value, kind=Kind.INT | Kind.REAL):
            return [Literal(value + FAR, default.kind), Literal(value - FAR, default.kind)]
    others = [s for s in cases.symbols if cases.code(s) != cases.code(default.value)]
    return [Literal(s, default.kind) for s in others[:OTHERS]] or [default]


def _closed(table: Table, keys: Sequence[np.ndarray], cases: Cases) -> Sequence[Table]:
    """Give a table that lists every key there is, with other defaults; nothing where there are too many keys."""
    shape = np.broadcast_shapes(cases.mask.shape, *(k.shape for k in keys))
    if len(shape) != 2:
        return []
    columns = np.stack([np.broadcast_to(k, shape)[cases.mask] for k in keys], axis=1)
    met = np.unique(columns, axis=0)
    if len(met) > KEYS:
        return []
    entries = dict(table.entries)
    for line in met:
        key = tuple(_value(v, kind, cases) for v, kind in zip(line, table.key_kinds, strict=True))
        entries.setdefault(key, table.default)
    listed = tuple(sorted(entries.items(), key=repr))
    others = _others(Literal(table.default, table.kind), cases)
    return [Table(listed, other.value, table.key_kinds, table.kind) for other in others]


def _value(held: np.generic, kind: Kind, cases: Cases) -> Value:
    """Give the constant that a column's number stands for."""
    if kind is Kind.SYMBOL:
        return cases.symbols[int(held)] if held >= 0 else None
    return {Kind.BOOL: bool, Kind.INT: int, Kind.REAL: float}[kind](held)


def _rebuilt(term: Expr, changed: Mapping[Place, Expr]) -> Expr:
    """Give a term with some arguments exchanged: (call as it was, place of the argument) -> what stands there."""
    memo: dict[Expr, Expr] = {}

    def visit(node: Expr) -> Expr:
        if not isinstance(node, Call):
            return node
        if node not in memo:
            args = [changed.get((node, k)) or visit(a) for k, a in enumerate(node.args)]
            memo[node] = Call(node.op, tuple(args))
        return memo[node]

    return visit(term)


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


def stated(question: Question, program: Program, symbols: Sequence[Value] = ()) -> Hypothesis:
    """Give a program whose named steps are all that is claimed: each of them must be found in the network."""
    names = {term: name for name, term in program.steps}
    parts = [Part(_step(name, term, names, {}), term, term) for name, term in program.steps]
    return Hypothesis(question, program.result, tuple(parts), tuple(symbols))


def _step(name: str, term: Expr, names: Mapping[Expr, str], readings: Mapping[Input, Expr], carried: bool = False) -> Step:
    found = check(term)
    return Step(
        name,
        reads(term, names, readings),
        _AXES[found.axis],
        "symbol" if found.kind is Kind.SYMBOL else "number",
        isinstance(term, Call) and moves(term),
        carried or (isinstance(term, Call) and term.op == "scan"),
    )


def moves(term: Call) -> bool:
    """Say whether a call brings values from one position to another."""
    primitive = PRIMITIVES.get(term.op)
    return term.op == "scan" or (primitive is not None and primitive.family in _MOVING and term.op not in _STILL)


def derived(question: Question, term: Expr, symbols: Sequence[Value] = (), *, at_once: bool = False) -> Hypothesis:
    """Give a program every part of which is a step: what it computes, and what each part that moves values reads.

    A value that is read at several places is a step of its own at each of those that move it, as a network may read
    it at different places. In a network with a state, values are moved by being remembered: what an earlier position's
    value is wanted for is a memory, and that value itself needs no place when it is read.
    at_once: whether what is remembered is also what the position itself reads of it, as where outputs are read off the
    state alone.
    """
    recurrent = is_recurrent(question)
    result, readings, readers = _apart(spelt_out(question, term), recurrent)
    if at_once:
        result = substitute(result, {source: edge for edge, source in readings.items()})
    terms = [t for t in _all(result, readings) if _is_step(t, result, readings, recurrent)]
    names = {t: _name(t, readings) for t in terms}
    parts = []
    for t in terms:
        step = _step(names[t], t, {k: v for k, v in names.items() if k is not t}, readings)
        kept = recurrent and isinstance(t, Input)
        whole = readers[t] if isinstance(t, Input) else substitute(t, dict(readings))
        parts.append(Part(replace(step, carried=step.carried or kept, moves=step.moves or kept), t, whole))
    return Hypothesis(question, result, tuple(parts), tuple(symbols), readings, strict=False)


def ways(question: Question, term: Expr, symbols: Sequence[Value] = ()) -> Sequence[Hypothesis]:
    """Give the ways in which a network of this kind may go about a program, the most particular first."""
    first = derived(question, term, symbols)
    if not (is_recurrent(question) and first.readings):
        return [first]
    return [first, derived(question, term, symbols, at_once=True)]


def is_recurrent(question: Question) -> bool:
    """Say whether the network goes from position to position, with a state."""
    return any(site.call == EVERY for site in question.subject.sites)


def spelt_out(question: Question, term: Expr) -> Expr:
    """Give a program as a network of this kind may go about it."""
    return expand(term, RECURRENT if is_recurrent(question) else ATTENDING)


def _name(term: Expr, readings: Mapping[Input, Expr]) -> str:
    return term.name if isinstance(term, Input) else show(substitute(term, dict(readings)))


def _all(term: Expr, readings: Mapping[Input, Expr]) -> list[Expr]:
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


def _is_step(term: Expr, result: Expr, readings: Mapping[Input, Expr], recurrent: bool) -> bool:
    """Say whether a part is a step; not those that stand for another part that is one, nor what every place knows."""
    if isinstance(term, Input):
        return term in readings
    if not isinstance(term, Call) or term.op == "index" or free_state(term) is not None:
        return False
    if term is result or (recurrent and term.op == "shift"):
        return term.op == "scan"
    return check(term).axis is not Axis.PAIR


def _apart(term: Expr, recurrent: bool) -> tuple[Expr, dict[Input, Expr], dict[Input, Expr]]:
    """Give the term with an input of its own for each value that a moving part reads and that others read too.

    And what each of these inputs reads, and what part of the term reads it.
    """
    uses: dict[Expr, int] = {}
    for node in subterms(term):
        for child in children(node):
            uses[child] = uses.get(child, 0) + 1
    readings: dict[Input, Expr] = {}
    readers: dict[Input, Expr] = {}
    memo: dict[Expr, Expr] = {}

    def visit(node: Expr) -> Expr:
        if not isinstance(node, Call) or node.op == "scan":
            return node
        if node not in memo:
            args = list(map(visit, node.args))
            if moves(node) or node.op in ("key", "query"):
                args = [reading(node, place, new) for place, new in enumerate(args)]
            memo[node] = Call(node.op, tuple(args))
        return memo[node]

    def reading(call: Call, place: int, new: Expr) -> Expr:
        old = call.args[place]
        alone = isinstance(old, Call) and (uses[old] == 1 or old.op == "index") and not (recurrent and old.op != "scan")
        if not isinstance(old, (Input, Call)) or check(old).axis is not Axis.POSITION or alone:
            return new
        again = f" [{place + 1}]" if call.args.count(old) > 1 else ""
        edge = Input(f"{show(old)} -> {show(call)}{again}", check(old))
        readings[edge], readers[edge] = new, call
        return edge

    return visit(term), readings, readers
