"""How far the state of a recurrent network can be read: a program's variables, told from what the network carries.

A network keeps a program's variable as activations, which drift: a sum is off by a little more at each step, a
remainder's clusters grow until they touch. Within the domain each variable is read off the state; then inputs are
looked for on which it is misread, and the ranges of its values in which it never was are noted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from distill.beyond import effort, ways_to_make
from distill.clock import Clock
from distill.mechanism import drawn
from distill.question import Question
from distill.recurrence import PAIRS, Recurrence, find_recurrence
from distill.standing import Standing
from distill.states import carried
from dsl import show
from dsl.check import check, free_state
from dsl.evaluate import evaluate
from dsl.rows import Rows
from dsl.terms import Expr, Value, subterms
from dsl.types import Axis, Kind
from verify import Agreement
from verify.decoder import Decoder, decoder
from verify.explore import explore
from verify.reach import Parting, Reach

SHARE = 0.5  # of what a search for partings may cost
UNTRIED = Reach(None, None, "no variable is read off the state")


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A variable of a program that is read off the state. tried: its values met; legible: see `_legible`."""

    term: Expr
    decoder: Decoder
    tried: tuple[int, ...] = ()
    legible: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """What the program carries, as it is written."""
        return show(self.term)


@dataclass(frozen=True, slots=True, eq=False)
class Carrier:
    """A network that carries a state, and what programs about it may speak of beside the domain's symbols."""

    question: Question
    recurrence: Recurrence
    symbols: tuple[Value, ...]

    @property
    def spoken(self) -> Sequence[Value]:
        """The symbols, by the codes that terms give."""
        one = self.question.domain.sample(1, np.random.default_rng(0))
        return self.question.domain.cases(one, self.symbols).symbols

    def states(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Give where there is a state, bool [row, step], and the states, float [row, step, width]; of free steps."""
        start = self.question.domain.offset
        return rows.mask[:, start:], self.recurrence.states(self.question, rows)[:, start:]

    def values(self, term: Expr, rows: Rows) -> np.ndarray:
        """Give a term's value after each free step, int [row, step]; codes where it gives symbols."""
        cases = self.question.domain.cases(rows, self.symbols)
        return np.broadcast_to(np.asarray(evaluate(term, cases)), cases.mask.shape).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Misread:
    """A variable, its value somewhere, and the value that is read off the state there."""

    variable: Variable
    value: int
    found: int
    margin: float


@dataclass(frozen=True, slots=True, eq=False)
class Legible:
    """How far variables are read off the state. illegible: of the program's, such as are not even within the domain."""

    carrier: Carrier
    variables: tuple[Variable, ...]
    illegible: tuple[str, ...]
    reach: Reach

    @property
    def partings(self) -> list[Parting]:
        """The shortest inputs on which a variable is misread."""
        tried = (self.reach.within, self.reach.beyond)
        return [t.first for t in tried if t is not None and t.first is not None]

    def misread(self, parting: Parting) -> Misread:
        """Say which variable is read worst where the state is misread."""
        state = self.carrier.states(parting.row)[1][:, parting.answer]

        def told(variable: Variable) -> Misread:
            value = self.carrier.values(variable.term, parting.row)[:, parting.answer]
            margin = float(variable.decoder.margins(state, value)[0])
            return Misread(variable, int(value[0]), int(variable.decoder.read(state)[0]), margin)

        return min(map(told, self.variables), key=lambda found: found.margin)


def look_at_state(question: Question, standing: Standing, clock: Clock, rng: np.random.Generator) -> Legible | None:
    """Look for inputs on which a program's variables can no longer be read off the network's state.

    None where the program carries no variable along, or the network no state.
    """
    held = carried(standing.term)
    makings = [m for m in ways_to_make(question, standing)[0] if m.parts] if question.readout.at == "each" else []
    recurrence = find_recurrence(question, question.domain.sample(PAIRS, rng), rng) if held and makings else None
    if recurrence is None:
        return None
    clock.report("reach: reading the state")
    carrier, rows = Carrier(question, recurrence, standing.symbols), drawn(question, rng)
    found = {term: _variable(carrier, term, standing.term, rows, rng) for term in held}
    variables = {v.term: v for v in found.values() if v is not None}
    worst: dict[Expr, dict[int, float]] = {term: {} for term in variables}

    def agree(rows: Rows) -> Agreement:
        return _read(carrier, list(variables.values()), rows, worst)

    reach = explore(makings[0], agree, effort(question, clock, SHARE), rng) if variables else UNTRIED
    read = [replace(v, tried=tuple(sorted(worst[t])), legible=_legible(worst[t])) for t, v in variables.items()]
    return Legible(carrier, tuple(read), tuple(show(term) for term, v in found.items() if v is None), reach)


def _read(
    carrier: Carrier, variables: Sequence[Variable], rows: Rows, worst: Mapping[Expr, dict[int, float]]
) -> Agreement:
    """Say at which steps all variables are read rightly; the margin there is the least of them.

    worst: the least margin met of each value of each variable, kept up here.
    """
    counted, states = carrier.states(rows)
    margins = np.full(counted.shape, np.inf)
    for variable in variables:
        values = carrier.values(variable.term, rows)[counted]
        found = variable.decoder.margins(states[counted], values)
        margins[counted] = np.minimum(margins[counted], found)
        kinds, places = np.unique(values, return_inverse=True)
        least = np.full(len(kinds), np.inf)
        np.minimum.at(least, places, found)
        for value, margin in zip(kinds.tolist(), least.tolist(), strict=True):
            worst[variable.term][value] = min(margin, worst[variable.term].get(value, np.inf))
    return Agreement(margins > 0, counted, margins)


def _legible(worst: Mapping[int, float]) -> tuple[int, int] | None:
    """Give the longest run of values tried, first and last, none of which was ever misread; None where all were."""
    runs: list[list[int]] = [[]]
    for value in sorted(worst):
        if worst[value] > 0:
            runs[-1].append(value)
        elif runs[-1]:
            runs.append([])
    longest = max(runs, key=len)
    return (longest[0], longest[-1]) if longest else None


def _variable(carrier: Carrier, term: Expr, program: Expr, rows: Rows, rng: np.random.Generator) -> Variable | None:
    """Give how a variable is read off the state, or else the least that the program makes of it and that is read."""
    counted, states = carrier.states(rows)
    made = [t for t in subterms(program) if t is not term and term in subterms(t)]
    for candidate in (term, *made):
        kind = check(candidate)
        if free_state(candidate) is not None or kind.kind is Kind.REAL or kind.axis is not Axis.POSITION:
            continue
        values = carrier.values(candidate, rows)[counted]
        found = decoder(states[counted], values, rng, numeric=kind.kind is not Kind.SYMBOL)
        if found is not None:
            return Variable(candidate, found)
    return None
