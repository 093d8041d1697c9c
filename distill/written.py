"""A program file as somebody wrote it, in Python or in the language: what it answers, and what it says on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from distill.errors import BadInput
from distill.hypothesis import spoken, stated
from distill.output import beside
from distill.parts import derived, is_recurrent
from distill.question import Question
from distill.render import interpreted
from distill.variables import variables
from dsl.check import TypeMismatch, check
from dsl.parser import ParseError, parse
from dsl.terms import STATES, Input, Program, subterms
from dsl.types import Axis
from verify.explanation import Explanation

PYTHON = ".py"


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A program file. program: it, in the language; None where it is Python that no certificate knows."""

    path: Path
    source: str
    program: Program | None

    @property
    def digest(self) -> str:
        """sha256 of the text."""
        return sha256(self.source.encode()).hexdigest()

    @property
    def is_python(self) -> bool:
        """Whether it is to be run as Python, else in the language's interpreter."""
        return self.path.suffix == PYTHON

    def check_inputs(self, question: Question) -> None:
        """Raise BadInput where a program in the language reads other inputs than the model, or answers otherwise."""
        if self.program is None or self.is_python:
            return
        there = ", ".join(f"{i.name}: {i.type}" for i in question.domain.inputs)
        for part in subterms(self.program.result):
            if isinstance(part, Input) and part.name not in STATES and part not in question.domain.inputs:
                raise BadInput(self.path, f"input {part.name}: {part.type}", f"one of {there}", "correct it")
        if question.readout.at != "each" and check(self.program.result).axis is not Axis.ROW:
            expected = "one answer a row, as the model gives"
            raise BadInput(self.path, "a result with a value a position", expected, "pick one, like last(...)")

    def interpret(self, question: Question, raws: list[Any]) -> list[Any]:
        """Give a program's outputs in the language, as one in Python would write them to JSON."""
        assert self.program is not None
        rows = question.domain.rows(raws)
        lines = interpreted(question, self.program.result, spoken(self.program.result, question), None, rows)
        return [plain(line, question) for line in lines]

    def explanation(self, question: Question, patience: Callable[[], float]) -> Explanation:
        """Give what it says of how the network computes its answers.

        A program in the language with named steps claims these; one without, and one that was emitted, whatever brings
        values from one position to another. In Python, the variables of `predict` are the steps.
        """
        if self.program is None:
            return replace(variables(self.source, question, patience, memories=is_recurrent(question)), strict=False)
        if self.program.steps:
            return stated(question, self.program)
        return derived(question, self.program.result, spoken(self.program.result, question))


def read_program(path: Path) -> Written:
    """Read a program file; raises BadInput where there is none, or it is no program."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or f"a fault: {error}"
        raise BadInput(path, why, "a program file in UTF-8", "check the path") from error
    if path.suffix != PYTHON:
        return Written(path, source, _parsed(path, source))
    try:
        compile(source, str(path), "exec")
    except (SyntaxError, ValueError) as error:
        raise BadInput(path, f"a fault: {error}", "a Python file in UTF-8", "correct it") from error
    return Written(path, source, _certified(path, source))


def _parsed(path: Path, source: str) -> Program:
    try:
        found = parse(source)
    except (ParseError, TypeMismatch) as error:
        expected = "a program in the language (or in Python, in a file named .py)"
        raise BadInput(path, f"a fault: {error}", expected, "correct it") from error
    if not isinstance(found, Program):
        raise BadInput(path, "a term", "a program: lines `input ...`, and `return ...`", "declare its inputs")
    return found


def _certified(path: Path, source: str) -> Program | None:
    """Give the program that a certificate beside the file says it was emitted from, None where none does."""
    try:
        part = json.loads(beside(path, ".certificate.json").read_text(encoding="utf-8"))["program"]
        if part["digest"] != sha256(source.encode()).hexdigest():
            return None
        found = parse(part["dsl"])
    except (OSError, ValueError, KeyError, TypeError, TypeMismatch):
        return None
    return found if isinstance(found, Program) else None


def plain(value: Any, question: Question) -> Any:
    """Give an output as JSON reads it back: sets as lists in the symbols' order."""
    if isinstance(value, list):
        return [plain(v, question) for v in value]
    return [s for s in question.readout.symbols if s in value] if isinstance(value, frozenset) else value
