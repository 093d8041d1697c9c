"""Values of a program as arrays: numbers, booleans, and symbols as codes."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from distill.errors import shown
from distill.question import Question
from distill.variables.assigned import NoStep
from distill.variables.child import Trace
from dsl.domains.base import symbol_key
from dsl.rows import Rows
from dsl.terms import Value
from dsl.types import Kind
from synthesis.problem import TOLERANCE

_LARGEST = 2**53  # integers up to it are told apart as floats too
_NO_ANSWER = {"round": np.iinfo(np.int64).min, "real": np.nan}  # what an output that is none is coded as, else -1


@dataclass(slots=True)
class Symbols:
    """Symbols and their codes: those of the domain and the readout first, then others as they are met."""

    known: list[Value]
    codes: dict[tuple[type, Value], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for symbol in self.known:
            self.codes.setdefault(symbol_key(symbol), len(self.codes))
        self.known = [symbol for _, symbol in self.codes]

    def code(self, symbol: Value) -> int:
        """Give a symbol's code, a new one where it has none yet."""
        key = symbol_key(symbol)
        if key not in self.codes:
            self.codes[key] = len(self.known)
            self.known.append(symbol)
        return self.codes[key]


def symbols_of(question: Question, source: str) -> Symbols:
    """Give the symbols that a program may compute: the vocabulary, what is answered, and the texts written in it."""
    texts = (n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return Symbols([*question.domain.symbols, *question.readout.symbols, *texts])


def kind_of(values: Sequence[Any], symbols: Symbols) -> Literal["number", "symbol"]:
    """Say what a variable's values are; raises NoStep where they are neither numbers nor symbols."""
    types = {type(v) for v in values}
    for v in values:
        if isinstance(v, (dict, list)):
            raise NoStep(f"is a {v['type'] if isinstance(v, dict) else 'list'}")
        if isinstance(v, str) and symbol_key(v) not in symbols.codes:
            raise NoStep(f"is a text that is no symbol, such as {shown(v)}")
        if isinstance(v, (int, float)) and not abs(v) <= _LARGEST:
            raise NoStep(f"may be {v!r}")
    if types <= {type(None)}:
        raise NoStep("has no value")
    return "number" if types <= {bool, int, float} else "symbol"


def array(lines: Sequence[Sequence[Any]], start: int, width: int, kind: str, symbols: Symbols) -> np.ndarray:
    """Give values [row, position]: those of each line from `start` on; what has none is 0, or -1 for symbols.

    Numbers are bool or int64 where they all are, else float64; a value of another kind is nan, or -1.
    """
    if kind == "symbol":
        found = np.full((len(lines), width), -1, np.int64)
        lines = [[-1 if isinstance(v, (dict, list)) else symbols.code(v) for v in line] for line in lines]
    else:
        lines = [[v if isinstance(v, (bool, int, float)) else np.nan for v in line] for line in lines]
        types = {type(v) for line in lines for v in line}
        found = np.zeros((len(lines), width), bool if types == {bool} else np.int64 if float not in types else float)
    for row, line in zip(found, lines, strict=True):
        row[start : start + len(line)] = line[: width - start]
    return found


def number(cell: Any, type_: type) -> bool | int | float:
    """Give a number in a cell of an array as the program has it; type_: of the variable."""
    return type_(cell) if float(cell).is_integer() else float(cell)


def answers(question: Question, traces: Sequence[Trace], rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Give a program's outputs in the codes of `question.answers`, and where there are any: bool, same shape.

    Outputs beyond the row's length, as an intervention may make them, are cut; those that are missing are none.
    """
    readout = question.readout
    each = readout.at == "each"
    none = _NO_ANSWER.get(readout.name, -1)
    shape = rows.values.shape[:2] if each else (len(rows), 1)
    found = np.full(shape, none, float if readout.name == "real" else np.int64)
    lengths = rows.lengths.tolist() if each and rows.lengths is not None else [1] * len(rows)
    known = dict[Any, Any]()
    for row, trace, length in zip(found, traces, lengths, strict=True):
        outputs = trace.output if each else [trace.output]
        if trace.answered and isinstance(outputs, list):
            codes = [_code(question, output, none, known) for output in outputs[:length]]
            row[: len(codes)] = codes
    return found, ~np.isnan(found) if readout.name == "real" else found != none


def _code(question: Question, output: Any, none: Any, known: dict[Any, Any]) -> Any:
    """Give an output's code; `known` keeps those found before."""
    if isinstance(output, list) and not any(isinstance(v, (list, dict)) for v in output):
        output = frozenset(output)
    if isinstance(output, (list, dict)):
        return none
    key = (type(output), output)
    if key not in known:
        known[key] = _coded(question, output, none)
    return known[key]


def _coded(question: Question, output: Any, none: Any) -> Any:
    readout = question.readout
    plain = isinstance(output, (int, float)) and not isinstance(output, bool)
    match readout.name:
        case "sign":
            return output if isinstance(output, bool) else none
        case "round":
            return output if type(output) is int and abs(output) < 2**63 else none
        case "real":
            return output if plain else none
        case "argmax" if question.kind is Kind.REAL and plain:
            gaps = np.abs(np.array(readout.symbols, float) - output)
            return int(gaps.argmin()) if gaps.min() <= TOLERANCE * max(1.0, abs(output)) else none
    return readout.code(output)
