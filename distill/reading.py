"""How the verifier reads a network's outputs, and how dear it is that they are others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from distill.question import Question
from dsl.rows import Answers, Rows


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A question's readout, as a `verify.bench.Reader`."""

    question: Question

    def answers(self, outputs: np.ndarray, rows: Rows) -> np.ndarray:
        """Give the answers of raw outputs, see `distill.readout.Readout.answers`."""
        return self.question.readout.answers(outputs, rows).values

    def counted(self, rows: Rows, answers: np.ndarray) -> np.ndarray:
        """Say which answers count; of outputs at each position, those of the prefix never do."""
        counted = self.question.counted(rows, Answers(answers, np.zeros(answers.shape)))
        if self.question.readout.at == "each":
            counted = counted & rows.mask & (np.arange(counted.shape[1]) >= self.question.domain.offset)
        return counted

    def loss(self, outputs: np.ndarray, answers: np.ndarray, rows: Rows) -> np.ndarray:
        """Give the loss of saying `outputs` where `answers` are right: cross-entropy, or the square of the distance."""
        values = self.question.readout.picked(outputs, rows)
        match self.question.readout.name:
            case "argmax":
                top = values.max(axis=-1, keepdims=True)
                total = np.log(np.exp(values - top).sum(axis=-1)) + top[..., 0]
                return total - np.take_along_axis(values, answers[..., None].astype(int), axis=-1)[..., 0]
            case "multilabel":
                held = answers[..., None] >> np.arange(values.shape[-1]) & 1
                return np.logaddexp(0, np.where(held == 1, -values, values)).sum(axis=-1)
            case "sign":
                return np.logaddexp(0, np.where(answers, -values[..., 0], values[..., 0]))
            case _:
                return (values[..., 0] - answers) ** 2
