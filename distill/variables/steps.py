"""Which variables of a program are steps: found in its source, and by running it on some inputs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from distill.question import Question
from distill.variables.assigned import NoStep, Place, Variable, candidates
from distill.variables.child import Trace, instrumented, run_traced
from distill.variables.explanation import PARAMETER, Slot, Variables, input_names
from distill.variables.flow import Flow, Mark
from distill.variables.sources import Source
from distill.variables.values import Symbols, kind_of, symbols_of
from verify.explanation import RESULT, Step

_DRAWN = 256  # inputs that it is run on
Lines = list[list[Any]]  # values by row
Marks = Mapping[Place, Sequence[Mark]]


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs to run a program on, as it takes them, each's number of positions, and what runs it."""

    question: Question
    raws: list[Any]
    lengths: list[int] | None
    patience: Callable[[], float]

    def traces(self, source: str) -> list[Trace]:
        """Run an instrumented program."""
        return run_traced(source, self.raws, [{}] * len(self.raws), timeout=self.patience())

    def take(self, index: Sequence[int]) -> Samples:
        """Give the samples at `index`."""
        lengths = None if self.lengths is None else [self.lengths[k] for k in index]
        return replace(self, raws=[self.raws[k] for k in index], lengths=lengths)

    def start(self, counts: Sequence[int]) -> int | None:
        """Give the position of the first of so many values a row: one a position, or one past the prefix; else None."""
        if self.lengths is None:
            return None
        for start in (0, self.question.domain.offset):
            if all(count == length - start for count, length in zip(counts, self.lengths, strict=True)):
                return start
        return None


def variables(
    source: str, question: Question, patience: Callable[[], float] = lambda: 60.0, *, memories: bool = True
) -> Variables:
    """Give a program as an explanation of the network: its variables that have one value a position, or a row.

    source: of a module with a function `predict`; it is run, in a process of its own. patience: the seconds that each
    run may take. memories: whether what is put in the place of a running value is carried on with it, as by a network
    that has a state; else the next turn goes on from the value that was replaced, as where each position computes the
    whole anew. Raises RuntimeError where the program cannot be run, TimeoutError where it takes longer.
    """
    module, symbols = ast.parse(source), symbols_of(question, source)
    main = next((s for s in module.body if isinstance(s, ast.FunctionDef) and s.name == "predict"), None)
    if main is None:
        return Variables(question, source, (), (PARAMETER,), {}, {}, symbols, PARAMETER, patience)
    parameter = next((a.arg for a in (*main.args.posonlyargs, *main.args.args)), PARAMETER)
    given = _inputs(question, parameter)
    loops, samples = _loops(source, Flow(module, given), _samples(question, patience))
    found, left_out = _candidates(Flow(module, given, loops), loops)
    slots, lines, others = _slots(source, found, loops, samples, symbols)
    found, needless = _needed(found, slots, lines, lambda marks: Flow(module, given, loops, marks))
    slots = {v.name: slots[v.name] for v in found}
    flow = Flow(module, given, loops, _marks(found, slots), lengths=True)
    restored = set() if memories else {v.name for v in found if v.loop and v.alone and _by_itself(v.name, flow)}
    steps, reads = _steps(flow, slots, question.domain.sequence, restored), tuple(sorted(flow.result.reads))
    hooked, left_out = instrumented(source, found, restored=restored), left_out | others | needless
    return Variables(question, hooked, steps, reads, left_out, slots, symbols, parameter, patience)


def _candidates(flow: Flow, loops: Mapping[Place, int]) -> tuple[list[Variable], dict[str, str]]:
    """Find the variables that may be steps in all functions that run once a row or a turn."""
    found, left_out = list[Variable](), dict[str, str]()
    for frame in flow.frames.values():
        more, others = candidates(frame, loops)
        found, left_out = found + more, left_out | others
    return found, left_out


def _samples(question: Question, patience: Callable[[], float]) -> Samples:
    rows = question.domain.sample(_DRAWN, np.random.default_rng(0))
    lengths = None if rows.lengths is None else rows.lengths.tolist()
    return Samples(question, question.domain.raw(rows), lengths, patience)


def _inputs(question: Question, parameter: str) -> Source:
    """Give what the parameter stands for: a list of steps, or one step."""
    names = input_names(question.domain, parameter)
    listed = question.domain.sequence
    parts = tuple(Source(frozenset([n]), False, listed, 0 if listed else None) for n in names)
    if question.domain.kind != "numbers" or (len(parts) == 1 and listed):
        return parts[0]
    return Source(frozenset(names), False, listed, 0 if listed else None, parts=parts)


def _loops(source: str, survey: Flow, samples: Samples) -> tuple[dict[Place, int], Samples]:
    """Give the loops that take one turn a position, and where each starts; also the samples that can be run."""
    names = {place: f"{place}" for place in survey.walks}
    traces = samples.traces(instrumented(source, (), names))
    samples = samples.take([k for k, trace in enumerate(traces) if trace.answered])
    traces = [trace for trace in traces if trace.answered]
    starts = {p: samples.start([len(t.passed.get(name, ())) for t in traces]) for p, name in names.items()}
    return {place: start for place, start in starts.items() if start is not None}, samples


def _slots(
    source: str, found: Sequence[Variable], loops: Mapping[Place, int], samples: Samples, symbols: Symbols
) -> tuple[dict[str, Slot], dict[str, Lines], dict[str, str]]:
    """Give how the values of each variable come, these values by row, and of those that are no steps, why not."""
    slots, lines, left_out = dict[str, Slot](), dict[str, Lines](), dict[str, str]()
    traces = samples.traces(instrumented(source, found)) if found else []
    for variable in found:
        try:
            start = None if variable.loop is None else loops[variable.loop]
            passed = [t.passed.get(variable.name, []) for t in traces]
            slots[variable.name], lines[variable.name] = _slot(passed, start, samples, symbols)
        except NoStep as reason:
            left_out[variable.name] = str(reason)
    return slots, lines, left_out


def _slot(passed: Lines, start: int | None, samples: Samples, symbols: Symbols) -> tuple[Slot, Lines]:
    """Give how a variable's values come, and the values by row; raises NoStep where it is none.

    passed: by row, its values in the order of turns. start: where the loop starts in which it is assigned.
    """
    if start is not None and samples.start([len(line) for line in passed]) != start:
        raise NoStep("has no value at some positions")
    if start is None and any(len(line) != 1 for line in passed):
        raise NoStep("has no value, or several, on some inputs")
    listed = start is None and all(isinstance(line[0], list) for line in passed)
    if listed:
        passed = [line[0] for line in passed]
        start = samples.start([len(line) for line in passed])
        if start is None:
            raise NoStep("is a list, but not of one entry a position")
    values = [v for line in passed for v in line]
    kind = kind_of(values, symbols)
    if _is_input(passed, start, samples):
        raise NoStep("is the input")
    longest = max(passed, key=len)
    if all(line == longest[: len(line)] for line in passed):
        raise NoStep("is the same whatever the input")
    types = {type(v) for v in values}
    type_ = bool if types == {bool} else float if float in types else int
    return Slot(listed, start, kind, type_), passed


def _is_input(passed: Lines, start: int | None, samples: Samples) -> bool:
    """Say whether values are the input's, or those of one of its components."""
    wanted = [[raw] if start is None else raw[start:] for raw in samples.raws]
    if wanted == passed:
        return True
    width = max((len(step) if isinstance(step, list) else 0 for line in wanted for step in line), default=0)
    if start is None and samples.lengths is not None:
        return False
    return any([[step[k] for step in line] for line in wanted] == passed for k in range(width))


def _marks(found: Sequence[Variable], slots: Mapping[str, Slot]) -> Marks:
    marks: dict[Place, list[Mark]] = {}
    for variable in found:
        slot = slots[variable.name]
        mark = Mark(variable.name, variable.local, slot.listed, slot.start if slot.listed else None)
        for point in variable.points:
            marks.setdefault(point, []).append(mark)
    return marks


def _needed(
    found: Sequence[Variable], slots: Mapping[str, Slot], lines: Mapping[str, Lines], flow: Callable[[Marks], Flow]
) -> tuple[list[Variable], dict[str, str]]:
    """Leave out variables that say nothing by themselves until there are none; say why."""
    left_out = dict[str, str]()
    while True:
        found = [v for v in found if v.name in slots and v.name not in left_out]
        needless = _needless(flow(_marks(found, slots)), lines)
        if not needless:
            return found, left_out
        left_out |= needless


def _needless(flow: Flow, lines: Mapping[str, Lines]) -> dict[str, str]:
    """Give steps that say nothing by themselves, and why; of copies one at a time, as two may be such of each other."""
    reads = {name: set(source.reads) for name, source in flow.found.items()}
    needed = _reached(RESULT, {**reads, RESULT: set(flow.result.reads)})
    idle = {name: "is not what the result is computed from" for name in reads if name not in needed}
    for name, only in reads.items():
        if not idle and len(only) == 1 and name not in only and lines.get(*only) == lines[name]:
            idle[name] = f"is the same as {next(iter(only))}"
    return idle


def _by_itself(name: str, flow: Flow) -> bool:
    """Say whether a step is computed from what it was at the position before, and no other step comes between."""
    reads = {n: set(source.reads) for n, source in flow.found.items()}
    return name in reads[name] and not any(name in _reached(n, reads) for n in reads[name] - {name})


def _steps(flow: Flow, slots: Mapping[str, Slot], sequence: bool, restored: Collection[str]) -> tuple[Step, ...]:
    """Give the steps, each after those it reads: a memory does not read what is computed after it in a turn."""
    reads = {name: set(source.reads) for name, source in flow.found.items()}
    above = {name: _reached(name, reads) for name in reads}
    order = list(reads)
    steps = []
    for name, source in flow.found.items():
        slot = slots[name]
        round_ = {n for n in reads[name] if n == name or name in above.get(n, ())}
        direct = {n for n in reads[name] if n not in round_ or order.index(n) < order.index(name)}
        axis = "row" if slot.start is None else "position"
        moves = bool(round_) or (sequence and (source.used if axis == "row" else source).moved)
        steps.append(Step(name, tuple(sorted(direct)), axis, slot.kind, moves, bool(round_) and name not in restored))
    return _sorted(steps)


def _reached(name: str, reads: Mapping[str, set[str]]) -> set[str]:
    """Give all that a step is computed from, itself too where it is a memory."""
    found, stack = set[str](), [name]
    while stack:
        fresh = reads.get(stack.pop(), set()) - found
        found |= fresh
        stack.extend(fresh)
    return found


def _sorted(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Put steps after those they read, else in their order."""
    left, done = list(steps), list[Step]()
    while left:
        names = {s.name for s in left}
        ready = next(s for s in left if not names & set(s.reads))
        left.remove(ready)
        done.append(ready)
    return tuple(done)
