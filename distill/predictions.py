"""Outputs as `predict` gives them: a program's by the interpreter of the language, a network's by its readout."""

from __future__ import annotations

from typing import Any

import numpy as np

from distill.question import Question
from dsl.evaluate import Cases, evaluate
from dsl.rows import Answers, Rows
from dsl.terms import Expr, Value
from dsl.types import Kind


def interpreted(
    question: Question, term: Expr, symbols: tuple[Value, ...], scored: Expr | None, rows: Rows
) -> list[Any]:
    """Give the program's outputs for rows as `predict` gives them, by the interpreter of the language."""
    cases = question.domain.cases(rows, symbols)
    each = question.readout.at == "each"
    shape = cases.mask.shape if each else (len(rows), 1)
    values = np.broadcast_to(evaluate(term, cases), shape)
    given = np.ones(shape, dtype=bool) if scored is None else np.broadcast_to(evaluate(scored, cases), shape)
    real = cases.mask if each else np.ones(shape, dtype=bool)
    lines = [
        [_decoded(v, cases, question.kind) if told else None for v, told in zip(line[here], said[here], strict=True)]
        for line, said, here in zip(values, given, real, strict=True)
    ]
    prefix = [None] * question.domain.offset
    return [prefix + line if each else line[0] for line in lines]


def _decoded(value: Any, cases: Cases, kind: Kind) -> Any:
    if kind is not Kind.SYMBOL:
        return value.item()
    return cases.symbols[value] if value >= 0 else None


def answered(question: Question, rows: Rows, answers: Answers) -> list[Any]:
    """Give the network's answers as `predict` would: None where they do not count."""
    counted = question.counted(rows, answers)
    lines = [
        [question.readout.value(code) if told else None for code, told in zip(line, said, strict=True)]
        for line, said in zip(answers.values, counted, strict=True)
    ]
    if question.readout.at != "each" or rows.lengths is None:
        return [line[0] for line in lines]
    return [line[:length] for line, length in zip(lines, rows.lengths.tolist(), strict=True)]
