"""A program in Python as an explanation of a network: its variables are the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from distill.question import Question
from distill.variables.child import Changes, Trace, run_traced
from distill.variables.values import Symbols, answers, array, number
from dsl.domains import Domain
from dsl.rows import Rows
from dsl.types import Kind
from verify.explanation import DEFINED, RESULT, Given, Step

PARAMETER = "inputs"  # what the input is called where `predict` does not say


@dataclass(frozen=True, slots=True)
class Slot:
    """How a step's values come out of a run.

    listed: as one list, else a value each turn. start: the position of the first; None for one value a row.
    kind: "number" or "symbol"; type: of numbers in the program.
    """

    listed: bool
    start: int | None
    kind: Literal["number", "symbol"]
    type: type


@dataclass(frozen=True, eq=False)
class Variables:
    """A program whose variables are steps (a `verify.explanation.Explanation`).

    source: the program as it is run, with hooks. reads: what the result is computed from. left_out: the variables that
    are no steps, and why. parameter: what `predict` calls its input. patience: the seconds that a run may take. strict:
    whether every step is claimed, see `verify.explanation.Explanation.strict`.

    Where the program gives no answer (None, an output of another kind, an exception under an intervention), RESULT is a
    code that no answer has, and DEFINED is False.
    """

    question: Question
    source: str
    steps: tuple[Step, ...]
    reads: tuple[str, ...]
    left_out: Mapping[str, str]
    slots: Mapping[str, Slot]
    symbols: Symbols
    parameter: str
    patience: Callable[[], float]
    strict: bool = True

    def run(self, rows: Rows, given: Mapping[str, Given] | None = None) -> Mapping[str, np.ndarray]:
        """Give the values of steps and inputs, RESULT and DEFINED, see `verify.explanation.Explanation.run`.

        Values of a row whose run failed, and of steps that it did not come to, are nan, or -1 for symbols.
        Raises TimeoutError where the program takes longer than `patience`.
        """
        raws = self.question.domain.raw(rows)
        traces = run_traced(self.source, raws, self._changes(rows, given or {}), timeout=self.patience())
        found = {step.name: self._values(step.name, traces, rows) for step in self.steps}
        found |= columns(self.question.domain, rows, self.parameter)
        found[RESULT], defined = answers(self.question, traces, rows)
        return {**found, DEFINED: defined} if given else found

    def cells(self, rows: Rows) -> np.ndarray:
        """Say where all steps have values: bool [row, position], or [row, 1] without a position axis."""
        if rows.lengths is None:
            return np.ones((len(rows), 1), bool)
        starts = [slot.start for slot in self.slots.values() if slot.start is not None]
        return rows.mask & (np.arange(rows.values.shape[1]) >= max(starts, default=self.question.domain.offset))

    def _values(self, name: str, traces: Sequence[Trace], rows: Rows) -> np.ndarray:
        slot = self.slots[name]
        start, width = (0, 1) if slot.start is None else (slot.start, rows.values.shape[1])
        lengths = [1] * len(rows) if slot.start is None or rows.lengths is None else rows.lengths - start
        lines = []
        for trace, length in zip(traces, lengths, strict=True):
            line: Sequence[Any] = trace.passed.get(name, [])
            line = (line[0] if line and isinstance(line[0], list) else []) if slot.listed else line
            lines.append([*line[: max(length, 0)], *[None] * (length - len(line))])
        return array(lines, start, width, slot.kind, self.symbols)

    def _changes(self, rows: Rows, given: Mapping[str, Given]) -> Sequence[Changes]:
        """Give interventions row by row, by entry or turn."""
        changes: list[dict[str, list[tuple[int, Any]]]] = [{} for _ in range(len(rows))]
        for name, asked in given.items():
            slot = self.slots[name]
            values = np.broadcast_to(asked.values, asked.where.shape)
            for row, position in np.argwhere(asked.where).tolist():
                turn = position - (slot.start or 0)
                if turn >= 0:
                    changes[row].setdefault(name, []).append((turn, self._plain(slot, values[row, position])))
        return changes

    def _plain(self, slot: Slot, cell: Any) -> Any:
        return self.symbols.known[int(cell)] if slot.kind == "symbol" else number(cell, slot.type)


def columns(domain: Domain, rows: Rows, parameter: str) -> dict[str, np.ndarray]:
    """Give the inputs as arrays, by name: [row, position], or [row, 1] without positions; codes for tokens and images.

    One component is called as the parameter is, several as `parameter.component`.
    """
    if domain.kind == "image":
        _, codes = np.unique(np.array(rows.marks()), return_inverse=True)
        return {parameter: codes.reshape(-1, 1)}
    if domain.kind == "tokens":
        return {parameter: rows.values}
    values = rows.values if domain.sequence else rows.values[:, None, :]
    whole = all(column.type.kind is Kind.INT for column in domain.inputs)
    values = values.astype(np.int64) if whole else values
    return {name: values[..., k] for k, name in enumerate(input_names(domain, parameter))}


def input_names(domain: Domain, parameter: str) -> tuple[str, ...]:
    """Give the names of the inputs, in the order of the components."""
    if domain.kind != "numbers" or len(domain.inputs) == 1:
        return (parameter,)
    return tuple(f"{parameter}.{column.name}" for column in domain.inputs)
