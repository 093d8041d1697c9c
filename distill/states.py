"""The state of a program that is run along its input: what of the past its answers hang on, and where that is told.

A prefix of an input leaves a program in a state: two prefixes leave it in the same one where the answers to all that
may follow are the same, and the one there, if it is read off the state. These are the states of the program's minimal
machine, whether there are few of them or many; a program's own variables may be finer (a total of which only the
remainder matters).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from distill.hypothesis import Hypothesis
from distill.question import Question
from dsl import show
from dsl.evaluate import evaluate
from dsl.rows import Rows
from dsl.terms import Call, Expr, Literal, Value, call, integer, subterms
from verify.explanation import DEFINED, RESULT, Given, Step

FOLLOWED = 12  # continuations by which states are told apart
COMPARED = 64  # rows on which it is seen whether the program tells more apart than matters
LATEST = 6  # steps that a row and its sibling share, at most
CARRIED = frozenset(
    {"scan", "since", "running_count", "running_sum", "running_min", "running_max", "running_any", "running_every"}
)
STATE = "state"


@dataclass(frozen=True, eq=False)
class States:
    """A program as an explanation (`verify.explanation.Explanation`) whose one step is its state after each position.

    at_once: whether the answer at a position is read off the state after it, or made from the state before.
    following: rows of the domain whose free positions are the continuations. known: the state of each prefix met so
    far, by its bytes; first: a prefix for each state; codes: the states by what they answer.
    """

    question: Question
    program: Hypothesis
    name: str
    at_once: bool
    following: Rows
    known: dict[bytes, int] = field(default_factory=dict)
    first: list[np.ndarray] = field(default_factory=list)
    codes: dict[bytes, int] = field(default_factory=dict)
    strict: bool = False

    @property
    def steps(self) -> Sequence[Step]:
        """The state, carried along."""
        return (Step(self.name, ("inputs",), "position", "symbol", moves=True, carried=True),)

    @property
    def reads(self) -> Sequence[str]:
        """The answers are computed from the state."""
        return (self.name,)

    def cells(self, rows: Rows) -> np.ndarray:
        """Say where there is a state: at all positions of the row behind the prefix."""
        return rows.mask & (np.arange(rows.values.shape[1]) >= self.question.domain.offset)

    def run(self, rows: Rows, given: Mapping[str, Given] | None = None) -> Mapping[str, np.ndarray]:
        """Give the states and the answers, see `verify.explanation.Explanation.run`.

        A state that is given at a position is that of a prefix which leads there; the answers from there on are those
        to that prefix and what follows the position. Raises ValueError where a row is given two.
        """
        asked = (given or {}).get(self.name)
        if asked is None:
            return {self.name: self._states(rows), "inputs": self._states(rows), RESULT: self._answers(rows)}
        return {RESULT: self._continued(rows, asked), DEFINED: np.ones((1, 1), dtype=bool)}

    def _answers(self, rows: Rows) -> np.ndarray:
        return np.asarray(self.program.run(rows)[RESULT])

    def _states(self, rows: Rows) -> np.ndarray:
        """Give the code of the state at each cell; -1 elsewhere."""
        cells = np.argwhere(self.cells(rows))
        prefixes = [np.ascontiguousarray(rows.values[row, : at + 1]) for row, at in cells.tolist()]
        new = {p.tobytes(): p for p in prefixes if p.tobytes() not in self.known}
        for mark, answers in zip(new, self._told_by(list(new.values())), strict=True):
            code = self.codes.setdefault(answers, len(self.codes))
            if code == len(self.first):
                self.first.append(new[mark])
            self.known[mark] = code
        found = np.full(rows.values.shape[:2], -1)
        found[tuple(cells.T)] = [self.known[p.tobytes()] for p in prefixes]
        return found

    def _told_by(self, prefixes: Sequence[np.ndarray]) -> list[bytes]:
        """Give what tells each prefix's state from others: the answer at its end, and those to all continuations."""
        if not prefixes:
            return []
        start = self.question.domain.offset
        tails = [self.following.values[k, start:n] for k, n in enumerate(_lengths(self.following))]
        rows = [np.concatenate([p, tail]) for p in prefixes for tail in tails]
        answers = self._answers(_rows(rows))
        ends = np.repeat([len(p) for p in prefixes], len(tails))
        wide = max(map(len, tails))
        places = np.minimum(ends[:, None] - 1 + np.arange(wide + 1), answers.shape[1] - 1)
        told = np.take_along_axis(answers, places, axis=1)
        told[:, : 1 - self.at_once] = 0
        told[np.arange(wide + 1) > np.tile([len(t) for t in tails], len(prefixes))[:, None]] = 0
        return [part.tobytes() for part in told.reshape(len(prefixes), -1)]

    def _continued(self, rows: Rows, asked: Given) -> np.ndarray:
        """Give the answers where a row goes on from another state at one position."""
        where = np.broadcast_to(asked.where, rows.values.shape[:2])
        if (where.sum(axis=1) > 1).any():
            raise ValueError("a state is given at two positions of a row")
        found = np.array(self._answers(rows))
        changed, places = np.nonzero(where)
        if not len(changed):
            return found
        values = np.broadcast_to(asked.values, where.shape)[where]
        fronts = [self.first[int(code)] for code in values]
        lengths = _lengths(rows)
        spliced = [
            np.concatenate([front, rows.values[row, at + 1 : lengths[row]]])
            for front, row, at in zip(fronts, changed, places, strict=True)
        ]
        answers = self._answers(_rows(spliced))
        for k, (front, row, at) in enumerate(zip(fronts, changed, places, strict=True)):
            late = 1 - self.at_once
            found[row, at + late : lengths[row]] = answers[k, len(front) - 1 + late : len(spliced[k])]
        return found


def _lengths(rows: Rows) -> np.ndarray:
    assert rows.lengths is not None
    return rows.lengths


def _rows(lines: Sequence[np.ndarray]) -> Rows:
    """Stack rows of any lengths, padded with what stands first in each."""
    lengths = np.array([len(line) for line in lines])
    values = np.stack([np.concatenate([line, np.repeat(line[:1], lengths.max() - len(line), 0)]) for line in lines])
    return Rows(values, lengths)


def states(
    question: Question, term: Expr, symbols: Sequence[Value], rng: np.random.Generator, *, at_once: bool = True
) -> States | None:
    """Give a program's state as an explanation; None where it carries nothing along, or answers but at the end.

    at_once: see States.
    """
    held = carried(term)
    if not held or question.readout.at != "each" or not question.domain.sequence:
        return None
    program = Hypothesis(question, term, (), tuple(symbols))
    found = States(question, program, ", ".join(map(show, held)), at_once, question.domain.sample(FOLLOWED, rng))
    rows = question.domain.sample(COMPARED, rng)
    codes = found.run(rows)[found.name][found.cells(rows)]
    cases = question.domain.cases(rows, tuple(symbols))
    values = np.stack([np.asarray(evaluate(t, cases))[cases.mask] for t in (*held, *[term] * at_once)])
    kinds, both = (np.unique(v, axis=1).shape[1] for v in (values, np.stack([*values, codes])))
    if both > kinds:
        return replace(found, name=f"what decides {found.name}")
    return replace(found, name=f"what matters later of {found.name}") if kinds > len(np.unique(codes)) else found


def siblings(rows: Rows, rng: np.random.Generator) -> Rows:
    """Give rows that end, at some position, in the last few steps of another, with the past of a third.

    Where only the last steps matter, they come into one state by different ways.
    """
    lengths = _lengths(rows)
    others = rng.permutation(len(rows))
    values = rows.values[others].copy()
    for row, length in enumerate(lengths.tolist()):
        end = int(rng.integers(1, length + 1))
        start = min(max(end - int(rng.integers(1, LATEST + 1)), 0), int(lengths[others[row]]))
        values[row, start:length] = rows.values[row, start:length]
    return Rows(values, lengths)


def carried(term: Expr) -> list[Expr]:
    """Give what a program carries from one position to the next: its memories, and values that it reads late.

    Of a value read k positions late, also those that were on their way; empty where nothing is, or where what is
    carried is no list of values (a term that selects among all positions).
    """
    found: dict[Expr, None] = {}
    for node in subterms(term):
        match node:
            case Call(op=op) if op in CARRIED or op == "running_mode":
                found[node] = None
            case Call(op="shift", args=(source, Literal(value=int(by)), default)) if by > 0:
                late = [source, *(call("shift", source, integer(k), default) for k in range(1, by))]
                found.update(dict.fromkeys(late))
    return list(found)
