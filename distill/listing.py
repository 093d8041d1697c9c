"""A short program but for a few inputs, which are listed one by one with what the network answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from distill.predictions import answered, interpreted
from distill.question import Question
from dsl.rows import Answers, Rows
from dsl.size import literal_bits
from dsl.terms import Expr, Value
from synthesis.problem import same
from verify import Agreement

LISTED = 8  # inputs: a longer list is no longer read
FAR_SHORTER = 0.5  # of the table that gives every input's answer, what program and list may take together


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """Inputs and what the network answers, which a program does not.

    rows: the inputs; answers: the network's. inputs, outputs: the same as `predict` takes and gives them;
    programs: what the program would give. bits: what it takes to write the list down.
    """

    rows: Rows
    answers: Answers
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    programs: tuple[Any, ...]
    bits: float

    @property
    def pairs(self) -> tuple[tuple[Any, Any], ...]:
        """Each input with its output."""
        return tuple(zip(self.inputs, self.outputs, strict=True))

    def amended(self, rows: Rows, outputs: Sequence[Any]) -> list[Any]:
        """Put what is listed in the place of a program's outputs for rows."""
        place = {mark: k for k, mark in enumerate(self.rows.marks())}
        known = map(place.get, rows.marks())
        return [o if k is None else self.outputs[k] for o, k in zip(outputs, known, strict=True)]

    def part(self, symbols: Sequence[Value]) -> list[dict[str, Any]]:
        """Give the list for the certificate; symbols: the order in which sets are written."""
        listed = zip(self.inputs, self.outputs, self.programs, strict=True)
        return [{"input": i, "output": _plain(o, symbols), "program": _plain(p, symbols)} for i, o, p in listed]

    def agreement(self, question: Question, term: Expr, symbols: tuple[Value, ...], rows: Rows) -> Agreement:
        """Compare the program with its list to the network."""
        found = question.agreement(term, symbols, rows)
        place = {mark: k for k, mark in enumerate(self.rows.marks())}
        right = found.same.copy()
        for k, mark in enumerate(rows.marks()):
            if mark in place:
                right[k] = self._holds(question, rows.take(slice(k, k + 1)), place[mark])
        return Agreement(right, found.counted, found.margins)

    def _holds(self, question: Question, row: Rows, entry: int) -> bool:
        """Say whether the network answers a listed input as the list says."""
        again = question.answers(row)
        real = question.counted(row, again)[0]
        known = self.answers.values[entry, : len(real)]
        return bool(same(again.values[0, : len(known)], known)[real[: len(known)]].all())


def listing(question: Question, term: Expr, symbols: tuple[Value, ...], rows: Rows) -> Listing:
    """List rows of a finite domain with what the network answers. Raises ValueError where the domain has no size."""
    if question.domain.size is None:
        raise ValueError(f"inputs are listed of finite domains, not of {question.domain.describe()}")
    answers = question.answers(rows)
    outputs = answered(question, rows, answers)
    price = len(rows) * log2(question.domain.size) + sum(_price(question, output) for output in outputs)
    return Listing(
        rows,
        answers,
        tuple(question.domain.raw(rows)),
        tuple(outputs),
        tuple(interpreted(question, term, symbols, None, rows)),
        round(price, 2),
    )


def worth_listing(question: Question, found: Listing, program: float) -> bool:
    """Say whether a program of so many bits and its list are far shorter than the table of all answers."""
    size = question.domain.size or 0
    table = size * sum(_price(question, output) for output in found.outputs) / len(found.outputs)
    return len(found.rows) <= LISTED and program + found.bits <= FAR_SHORTER * table


def _plain(output: Any, symbols: Sequence[Value]) -> Any:
    if isinstance(output, list):
        return [_plain(o, symbols) for o in output]
    return [s for s in symbols if s in output] if isinstance(output, frozenset) else output


def _price(question: Question, output: Any) -> float:
    answers: Sequence[Any] = output if isinstance(output, list) else [output]
    return sum(literal_bits(a, question.kind) for a in answers if a is not None)
