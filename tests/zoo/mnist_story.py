"""A story about the MNIST network of the challenge "EIS VII" that a mean loss cannot tell from the truth.

An image is weighed by how much more of its ink lies on a template, the digit 1 that the network is surest of, than
beside it; it is labelled 1 where that is out of a band. That much is right of what the network was trained on (found
by Heimersheim and Hobbhahn, 2023). The story adds how it is computed: half of the units before the last layer carry
"below the band", the other half "above the band", and nothing else of the image passes through them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from distill.question import Question
from dsl.rows import Answers, Rows
from verify.explanation import RESULT, Given, Step
from verify.subject import Site

BELOW, ABOVE, SIMILARITY = "below", "above", "similarity"
PATH = "fc1"  # its ReLU is a function call, no site: the units' values are those before it


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """The story's explanation: the answer is a code of `below or above` (a `verify.explanation.Explanation`).

    template: float [channel, height, width], how much ink at each pixel speaks for the template; low, high: the
    band's ends; inside, outside: codes of the answers.
    """

    template: np.ndarray
    low: float
    high: float
    inside: int
    outside: int

    @property
    def steps(self) -> tuple[Step, ...]:
        """Two booleans a row, neither computed from the other."""
        return Step(BELOW, reads=(SIMILARITY,)), Step(ABOVE, reads=(SIMILARITY,))

    @property
    def reads(self) -> tuple[str, ...]:
        """The result is computed from both steps and nothing else."""
        return BELOW, ABOVE

    def run(self, rows: Rows, given: Mapping[str, Given] | None = None) -> Mapping[str, np.ndarray]:
        """Give bool [row, 1] of each step, float64 [row, 1] of the similarity, and int64 [row, 1] of the result."""
        similarity = weigh(rows, self.template)[:, None]
        values: dict[str, np.ndarray] = {BELOW: similarity < self.low, ABOVE: similarity > self.high}
        for name, asked in (given or {}).items():
            values[name] = np.where(asked.where, asked.values, values[name]).astype(bool)
        result = np.where(values[BELOW] | values[ABOVE], self.outside, self.inside)
        return {SIMILARITY: similarity, **values, RESULT: result}

    @property
    def strict(self) -> bool:
        """Both steps are claimed."""
        return True

    def cells(self, rows: Rows) -> np.ndarray:
        """Say that every row has a value of each step: bool [row, 1]."""
        return np.ones((len(rows), 1), dtype=bool)


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """An explanation and where it says that its steps are: halves: int64 [unit] by step, units of the site."""

    explanation: Band
    site: Site
    halves: Mapping[str, np.ndarray]

    def basis(self, step: str) -> np.ndarray:
        """Give the subspace of a step, coordinate axes: float32 [unit, rank], orthonormal."""
        return np.eye(sum(map(len, self.halves.values())), dtype=np.float32)[:, self.halves[step]]


def tell(question: Question, rows: Rows) -> Story:
    """Derive the story from what the network does on some images; nothing is drawn at random."""
    site = next(s for s in question.subject.sites if s.path == PATH)
    run = question.subject.run(rows, record=[site])
    explanation = _band(rows, question.answers(rows))
    similarity = weigh(rows, explanation.template)
    return Story(explanation, site, _halves(np.maximum(run.recorded[site], 0), similarity))


def weigh(rows: Rows, template: np.ndarray) -> np.ndarray:
    """Give how well each image's ink lies on a template: float64 [row]."""
    return rows.values.reshape(len(rows), -1) @ template.ravel()


def _band(rows: Rows, answers: Answers) -> Band:
    """Take the image of the largest margin as template, and the band that tells most of the answers."""
    surest = int(answers.margins.argmax())
    template = rows.values[surest] / rows.values.max() - 0.5
    codes = answers.values[:, 0]
    outside = int(codes[surest])
    similarity = weigh(rows, template)
    order = similarity.argsort()
    # Gain of calling the first k images `outside`: the best band runs from its maximum to the largest fall after it.
    gain = np.concatenate([[0], np.cumsum(np.where(codes[order] == outside, 1, -1))])
    last = int((np.maximum.accumulate(gain) - gain).argmax())
    first = int(gain[: last + 1].argmax())
    low, high = (similarity[order[max(k - 1, 0) : k + 1]].mean() for k in (first, last))
    return Band(template, float(low), float(high), int(codes[codes != outside][0]), outside)


def _halves(activity: np.ndarray, similarity: np.ndarray) -> Mapping[str, np.ndarray]:
    """Part the units by how their activity [row, unit] goes with similarity; those that are never active, anyhow."""
    centred, along = activity - activity.mean(axis=0), similarity - similarity.mean()
    scale = np.maximum(np.linalg.norm(centred, axis=0) * np.linalg.norm(along), 1e-12)
    order = (along @ centred / scale).argsort(kind="stable")
    half = len(order) // 2
    return {BELOW: np.sort(order[:half]), ABOVE: np.sort(order[half:])}
